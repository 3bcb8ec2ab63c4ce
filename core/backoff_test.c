/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/backoff.h"

static void check_span(struct roost_backoff backoff, uint32_t low, uint32_t high)
{
    struct roost_backoff again = backoff;
    assert_int_equal(roost_backoff_next(&backoff, 0), low);
    assert_int_equal(roost_backoff_next(&again, UINT32_MAX), high);
}

static void span_doubles_up_to_the_cap(void **state)
{
    (void)state;
    struct roost_backoff backoff;
    roost_backoff_init(&backoff, 1000, 60000);
    static const uint32_t highs[] = {1000, 2000, 4000, 8000, 16000, 32000, 60000, 60000};
    for (size_t i = 0; i < 8; i++) {
        check_span(backoff, 500, highs[i]);
        roost_backoff_next(&backoff, 12345);
        assert_int_equal(backoff.attempts, i + 1);
    }
    roost_backoff_reset(&backoff);
    check_span(backoff, 500, 1000);
}

static void extremes_do_not_overflow(void **state)
{
    (void)state;
    struct roost_backoff backoff;
    roost_backoff_init(&backoff, 3, UINT32_MAX);
    for (int i = 0; i < 100; i++)
        roost_backoff_next(&backoff, 0);
    check_span(backoff, 1, UINT32_MAX);
    backoff.attempts = UINT32_MAX;
    check_span(backoff, 1, UINT32_MAX);
    roost_backoff_init(&backoff, 1, 1);
    check_span(backoff, 0, 1);
    roost_backoff_init(&backoff, UINT32_MAX, UINT32_MAX);
    check_span(backoff, UINT32_MAX / 2, UINT32_MAX);
}

static void draws_are_spread_evenly(void **state)
{
    (void)state;
    struct roost_backoff backoff;
    uint32_t random = 7, quarters[4] = {0};
    roost_backoff_init(&backoff, 1000, 60000);
    for (int i = 0; i < 4000; i++) {
        random = random * 1664525 + 1013904223;
        roost_backoff_reset(&backoff);
        uint32_t delay = roost_backoff_next(&backoff, random);
        assert_true(delay >= 500 && delay <= 1000);
        quarters[(delay - 500) * 4 / 501]++;
    }
    for (size_t i = 0; i < 4; i++)
        assert_true(quarters[i] > 900 && quarters[i] < 1100);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(span_doubles_up_to_the_cap),
        cmocka_unit_test(extremes_do_not_overflow),
        cmocka_unit_test(draws_are_spread_evenly),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
