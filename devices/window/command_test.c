/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

static void bad_commands_are_answered_with_what_is_wrong(void **state)
{
    (void)state;
    static const struct {
        const char *payload, *error, *message;
    } rows[] = {
        {"{\"id\":\"1\",\"command\":\"fly\"}", "NOT_FOUND",
         "command: not one of reboot settings set log_level read_log health update update_status "
         "wifi_scan wifi_list wifi_add wifi_remove factory_reset calibrate move measure"},
        {"{\"id\":\"1\",\"command\":\"move\"}", "NOT_FOUND",
         "position: not found, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":100.1}}", "RANGE",
         "position: outside the allowed range, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":\"up\"}}", "INVALID",
         "position: malformed or not allowed here, allowed 0..100 %"},
        {"{\"id\":\"1\",\"command\":\"set\"}", "NOT_FOUND", "args: not found"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"colour\":1}}", "NOT_FOUND",
         "colour: not found"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":499}}", "RANGE",
         "sample_interval_ms: outside the allowed range, allowed 500..3600000 ms"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"control_min_confidence\":1.5}}", "RANGE",
         "control_min_confidence: outside the allowed range, allowed 0.0..1.0"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"auto_calibrate\":3}}", "INVALID",
         "auto_calibrate: malformed or not allowed here, allowed true, false"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"log_level\":\"loud\"}}", "INVALID",
         "log_level: allowed error, warn, info, debug"},
        {"{\"id\":\"1\",\"command\":\"log_level\",\"args\":{\"level\":7}}", "INVALID",
         "level: allowed error, warn, info, debug"},
        {"{\"id\":\"1\",\"command\":\"update\"}", "UNSUPPORTED", "update: not supported"},
        {"{\"id\":\"1\",\"command\":\"update_status\"}", "UNSUPPORTED", "update: not supported"},
        {"{\"id\":\"1\",\"command\":\"wifi_scan\"}", "UNSUPPORTED", "wifi: this device has none"},
        {"{\"id\":\"1\",\"command\":\"log_level\"}", "INVALID",
         "level: allowed error, warn, info, debug"},
    };
    start();
    fake_run(&fake, 2000);
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        ask(rows[i].payload);
        assert_true(!answer.ok);
        assert_string_equal(answer.id, "1");
        assert_string_equal(answer.error, rows[i].error);
        assert_string_equal(answer.message, rows[i].message);
    }
    /* Unreadable ones have no id to answer to, and are answered all the same. */
    int before = fake.count[ROOST_TOPIC_ANSWER];
    assert_int_equal(fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":"), 0);
    fake_run(&fake, 10);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 1);
    assert_true(contains(fake.last[ROOST_TOPIC_ANSWER], "command: ends too early"));
}

static void a_rejected_set_changes_nothing(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 2000);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":50,\"motor_speed\":0}}");
    assert_true(!answer.ok);
    assert_true(contains(answer.message, "motor_speed"));
    assert_int_equal(roost_settings_int(&window.device.settings, WINDOW_SET_SAFE_POSITION), 0);
}

static void settings_hold_at_once_and_after_a_reboot(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5000);
    int count = world.reading_count;
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":1000,"
        "\"log_level\":\"debug\"}}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"sample_interval_ms\":1000"));
    fake_run(&fake, 10000);
    assert_true(world.reading_count >= count + 18);
    assert_int_equal(window.device.log.level, ROOST_LOG_DEBUG);
    reboot_as(ROOST_RESET_POWER_ON);
    assert_int_equal(roost_settings_int(&window.device.settings, WINDOW_SET_SAMPLE_INTERVAL), 1000);
    assert_int_equal(window.device.log.level, ROOST_LOG_DEBUG);
}

static void the_log_can_be_read_from_afar(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"log_level\",\"args\":{\"level\":\"debug\"}}");
    assert_true(answer.ok);
    for (int i = 0; i < 30; i++) {
        send_control(80, 0.01, 0);
        fake_run(&fake, 100);
    }
    ask("{\"id\":\"1\",\"command\":\"read_log\"}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "refused reason=confidence"));
}

