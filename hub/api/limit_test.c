/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hub/api/limit.h"

static void a_bucket_gives_its_burst_then_its_rate(void **state)
{
    (void)state;
    struct limit *limit = limit_new();
    for (int i = 0; i < 5; i++)
        assert_int_equal(limit_take(limit, "read:a", 2, 5, 1000), 0);
    assert_int_equal(limit_take(limit, "read:a", 2, 5, 1000), 500);
    assert_int_equal(limit_take(limit, "read:b", 2, 5, 1000), 0);
    assert_int_equal(limit_take(limit, "read:a", 2, 5, 1500), 0);
    assert_true(limit_take(limit, "read:a", 2, 5, 1500) > 0);
    limit_free(limit);
}

/* Invented callers displace the oldest; none of them starts with a bucket that another emptied. */
static void a_flood_of_callers_limits_nobody_else(void **state)
{
    (void)state;
    struct limit *limit = limit_new();
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "caller-%d", i);
        assert_int_equal(limit_take(limit, name, 1, 1, 1000 + (uint64_t)i / 1000), 0);
    }
    assert_int_equal(limit_take(limit, "caller-99999", 1, 1, 1100), 999);
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_then_its_rate),
        cmocka_unit_test(a_flood_of_callers_limits_nobody_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
