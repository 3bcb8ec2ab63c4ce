/* SPDX-License-Identifier: Apache-2.0 */
/* What the device has to do with an update; how one is loaded has its tests in runtime/ota. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/product_rig.h"

#define UPDATE        "{\"id\":\"1\",\"command\":\"update\"}"
#define UPDATE_STATUS "{\"id\":\"1\",\"command\":\"update_status\"}"

enum { TRIAL_MS = 300000, LOADED_MS = 3000 };

/* Online, at rest, and able to take updates. */
static void start_updatable(void)
{
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    boot();
    fake_run(&fake, ONLINE_MS);
    read_status();
    assert_true(status.has_update);
    assert_string_equal(status.update.state, "idle");
}

/* Asks for the update 1.3.0 and runs until it has restarted into it. */
static void restart_into_update(void)
{
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    assert_true(answer.ok);
    fake_run(&fake, LOADED_MS);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_UPDATE);
    assert_true(fake.activated);
}

static void an_update_is_loaded_tried_and_kept(void **state)
{
    (void)state;
    start_updatable();
    press();
    fake_run(&fake, 1000);
    restart_into_update();
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    assert_int_equal(product.device.life, ROOST_LIFE_OVER);
    assert_true(roost_device_over(&product.device) && roost_device_rests(&product.device));

    reboot_as(ROOST_RESET_UPDATE);
    product.missing = "button";
    assert_true(fake.running.on_trial);
    assert_int_equal(fake.running.slot, 1);
    fake_run(&fake, ONLINE_MS);
    read_status();
    assert_string_equal(status.firmware, "1.3.0");
    assert_string_equal(status.update.state, "trial");
    assert_true(fake.running.on_trial);
    product.missing = NULL;
    fake_run(&fake, 10000); /* the next step is the watchdog's */
    assert_false(fake.running.on_trial);
    read_status();
    assert_string_equal(status.update.state, "idle");
    assert_string_equal(status.update.report, "installed 1.3.0");
    assert_false(status.update.error);
    assert_string_equal(status.fault, "");
    press();
    fake_run(&fake, 1000);
    assert_int_equal(roost_outbox_last_seq(&product.outbox), 2); /* the journal goes on */

    reboot_as(ROOST_RESET_POWER_ON);
    assert_int_equal(fake.running.slot, 1); /* for good */
}

static void the_daily_check_needs_no_command(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    for (int minute = 0; minute < 24 * 60 + 2 && fake.reboots == 0; minute++)
        fake_run(&fake, MINUTE);
    assert_int_equal(fake.reboots, 1);
    assert_true(fake.activated);
}

static void life_goes_on_while_it_loads(void **state)
{
    (void)state;
    start_updatable();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"ring_interval_ms\":500}}");
    fake_offer(&fake, "1.3.0");
    fake.http_breaks = true; /* it asks again and again */
    ask(UPDATE);
    int count = fake.count[FAKE_RING];
    fake_run(&fake, MINUTE);
    assert_true(fake.count[FAKE_RING] >= count + 110);
    assert_true(fake.http_gets > 2);
    fake.http_breaks = false;
    fake_run(&fake, 10 * MINUTE);
    assert_int_equal(fake.reboots, 1);
}

static void it_does_not_restart_before_the_product_rests(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    product.busy = true;
    ask(UPDATE);
    fake_run(&fake, MINUTE);
    assert_int_equal(product.device.update.ota.state, ROOST_OTA_READY);
    assert_int_equal(product.device.life, ROOST_LIFE_RUNNING);
    assert_int_equal(fake.reboots, 0);
    ask(UPDATE_STATUS);
    assert_true(contains(answer.data_json, "{\"state\":\"ready\",\"version\":\"1.3.0\",\"report\":"
                                           "null,\"error\":false}"));
    product.busy = false;
    fake_run(&fake, 10000);
    assert_int_equal(fake.reboots, 1);
}

