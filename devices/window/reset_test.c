/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A factory reset forgets what the device's owner taught it, all of it or nothing, wherever the
 * power is cut; what the device is, and what it measured, stays.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

#define RESET "{\"id\":\"1\",\"command\":\"factory_reset\"}"

/* Calibrated, with a setting and a network of its owner's. */
static void start_taught(void)
{
    begin();
    fake_use_wifi(&fake);
    fake.own_network = true;
    boot();
    fake_run(&fake, CALIBRATION_MS + MOVE_MS + 3000);
    assert_true(window.motor.calibrated);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":35}}");
    ask("{\"id\":\"1\",\"command\":\"wifi_add\",\"args\":{\"ssid\":\"home\",\"psk\":\"" FAKE_PSK
        "\"}}");
    assert_true(answer.ok);
}

static bool knows_setting(void)
{
    return roost_settings_int(&window.device.settings, WINDOW_SET_SAFE_POSITION) == 35;
}

static bool knows_network(void)
{
    return roost_networks_count(&window.device.wifi.networks) == 1;
}

static void it_forgets_its_owner_and_nothing_else(void **state)
{
    (void)state;
    start_taught();
    uint64_t last_seq = roost_outbox_last_seq(&window.outbox);
    uint32_t boots = window.device.health.boots;
    ask(RESET);
    assert_true(answer.ok);
    assert_string_equal(answer.id, "1");
    assert_true(knows_setting()); /* until it starts anew */
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_COMMAND);

    reboot_as(ROOST_RESET_COMMAND);
    assert_true(!knows_setting() && !knows_network() && !window.motor.calibrated);
    assert_int_equal(window.device.boot_err, 0);
    assert_int_equal(window.device.health.boots, boots + 1);
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    assert_true(window.motor.calibrated && fake.open);
    assert_true(roost_outbox_last_seq(&window.outbox) > last_seq);

    /* Once: what it is taught from now on stays. */
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":35}}");
    reboot_as(ROOST_RESET_POWER_ON);
    assert_true(knows_setting() && window.motor.calibrated);
}

static void a_stall_is_not_forgotten(void **state)
{
    (void)state;
    start_taught();
    world.sash.jammed = true;
    ask("{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":80}}");
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_STALLED);
    ask(RESET);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    reboot_as(ROOST_RESET_COMMAND);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_STALLED);
}

/* Cuts the power at operation `cut` after the command, and at operation `again` of the boot after.
 */
static void reset_with_cuts(int cut, int again)
{
    start_taught();
    fake.operations = 0;
    fake.cut_at = cut;
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, RESET), 0);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.operations = 0;
    fake.cut_at = again;
    boot();
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
}

static void a_power_cut_leaves_all_or_nothing(void **state)
{
    (void)state;
    int whole = 0, forgotten = 0;

    for (int cut = 0; cut < 6; cut++) {
        for (int again = -1; again < 24; again++) {
            reset_with_cuts(cut, again < 0 ? FAKE_NO_CUT : again);
            bool knows = knows_setting();
            assert_int_equal(knows_network(), knows);
            assert_int_equal(window.motor.calibrated, knows);
            *(knows ? &whole : &forgotten) += 1;
        }
    }
    assert_true(whole > 0 && forgotten > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_forgets_its_owner_and_nothing_else),
        cmocka_unit_test(a_stall_is_not_forgotten),
        cmocka_unit_test(a_power_cut_leaves_all_or_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