static void a_measurement_can_be_asked_for(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 15000);
    int measurements = world.measurements;
    ask("{\"id\":\"1\",\"command\":\"measure\"}");
    assert_true(answer.ok);
    assert_int_equal(world.measurements, measurements + 1);
    world.measuring = true;
    ask("{\"id\":\"1\",\"command\":\"measure\"}");
    assert_string_equal(answer.error, "BUSY");
    assert_string_equal(answer.message, "sensor: in use");
}

static void a_reboot_is_answered_first(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    assert_true(answer.ok);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 30);
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.reset_reason, ROOST_RESET_COMMAND);
    assert_true(!world.sash.energised);
    assert_int_equal(window.device.answers_lost, 0);

    start_ready();
    fake.acks = false;
    ask("{\"id\":\"9\",\"command\":\"reboot\"}");
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS - 100);
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, 200);
    assert_int_equal(fake.reboots, 1);
}

static void an_answer_waits_for_room(void **state)
{
    (void)state;
    start_ready();
    fake.room = 0;
    int before = fake.count[ROOST_TOPIC_ANSWER];
    for (int i = 0; i < 3; i++)
        fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":\"1\",\"command\":\"health\"}");
    fake_run(&fake, 100);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before);
    assert_int_equal(window.device.commands.count, 2); /* the first is answered, the others wait */
    send_control(80, 0.9, 0);                          /* what is no command goes on */
    fake_run(&fake, 1000);
    assert_int_equal(window.control.taken, 1);
    fake.room = 32;
    fake_run(&fake, 10000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 3);
    assert_int_equal(window.device.answers_lost, 0);
}

/* Room for one message that is not acknowledged yet: the narrowest port there can be. */
static void twenty_commands_at_once_are_all_answered(void **state)
{
    (void)state;
    for (int room = 1; room <= 32; room += 31) {
        start_ready();
        fake.room = room;
        int before = fake.count[ROOST_TOPIC_ANSWER];
        for (int i = 0; i < 20; i++)
            assert_int_equal(
                fake_deliver(&fake, ROOST_TOPIC_COMMAND,
                             "{\"id\":\"7f3a-0000-4000-8000-000000000000\","
                             "\"command\":\"log_level\",\"args\":{\"level\":\"info\"}}"),
                0);
        fake_run(&fake, 20000);
        assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + 20);
        assert_int_equal(window.device.answers_lost, 0);
        assert_int_equal(window.device.commands.dropped, 0);
    }
}

static void what_the_queue_cannot_hold_is_counted(void **state)
{
    (void)state;
    start_ready();
    int before = fake.count[ROOST_TOPIC_ANSWER], taken = 0;
    for (int i = 0; i < 200; i++)
        taken += fake_deliver(&fake, ROOST_TOPIC_COMMAND,
                              "{\"id\":\"1\",\"command\":\"wifi_list\"}") == 0;
    assert_true(taken >= 60 && taken < 100);
    fake_run(&fake, 2000);
    assert_int_equal(fake.count[ROOST_TOPIC_ANSWER], before + taken);
    ask("{\"id\":\"1\",\"command\":\"health\"}");
    assert_int_equal(window.device.health.event_dropped, 200 - taken);
}

static void commands_that_lose_their_connection_lose_their_answers(void **state)
{
    (void)state;
    start_ready();
    fake.room = 0;
    for (int i = 0; i < 3; i++)
        fake_deliver(&fake, ROOST_TOPIC_COMMAND, "{\"id\":\"1\",\"command\":\"measure\"}");
    fake_run(&fake, 100);
    fake_disconnect(&fake);
    fake_run(&fake, 10);
    assert_int_equal(window.device.commands.count, 0);
    assert_int_equal(window.device.answers_lost, 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_commands_are_answered_with_what_is_wrong),
        cmocka_unit_test(a_rejected_set_changes_nothing),
        cmocka_unit_test(settings_hold_at_once_and_after_a_reboot),
        cmocka_unit_test(the_log_can_be_read_from_afar),
        cmocka_unit_test(a_measurement_can_be_asked_for),
        cmocka_unit_test(a_reboot_is_answered_first),
        cmocka_unit_test(an_answer_waits_for_room),
        cmocka_unit_test(twenty_commands_at_once_are_all_answered),
        cmocka_unit_test(what_the_queue_cannot_hold_is_counted),
        cmocka_unit_test(commands_that_lose_their_connection_lose_their_answers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
