/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

static void a_control_message_moves_the_window(void **state)
{
    (void)state;
    start_ready();
    int states = fake.count[FAKE_STATE];
    send_control(42.5, 0.9, 0);
    fake_run(&fake, 1500);
    read_motion();
    assert_true(motion.moving && near(motion.target_pct, 42.5));
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(!motion.moving && near(motion.position_pct, 42.5));
    states = fake.count[FAKE_STATE] - states;
    assert_true(states >= 4 && states <= 10); /* twice a second while it moves */
}

static void bad_control_does_not_move_it_and_is_counted(void **state)
{
    (void)state;
    start_ready();
    int moves = (int)window.motor.moves;
    send_control(80, 0.9, 11000);
    send_control(80, 0.1, 0);
    send_control(80, 0.9, -120000);
    assert_int_equal(fake_deliver(&fake, FAKE_CONTROL, "{\"position\":80}"), 0);
    fake_run(&fake, MOVE_MS);
    assert_int_equal(window.motor.moves, moves);
    ask("{\"id\":\"1\",\"command\":\"health\"}");
    assert_true(answer.ok);
    assert_true(contains(answer.data_json, "\"stale\":1,"));
    assert_true(contains(answer.data_json, "\"confidence\":1,"));
    assert_true(contains(answer.data_json, "\"future\":1,"));
    assert_true(contains(answer.data_json, "\"malformed\":1,"));
}

static void a_stall_latches_until_calibrated(void **state)
{
    (void)state;
    start_ready();
    world.sash.obstruction_raw = world.sash.stop_closed_raw + 400;
    send_control(90, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_string_equal(motion.fault, "motor_stall");
    read_status();
    assert_string_equal(status.fault, "motor_stall");
    assert_true(!world.sash.energised);

    ask("{\"id\":\"1\",\"command\":\"move\",\"args\":{\"position\":10}}");
    assert_true(!answer.ok);
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "motor: stalled");
    reboot_as(ROOST_RESET_POWER_ON);
    fake_run(&fake, MINUTE);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_STALLED);

    world.sash.obstruction_raw = 1e9;
    ask("{\"id\":\"2\",\"command\":\"calibrate\"}");
    assert_true(answer.ok);
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    read_status();
    assert_string_equal(status.fault, "");
    send_control(90, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 90));
}

static void a_hand_wins_for_its_time(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"hand_hold_ms\":60000}}");
    ask("{\"id\":\"2\",\"command\":\"move\",\"args\":{\"position\":25.5}}");
    assert_true(answer.ok);
    fake_run(&fake, MOVE_MS);
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 25.5));
    fake_run(&fake, MINUTE);
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_true(near(motion.position_pct, 80));
}

static void cut_off_it_goes_to_the_safe_position(void **state)
{
    (void)state;
    start_ready();
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":10}}");
    send_control(80, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    fake.broker_up = false;
    fake_disconnect(&fake);
    fake_run(&fake, 14 * MINUTE);
    assert_true(world_sash_opening_pct(&world.sash) > 75);
    fake_run(&fake, MINUTE + MOVE_MS);
    assert_true(world_sash_opening_pct(&world.sash) < 15);
    fake.broker_up = true;
    fake_run(&fake, 3 * MINUTE);
    read_motion();
    assert_string_equal(motion.fault, "control_lost");
    send_control(50, 0.9, 0);
    fake_run(&fake, MOVE_MS);
    read_motion();
    assert_string_equal(motion.fault, "");
    assert_true(near(motion.position_pct, 50));
}

static void three_crashes_make_a_safe_mode(void **state)
{
    (void)state;
    start_ready();
    for (int i = 0; i < 3; i++) {
        reboot_as(i == 1 ? ROOST_RESET_WATCHDOG : ROOST_RESET_CRASH);
        fake_run(&fake, 5000);
    }
    assert_true(window.device.safe_mode);
    int sets = world.sets, starts = world.mic_starts, readings = world.reading_count;
    send_control(70, 0.9, 0);
    fake_run(&fake, 2 * MINUTE);
    read_status();
    assert_string_equal(status.fault, "crash_loop");
    assert_int_equal(world.sets, sets);
    assert_int_equal(world.mic_starts, starts);
    assert_true(world.reading_count > readings);
    assert_true(!world.sash.energised);
    ask("{\"id\":\"1\",\"command\":\"calibrate\"}");
    assert_string_equal(answer.error, "STATE");
    assert_string_equal(answer.message, "motor: safe mode");
    ask("{\"id\":\"2\",\"command\":\"settings\"}");
    assert_true(answer.ok);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_control_message_moves_the_window),
        cmocka_unit_test(bad_control_does_not_move_it_and_is_counted),
        cmocka_unit_test(a_stall_latches_until_calibrated),
        cmocka_unit_test(a_hand_wins_for_its_time),
        cmocka_unit_test(cut_off_it_goes_to_the_safe_position),
        cmocka_unit_test(three_crashes_make_a_safe_mode),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
