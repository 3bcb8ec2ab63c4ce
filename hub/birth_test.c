/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/datetime.h"
#include "hub/birth.h"

static int64_t at(const char *text)
{
    int64_t ms = 0;
    assert_int_equal(roost_datetime_parse(text, strlen(text), &ms), 0);
    return ms;
}

static void a_year_is_full_on_the_first_of_the_month(void **state)
{
    (void)state;
    assert_int_equal(birth_age(2019, 6, at("2026-05-31T23:59:59.999Z")), 6);
    assert_int_equal(birth_age(2019, 6, at("2026-06-01T00:00:00Z")), 7);
    assert_int_equal(birth_age(2019, 12, at("2026-11-30T00:00:00Z")), 6);
    assert_int_equal(birth_age(2019, 12, at("2026-12-01T00:00:00Z")), 7);
    assert_int_equal(birth_age(2019, 1, at("2026-01-01T00:00:00Z")), 7);
}

static void what_is_to_come_has_no_age(void **state)
{
    (void)state;
    assert_int_equal(birth_age(2026, 6, at("2026-06-30T00:00:00Z")), 0);
    assert_int_equal(birth_age(2026, 7, at("2026-06-30T00:00:00Z")), 0);
    assert_int_equal(birth_age(2027, 1, at("2026-06-30T00:00:00Z")), 0);
    assert_int_equal(birth_age(2019, 0, at("2026-06-30T00:00:00Z")), 0);
    assert_int_equal(birth_age(2019, 13, at("2026-06-30T00:00:00Z")), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_year_is_full_on_the_first_of_the_month),
        cmocka_unit_test(what_is_to_come_has_no_age),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
