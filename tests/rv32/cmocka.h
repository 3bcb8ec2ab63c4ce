/* SPDX-License-Identifier: Apache-2.0 */
/*
 * As much of cmocka's interface as the tests of the portable folders use, for a machine without an
 * operating system: the same *_test.c files compile against this header as rv32imc code. A failed
 * assertion leaves its test by longjmp. Ends with one line "N passed, N failed". Needs only printf,
 * <setjmp.h> and <string.h>.
 */
#ifndef ROOST_TESTS_RV32_CMOCKA_H
#define ROOST_TESTS_RV32_CMOCKA_H

#include <inttypes.h>
#include <math.h>
#include <setjmp.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

typedef int (*CMFixtureFunction)(void **state);

struct CMUnitTest {
    const char *name;
    void (*test_func)(void **state);
    CMFixtureFunction setup_func, teardown_func;
    void *initial_state;
};

#define cmocka_unit_test(f)                                                                        \
    {                                                                                              \
#f, f, NULL, NULL, NULL                                                                    \
    }
#define cmocka_unit_test_setup_teardown(f, setup, down)                                            \
    {                                                                                              \
#f, f, setup, down, NULL                                                                   \
    }
#define cmocka_unit_test_setup(f, setup) cmocka_unit_test_setup_teardown(f, setup, NULL)
#define cmocka_unit_test_prestate(f, state)                                                        \
    {                                                                                              \
#f, f, NULL, NULL, state                                                                   \
    }

/* Weak: an assertion in the rig leaves the test that called it. */
__attribute__((weak)) jmp_buf shim_out;

_Noreturn static inline void shim_fail(const char *file, int line)
{
    printf("    at %s:%d\n", file, line);
    longjmp(shim_out, 1);
}

static inline void shim_true(bool good, const char *text, const char *file, int line)
{
    if (good)
        return;
    printf("    %s\n", text);
    shim_fail(file, line);
}

static inline void shim_int(intmax_t a, intmax_t b, bool equal, const char *file, int line)
{
    if ((a == b) == equal)
        return;
    printf("    %" PRIdMAX " %s %" PRIdMAX "\n", a, equal ? "!=" : "==", b);
    shim_fail(file, line);
}

static inline void shim_string(const char *a, const char *b, bool equal, const char *file, int line)
{
    if ((strcmp(a, b) == 0) == equal)
        return;
    printf("    \"%s\" %s \"%s\"\n", a, equal ? "!=" : "==", b);
    shim_fail(file, line);
}

static inline void shim_memory(const void *a, const void *b, size_t len, bool equal,
                               const char *file, int line)
{
    if ((memcmp(a, b, len) == 0) == equal)
        return;
    printf("    %lu bytes %s\n", (unsigned long)len, equal ? "differ" : "are the same");
    shim_fail(file, line);
}

static inline void shim_range(intmax_t value, intmax_t min, intmax_t max, const char *file,
                              int line)
{
    if (value >= min && value <= max)
        return;
    printf("    %" PRIdMAX " is not in %" PRIdMAX "..%" PRIdMAX "\n", value, min, max);
    shim_fail(file, line);
}

#define assert_true(c)             shim_true((c) != 0, "false: " #c, __FILE__, __LINE__)
#define assert_false(c)            shim_true((c) == 0, "true: " #c, __FILE__, __LINE__)
#define assert_null(p)             shim_true((p) == NULL, "not NULL: " #p, __FILE__, __LINE__)
#define assert_non_null(p)         shim_true((p) != NULL, "NULL: " #p, __FILE__, __LINE__)
#define assert_int_equal(a, b)     shim_int((intmax_t)(a), (intmax_t)(b), true, __FILE__, __LINE__)
#define assert_int_not_equal(a, b) shim_int((intmax_t)(a), (intmax_t)(b), false, __FILE__, __LINE__)
#define assert_ptr_equal(a, b)                                                                     \
    shim_int((intmax_t)(uintptr_t)(a), (intmax_t)(uintptr_t)(b), true, __FILE__, __LINE__)
#define assert_string_equal(a, b)          shim_string((a), (b), true, __FILE__, __LINE__)
#define assert_string_not_equal(a, b)      shim_string((a), (b), false, __FILE__, __LINE__)
#define assert_memory_equal(a, b, len)     shim_memory((a), (b), (len), true, __FILE__, __LINE__)
#define assert_memory_not_equal(a, b, len) shim_memory((a), (b), (len), false, __FILE__, __LINE__)
#define assert_in_range(v, min, max)                                                               \
    shim_range((intmax_t)(v), (intmax_t)(min), (intmax_t)(max), __FILE__, __LINE__)
#define assert_float_equal(a, b, epsilon)                                                          \
    shim_true(fabs((double)(a) - (double)(b)) <= (double)(epsilon), #a " is not " #b, __FILE__,    \
              __LINE__)
#define assert_double_equal assert_float_equal
#define fail()              shim_fail(__FILE__, __LINE__)
#define fail_msg(...)       (printf("    " __VA_ARGS__), printf("\n"), fail())
#define print_message       printf

/* Runs one part of a test; true when it came to its end. */
static inline bool shim_run_fixture(CMFixtureFunction fixture, void **state)
{
    if (setjmp(shim_out) != 0)
        return false;
    return !fixture || fixture(state) == 0;
}

static inline bool shim_run(const struct CMUnitTest *test, void **state)
{
    if (setjmp(shim_out) != 0)
        return false;
    test->test_func(state);
    return true;
}

static inline int shim_run_group(const struct CMUnitTest *tests, size_t count,
                                 CMFixtureFunction setup, CMFixtureFunction teardown)
{
    int failed = 0;
    void *group_state = NULL;
    if (!shim_run_fixture(setup, &group_state)) {
        printf("group setup failed\n0 passed, %d failed\n", (int)count);
        return (int)count;
    }
    for (size_t i = 0; i < count; i++) {
        void *state = tests[i].initial_state ? tests[i].initial_state : group_state;
        bool good = shim_run_fixture(tests[i].setup_func, &state);
        good = good && shim_run(&tests[i], &state);
        good = shim_run_fixture(tests[i].teardown_func, &state) && good;
        printf("%s %s\n", good ? "ok  " : "FAIL", tests[i].name);
        failed += !good;
    }
    if (!shim_run_fixture(teardown, &group_state))
        failed++;
    printf("%d passed, %d failed\n", (int)count - failed, failed);
    return failed;
}

#define cmocka_run_group_tests(tests, setup, teardown)                                             \
    shim_run_group((tests), sizeof(tests) / sizeof(tests)[0], (setup), (teardown))
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                  \
    cmocka_run_group_tests(tests, setup, teardown)

#endif