static void the_last_word_is_waited_for_but_not_for_ever(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    fake.acks = false;
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS - 500);
    assert_true(product.device.life == ROOST_LIFE_UPDATING);
    assert_int_equal(fake.reboots, 0);
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);

    start_updatable(); /* nobody to say it to */
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, LOADED_MS);
    assert_int_equal(fake.reboots, 1);
}

static void the_last_word_is_said_once(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    product.busy = true;
    ask(UPDATE);
    fake_run(&fake, MINUTE);
    int count = fake.count[ROOST_TOPIC_STATUS];
    product.busy = false;
    fake.acks = false;
    press();
    fake_run(&fake, 100);
    assert_true(product.device.life == ROOST_LIFE_UPDATING);
    uint32_t rings = product.rings; /* nothing is recorded or said behind it */
    for (int i = 0; i < 10; i++) {
        press();
        fake_run(&fake, 100);
    }
    assert_int_equal(fake.count[ROOST_TOPIC_STATUS], count + 1);
    assert_int_equal(product.rings, rings);
}

static void a_last_word_without_room_is_tried_again(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    fake.room = 0;
    fake_run(&fake, 1000);
    assert_true(product.device.life == ROOST_LIFE_UPDATING);
    assert_true(strcmp(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}") != 0);
    fake.room = 32;
    press(); /* any event wakes it */
    fake_run(&fake, 10);
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    fake_run(&fake, 100);
    assert_int_equal(fake.reboots, 1);
}

static void a_refused_slot_lets_life_go_on(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    fake.activate_error = ROOST_ERR_CORRUPT;
    ask(UPDATE);
    fake_run(&fake, 2 * LOADED_MS);
    assert_int_equal(fake.activations, 1);
    assert_int_equal(fake.reboots, 0);
    assert_int_equal(product.device.life, ROOST_LIFE_RUNNING);
    read_status();
    assert_true(status.online);
    assert_string_equal(status.fault, "update_failed");
    assert_int_equal(status.fault_number, 107);
    assert_true(status.update.error);
    assert_string_equal(status.update.report, "1.3.0 refused: activation: stored data is damaged");
    int count = fake.count[FAKE_RING];
    press();
    fake_run(&fake, 1000);
    assert_int_equal(fake.count[FAKE_RING], count + 1);
}

/* ---- images that fail their trial ---- */

static void start_trial(void)
{
    start_updatable();
    restart_into_update();
    reboot_as(ROOST_RESET_UPDATE);
}

static void expect_rolled_back(const char *report)
{
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.running.slot, 0);
    reboot_as(ROOST_RESET_UPDATE);
    fake.broker_up = true;
    fake.own_network = true;
    fake_run(&fake, 10000);
    read_status();
    assert_string_equal(status.firmware, "1.2.3");
    assert_string_equal(status.update.report, report);
    assert_string_equal(status.fault, "update_failed");
}

static void an_image_that_finds_no_broker_goes_back(void **state)
{
    (void)state;
    start_trial();
    fake.broker_up = false;
    fake_run(&fake, TRIAL_MS - 1000);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 2000);
    expect_rolled_back("1.3.0 rolled back: no broker within 300 s");
    int gets = fake.http_gets;
    fake_run(&fake, 26 * 60 * MINUTE); /* it is offered every day, and not tried again */
    assert_true(fake.http_gets > gets);
    assert_int_equal(fake.reboots, 0);
}

static void an_image_whose_words_are_not_taken_goes_back(void **state)
{
    (void)state;
    start_trial();
    fake.acks = false;
    fake_run(&fake, TRIAL_MS + 1000);
    fake.acks = true;
    expect_rolled_back("1.3.0 rolled back: no broker within 300 s");
}

static void an_image_without_what_the_product_needs_goes_back(void **state)
{
    (void)state;
    start_trial();
    product.missing = "button";
    fake_run(&fake, TRIAL_MS + 1000);
    expect_rolled_back("1.3.0 rolled back: no button within 300 s");
}

