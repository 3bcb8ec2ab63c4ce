/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What an update asks of a window: it rests before the restart, is not cut off while it moves, and
 * an image has to measure before it is kept. The rest is the runtime's (runtime/update_test.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

#define UPDATE "{\"id\":\"1\",\"command\":\"update\"}"

enum { TRIAL_MS = 300000, LOADED_MS = 3000 };

/* Ready, at rest, and able to take updates. */
static void start_updatable(void)
{
    begin();
    fake_use_update(&fake, "window");
    boot();
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_HOLDING);
}

/* Asks for the update 1.3.0 and runs until it has restarted into it. */
static void restart_into_update(void)
{
    fake_offer(&fake, "1.3.0");
    ask(UPDATE);
    assert_true(answer.ok);
    fake_run(&fake, LOADED_MS);
    assert_int_equal(fake.reboots, 1);
}

static void an_image_is_kept_once_it_has_measured(void **state)
{
    (void)state;
    start_updatable();
    uint64_t before = roost_outbox_last_seq(&window.outbox);
    restart_into_update();
    assert_false(world.sash.energised);
    assert_false(world.mic_open);

    reboot_as(ROOST_RESET_UPDATE);
    fake_run(&fake, 950);
    read_status();
    assert_string_equal(status.update.state, "trial"); /* there is no sample yet */
    assert_true(fake.running.on_trial);
    fake_run(&fake, 3000);
    assert_false(fake.running.on_trial);
    read_status();
    assert_string_equal(status.update.report, "installed 1.3.0");
    fake_run(&fake, MINUTE);
    assert_true(roost_outbox_last_seq(&window.outbox) > before); /* the journal goes on */
    assert_int_equal(window.motor.calibrations, 0);              /* and so does the travel */
}

static void it_does_not_restart_while_the_window_moves(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    send_control(90, 0.9, 0);
    fake_run(&fake, 200);
    assert_true(window_motor_moving(&window.motor));
    ask(UPDATE);
    fake_run(&fake, 1500);
    assert_int_equal(window.device.update.ota.state, ROOST_OTA_READY);
    assert_true(window_motor_moving(&window.motor));
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(fake.reboots, 1);
    assert_true(near(world_sash_opening_pct(&world.sash), 88));
}

/* It had come to rest for the restart that then was refused. */
static void a_refused_restart_lets_it_measure_and_move_again(void **state)
{
    (void)state;
    start_updatable();
    fake_offer(&fake, "1.3.0");
    fake.activate_error = ROOST_ERR_CORRUPT;
    ask(UPDATE);
    fake_run(&fake, 2 * LOADED_MS);
    assert_int_equal(fake.activations, 1);
    assert_int_equal(fake.reboots, 0);
    int count = world.reading_count;
    send_control(50, 0.9, 0);
    fake_run(&fake, MINUTE);
    assert_true(world.reading_count >= count + 10);
    assert_true(near(world_sash_opening_pct(&world.sash), 50));
}

static void start_trial_without_sensor(void)
{
    start_updatable();
    restart_into_update();
    reboot_as(ROOST_RESET_UPDATE);
    world.sensor_silent = true;
}

static void expect_rolled_back(const char *report)
{
    assert_int_equal(fake.reboots, 1);
    assert_int_equal(fake.running.slot, 0);
    reboot_as(ROOST_RESET_UPDATE);
    world.sensor_silent = false;
    fake_run(&fake, 10000);
    read_status();
    assert_string_equal(status.update.report, report);
}

static void an_image_that_cannot_measure_goes_back(void **state)
{
    (void)state;
    start_trial_without_sensor();
    fake_run(&fake, TRIAL_MS + 1000);
    expect_rolled_back("1.3.0 rolled back: no sensor within 300 s");
}

/* The end of the trial falls into a motion: the restart waits for it. */
static void a_window_that_moves_is_not_cut_off_by_a_roll_back(void **state)
{
    (void)state;
    start_trial_without_sensor();
    fake_run(&fake, TRIAL_MS - 2000);
    send_control(90, 0.9, 0);
    fake_run(&fake, 3000);
    assert_true(window_motor_moving(&window.motor));
    assert_int_equal(fake.reboots, 0);
    fake_run(&fake, MOVE_MS);
    expect_rolled_back("1.3.0 rolled back: no sensor within 300 s");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_image_is_kept_once_it_has_measured),
        cmocka_unit_test(it_does_not_restart_while_the_window_moves),
        cmocka_unit_test(a_refused_restart_lets_it_measure_and_move_again),
        cmocka_unit_test(an_image_that_cannot_measure_goes_back),
        cmocka_unit_test(a_window_that_moves_is_not_cut_off_by_a_roll_back),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
