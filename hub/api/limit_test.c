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

static void failures_lock_for_longer_and_longer(void **state)
{
    (void)state;
    struct limit *limit = limit_new();
    uint64_t now = 1000;
    for (int i = 0; i < LIMIT_FREE_FAILURES - 1; i++)
        limit_failed(limit, "mail", now);
    assert_int_equal(limit_locked_ms(limit, "mail", now), 0);
    uint32_t expected = 1000;
    for (int i = 0; i < 12; i++) {
        limit_failed(limit, "mail", now);
        assert_int_equal(limit_locked_ms(limit, "mail", now),
                         expected < LIMIT_LOCKOUT_MAX_MS ? expected : LIMIT_LOCKOUT_MAX_MS);
        expected *= 2;
    }
    assert_int_equal(limit_locked_ms(limit, "mail", now + LIMIT_LOCKOUT_MAX_MS), 0);
    limit_succeeded(limit, "mail");
    limit_failed(limit, "mail", now);
    assert_int_equal(limit_locked_ms(limit, "mail", now), 0);
    limit_free(limit);
}

static void a_flood_of_names_does_not_free_the_locked(void **state)
{
    (void)state;
    struct limit *limit = limit_new();
    for (int i = 0; i < LIMIT_FREE_FAILURES + 9; i++)
        limit_failed(limit, "mail", 1000);
    for (int i = 0; i < 100000; i++) {
        char name[32];
        snprintf(name, sizeof name, "mail-%d", i);
        limit_take(limit, name, 1, 1, 1000 + (uint64_t)i / 1000);
    }
    assert_true(limit_locked_ms(limit, "mail", 1100) > 0);
    limit_free(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_bucket_gives_its_burst_then_its_rate),
        cmocka_unit_test(failures_lock_for_longer_and_longer),
        cmocka_unit_test(a_flood_of_names_does_not_free_the_locked),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
