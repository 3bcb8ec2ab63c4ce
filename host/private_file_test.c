/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "host/log.h"
#include "host/private_file.h"

static char folder[64], path[96], line[512];

static void keep(void *ctx, enum roost_log_level level, const char *text, size_t len)
{
    (void)ctx;
    (void)level;
    snprintf(line, sizeof line, "%.*s", (int)len, text);
}

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/private.XXXXXX",
             getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/roost.db", folder);
    host_log_init(ROOST_LOG_INFO, keep, NULL);
    line[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    unlink(path);
    rmdir(folder);
    host_log_init(ROOST_LOG_WARN, NULL, NULL);
    return 0;
}

static unsigned mode(void)
{
    struct stat status;

    assert_int_equal(stat(path, &status), 0);
    return status.st_mode & 0777;
}

static void test_a_new_file_is_the_owners(void **state)
{
    mode_t before = umask(0);

    (void)state;
    private_file_make(path);
    umask(before);
    assert_int_equal(mode(), 0600);
    assert_int_equal(chmod(path, 0640), 0);
    private_file_make(path); /* one that is there is left alone */
    assert_int_equal(mode(), 0640);
}

static void test_an_open_file_is_closed_and_said(void **state)
{
    (void)state;
    private_file_close_to_others(path);
    assert_string_equal(line, ""); /* there is none */
    private_file_make(path);
    private_file_close_to_others(path);
    assert_string_equal(line, "");
    assert_int_equal(chmod(path, 0664), 0);
    private_file_close_to_others(path);
    assert_int_equal(mode(), 0600);
    assert_non_null(strstr(line, "closed"));
    assert_non_null(strstr(line, path));
    private_file_close_to_others(folder); /* no file */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_new_file_is_the_owners, setup, teardown),
        cmocka_unit_test_setup_teardown(test_an_open_file_is_closed_and_said, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
