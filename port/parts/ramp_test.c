/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/ramp.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SPEED = 800, ACCELERATION = 2000, SECOND = RAMP_TICK_HZ };

struct motor {
    struct ramp ramp;
    int32_t steps;      /* seen at the step pin */
    int last_direction; /* of the last step */
    int quiet;          /* ticks since it */
};

static void tick(struct motor *motor)
{
    int32_t before = motor->ramp.velocity_q16;
    int step = ramp_tick(&motor->ramp);
    int32_t change = motor->ramp.velocity_q16 - before;

    motor->steps += step;
    assert_int_equal(motor->steps, motor->ramp.position);
    assert_true(motor->ramp.velocity_q16 >= 0 && motor->ramp.velocity_q16 <= SPEED * 65536);
    if (before >= RAMP_CREEP * 65536 && motor->ramp.velocity_q16 > RAMP_CREEP * 65536)
        assert_true(change <= motor->ramp.change_q16 && change >= -motor->ramp.change_q16);
    motor->quiet++;
    if (step == 0)
        return;
    assert_true(motor->quiet >= 2); /* the pin was low in between */
    if (motor->last_direction != 0 && step != motor->last_direction)
        assert_true(motor->quiet >= 10);
    motor->quiet = 0;
    motor->last_direction = step;
}

/* From rest, without ever passing the target. Returns the ticks it took. */
static int32_t go(struct motor *motor, int32_t target)
{
    int32_t from = motor->steps, ticks = 0;

    motor->ramp.target = target;
    while (!ramp_resting(&motor->ramp)) {
        tick(motor);
        assert_true(from < target ? motor->steps <= target : motor->steps >= target);
        assert_true(++ticks < 60 * SECOND);
    }
    assert_int_equal(motor->steps, target);
    return ticks;
}

static void start(struct motor *motor)
{
    *motor = (struct motor){.quiet = SECOND};
    ramp_init(&motor->ramp, SPEED, ACCELERATION);
}

static void test_arrives(void **state)
{
    static const int32_t targets[] = {1,   -1, 0,    2,    0,    3,    10, 20, 35,
                                      100, 7,  4000, 3999, 3990, -250, 30, 0};
    struct motor motor;

    (void)state;
    start(&motor);
    assert_true(ramp_resting(&motor.ramp));
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++)
        (void)go(&motor, targets[i]);
    for (int i = 0; i < SECOND; i++)
        tick(&motor);
    assert_int_equal(motor.steps, 0);
}

/* 4000 steps: 0.4 s and 160 steps of either slope, and 3680 at full speed: 5.4 s. */
static void test_time_of_a_long_way(void **state)
{
    struct motor motor;

    (void)state;
    start(&motor);
    int32_t ticks = go(&motor, 4000);
    assert_true(ticks > 53 * SECOND / 10 && ticks < 58 * SECOND / 10);
}

static void test_turns_round_without_a_jerk(void **state)
{
    struct motor motor;

    (void)state;
    start(&motor);
    motor.ramp.target = 4000;
    for (int i = 0; i < SECOND; i++)
        tick(&motor);
    assert_int_equal(motor.ramp.velocity_q16, SPEED * 65536);
    int32_t there = motor.steps;
    motor.ramp.target = 0;
    while (motor.ramp.direction > 0)
        tick(&motor);
    /* v2 / 2a = 160 */
    assert_true(motor.steps - there >= 155 && motor.steps - there <= 165);
    while (!ramp_resting(&motor.ramp))
        tick(&motor);
    assert_int_equal(motor.steps, 0);
}

/* As a set point comes that follows a profile of its own. */
static void test_follows(void **state)
{
    struct motor motor;

    (void)state;
    start(&motor);
    for (int32_t target = 0; target <= 3000; target += 6) { /* every 20 ms: 300 steps/s */
        motor.ramp.target = target;
        for (int i = 0; i < SECOND / 50; i++)
            tick(&motor);
        assert_true(target - motor.steps <= 40 && motor.steps <= target);
    }
    (void)go(&motor, 3000);
}

static void test_halt(void **state)
{
    struct motor motor;

    (void)state;
    start(&motor);
    motor.ramp.target = 4000;
    for (int i = 0; i < SECOND; i++)
        tick(&motor);
    ramp_halt(&motor.ramp, 17);
    assert_true(ramp_resting(&motor.ramp));
    assert_int_equal(ramp_tick(&motor.ramp), 0);
    assert_int_equal(motor.ramp.position, 17);
}

static void test_bounds(void **state)
{
    struct ramp ramp;

    (void)state;
    ramp_init(&ramp, RAMP_SPEED_MAX, RAMP_ACCELERATION_MAX);
    ramp.target = 100000;
    int32_t ticks = 0, together = 0;
    while (!ramp_resting(&ramp) && ticks < 60 * SECOND) {
        together = ramp_tick(&ramp) != 0 ? together + 1 : 0;
        assert_true(together <= 1);
        ticks++;
    }
    assert_int_equal(ramp.position, 100000);
    assert_true(ticks > 40 * SECOND && ticks < 41 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_arrives),
        cmocka_unit_test(test_time_of_a_long_way),
        cmocka_unit_test(test_turns_round_without_a_jerk),
        cmocka_unit_test(test_follows),
        cmocka_unit_test(test_halt),
        cmocka_unit_test(test_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
