/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <sys/resource.h>

#include "files.h"
#include "host/log.h"

static void test_fit(void **state)
{
    (void)state;
    assert_int_equal(files_fit(1 << 20, 1024), 1024);
    assert_int_equal(files_fit(1024 + FILES_RESERVE, 1024), 1024);
    assert_int_equal(files_fit(1024, 1024), 1024 - FILES_RESERVE);
    assert_int_equal(files_fit(FILES_RESERVE + 8, 1024), 8);
    assert_int_equal(files_fit(FILES_RESERVE, 1024), 8);
    assert_int_equal(files_fit(0, 1024), 8);
    assert_int_equal(files_fit(UINT64_MAX, 65536), 65536);
}

static void test_the_soft_limit_is_raised(void **state)
{
    struct rlimit limit;

    (void)state;
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    limit.rlim_max = limit.rlim_max < 512 ? limit.rlim_max : 512;
    limit.rlim_cur = 100;
    assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
    uint64_t warned = host_log_lines(ROOST_LOG_WARN);
    assert_int_equal(files_take(200), 200);
    assert_int_equal(host_log_lines(ROOST_LOG_WARN), warned);
    assert_int_equal(getrlimit(RLIMIT_NOFILE, &limit), 0);
    assert_int_equal(limit.rlim_cur, limit.rlim_max);
    assert_int_equal(files_take(4096), limit.rlim_max - FILES_RESERVE);
    assert_int_equal(host_log_lines(ROOST_LOG_WARN), warned + 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_fit),
        cmocka_unit_test(test_the_soft_limit_is_raised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
