/* SPDX-License-Identifier: Apache-2.0 */
#include "session.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

static char dir[64], path[96];

static int set_up(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/roost-session-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/deep/er/session.json", dir);
    return 0;
}

static int tear_down(void **state)
{
    char part[128];
    (void)state;
    unlink(path);
    snprintf(part, sizeof part, "%s/deep/er", dir);
    rmdir(part);
    snprintf(part, sizeof part, "%s/deep", dir);
    rmdir(part);
    return rmdir(dir);
}

static void sign_in(struct session *session, const char *hub, const char *access)
{
    struct session_hub *put = session_put(session, hub, true);
    snprintf(put->access, sizeof put->access, "%s", access);
    snprintf(put->refresh, sizeof put->refresh, "r-%s", access);
}

static void the_last_sign_in_is_the_default(void **state)
{
    static struct session session, read;
    struct why why;
    struct stat info;
    (void)state;
    session_read(path, &session);
    assert_int_equal(session.count, 0);
    sign_in(&session, "http://a/", "one");
    sign_in(&session, "http://b", "two");
    sign_in(&session, "http://c", "three");
    sign_in(&session, "http://b//", "four");
    assert_int_equal(session_write(path, &session, &why), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);

    session_read(path, &read);
    assert_int_equal(read.count, 3);
    assert_string_equal(read.hubs[0].hub, "http://b");
    assert_string_equal(read.hubs[0].access, "four");
    assert_string_equal(read.hubs[0].refresh, "r-four");
    assert_string_equal(read.hubs[1].hub, "http://c");
    assert_string_equal(session_find(&read, "http://a/")->access, "one");
    assert_null(session_find(&read, "http://a:80"));
    assert_ptr_equal(session_put(&read, "http://a", false), &read.hubs[2]);
}

static void signing_out_leaves_the_others(void **state)
{
    static struct session session;
    struct why why;
    (void)state;
    session = (struct session){.count = 0};
    sign_in(&session, "http://a", "one");
    sign_in(&session, "http://b", "two");
    session_remove(&session, "http://never");
    session_remove(&session, "http://b/");
    assert_int_equal(session.count, 1);
    assert_string_equal(session.hubs[0].hub, "http://a");
    assert_int_equal(session_write(path, &session, &why), 0);
    session_remove(&session, "http://a");
    assert_int_equal(session_write(path, &session, &why), 0);
    assert_int_equal(access(path, F_OK), -1);
    assert_int_equal(session_write(path, &session, &why), 0);
}

static void write_file(const char *text)
{
    struct session session = {.count = 1, .hubs = {{.hub = "http://x"}}};
    struct why why;
    assert_int_equal(session_write(path, &session, &why), 0);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void earlier_and_damaged_files(void **state)
{
    static struct session session;
    (void)state;
    write_file("{\"hub\":\"http://a\",\"access_token\":\"x\",\"refresh_token\":\"y\"}");
    session_read(path, &session);
    assert_int_equal(session.count, 1);
    assert_string_equal(session.hubs[0].refresh, "y");
    write_file("{\"hub\":\"http://a\",\"acc");
    session_read(path, &session);
    assert_int_equal(session.count, 0);
    write_file("{\"hub\":7,\"others\":[1,{},{\"hub\":\"http://b\"}]}");
    session_read(path, &session);
    assert_int_equal(session.count, 1);
    assert_string_equal(session.hubs[0].hub, "http://b");
    assert_string_equal(session.hubs[0].access, "");
}

static void the_oldest_gives_way(void **state)
{
    static struct session session, read;
    struct why why;
    char hub[32], access[1024];
    (void)state;
    session = (struct session){.count = 0};
    memset(access, 'x', sizeof access - 1);
    access[sizeof access - 1] = '\0';
    for (int i = 0; i <= SESSION_HUBS_MAX; i++) {
        snprintf(hub, sizeof hub, "http://%d", i);
        snprintf(session_put(&session, hub, true)->access, sizeof access, "%s", access);
    }
    assert_int_equal(session.count, SESSION_HUBS_MAX);
    assert_null(session_find(&session, "http://0"));
    assert_int_equal(session_write(path, &session, &why), 0);
    session_read(path, &read);
    assert_memory_equal(&read, &session, sizeof read);
}

static void what_cannot_be_written_is_said(void **state)
{
    static struct session session;
    struct why why;
    (void)state;
    session = (struct session){.count = 1, .hubs = {{.hub = "http://x"}}};
    assert_true(session_write("/dev/null/session.json", &session, &why) < 0);
    assert_non_null(strstr(why.text, "session.json"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(the_last_sign_in_is_the_default, set_up, tear_down),
        cmocka_unit_test_setup_teardown(signing_out_leaves_the_others, set_up, tear_down),
        cmocka_unit_test_setup_teardown(earlier_and_damaged_files, set_up, tear_down),
        cmocka_unit_test_setup_teardown(the_oldest_gives_way, set_up, tear_down),
        cmocka_unit_test(what_cannot_be_written_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
