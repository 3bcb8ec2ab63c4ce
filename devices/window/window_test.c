/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

static void fits_the_chip(void **state)
{
    (void)state;
    assert_true(sizeof(struct roost_window) <= 24 * 1024);
}

static void refuses_what_it_cannot_run_with(void **state)
{
    (void)state;
    struct roost_window_config config = {.device_id = "win-1", .firmware_version = "1"};
    static const struct roost_window_config bad_id = {.device_id = "a/b", .firmware_version = "1"};
    begin();
    assert_int_equal(roost_window_init(&window, &fake.port, &bad_id), ROOST_ERR_INVALID);
    config.firmware_version = "a version that is longer than the thirty-two bytes it may have";
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_TOO_LONG);
    config.firmware_version = "1";
    fake.port.journal.sector_count = 1;
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_INVALID);
    fake.port.journal.sector_count = FAKE_SECTORS;
    fake.port.motor.ops = NULL;
    assert_int_equal(roost_window_init(&window, &fake.port, &config), ROOST_ERR_UNSUPPORTED);
}

static void a_first_start_connects_calibrates_and_closes_the_window(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5000);
    assert_int_equal(fake.subscribes, 2);
    read_status();
    assert_true(status.online);
    assert_string_equal(status.type, "window");
    assert_string_equal(status.firmware, "1.2.3");
    assert_string_equal(status.reset_reason, "power-on");
    assert_int_equal(status.boots, 1);
    read_motion();
    assert_true(motion.moving && !motion.calibrated);
    assert_string_equal(motion.fault, "motor_uncalibrated");

    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    read_motion();
    assert_true(motion.calibrated && !motion.moving);
    assert_string_equal(motion.fault, "");
    assert_true(near(motion.position_pct, 0));
    assert_true(near(world_sash_opening_pct(&world.sash), 2));
    assert_true(world.sash.overrun_raw < 50);
}

static void a_second_start_stays_where_it_stands(void **state)
{
    (void)state;
    start_ready();
    send_control(60, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.calibrations, 0);
    read_motion();
    assert_true(near(motion.position_pct, 60));
    assert_true(world.sash.energised);
}

static void readings_come_at_their_interval(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 5 * MINUTE);
    assert_int_equal(world.reading_count, 2 * 30);
    for (int i = 0; i < world.reading_count; i++)
        assert_int_equal(world.readings[i].seq, 1 + i / 2);
    assert_true(world.readings[4].unix_ms - world.readings[2].unix_ms == 10000);
    read_status();
    assert_true(status.seq > 0 && status.journal_id == window.outbox.journal.id);
}

static void a_lost_connection_loses_nothing(void **state)
{
    (void)state;
    start();
    fake_run(&fake, MINUTE);
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, 10 * MINUTE);
    int opens = fake.opens;
    assert_true(opens > 5 && opens < 60); /* tries again, slower and slower */
    assert_true(roost_outbox_waiting(&window.outbox) > 55);
    fake.broker_up = true;
    fake_run(&fake, 4 * MINUTE);
    assert_true(roost_outbox_waiting(&window.outbox) <= 1);
    uint64_t last = 0;
    for (int i = 0; i < world.reading_count; i += 2) {
        assert_true(world.readings[i].seq == last || world.readings[i].seq == last + 1);
        last = world.readings[i].seq;
    }
    assert_int_equal(last, roost_outbox_last_seq(&window.outbox));
    read_status();
    assert_int_equal(status.reconnects, 1);
}

static void a_silent_sensor_is_reported_and_forgiven(void **state)
{
    (void)state;
    start_ready();
    world.sensor_silent = true;
    fake_run(&fake, MINUTE);
    read_status();
    assert_string_equal(status.fault, "sensor_silent");
    assert_int_equal(status.fault_number, 201);
    world.sensor_silent = false;
    fake_run(&fake, 20000);
    read_status();
    assert_string_equal(status.fault, "");
}

static void a_stuck_sensor_is_not_believed(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"stuck_samples\":5}}");
    assert_true(answer.ok);
    world.climate_frozen = true;
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_string_equal(status.fault, "sensor_stuck");
    int count = world.reading_count;
    fake_run(&fake, MINUTE);
    assert_int_equal(world.reading_count, count);
}

static void broken_flash_is_a_fault_not_the_end(void **state)
{
    (void)state;
    start_ready();
    fake.flash_fails = true;
    int count = world.reading_count;
    fake_run(&fake, MINUTE);
    assert_int_equal(world.reading_count, count + 12);
    read_status();
    assert_string_equal(status.fault, "flash");
    fake.flash_fails = false;
    fake_run(&fake, MINUTE);
    read_status();
    assert_string_equal(status.fault, "");
}

static void sound_goes_out_and_stops_with_the_setting(void **state)
{
    (void)state;
    start();
    fake_run(&fake, 2 * MINUTE);
    int sent = fake.count[FAKE_AUDIO];
    assert_true(sent >= 3 && window.sound.dropped == 0);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"audio_interval_ms\":0}}");
    fake_run(&fake, 2 * MINUTE);
    assert_int_equal(fake.count[FAKE_AUDIO], sent);
    assert_true(!world.mic_open);
}

static void an_idle_device_sleeps(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"audio_interval_ms\":0}}");
    int fed = fake.fed;
    fake_run(&fake, 10 * MINUTE);
    assert_true(fake.fed - fed < 600); /* less than one step a second */
}

static void stopping_says_offline_and_closes(void **state)
{
    (void)state;
    start_ready();
    send_control(80, 0.9, 0);
    fake_run(&fake, 2000);
    roost_window_stop(&window);
    roost_window_step(&window);
    assert_true(!roost_window_stopped(&window));
    assert_string_equal(fake.last[ROOST_TOPIC_STATUS], "{\"online\":false}");
    assert_true(fake.retained[ROOST_TOPIC_STATUS]);
    assert_true(!world.sash.energised);
    fake_run(&fake, 100);
    assert_true(roost_window_stopped(&window));
    int publishes = fake.publishes;
    fake_run(&fake, MINUTE);
    assert_int_equal(fake.publishes, publishes);

    start();
    fake.broker_up = false;
    roost_window_stop(&window); /* before it was ever connected */
    roost_window_step(&window);
    assert_true(roost_window_stopped(&window));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fits_the_chip),
        cmocka_unit_test(refuses_what_it_cannot_run_with),
        cmocka_unit_test(a_first_start_connects_calibrates_and_closes_the_window),
        cmocka_unit_test(a_second_start_stays_where_it_stands),
        cmocka_unit_test(readings_come_at_their_interval),
        cmocka_unit_test(a_lost_connection_loses_nothing),
        cmocka_unit_test(a_silent_sensor_is_reported_and_forgiven),
        cmocka_unit_test(a_stuck_sensor_is_not_believed),
        cmocka_unit_test(broken_flash_is_a_fault_not_the_end),
        cmocka_unit_test(sound_goes_out_and_stops_with_the_setting),
        cmocka_unit_test(an_idle_device_sleeps),
        cmocka_unit_test(stopping_says_offline_and_closes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
