/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "hub/store/owner.h"

static char dir[64], path[128], other[160], why[512];

static int setup(void **state)
{
    (void)state;
    snprintf(dir, sizeof dir, "/tmp/roost-owner-XXXXXX");
    assert_non_null(mkdtemp(dir));
    snprintf(path, sizeof path, "%s/roost.db", dir);
    why[0] = '\0';
    return 0;
}

static int teardown(void **state)
{
    static const char *const names[] = {"roost.db", "roost.db.lock", "link", "link.lock", "folder"};
    char name[160];

    (void)state;
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(name, sizeof name, "%s/%s", dir, names[i]);
        unlink(name);
    }
    return rmdir(dir);
}

static void one_has_it_and_the_second_learns_who(void **state)
{
    char process[64];
    int first, second;

    (void)state;
    assert_int_equal(owner_take(&first, path, why, sizeof why), 0);
    assert_true(first >= 0);
    assert_int_equal(owner_take(&second, path, why, sizeof why), ROOST_ERR_BUSY);
    assert_int_equal(second, OWNER_NONE);
    snprintf(process, sizeof process, "process %ld", (long)getpid());
    assert_non_null(strstr(why, process));
    assert_non_null(strstr(why, path));
    owner_release(first);
    assert_int_equal(owner_take(&second, path, why, sizeof why), 0);
    owner_release(second);
}

/* Whatever leads to the file leads to its lock, also before the file is there. */
static void links_lead_to_the_same_lock(void **state)
{
    int first, second;

    (void)state;
    snprintf(other, sizeof other, "%s/link", dir);
    assert_int_equal(symlink("roost.db", other), 0);
    assert_int_equal(owner_take(&first, other, why, sizeof why), 0);
    assert_int_equal(owner_take(&second, path, why, sizeof why), ROOST_ERR_BUSY);
    owner_release(first);
    snprintf(other, sizeof other, "%s/folder", dir);
    assert_int_equal(symlink(".", other), 0);
    snprintf(other, sizeof other, "%s/folder/./roost.db", dir);
    assert_int_equal(owner_take(&first, path, why, sizeof why), 0);
    assert_int_equal(owner_take(&second, other, why, sizeof why), ROOST_ERR_BUSY);
    assert_non_null(strstr(why, other));
    owner_release(first);
}

/* A hard link is another file for its lock, and for SQLite's log. Who has it open is asked. */
static void another_name_of_a_file_in_use_is_refused(void **state)
{
    int ready[2], lock;
    char byte, process[64];

    (void)state;
    snprintf(other, sizeof other, "%s/link", dir);
    assert_int_equal(owner_take(&lock, path, why, sizeof why), 0);
    owner_release(lock);
    assert_int_equal(link(path, other), 0);
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        struct flock shared = {.l_type = F_RDLCK, .l_whence = SEEK_SET, .l_start = 4096};
        int file = open(path, O_RDWR);
        (void)!write(ready[1], fcntl(file, F_SETLK, &shared) == 0 ? "y" : "n", 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(owner_take(&lock, other, why, sizeof why), ROOST_ERR_BUSY);
    assert_int_equal(lock, OWNER_NONE);
    snprintf(process, sizeof process, "process %ld", (long)child);
    assert_non_null(strstr(why, process));
    assert_non_null(strstr(why, other));
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(owner_take(&lock, other, why, sizeof why), 0);
    owner_release(lock);
    close(ready[0]);
    close(ready[1]);
}

/* kill -9 leaves no lock behind, whatever number stands in the file. */
static void a_killed_owner_is_none(void **state)
{
    int ready[2], lock;
    char byte;

    (void)state;
    assert_int_equal(pipe(ready), 0);
    pid_t child = fork();
    if (child == 0) {
        (void)!write(ready[1], owner_take(&lock, path, why, sizeof why) == 0 ? "y" : "n", 1);
        for (;;)
            pause();
    }
    assert_int_equal(read(ready[0], &byte, 1), 1);
    assert_int_equal(byte, 'y');
    assert_int_equal(owner_take(&lock, path, why, sizeof why), ROOST_ERR_BUSY);
    kill(child, SIGKILL);
    assert_int_equal(waitpid(child, NULL, 0), child);
    assert_int_equal(owner_take(&lock, path, why, sizeof why), 0);
    owner_release(lock);
    close(ready[0]);
    close(ready[1]);
}

static void the_files_are_the_owners_alone(void **state)
{
    struct stat info;
    int lock;

    (void)state;
    assert_int_equal(owner_take(&lock, path, why, sizeof why), 0);
    assert_int_equal(stat(path, &info), 0);
    assert_int_equal(info.st_mode & 0777, 0600);
    owner_release(lock);
}

static void what_cannot_be_locked_is_said(void **state)
{
    int lock;

    (void)state;
    snprintf(other, sizeof other, "%s/nothing/roost.db", dir);
    assert_int_equal(owner_take(&lock, other, why, sizeof why), ROOST_ERR_IO);
    assert_non_null(strstr(why, other));
    assert_int_equal(lock, OWNER_NONE);
    assert_int_equal(owner_take(&lock, ":memory:", why, sizeof why), 0);
    assert_int_equal(lock, OWNER_NONE);
    owner_release(lock);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(one_has_it_and_the_second_learns_who),     TEST(links_lead_to_the_same_lock),
        TEST(another_name_of_a_file_in_use_is_refused), TEST(a_killed_owner_is_none),
        TEST(the_files_are_the_owners_alone),           TEST(what_cannot_be_locked_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
