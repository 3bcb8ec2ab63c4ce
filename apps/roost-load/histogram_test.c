/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/roost-load/histogram.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static struct histogram histogram;

static void test_empty(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    assert_int_equal(histogram_at(&histogram, 500), 0);
    assert_int_equal(histogram_at(&histogram, 990), 0);
}

static void test_small_values_are_exact(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    for (uint64_t us = 1; us <= 60; us++)
        histogram_add(&histogram, us);
    assert_int_equal(histogram_at(&histogram, 500), 30);
    assert_int_equal(histogram_at(&histogram, 1000), 60);
    assert_int_equal(histogram_at(&histogram, 1), 1);
}

static void test_error_is_bounded(void **state)
{
    (void)state;
    for (uint64_t us = 1; us < 1u << 31; us = us * 5 / 4 + 1) {
        memset(&histogram, 0, sizeof histogram);
        histogram_add(&histogram, us);
        histogram_add(&histogram, us * 2);
        histogram_add(&histogram, us * 2);
        uint64_t found = histogram_at(&histogram, 333);
        assert_true(found >= us);
        assert_true(found <= us + us / 32);
        assert_int_equal(histogram_at(&histogram, 1000), us * 2);
    }
}

static void test_percentiles_of_many(void **state)
{
    (void)state;
    memset(&histogram, 0, sizeof histogram);
    for (uint64_t us = 1; us <= 100000; us++)
        histogram_add(&histogram, us);
    assert_in_range(histogram_at(&histogram, 500), 50000, 50000 + 50000 / 32);
    assert_in_range(histogram_at(&histogram, 990), 99000, 100000);
    assert_int_equal(histogram.max_us, 100000);
    histogram_add(&histogram, UINT64_MAX);
    assert_true(histogram_at(&histogram, 1000) > 1000000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_empty),
        cmocka_unit_test(test_small_values_are_exact),
        cmocka_unit_test(test_error_is_bounded),
        cmocka_unit_test(test_percentiles_of_many),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
