/* SPDX-License-Identifier: Apache-2.0 */
/* How the life of a device goes on and ends; runtime/life.h says which way it may go. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define COMMAND(name) "{\"id\":\"1\",\"command\":\"" name "\"}"

static struct roost_device *const device = &product.device;

static void three_crashes_make_a_safe_mode(void **state)
{
    (void)state;
    start_online();
    for (int i = 0; i < 3; i++) {
        assert_false(device->safe_mode);
        reboot_as(i == 1 ? ROOST_RESET_WATCHDOG : ROOST_RESET_CRASH);
        fake_run(&fake, 5000);
    }
    assert_true(device->safe_mode);
    read_status();
    assert_string_equal(status.fault, "crash_loop");
    press();
    fake_run(&fake, 1000);
    assert_int_equal(product.rings, 0);
    ask(COMMAND("ring"));
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "bell: safe mode");
    ask(COMMAND("settings"));
    assert_true(answer.ok);
    fake_run(&fake, 2 * ROOST_DEVICE_STABLE_MS); /* it proves nothing */
    reboot_as(ROOST_RESET_CRASH);
    assert_true(device->safe_mode);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_false(device->safe_mode);
}

static void a_crash_is_forgiven_after_a_while(void **state)
{
    (void)state;
    start_online();
    reboot_as(ROOST_RESET_CRASH);
    reboot_as(ROOST_RESET_CRASH);
    fake_run(&fake, ROOST_DEVICE_STABLE_MS + 1000);
    reboot_as(ROOST_RESET_CRASH);
    assert_false(device->safe_mode);
}

static void while_it_waits_to_reboot_life_goes_on(void **state)
{
    (void)state;
    start_online();
    fake.acks = false;
    ask(COMMAND("reboot"));
    assert_int_equal(device->life, ROOST_LIFE_REBOOTING);
    assert_false(roost_device_rests(device));
    press();
    ask(COMMAND("ring"));
    assert_int_equal(product.rings, 2);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);
    assert_true(roost_device_over(device));
}

static void a_refused_restart_is_told_as_a_new_beginning(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    fake.activate_error = ROOST_ERR_CORRUPT;
    boot();
    fake_run(&fake, ONLINE_MS);
    fake_offer(&fake, "1.3.0");
    int states = fake.count[FAKE_STATE];
    ask(COMMAND("update"));
    int from = product.happenings;
    fake_run(&fake, 6000);
    assert_int_equal(fake.activations, 1);
    static const enum roost_what_kind kinds[] = {ROOST_WHAT_ONLINE};
    expect_happened(from, kinds, 1);
    assert_int_equal(device->life, ROOST_LIFE_RUNNING);
    assert_int_equal(fake.opens, 1);              /* it never was away */
    assert_true(fake.count[FAKE_STATE] > states); /* the product says all of it again */
    read_status();
    assert_true(status.online);
}

static void a_restart_into_an_update_is_the_end(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    boot();
    fake_run(&fake, ONLINE_MS);
    fake_offer(&fake, "1.3.0");
    ask(COMMAND("update"));
    fake_run(&fake, 6000);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_UPDATE);
    assert_true(roost_device_over(device));
}

static void stopping_says_offline_and_closes(void **state)
{
    (void)state;
    start_online();
    roost_device_stop(device);
    product_step(&product);
    assert_true(!roost_device_over(device));
    assert_true(roost_device_rests(device));
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    fake_run(&fake, 100);
    assert_true(roost_device_over(device));
    int publishes = fake.publishes;
    send_command(COMMAND("ring"));
    press();
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.publishes, publishes);
    assert_int_equal(product.rings, 0);
    int fed = fake.fed; /* who waits for its end may still step it */
    assert_int_equal(product_step(&product), fake.now_ms + ROOST_DEVICE_WATCHDOG_MS);
    assert_int_equal(fake.fed, fed + 1);

    start();
    fake.broker_up = false;
    roost_device_stop(device); /* before it was ever connected */
    product_step(&product);
    assert_true(roost_device_over(device));
}

static void a_broker_that_does_not_close_is_not_waited_for_long(void **state)
{
    (void)state;
    start_online();
    fake.broker_silent = true;
    roost_device_stop(device);
    fake_run(&fake, ROOST_DEVICE_STOP_MS - 10);
    assert_false(roost_device_over(device));
    fake_run(&fake, 20);
    assert_true(roost_device_over(device));
    assert_int_equal(fake.reboots, 0);
}

static void a_stop_wins_over_a_reboot(void **state)
{
    (void)state;
    start_online();
    fake.acks = false;
    ask(COMMAND("reboot"));
    roost_device_stop(device);
    fake_run(&fake, MINUTE);
    assert_true(roost_device_over(device));
    assert_int_equal(fake.reboots, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(three_crashes_make_a_safe_mode),
        cmocka_unit_test(a_crash_is_forgiven_after_a_while),
        cmocka_unit_test(while_it_waits_to_reboot_life_goes_on),
        cmocka_unit_test(a_refused_restart_is_told_as_a_new_beginning),
        cmocka_unit_test(a_restart_into_an_update_is_the_end),
        cmocka_unit_test(stopping_says_offline_and_closes),
        cmocka_unit_test(a_broker_that_does_not_close_is_not_waited_for_long),
        cmocka_unit_test(a_stop_wins_over_a_reboot),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
