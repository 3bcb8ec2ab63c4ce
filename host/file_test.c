/* SPDX-License-Identifier: Apache-2.0 */
#include "host/file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/err.h"
#include "tests/support/support.h"

static char dir[SUPPORT_PATH_MAX];
static struct why why;

static const char *in_dir(const char *name)
{
    static char paths[2][SUPPORT_PATH_MAX + 64];
    static int turn;

    turn = !turn;
    snprintf(paths[turn], sizeof paths[turn], "%s/%s", dir, name);
    return paths[turn];
}

static void expect(const char *name, const char *text)
{
    char *data;
    size_t len;

    assert_int_equal(file_read(&data, &len, in_dir(name), 100, &why), 0);
    assert_string_equal(data, text);
    assert_int_equal(len, strlen(text));
    free(data);
}

static void test_new_files_replace_nothing(void **state)
{
    struct stat status;

    (void)state;
    assert_int_equal(file_write_new(in_dir("new"), "one", 3, 0600, &why), 0);
    assert_int_equal(stat(in_dir("new"), &status), 0);
    assert_int_equal(status.st_mode & 0777, 0600);
    assert_int_equal(file_write_new(in_dir("new"), "two", 3, 0600, &why), ROOST_ERR_EXISTS);
    expect("new", "one");
    assert_int_equal(file_create(in_dir("new"), "two", 3, 0600, &why), ROOST_ERR_EXISTS);
    assert_int_equal(file_write_new(in_dir("none/new"), "two", 3, 0600, &why), ROOST_ERR_IO);
    assert_non_null(strstr(why.text, "No such file"));
    assert_int_equal(access(in_dir(".new.new"), F_OK), -1);
}

static void test_names_come_together(void **state)
{
    const char *const names[] = {"a", "b"};

    (void)state;
    for (int run = 0; run < 2; run++) {
        const char *text = run ? "2" : "1";
        assert_int_equal(file_prepare(dir, "a", text, 1, 0644, &why), 0);
        assert_int_equal(file_prepare(dir, "b", text, 1, 0644, &why), 0);
        if (run) {
            expect("a", "1"); /* nothing is seen before */
            expect("b", "1");
        }
        assert_int_equal(file_publish(dir, names, 2, &why), 0);
        expect("a", text);
        expect("b", text);
    }
    /* What a run that was cut left behind is in nobody's way. */
    assert_int_equal(file_prepare(dir, "a", "left", 4, 0644, &why), 0);
    assert_int_equal(file_write(in_dir("a"), "3", 1, 0644, &why), 0);
    expect("a", "3");
    assert_int_equal(file_publish(dir, (const char *const[]){"never"}, 1, &why), ROOST_ERR_IO);
}

static void test_reading_has_limits(void **state)
{
    char *data;
    size_t len;

    (void)state;
    support_write_file(in_dir("ten"), "0123456789", 10);
    support_write_file(in_dir("none"), "", 0);
    assert_int_equal(file_read(&data, &len, in_dir("ten"), 10, &why), 0);
    assert_int_equal(len, 10);
    free(data);
    assert_int_equal(file_read(&data, &len, in_dir("ten"), 9, &why), ROOST_ERR_TOO_LONG);
    assert_non_null(strstr(why.text, "longer than 9 bytes"));
    assert_int_equal(file_read(&data, &len, in_dir("none"), 9, &why), ROOST_ERR_EMPTY);
    assert_int_equal(file_read(&data, &len, in_dir("absent"), 9, &why), ROOST_ERR_IO);
    assert_int_equal(file_read(&data, &len, dir, 9, &why), ROOST_ERR_IO);
}

static void test_only_regular_files_are_opened(void **state)
{
    static const char *const odd[][2] = {{"pipe", "is a pipe"}, {"folder", "is a folder"}};

    (void)state;
    support_write_file(in_dir("plain"), "x", 1);
    assert_int_equal(mkfifo(in_dir("pipe"), 0600), 0);
    assert_int_equal(mkdir(in_dir("folder"), 0700), 0);
    assert_int_equal(symlink(in_dir("pipe"), in_dir("link")), 0);
    alarm(20); /* who waits for the pipe is ended */
    for (size_t i = 0; i < sizeof odd / sizeof odd[0]; i++) {
        assert_int_equal(file_open(in_dir(odd[i][0]), &why), ROOST_ERR_UNSUPPORTED);
        assert_non_null(strstr(why.text, odd[i][1]));
        assert_non_null(strstr(why.text, in_dir(odd[i][0])));
    }
    assert_int_equal(file_open(in_dir("link"), NULL), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(file_open("/dev/zero", NULL), ROOST_ERR_UNSUPPORTED);
    assert_string_equal(file_oddity("/dev/zero"), "a device");
    assert_int_equal(file_open(in_dir("absent"), &why), ROOST_ERR_NOT_FOUND);
    assert_null(file_oddity(in_dir("absent")));
    assert_null(file_oddity(in_dir("plain")));
    int fd = file_open(in_dir("plain"), &why);
    alarm(0);
    assert_true(fd >= 0);
    assert_int_equal(close(fd), 0);
}

static int make_dir(void **state)
{
    (void)state;
    support_make_dir(dir);
    return 0;
}

static int remove_dir(void **state)
{
    (void)state;
    support_remove_dir(dir);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_new_files_replace_nothing),
        cmocka_unit_test(test_names_come_together),
        cmocka_unit_test(test_reading_has_limits),
        cmocka_unit_test(test_only_regular_files_are_opened),
    };

    return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
