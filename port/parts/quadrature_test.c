/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/quadrature.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static const unsigned upwards[] = {0, 2, 3, 1, 0, 2, 3, 1, 0};

enum { LEVELS = sizeof upwards / sizeof upwards[0] };

static void test_both_directions(void **state)
{
    int32_t position = 0;

    (void)state;
    for (int i = 1; i < LEVELS; i++)
        position += quadrature_step(upwards[i - 1], upwards[i]);
    assert_int_equal(position, LEVELS - 1);
    for (int i = LEVELS - 1; i > 0; i--)
        position += quadrature_step(upwards[i], upwards[i - 1]);
    assert_int_equal(position, 0);
}

static void test_bounce_adds_up_to_nothing(void **state)
{
    (void)state;
    for (int i = 1; i < LEVELS; i++)
        assert_int_equal(quadrature_step(upwards[i - 1], upwards[i]) +
                             quadrature_step(upwards[i], upwards[i - 1]),
                         0);
}

static void test_no_edge_and_two_edges(void **state)
{
    (void)state;
    for (unsigned levels = 0; levels < 4; levels++) {
        assert_int_equal(quadrature_step(levels, levels), 0);
        assert_int_equal(quadrature_step(levels, levels ^ 3u), 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_both_directions),
        cmocka_unit_test(test_bounce_adds_up_to_nothing),
        cmocka_unit_test(test_no_edge_and_two_edges),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
