/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "world/window/sash.h"

static void run(struct world_sash *sash, double seconds)
{
    for (int i = 0; i < (int)(seconds * 50); i++)
        world_sash_step(sash, 0.02);
}

static void stops_lie_inside_the_drivers_range(void **state)
{
    (void)state;
    for (uint64_t seed = 0; seed < 200; seed++) {
        struct world_sash sash;
        world_sash_init(&sash, seed);
        assert_true(sash.stop_closed_raw > WORLD_SASH_MIN_RAW + 100);
        assert_true(sash.stop_open_raw < WORLD_SASH_MAX_RAW - 100);
        assert_true(sash.position_raw >= sash.stop_closed_raw);
        assert_true(sash.position_raw <= sash.stop_open_raw);
    }
}

static void follows_its_set_point(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 1);
    world_sash_set(&sash, 1500);
    double last = sash.position_raw, speed = 0;
    for (int i = 0; i < 300; i++) {
        world_sash_step(&sash, 0.02);
        double now = (sash.position_raw - last) / 0.02;
        assert_true(fabs(now) <= 601);
        assert_true(fabs(now - speed) <= 6001 * 0.02);
        assert_true(sash.position_raw < 1501);
        last = sash.position_raw;
        speed = now;
    }
    assert_true(fabs(sash.position_raw - 1500) < 1);
    assert_true(sash.current_ma < 60);
    assert_true(fabs(world_sash_feedback_raw(&sash) - 1500.0) <= 4);
}

static void one_long_step_equals_many_short_ones(void **state)
{
    (void)state;
    struct world_sash a, b;
    world_sash_init(&a, 5);
    world_sash_init(&b, 5);
    world_sash_set(&a, 1900);
    world_sash_set(&b, 1900);
    world_sash_step(&a, 3600);
    run(&b, 10);
    assert_true(fabs(a.position_raw - b.position_raw) < 1);
}

static void stalls_at_a_stop_and_says_so_by_current(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 1);
    world_sash_set(&sash, sash.stop_open_raw + 60);
    run(&sash, 8);
    assert_true(sash.position_raw == sash.stop_open_raw);
    assert_true(sash.current_ma > 700);
    assert_true(sash.overrun_raw == 60);
    assert_true(world_sash_opening_pct(&sash) == 100);
    world_sash_set(&sash, sash.stop_closed_raw - 20);
    run(&sash, 8);
    assert_true(world_sash_opening_pct(&sash) == 0);
    assert_true(sash.overrun_raw == 60);
}

static void obstruction_stops_opening_but_not_closing(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 2);
    sash.obstruction_raw = 1400;
    world_sash_set(&sash, 2000);
    run(&sash, 8);
    assert_true(sash.position_raw == 1400 && sash.current_ma > 700);
    assert_true(sash.overrun_raw == 0);
    world_sash_set(&sash, 1000);
    run(&sash, 8);
    assert_true(fabs(sash.position_raw - 1000) < 1);
}

static void obstruction_behind_the_sash_does_not_move_it(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 2);
    world_sash_set(&sash, 1800);
    run(&sash, 8);
    sash.obstruction_raw = 1400;
    world_sash_step(&sash, 1);
    assert_true(fabs(sash.position_raw - 1800) < 1);
}

static void jam_dead_sensor_and_no_power(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 3);
    double start = sash.position_raw;
    sash.jammed = true;
    world_sash_set(&sash, 2000);
    run(&sash, 4);
    assert_true(sash.position_raw == start && sash.current_ma > 700);

    sash.jammed = false;
    int32_t said = world_sash_feedback_raw(&sash);
    sash.sensor_dead = true;
    run(&sash, 8);
    assert_true(fabs(sash.position_raw - 2000) < 1);
    assert_int_equal(world_sash_feedback_raw(&sash), said);

    sash.unpowered = true;
    world_sash_set(&sash, 1000);
    run(&sash, 4);
    assert_true(sash.position_raw > 1900 && sash.current_ma == 0);
}

static void slips_when_released(void **state)
{
    (void)state;
    struct world_sash sash;
    world_sash_init(&sash, 4);
    world_sash_set(&sash, 2000);
    run(&sash, 8);
    world_sash_release(&sash);
    world_sash_step(&sash, 10);
    assert_true(sash.position_raw < 1990 && sash.position_raw > 1900);
    world_sash_step(&sash, 36000);
    assert_true(world_sash_opening_pct(&sash) == 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(stops_lie_inside_the_drivers_range),
        cmocka_unit_test(follows_its_set_point),
        cmocka_unit_test(one_long_step_equals_many_short_ones),
        cmocka_unit_test(stalls_at_a_stop_and_says_so_by_current),
        cmocka_unit_test(obstruction_stops_opening_but_not_closing),
        cmocka_unit_test(obstruction_behind_the_sash_does_not_move_it),
        cmocka_unit_test(jam_dead_sensor_and_no_power),
        cmocka_unit_test(slips_when_released),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
