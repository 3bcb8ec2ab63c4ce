/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/window/motor.h"
#include "devices/window/test/fake_world.h"

static const struct window_order go_50 = {WINDOW_ORDER_GO, 50000};
static const struct window_order calibrate = {WINDOW_ORDER_CALIBRATE, 0};
static const struct window_order keep = {WINDOW_ORDER_KEEP, 0};
static const struct window_order let_go = {WINDOW_ORDER_RELEASE, 0};

static const struct window_motor_limits limits = {
    .speed_pct_s = 20, .acceleration_pct_s2 = 40, .lag_pct = 8, .current_ma = 600, .stall_ms = 300};

static struct fake_port fake;
static struct fake_world world;
static struct roost_log log_;
static char log_memory[1024];
static struct window_motor motor;

static uint64_t log_now(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

static void boot(void)
{
    roost_log_init(&log_, log_memory, sizeof log_memory, log_now, NULL, &fake);
    assert_int_equal(window_motor_init(&motor, &fake.port.motor, &fake.port.kv, &log_), 0);
    motor.limits = limits;
}

static void start(void)
{
    fake_init(&fake);
    fake_world_init(&world, &fake);
    boot();
}

/* Runs with the order until `ms` have passed, as a step loop would: at the due times only. */
static void run(struct window_order order, uint64_t ms)
{
    uint64_t end = fake.now_ms + ms;

    for (;;) {
        window_motor_run(&motor, &order, fake.now_ms);
        uint64_t next = window_motor_due(&motor);
        if (fake.now_ms >= end)
            return;
        next = next < end ? next : end;
        assert_true(next > fake.now_ms);
        world_sash_step(&world.sash, (double)(next - fake.now_ms) / 1000.0);
        fake.now_ms = next;
    }
}

static void calibrated(void)
{
    run(calibrate, 100);
    run(keep, 60000);
    assert_int_equal(motor.state, WINDOW_MOTOR_RELEASED);
}

static double opening(void)
{
    return world_sash_opening_pct(&world.sash);
}

/* ---- the table ---- */

static void every_state_meets_every_event(void **state)
{
    (void)state;
    start();
    enum { UNC, CLO, OPE, REL, HOL, MOV, STA, XX = -1 };
    static const int expected[WINDOW_MOTOR_STATE_COUNT][WINDOW_MOTOR_EVENT_COUNT] = {
        /* calibrate, go, release, end, arrived, stall */
        {CLO, UNC, UNC, XX, XX, XX},   /* uncalibrated */
        {CLO, CLO, UNC, OPE, XX, STA}, /* seek-closed */
        {OPE, OPE, UNC, REL, XX, STA}, /* seek-open */
        {CLO, MOV, REL, XX, XX, XX},   /* released */
        {CLO, MOV, REL, XX, XX, STA},  /* holding */
        {CLO, MOV, REL, XX, HOL, STA}, /* moving */
        {CLO, STA, STA, XX, XX, XX},   /* stalled */
    };
    for (int s = 0; s < WINDOW_MOTOR_STATE_COUNT; s++)
        for (int e = 0; e < WINDOW_MOTOR_EVENT_COUNT; e++)
            assert_int_equal(
                window_motor_next((enum window_motor_state)s, (enum window_motor_event)e),
                expected[s][e]);
}

static void names_are_there(void **state)
{
    (void)state;
    start();
    for (int s = 0; s < WINDOW_MOTOR_STATE_COUNT; s++)
        assert_true(strlen(window_motor_state_name((enum window_motor_state)s)) > 0);
    for (int e = 0; e < WINDOW_MOTOR_EVENT_COUNT; e++)
        assert_true(strlen(window_motor_event_name((enum window_motor_event)e)) > 0);
    assert_string_equal(window_motor_state_name(WINDOW_MOTOR_STATE_COUNT), "unknown");
    assert_string_equal(window_motor_event_name(WINDOW_MOTOR_EVENT_COUNT), "unknown");
}

/* Each order in each state that it can meet: what the motor does about it. */
static void every_state_meets_every_order(void **state)
{
    (void)state;
    start();
    static const struct {
        enum window_motor_state from;
        struct window_order order;
        enum window_motor_state to;
    } rows[] = {
        {WINDOW_MOTOR_UNCALIBRATED, {WINDOW_ORDER_GO, 50000}, WINDOW_MOTOR_UNCALIBRATED},
        {WINDOW_MOTOR_UNCALIBRATED, {WINDOW_ORDER_CALIBRATE, 0}, WINDOW_MOTOR_SEEK_CLOSED},
        {WINDOW_MOTOR_SEEK_CLOSED, {WINDOW_ORDER_GO, 50000}, WINDOW_MOTOR_SEEK_CLOSED},
        {WINDOW_MOTOR_SEEK_CLOSED, {WINDOW_ORDER_CALIBRATE, 0}, WINDOW_MOTOR_SEEK_CLOSED},
        {WINDOW_MOTOR_SEEK_CLOSED, {WINDOW_ORDER_RELEASE, 0}, WINDOW_MOTOR_UNCALIBRATED},
        {WINDOW_MOTOR_RELEASED, {WINDOW_ORDER_GO, 50000}, WINDOW_MOTOR_MOVING},
        {WINDOW_MOTOR_RELEASED, {WINDOW_ORDER_KEEP, 0}, WINDOW_MOTOR_RELEASED},
        {WINDOW_MOTOR_RELEASED, {WINDOW_ORDER_CALIBRATE, 0}, WINDOW_MOTOR_SEEK_CLOSED},
        {WINDOW_MOTOR_MOVING, {WINDOW_ORDER_GO, 80000}, WINDOW_MOTOR_MOVING},
        {WINDOW_MOTOR_MOVING, {WINDOW_ORDER_RELEASE, 0}, WINDOW_MOTOR_RELEASED},
        {WINDOW_MOTOR_MOVING, {WINDOW_ORDER_CALIBRATE, 0}, WINDOW_MOTOR_SEEK_CLOSED},
        {WINDOW_MOTOR_HOLDING, {WINDOW_ORDER_GO, 80000}, WINDOW_MOTOR_MOVING},
        {WINDOW_MOTOR_HOLDING, {WINDOW_ORDER_GO, 50000}, WINDOW_MOTOR_HOLDING},
        {WINDOW_MOTOR_HOLDING, {WINDOW_ORDER_GO, 50300}, WINDOW_MOTOR_HOLDING},
        {WINDOW_MOTOR_HOLDING, {WINDOW_ORDER_GO, 0}, WINDOW_MOTOR_MOVING},
        {WINDOW_MOTOR_HOLDING, {WINDOW_ORDER_RELEASE, 0}, WINDOW_MOTOR_RELEASED},
        {WINDOW_MOTOR_STALLED, {WINDOW_ORDER_GO, 80000}, WINDOW_MOTOR_STALLED},
        {WINDOW_MOTOR_STALLED, {WINDOW_ORDER_RELEASE, 0}, WINDOW_MOTOR_STALLED},
        {WINDOW_MOTOR_STALLED, {WINDOW_ORDER_CALIBRATE, 0}, WINDOW_MOTOR_SEEK_CLOSED},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        start();
        if (rows[i].from == WINDOW_MOTOR_SEEK_CLOSED)
            run(calibrate, 100);
        if (rows[i].from > WINDOW_MOTOR_SEEK_OPEN)
            calibrated();
        if (rows[i].from == WINDOW_MOTOR_MOVING)
            run(go_50, 1000);
        if (rows[i].from == WINDOW_MOTOR_HOLDING)
            run(go_50, 10000);
        if (rows[i].from == WINDOW_MOTOR_STALLED) {
            world.sash.jammed = true;
            run(go_50, 3000);
        }
        assert_int_equal(motor.state, rows[i].from);
        window_motor_run(&motor, &rows[i].order, fake.now_ms);
        assert_int_equal(motor.state, rows[i].to);
    }
}

/* ---- calibration ---- */

static void finds_both_ends_without_pushing_hard(void **state)
{
    (void)state;
    start();
    for (uint64_t seed = 1; seed < 12; seed++) {
        start();
        world_sash_init(&world.sash, seed);
        calibrated();
        double closed = motor.travel.closed_raw - world.sash.stop_closed_raw;
        double open = motor.travel.open_raw - world.sash.stop_open_raw;
        assert_true(closed > -5 && closed < 5 && open > -5 && open < 5);
        assert_true(world.sash.overrun_raw < 50);
        assert_true(!world.sash.energised);
    }
}

static void travel_survives_a_reboot(void **state)
{
    (void)state;
    start();
    calibrated();
    int32_t low = motor.travel.low_raw, high = motor.travel.high_raw;
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_RELEASED);
    assert_int_equal(motor.travel.low_raw, low);
    assert_int_equal(motor.travel.high_raw, high);
}

