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
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "ml/test/folder.h"
#include "ml/versions.h"

static char *dir;

static int setup(void **state)
{
    (void)state;
    dir = test_folder_make();
    return dir ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(dir);
    return 0;
}

/* A version as the folder sees it: what is inside does not matter here. */
static void make(const char *name)
{
    char folder[ML_PATH_MAX], path[ML_PATH_MAX];
    assert_int_equal(ml_versions_stage(dir, folder), 0);
    assert_int_equal(ml_path_join(path, folder, "metadata.json"), 0);
    assert_int_equal(ml_file_replace(path, "{}", 2), 0);
    assert_int_equal(ml_path_join(path, folder, "model.pt"), 0);
    assert_int_equal(ml_file_replace(path, "w", 1), 0);
    assert_int_equal(ml_versions_publish(dir, name), 0);
}

static bool exists(const char *name)
{
    char path[ML_PATH_MAX];
    struct stat info;
    return ml_path_join(path, dir, name) == 0 && stat(path, &info) == 0;
}

static void an_empty_folder_has_no_current_version(void **state)
{
    (void)state;
    struct ml_version version, all[4];
    assert_int_equal(ml_versions_current(dir, &version), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ml_versions_list(dir, all, 4), 0);
    assert_int_equal(ml_versions_next(dir, &version), 0);
    assert_string_equal(version.name, "v1");
    assert_int_equal(ml_versions_current("/nonexistent", &version), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ml_versions_list("/nonexistent", all, 4), ROOST_ERR_NOT_FOUND);
}

static void promotion_points_at_what_is_there(void **state)
{
    (void)state;
    struct ml_version version;
    make("v1");
    make("v2");
    assert_int_equal(ml_versions_promote(dir, "v1"), 0);
    assert_int_equal(ml_versions_current(dir, &version), 0);
    assert_string_equal(version.name, "v1");
    assert_int_equal(ml_versions_promote(dir, "v3"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ml_versions_promote(dir, "../v1"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(ml_versions_promote(dir, "v2"), 0);
    assert_int_equal(ml_versions_current(dir, &version), 0);
    assert_string_equal(version.name, "v2");
}

static void a_damaged_pointer_is_no_version(void **state)
{
    (void)state;
    static const char *const bad[] = {"", "\n", "../v1\n", "v 1\n",
                                      "a-name-that-is-longer-than-any-version-may-be\n"};
    struct ml_version version;
    char path[ML_PATH_MAX];
    assert_int_equal(ml_path_join(path, dir, "current"), 0);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        assert_int_equal(ml_file_replace(path, bad[i], strlen(bad[i])), 0);
        assert_int_equal(ml_versions_current(dir, &version), ROOST_ERR_INVALID);
    }
}

static void versions_are_ordered_by_number(void **state)
{
    (void)state;
    struct ml_version all[8], next;
    make("v10");
    make("v9");
    make("site-model");
    make("v2");
    assert_int_equal(ml_versions_list(dir, all, 8), 4);
    assert_string_equal(all[0].name, "site-model");
    assert_string_equal(all[1].name, "v2");
    assert_string_equal(all[3].name, "v10");
    assert_int_equal(ml_versions_next(dir, &next), 0);
    assert_string_equal(next.name, "v11");
}

static void a_version_is_never_overwritten(void **state)
{
    (void)state;
    char folder[ML_PATH_MAX], path[ML_PATH_MAX];
    make("v1");
    assert_int_equal(ml_versions_stage(dir, folder), 0);
    assert_int_equal(ml_path_join(path, folder, "metadata.json"), 0);
    assert_int_equal(ml_file_replace(path, "[]", 2), 0);
    assert_int_equal(ml_versions_publish(dir, "v1"), ROOST_ERR_EXISTS);
}

static void an_interrupted_attempt_is_cleaned_up(void **state)
{
    (void)state;
    struct ml_version all[4];
    char folder[ML_PATH_MAX], path[ML_PATH_MAX];
    assert_int_equal(ml_versions_stage(dir, folder), 0);
    assert_int_equal(ml_path_join(path, folder, "model.pt"), 0);
    assert_int_equal(ml_file_replace(path, "half", 4), 0);
    assert_int_equal(ml_versions_list(dir, all, 4), 0); /* not a version */
    make("v1");
    assert_int_equal(ml_versions_list(dir, all, 4), 1);
}

static void pruning_spares_the_current_and_its_parent(void **state)
{
    (void)state;
    char name[16];
    for (int i = 1; i <= 14; i++) {
        snprintf(name, sizeof name, "v%d", i);
        make(name);
    }
    assert_int_equal(ml_versions_promote(dir, "v2"), 0);
    assert_int_equal(ml_versions_prune(dir, 10, "v1"), 4);
    assert_true(exists("v1") && exists("v2") && exists("v7") && exists("v14"));
    assert_false(exists("v3") || exists("v6"));
    assert_int_equal(ml_versions_prune(dir, 10, "v1"), 0);
}

static void the_version_before_another(void **state)
{
    (void)state;
    struct ml_version found;
    assert_int_equal(ml_versions_before(dir, "v1", &found), ROOST_ERR_NOT_FOUND);
    make("v2");
    make("v9");
    make("v10");
    assert_int_equal(ml_versions_before(dir, "v10", &found), 0);
    assert_string_equal(found.name, "v9");
    assert_int_equal(ml_versions_before(dir, "v8", &found), 0); /* which need not be there */
    assert_string_equal(found.name, "v2");
    assert_int_equal(ml_versions_before(dir, "v2", &found), ROOST_ERR_NOT_FOUND);
}

static void one_process_at_a_time_makes_versions(void **state)
{
    (void)state;
    int lock = ml_versions_lock(dir);
    assert_true(lock >= 0);
    pid_t child = fork();
    if (child == 0)
        _exit(ml_versions_lock(dir) == ROOST_ERR_BUSY ? 0 : 1);
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    ml_versions_unlock(lock);
    lock = ml_versions_lock(dir);
    assert_true(lock >= 0);
    ml_versions_unlock(lock);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(an_empty_folder_has_no_current_version, setup, teardown),
        cmocka_unit_test_setup_teardown(promotion_points_at_what_is_there, setup, teardown),
        cmocka_unit_test_setup_teardown(a_damaged_pointer_is_no_version, setup, teardown),
        cmocka_unit_test_setup_teardown(versions_are_ordered_by_number, setup, teardown),
        cmocka_unit_test_setup_teardown(a_version_is_never_overwritten, setup, teardown),
        cmocka_unit_test_setup_teardown(an_interrupted_attempt_is_cleaned_up, setup, teardown),
        cmocka_unit_test_setup_teardown(pruning_spares_the_current_and_its_parent, setup, teardown),
        cmocka_unit_test_setup_teardown(the_version_before_another, setup, teardown),
        cmocka_unit_test_setup_teardown(one_process_at_a_time_makes_versions, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
