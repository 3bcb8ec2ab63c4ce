/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a factory reset means to a window: the travel it learnt goes with all else its owner taught
 * it, a stall stays. The reset itself is the runtime's (runtime/reset_test.c).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/test/rig.h"

#define RESET "{\"id\":\"1\",\"command\":\"factory_reset\"}"

/* Calibrated, and with a setting of its owner's as the witness of the runtime's part. */
static void start_taught(void)
{
    start_ready();
    assert_true(window.motor.calibrated);
    ask("{\"id\":\"1\",\"command\":\"set\",\"args\":{\"safe_position\":35}}");
    assert_true(answer.ok);
}

static bool knows_setting(void)
{
    return roost_settings_int(&window.device.settings, WINDOW_SET_SAFE_POSITION) == 35;
}

static void it_forgets_its_travel_and_measures_it_anew(void **state)
{
    (void)state;
    start_taught();
    uint64_t last_seq = roost_outbox_last_seq(&window.outbox);
    ask(RESET);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    assert_int_equal(fake.reboots, 1);

    reboot_as(ROOST_RESET_COMMAND);
    assert_true(!knows_setting() && !window.motor.calibrated);
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    assert_true(window.motor.calibrated);
    assert_true(roost_outbox_last_seq(&window.outbox) > last_seq);

    reboot_as(ROOST_RESET_POWER_ON); /* once: what it learns from now on stays */
    assert_true(window.motor.calibrated);
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
    send_command(RESET);
    fake_run(&fake, ROOST_DEVICE_REBOOT_MS);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.operations = 0;
    fake.cut_at = again;
    boot();
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
}

static void a_power_cut_parts_no_travel_from_the_settings(void **state)
{
    (void)state;
    int whole = 0, forgotten = 0;

    for (int cut = 0; cut < 6; cut++) {
        for (int again = -1; again < 24; again++) {
            reset_with_cuts(cut, again < 0 ? FAKE_NO_CUT : again);
            assert_int_equal(window.motor.calibrated, knows_setting());
            *(knows_setting() ? &whole : &forgotten) += 1;
        }
    }
    assert_true(whole > 0 && forgotten > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_forgets_its_travel_and_measures_it_anew),
        cmocka_unit_test(a_stall_is_not_forgotten),
        cmocka_unit_test(a_power_cut_parts_no_travel_from_the_settings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