static void an_image_that_joins_no_network_goes_back(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    fake_use_wifi(&fake);
    fake.own_network = true;
    boot();
    fake_run(&fake, ONLINE_MS);
    restart_into_update();
    reboot_as(ROOST_RESET_UPDATE);
    fake.own_network = false;
    fake_run(&fake, TRIAL_MS + 1000);
    expect_rolled_back("1.3.0 rolled back: no network within 300 s");
}

/* The end of the trial falls into something that must not be cut off. */
static void a_roll_back_waits_for_the_product_to_rest(void **state)
{
    (void)state;
    start_trial();
    product.missing = "button";
    product.busy = true;
    fake_run(&fake, TRIAL_MS + MINUTE);
    assert_int_equal(fake.reboots, 0);
    product.busy = false;
    fake_run(&fake, 10000);
    expect_rolled_back("1.3.0 rolled back: no button within 300 s");
}

/* ---- around it ---- */

static void a_crash_loop_can_be_left_by_an_update(void **state)
{
    (void)state;
    start_updatable();
    for (int i = 0; i < 3; i++) {
        reboot_as(ROOST_RESET_CRASH);
        fake_run(&fake, 5000);
    }
    assert_true(product.device.safe_mode);
    restart_into_update();
    reboot_as(ROOST_RESET_UPDATE);
    assert_false(product.device.safe_mode);
    fake_run(&fake, 10000);
    read_status();
    assert_string_equal(status.update.report, "installed 1.3.0");
}

static void an_update_that_runs_is_told_and_not_begun_twice(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    send_command(UPDATE);
    fake_run(&fake, 25);
    assert_true(product.device.update.ota.state == ROOST_OTA_LOADING);
    ask(UPDATE);
    assert_string_equal(answer.error, "BUSY");
    assert_string_equal(answer.message, "update: in use");
    ask(UPDATE_STATUS);
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"version\":\"1.3.0\""));
}

static void a_stop_gives_up_the_download(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    fake_run(&fake, 10);
    assert_true(fake.http_open);
    roost_device_stop(&product.device);
    product_step(&product);
    assert_false(fake.http_open);
    fake_run(&fake, MINUTE);
    assert_true(roost_device_over(&product.device));
    assert_int_equal(fake.reboots, 0);
}

static void a_port_without_slots_takes_no_updates(void **state)
{
    (void)state;
    fake_init(&fake);
    fake_use_update(&fake, "bell");
    fake.port.slot.ops = NULL;
    boot();
    fake_run(&fake, 5000);
    read_status();
    assert_false(status.has_update);
    ask(UPDATE);
    assert_string_equal(answer.error, "UNSUPPORTED");
    int count = fake.count[FAKE_RING];
    fake_run(&fake, MINUTE);
    assert_true(fake.count[FAKE_RING] > count);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_update_is_loaded_tried_and_kept),
        cmocka_unit_test(the_daily_check_needs_no_command),
        cmocka_unit_test(life_goes_on_while_it_loads),
        cmocka_unit_test(it_does_not_restart_before_the_product_rests),
        cmocka_unit_test(the_last_word_is_waited_for_but_not_for_ever),
        cmocka_unit_test(the_last_word_is_said_once),
        cmocka_unit_test(a_last_word_without_room_is_tried_again),
        cmocka_unit_test(a_refused_slot_lets_life_go_on),
        cmocka_unit_test(an_image_that_finds_no_broker_goes_back),
        cmocka_unit_test(an_image_whose_words_are_not_taken_goes_back),
        cmocka_unit_test(an_image_without_what_the_product_needs_goes_back),
        cmocka_unit_test(an_image_that_joins_no_network_goes_back),
        cmocka_unit_test(a_roll_back_waits_for_the_product_to_rest),
        cmocka_unit_test(a_crash_loop_can_be_left_by_an_update),
        cmocka_unit_test(an_update_that_runs_is_told_and_not_begun_twice),
        cmocka_unit_test(a_stop_gives_up_the_download),
        cmocka_unit_test(a_port_without_slots_takes_no_updates),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
