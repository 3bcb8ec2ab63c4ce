/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/timer.h"

enum { COUNT = 4 };

static struct roost_timers timers;
static struct roost_timer slots[COUNT];

static void nothing_is_armed_at_first(void **state)
{
    (void)state;
    memset(slots, 0xFF, sizeof slots);
    roost_timers_init(&timers, slots, COUNT);
    for (size_t i = 0; i < COUNT; i++)
        assert_false(roost_timers_armed(&timers, i));
    assert_true(roost_timers_next(&timers) == ROOST_NEVER);
    assert_int_equal(roost_timers_pop(&timers, UINT64_MAX), -1);
}

static void earliest_comes_first(void **state)
{
    (void)state;
    roost_timers_init(&timers, slots, COUNT);
    roost_timers_start(&timers, 0, 300);
    roost_timers_start(&timers, 1, 100);
    roost_timers_start(&timers, 2, 200);
    assert_true(roost_timers_next(&timers) == 100);
    assert_int_equal(roost_timers_pop(&timers, 99), -1);
    assert_int_equal(roost_timers_pop(&timers, 100), 1);
    assert_false(roost_timers_armed(&timers, 1));
    assert_int_equal(roost_timers_pop(&timers, 100), -1);
    assert_int_equal(roost_timers_pop(&timers, 1000), 2);
    assert_int_equal(roost_timers_pop(&timers, 1000), 0);
    assert_int_equal(roost_timers_pop(&timers, 1000), -1);
}

static void ties_break_by_start_order(void **state)
{
    (void)state;
    roost_timers_init(&timers, slots, COUNT);
    roost_timers_start(&timers, 0, 50);
    roost_timers_start(&timers, 3, 50);
    roost_timers_start(&timers, 1, 50);
    roost_timers_start(&timers, 0, 50); /* restarted: now behind the others */
    assert_int_equal(roost_timers_pop(&timers, 50), 3);
    assert_int_equal(roost_timers_pop(&timers, 50), 1);
    assert_int_equal(roost_timers_pop(&timers, 50), 0);
}

static void stopping_and_restarting(void **state)
{
    (void)state;
    roost_timers_init(&timers, slots, COUNT);
    roost_timers_start(&timers, 2, 10);
    roost_timers_stop(&timers, 2);
    roost_timers_stop(&timers, 2);
    assert_int_equal(roost_timers_pop(&timers, 10), -1);
    roost_timers_start(&timers, 2, 10);
    roost_timers_start(&timers, 2, 20);
    assert_int_equal(roost_timers_pop(&timers, 10), -1);
    assert_int_equal(roost_timers_pop(&timers, 20), 2);
    roost_timers_start(&timers, 2, ROOST_NEVER);
    assert_true(roost_timers_armed(&timers, 2));
    assert_int_equal(roost_timers_pop(&timers, UINT64_MAX), -1);
}

static void the_earlier_of_two_deadlines(void **state)
{
    (void)state;
    assert_true(roost_earlier(1, 2) == 1);
    assert_true(roost_earlier(2, 1) == 1);
    assert_true(roost_earlier(3, 3) == 3);
    assert_true(roost_earlier(ROOST_NEVER, UINT64_C(1) << 40) == UINT64_C(1) << 40);
    assert_true(roost_earlier(ROOST_NEVER, ROOST_NEVER) == ROOST_NEVER);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(nothing_is_armed_at_first),    cmocka_unit_test(earliest_comes_first),
        cmocka_unit_test(ties_break_by_start_order),    cmocka_unit_test(stopping_and_restarting),
        cmocka_unit_test(the_earlier_of_two_deadlines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