static void a_damaged_travel_is_not_believed(void **state)
{
    (void)state;
    start();
    fake.port.kv.ops->set(&fake, "m.travel", "nonsense!", 9);
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_UNCALIBRATED);
    assert_int_equal(window_motor_position_mpct(&motor), 0);
}

static void a_latch_that_cannot_be_read_counts_as_set(void **state)
{
    (void)state;
    start();
    calibrated();
    fake.kv_fails = true;
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    fake.kv_fails = false;
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_RELEASED);
}

static void a_jam_or_a_dead_sensor_ends_the_calibration(void **state)
{
    (void)state;
    start();
    world.sash.jammed = true;
    run(calibrate, 100);
    run(keep, 90000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    assert_true(!world.sash.energised);

    start();
    (void)world_sash_feedback_raw(&world.sash);
    world.sash.sensor_dead = true;
    double began = world.sash.position_raw;
    run(calibrate, 100);
    run(keep, 90000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    assert_true(began - world.sash.position_raw < 340); /* a push, and the slip of a minute */

    start();
    world.sense_error = ROOST_ERR_IO;
    run(calibrate, 1000);
    assert_int_equal(motor.state, WINDOW_MOTOR_UNCALIBRATED); /* it does not even begin */
    world.sense_error = 0;
    run(calibrate, 1000);
    world.sense_error = ROOST_ERR_IO;
    run(keep, 1000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
}

static void a_travel_that_cannot_be_stored_is_said(void **state)
{
    (void)state;
    start();
    fake.kv_fails = true;
    calibrated();
    assert_true(motor.unsaved && motor.calibrated);
}

/* ---- moves ---- */

static void goes_where_it_is_told_within_its_limits(void **state)
{
    (void)state;
    start();
    static const int32_t targets[] = {50000, 0, 100000, 99000, 12500, 13500};
    calibrated();
    double overrun = world.sash.overrun_raw;
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        run((struct window_order){WINDOW_ORDER_GO, targets[i]}, 12000);
        assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
        int32_t off = window_motor_position_mpct(&motor) - targets[i];
        assert_true(off < 1300 && off > -1300);
        assert_true(opening() >= 1 && opening() <= 99); /* clear of the stops */
    }
    assert_true(world.sash.overrun_raw == overrun);
    run((struct window_order){WINDOW_ORDER_GO, 2000000}, 12000);
    assert_int_equal(motor.target_mpct, WINDOW_MPCT_MAX);
}

static void follows_a_new_target_on_the_way(void **state)
{
    (void)state;
    start();
    calibrated();
    run((struct window_order){WINDOW_ORDER_GO, 0}, 3000);
    assert_int_equal(motor.state, WINDOW_MOTOR_MOVING);
    run((struct window_order){WINDOW_ORDER_GO, 90000}, 12000);
    assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
    assert_true(opening() > 85 && opening() < 92);
}

static void runs_only_while_there_is_something_to_do(void **state)
{
    (void)state;
    start();
    assert_true(window_motor_due(&motor) == ROOST_NEVER);
    calibrated();
    assert_true(window_motor_due(&motor) == ROOST_NEVER);
    window_motor_run(&motor, &go_50, fake.now_ms);
    assert_true(window_motor_due(&motor) == fake.now_ms + WINDOW_MOTOR_CYCLE_MS);
    run(go_50, 12000);
    assert_true(window_motor_due(&motor) > fake.now_ms + WINDOW_MOTOR_CYCLE_MS);
    int sets = world.sets;
    run(go_50, 60000);
    assert_int_equal(world.sets, sets);
}

static void a_speed_the_motor_cannot_keep_is_no_stall(void **state)
{
    (void)state;
    start();
    calibrated();
    motor.limits.speed_pct_s = 100;
    motor.limits.acceleration_pct_s2 = 400;
    run((struct window_order){WINDOW_ORDER_GO, 0}, 8000);
    assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
    run((struct window_order){WINDOW_ORDER_GO, 90000}, 8000);
    assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
    run((struct window_order){WINDOW_ORDER_GO, 0}, 1000);
    world.sash.jammed = true;
    run((struct window_order){WINDOW_ORDER_GO, 0}, 1000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
}

static void a_late_cycle_does_not_jump(void **state)
{
    (void)state;
    start();
    calibrated();
    run((struct window_order){WINDOW_ORDER_GO, 0}, 12000);
    window_motor_run(&motor, &go_50, fake.now_ms);
    double before = world.sash.setpoint_raw;
    fake.now_ms += 4000;
    window_motor_run(&motor, &go_50, fake.now_ms);
    assert_true(world.sash.setpoint_raw - before < 40);
}

/* ---- stalls ---- */

static void an_obstruction_stalls_and_latches(void **state)
{
    (void)state;
    start();
    calibrated();
    run((struct window_order){WINDOW_ORDER_GO, 0}, 12000);
    world.sash.obstruction_raw = 1300;
    run((struct window_order){WINDOW_ORDER_GO, 90000}, 12000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    assert_true(!world.sash.energised);
    assert_int_equal(motor.stalls, 1);

    run((struct window_order){WINDOW_ORDER_GO, 0}, 12000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED); /* a reboot is no repair */

    world.sash.obstruction_raw = (double)NAN;
    calibrated();
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot();
    assert_int_equal(motor.state, WINDOW_MOTOR_RELEASED);
}

static void every_way_to_lose_the_motion_is_a_stall(void **state)
{
    (void)state;
    start();
    for (int way = 0; way < 5; way++) {
        start();
        calibrated();
        run((struct window_order){WINDOW_ORDER_GO, 20000}, 12000);
        run((struct window_order){WINDOW_ORDER_GO, 80000}, 1500);
        world.sash.jammed = way == 0;
        world.sash.sensor_dead = way == 1;
        world.sash.unpowered = way == 2;
        world.sense_error = way == 3 ? ROOST_ERR_IO : 0;
        world.set_error = way == 4 ? ROOST_ERR_FAULT : 0;
        run((struct window_order){WINDOW_ORDER_GO, 80000}, 8000);
        assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
    }
}

static void a_glitch_is_no_stall(void **state)
{
    (void)state;
    start();
    calibrated();
    run((struct window_order){WINDOW_ORDER_GO, 20000}, 12000);
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 1500);
    world.sense_error = ROOST_ERR_IO;
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 20);
    world.sense_error = 0;
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 200);
    world.sash.jammed = true;
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 150);
    world.sash.jammed = false;
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 12000);
    assert_int_equal(motor.state, WINDOW_MOTOR_HOLDING);
}

