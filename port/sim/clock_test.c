/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "port/sim/clock.h"

static uint64_t order[16];
static size_t order_count;

static void note(void *ctx, uint64_t number, void *data)
{
    (void)ctx;
    (void)data;
    order[order_count++] = number;
}

static void ties_run_in_start_order(void **state)
{
    struct sim_clock clock;

    (void)state;
    order_count = 0;
    assert_int_equal(sim_clock_init(&clock, 1), 0);
    sim_at(&clock, 20, note, NULL, 3, NULL);
    sim_at(&clock, 10, note, NULL, 1, NULL);
    sim_at(&clock, 20, note, NULL, 4, NULL);
    sim_at(&clock, 10, note, NULL, 2, NULL);
    sim_run_until(&clock, 15);
    assert_int_equal(order_count, 2);
    assert_int_equal(clock.now_ms, 15);
    sim_run_until(&clock, 20);
    assert_int_equal(order_count, 4);
    for (size_t i = 0; i < 4; i++)
        assert_int_equal(order[i], i + 1);
    sim_clock_deinit(&clock);
}

static void a_changed_guard_drops_the_event(void **state)
{
    struct sim_clock clock;
    uint32_t guard = 7;

    (void)state;
    order_count = 0;
    assert_int_equal(sim_clock_init(&clock, 1), 0);
    sim_at_guarded(&clock, 10, note, NULL, 1, NULL, &guard);
    guard++;
    sim_at_guarded(&clock, 10, note, NULL, 2, NULL, &guard);
    sim_run_until(&clock, 100);
    assert_int_equal(order_count, 1);
    assert_int_equal(order[0], 2);
    sim_clock_deinit(&clock);
}

static void a_heap_of_many_comes_out_sorted(void **state)
{
    struct sim_clock clock;
    struct sim_random random;
    uint64_t last = 0;

    (void)state;
    assert_int_equal(sim_clock_init(&clock, 1), 0);
    sim_random_init(&random, 5, "test", 0);
    order_count = 0;
    for (int i = 0; i < 1000; i++)
        sim_at(&clock, sim_random_below(&random, 300), note, NULL, 0, NULL);
    while (clock.count > 0) {
        order_count = 0;
        assert_true(sim_run_one(&clock, UINT64_MAX));
        assert_true(clock.now_ms >= last);
        last = clock.now_ms;
    }
    sim_clock_deinit(&clock);
}

static void streams_are_their_own_and_repeat(void **state)
{
    struct sim_random a, b, c, d;

    (void)state;
    sim_random_init(&a, 1, "flash", 0);
    sim_random_init(&b, 1, "flash", 0);
    sim_random_init(&c, 1, "flash", 1);
    sim_random_init(&d, 2, "flash", 0);
    for (int i = 0; i < 100; i++) {
        uint64_t from_a = sim_random_next(&a);

        assert_true(from_a == sim_random_next(&b));
        assert_true(from_a != sim_random_next(&c));
        assert_true(from_a != sim_random_next(&d));
    }
}

static void the_digest_tells_traces_apart(void **state)
{
    struct sim_clock clock[3];
    char digest[3][65];

    (void)state;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(sim_clock_init(&clock[i], 1), 0);
        sim_trace(&clock[i], 0, i == 2 ? "ab" : "a", i == 2 ? "c" : "bc", i == 2 ? 1 : 2);
        sim_digest(&clock[i], digest[i]);
        sim_clock_deinit(&clock[i]);
    }
    assert_string_equal(digest[0], digest[1]);
    assert_string_not_equal(digest[0], digest[2]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ties_run_in_start_order),
        cmocka_unit_test(a_changed_guard_drops_the_event),
        cmocka_unit_test(a_heap_of_many_comes_out_sorted),
        cmocka_unit_test(streams_are_their_own_and_repeat),
        cmocka_unit_test(the_digest_tells_traces_apart),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
