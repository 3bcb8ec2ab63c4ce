/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/breaker.h"

static struct roost_breaker breaker;

static void opened_at(uint64_t now_ms)
{
    roost_breaker_init(&breaker, 3, 1000);
    for (int i = 0; i < 3; i++)
        roost_breaker_failure(&breaker, now_ms);
    assert_int_equal(breaker.state, ROOST_BREAKER_OPEN);
}

static void only_failures_in_a_row_open(void **state)
{
    (void)state;
    roost_breaker_init(&breaker, 3, 1000);
    for (int i = 0; i < 10; i++) {
        roost_breaker_failure(&breaker, 5);
        roost_breaker_failure(&breaker, 5);
        assert_true(roost_breaker_allow(&breaker, 5));
        assert_true(roost_breaker_retry_at(&breaker, 5) == 5);
        roost_breaker_success(&breaker);
    }
    assert_int_equal(breaker.opened, 0);
    opened_at(5);
    assert_int_equal(breaker.opened, 1);
}

static void open_refuses_until_its_time(void **state)
{
    (void)state;
    opened_at(100);
    assert_false(roost_breaker_allow(&breaker, 100));
    assert_false(roost_breaker_allow(&breaker, 1099));
    assert_true(roost_breaker_retry_at(&breaker, 500) == 1100);
    roost_breaker_failure(&breaker, 900); /* a late report does not prolong it */
    assert_true(roost_breaker_retry_at(&breaker, 900) == 1100);
    assert_true(roost_breaker_allow(&breaker, 1100));
    assert_int_equal(breaker.state, ROOST_BREAKER_HALF_OPEN);
}

static void one_probe_decides(void **state)
{
    (void)state;
    opened_at(0);
    assert_true(roost_breaker_allow(&breaker, 1000));
    assert_false(roost_breaker_allow(&breaker, 1000));
    assert_false(roost_breaker_allow(&breaker, 1500));
    roost_breaker_failure(&breaker, 1600);
    assert_int_equal(breaker.state, ROOST_BREAKER_OPEN);
    assert_int_equal(breaker.opened, 2);
    assert_false(roost_breaker_allow(&breaker, 2599));
    assert_true(roost_breaker_allow(&breaker, 2600));
    roost_breaker_success(&breaker);
    assert_int_equal(breaker.state, ROOST_BREAKER_CLOSED);
    assert_true(roost_breaker_allow(&breaker, 2600));
    roost_breaker_failure(&breaker, 2700); /* counting starts over */
    assert_true(roost_breaker_allow(&breaker, 2700));
}

static void a_forgotten_probe_does_not_lock(void **state)
{
    (void)state;
    opened_at(0);
    assert_true(roost_breaker_allow(&breaker, 1000));
    assert_true(roost_breaker_retry_at(&breaker, 1500) == 2000);
    assert_false(roost_breaker_allow(&breaker, 1999));
    assert_true(roost_breaker_allow(&breaker, 2000));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(only_failures_in_a_row_open),
        cmocka_unit_test(open_refuses_until_its_time),
        cmocka_unit_test(one_probe_decides),
        cmocka_unit_test(a_forgotten_probe_does_not_lock),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