static void being_forced_while_holding_is_a_stall(void **state)
{
    (void)state;
    start();
    calibrated();
    run(go_50, 12000);
    world.sash.position_raw = world.sash.stop_closed_raw + 50;
    world.sash.jammed = true;
    run(go_50, 10000);
    assert_int_equal(motor.state, WINDOW_MOTOR_STALLED);
}

static void released_it_finds_its_way_from_where_it_slipped(void **state)
{
    (void)state;
    start();
    calibrated();
    run((struct window_order){WINDOW_ORDER_GO, 80000}, 12000);
    run(let_go, 100000);
    double slipped = world.sash.position_raw;
    window_motor_run(&motor, &go_50, fake.now_ms);
    fake.now_ms += 20;
    window_motor_run(&motor, &go_50, fake.now_ms);
    assert_true(world.sash.setpoint_raw > slipped - 40 && world.sash.setpoint_raw < slipped + 40);
    run(go_50, 12000);
    assert_true(opening() > 47 && opening() < 53);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_state_meets_every_event),
        cmocka_unit_test(names_are_there),
        cmocka_unit_test(every_state_meets_every_order),
        cmocka_unit_test(finds_both_ends_without_pushing_hard),
        cmocka_unit_test(travel_survives_a_reboot),
        cmocka_unit_test(a_damaged_travel_is_not_believed),
        cmocka_unit_test(a_latch_that_cannot_be_read_counts_as_set),
        cmocka_unit_test(a_jam_or_a_dead_sensor_ends_the_calibration),
        cmocka_unit_test(a_travel_that_cannot_be_stored_is_said),
        cmocka_unit_test(goes_where_it_is_told_within_its_limits),
        cmocka_unit_test(follows_a_new_target_on_the_way),
        cmocka_unit_test(runs_only_while_there_is_something_to_do),
        cmocka_unit_test(a_speed_the_motor_cannot_keep_is_no_stall),
        cmocka_unit_test(a_late_cycle_does_not_jump),
        cmocka_unit_test(an_obstruction_stalls_and_latches),
        cmocka_unit_test(every_way_to_lose_the_motion_is_a_stall),
        cmocka_unit_test(a_glitch_is_no_stall),
        cmocka_unit_test(being_forced_while_holding_is_a_stall),
        cmocka_unit_test(released_it_finds_its_way_from_where_it_slipped),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
