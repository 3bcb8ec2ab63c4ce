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

#include "core/err.h"
#include "passwords.h"

static char folder[256], path[300], why[192], text[4096];

static int set_up(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    snprintf(folder, sizeof folder, "%s/roost-passwords-XXXXXX", base ? base : "/tmp");
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/passwords", folder);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder); /* no draft is left */
}

static void put_file(const char *content, mode_t mode)
{
    FILE *out = fopen(path, "w");
    assert_non_null(out);
    fputs(content, out);
    assert_int_equal(fclose(out), 0);
    assert_int_equal(chmod(path, mode), 0);
}

static const char *content(void)
{
    FILE *in = fopen(path, "r");
    assert_non_null(in);
    text[fread(text, 1, sizeof text - 1, in)] = '\0';
    fclose(in);
    return text;
}

static mode_t mode(void)
{
    struct stat info;
    assert_int_equal(stat(path, &info), 0);
    return info.st_mode & 07777;
}

static const struct password_line two[] = {{"window-2", "$7$101$bb==$22=="},
                                           {"window-1", "$7$101$aa==$11=="}};

static void a_new_file_is_private(void **state)
{
    (void)state;
    assert_int_equal(passwords_put(path, two, 2, why, sizeof why), 0);
    assert_string_equal(content(), "window-1:$7$101$aa==$11==\nwindow-2:$7$101$bb==$22==\n");
    assert_int_equal(mode(), 0600);
}

static void other_lines_stay(void **state)
{
    (void)state;
    put_file("# people\nroostd:$7$x\nwindow-1:$7$old\nwindow-10:$7$other\n\nno colon", 0640);
    assert_int_equal(passwords_put(path, two, 2, why, sizeof why), 0);
    assert_string_equal(content(), "# people\nroostd:$7$x\nwindow-10:$7$other\n\nno colon\n"
                                   "window-1:$7$101$aa==$11==\nwindow-2:$7$101$bb==$22==\n");
    assert_int_equal(mode(), 0640);
    assert_int_equal(passwords_put(path, two, 2, why, sizeof why), 0);
    assert_string_equal(content(), "# people\nroostd:$7$x\nwindow-10:$7$other\n\nno colon\n"
                                   "window-1:$7$101$aa==$11==\nwindow-2:$7$101$bb==$22==\n");
    assert_int_equal(passwords_put(path, two, 0, why, sizeof why), 0);
}

static void what_would_break_the_file_is_refused(void **state)
{
    static const struct password_line bad[] = {{"a:b", "h"}, {"", "h"}, {"a\nb", "h"},
                                               {"#a", "h"},  {"a", ""}, {"a", "h\nroot:x"}};
    (void)state;
    put_file("roostd:$7$x\n", 0600);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(passwords_put(path, &bad[i], 1, why, sizeof why), ROOST_ERR_INVALID);
    assert_string_equal(content(), "roostd:$7$x\n");
}

static void a_failure_leaves_the_old_file(void **state)
{
    char inside[320];
    (void)state;
    snprintf(inside, sizeof inside, "%s/absent/passwords", folder);
    assert_int_equal(passwords_put(inside, two, 2, why, sizeof why), ROOST_ERR_IO);
    assert_non_null(strstr(why, "absent"));
    assert_int_equal(mkdir(path, 0700), 0); /* a folder of that name */
    assert_int_equal(passwords_put(path, two, 2, why, sizeof why), ROOST_ERR_IO);
    assert_int_equal(rmdir(path), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_file_is_private),
        TEST(other_lines_stay),
        TEST(what_would_break_the_file_is_refused),
        TEST(a_failure_leaves_the_old_file),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
