/* SPDX-License-Identifier: Apache-2.0 */
#include "session_lock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

static char folder[64], path[96];

static int setup(void **state)
{
    (void)state;
    snprintf(folder, sizeof folder, "%s/lock.XXXXXX", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/session.json", folder);
    return 0;
}

static int teardown(void **state)
{
    char lock[128];
    (void)state;
    snprintf(lock, sizeof lock, "%s.lock", path);
    unlink(lock);
    rmdir(folder);
    return 0;
}

/* Processes that add one to a number they read: none of the sums is lost. */
static void one_at_a_time(void **state)
{
    enum { PROCESSES = 8, TIMES = 25 };
    char counter[128];
    (void)state;
    snprintf(counter, sizeof counter, "%s/number", folder);
    FILE *file = fopen(counter, "w");
    assert_non_null(file);
    fputs("0", file);
    fclose(file);
    for (int i = 0; i < PROCESSES; i++) {
        if (fork() != 0)
            continue;
        for (int n = 0; n < TIMES; n++) {
            int value = -1, lock = session_lock(path);
            if (lock < 0 || !(file = fopen(counter, "r+")) || fscanf(file, "%d", &value) != 1)
                _exit(1);
            rewind(file);
            fprintf(file, "%d", value + 1);
            fclose(file);
            session_unlock(lock);
        }
        _exit(0);
    }
    int status, sum = 0;
    while (wait(&status) > 0)
        assert_int_equal(status, 0);
    file = fopen(counter, "r");
    assert_non_null(file);
    assert_int_equal(fscanf(file, "%d", &sum), 1);
    fclose(file);
    unlink(counter);
    assert_int_equal(sum, PROCESSES * TIMES);
}

/* Whoever dies with the lock leaves it to the next. */
static void a_lock_ends_with_its_process(void **state)
{
    int status;
    (void)state;
    if (fork() == 0)
        _exit(session_lock(path) >= 0 ? 0 : 1);
    wait(&status);
    assert_int_equal(status, 0);
    int lock = session_lock(path);
    assert_true(lock >= 0);
    session_unlock(lock);
    struct stat file;
    char name[128];
    snprintf(name, sizeof name, "%s.lock", path);
    assert_int_equal(stat(name, &file), 0);
    assert_int_equal(file.st_mode & 0777, 0600);
}

static void where_there_is_no_folder_there_is_no_lock(void **state)
{
    (void)state;
    assert_int_equal(session_lock("/nonexistent/roost/session.json"), -1);
    session_unlock(-1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(one_at_a_time, setup, teardown),
        cmocka_unit_test_setup_teardown(a_lock_ends_with_its_process, setup, teardown),
        cmocka_unit_test_setup_teardown(where_there_is_no_folder_there_is_no_lock, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
