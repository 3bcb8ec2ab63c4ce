/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <limits.h>

#include "core/err.h"

static void every_error_has_name_and_text(void **state)
{
    (void)state;
#define X(name, number, text)                                                                      \
    assert_string_equal(roost_err_name(ROOST_ERR_##name), #name);                                  \
    assert_string_equal(roost_err_text(ROOST_ERR_##name), text);
    ROOST_ERR_LIST(X)
#undef X
}

static void success_and_counts_are_ok(void **state)
{
    (void)state;
    assert_string_equal(roost_err_name(0), "OK");
    assert_string_equal(roost_err_name(17), "OK");
    assert_string_equal(roost_err_name(INT_MAX), "OK");
    assert_string_equal(roost_err_text(0), "ok");
}

static void other_numbers_are_unknown(void **state)
{
    (void)state;
    assert_string_equal(roost_err_name(ROOST_ERR_INTERNAL - 1), "UNKNOWN");
    assert_string_equal(roost_err_name(INT_MIN), "UNKNOWN");
    assert_string_equal(roost_err_text(INT_MIN), "unknown error");
}

/* The numbers travel in command answers: a change here is a change of the protocol. */
static void numbers_are_fixed(void **state)
{
    (void)state;
    assert_int_equal(ROOST_ERR_INVALID, -1);
    assert_int_equal(ROOST_ERR_NOT_FOUND, -7);
    assert_int_equal(ROOST_ERR_IO, -17);
    assert_int_equal(ROOST_ERR_INTERNAL, -25);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_error_has_name_and_text),
        cmocka_unit_test(success_and_counts_are_ok),
        cmocka_unit_test(other_numbers_are_unknown),
        cmocka_unit_test(numbers_are_fixed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
