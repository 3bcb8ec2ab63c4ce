/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

static void bad_arguments_are_answered_with_what_is_wrong(void **state)
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
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"sample_interval_ms\":499}}", "RANGE",
         "sample_interval_ms: outside the allowed range, allowed 500..3600000 ms"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"control_min_confidence\":1.5}}", "RANGE",
         "control_min_confidence: outside the allowed range, allowed 0.0..1.0"},
        {"{\"id\":\"1\",\"command\":\"set\",\"args\":{\"auto_calibrate\":3}}", "INVALID",
         "auto_calibrate: malformed or not allowed here, allowed true, false"},
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

static void a_reboot_lets_the_window_go(void **state)
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
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bad_arguments_are_answered_with_what_is_wrong),
        cmocka_unit_test(a_rejected_set_changes_nothing),
        cmocka_unit_test(settings_hold_at_once_and_after_a_reboot),
        cmocka_unit_test(the_log_can_be_read_from_afar),
        cmocka_unit_test(a_measurement_can_be_asked_for),
        cmocka_unit_test(a_reboot_lets_the_window_go),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
