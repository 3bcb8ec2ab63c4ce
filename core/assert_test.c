/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/assert.h"

static jmp_buf escape;
static const char *seen_file;
static int seen_line;
static int evaluations;

static void handler(const char *file, int line)
{
    seen_file = file;
    seen_line = line;
    longjmp(escape, 1);
}

static int evaluate(int result)
{
    evaluations++;
    return result;
}

static void true_does_nothing_and_evaluates_once(void **state)
{
    (void)state;
    evaluations = 0;
    ROOST_ASSERT(evaluate(1));
    assert_int_equal(evaluations, 1);
}

static void false_calls_the_handler(void **state)
{
    (void)state;
    seen_file = NULL;
    evaluations = 0;
    roost_assert_handler(handler);
    if (setjmp(escape) == 0) {
        ROOST_ASSERT(evaluate(0) == 1);
        fail_msg("a failed assertion returned");
    }
    roost_assert_handler(NULL);
    assert_int_equal(evaluations, 1);
    assert_true(seen_line > 0);
    assert_non_null(strstr(seen_file, "assert_test.c"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(true_does_nothing_and_evaluates_once),
        cmocka_unit_test(false_calls_the_handler),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
