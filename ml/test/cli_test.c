/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* The commands of roost-ml as a person types them. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "ml/test/folder.h"
#include "ml/test/program.h"
#include "ml/versions.h"

static char *dir;
static struct ml_version shipped;
static char log_path[ML_PATH_MAX];
static char said[65536];

static int setup(void **state)
{
    (void)state;
    dir = test_models_make(&shipped);
    return dir && ml_path_join(log_path, dir, "log") == 0 ? 0 : -1;
}

static int teardown(void **state)
{
    (void)state;
    test_folder_remove(dir);
    return 0;
}

/* Runs roost-ml with up to four arguments; what it prints goes to `said`. */
static int run(const char *a, const char *b, const char *c, const char *d)
{
    const char *const argv[] = {ROOST_ML_PROGRAM, a, b, c, d, NULL};
    char *text;
    size_t len;
    (void)unlink(log_path);
    int status = test_end(test_start(argv, log_path), 0);
    assert_int_equal(ml_file_read(log_path, sizeof said - 1, &text, &len), 0);
    memcpy(said, text, len + 1);
    free(text);
    return status;
}

static void says(const char *text)
{
    if (!strstr(said, text))
        fail_msg("\"%s\" is not in: %s", text, said);
}

static void wrong_usage_is_explained(void **state)
{
    (void)state;
    assert_int_equal(run(NULL, NULL, NULL, NULL), 2);
    says("usage: roost-ml");
    assert_int_equal(run("dance", NULL, NULL, NULL), 2);
    assert_int_equal(run("versions", NULL, NULL, NULL), 2);
    says("--models DIR");
    assert_int_equal(run("versions", "--models", dir, "more"), 2);
    assert_int_equal(run("train", "--models", dir, "--seed=x"), 2);
    says("--seed");
    assert_int_equal(run("--help", NULL, NULL, NULL), 0);
    says("rollback");
}

static void serving_names_what_is_wrong(void **state)
{
    (void)state;
    assert_int_equal(run("serve", "--models", dir, NULL), 1);
    says("--broker");
    assert_int_equal(run("serve", "--models", dir, "--broker=http://127.0.0.1"), 1);
    says("mqtt://");
    assert_int_equal(run("serve", "--models", "/nonexistent", "--broker=mqtt://127.0.0.1"), 1);
    says("/nonexistent/current is missing");
}

static void versions_marks_the_current_one(void **state)
{
    (void)state;
    char line[64];
    assert_int_equal(run("versions", "--models", dir, NULL), 0);
    snprintf(line, sizeof line, "* %s ", shipped.name);
    says(line);
    assert_int_equal(run("versions", "--models", "/nonexistent", NULL), 1);
}

static void a_version_without_a_parent_needs_a_name_to_roll_back_to(void **state)
{
    (void)state;
    assert_int_equal(run("rollback", "--models", dir, NULL), 1);
    says("has no parent");
    assert_int_equal(run("rollback", "--models", dir, "v99"), 1);
    says("model v99: metadata.json is missing");
    assert_int_equal(run("rollback", "--models", dir, "../v1"), 1);
    says("is no version");
    assert_int_equal(run("rollback", "--models", dir, shipped.name), 0);
}

static void one_maker_of_versions_at_a_time(void **state)
{
    (void)state;
    int lock = ml_versions_lock(dir);
    assert_true(lock >= 0);
    assert_int_equal(run("learn", "--models", dir, NULL), 1);
    says("another roost-ml");
    ml_versions_unlock(lock);
    assert_int_equal(run("learn", "--models", dir, NULL), 0);
    says("only 0 labels");
}

static void training_makes_the_current_version(void **state)
{
    (void)state;
    struct ml_version current;
    const char *const argv[] = {ROOST_ML_PROGRAM, "train", "--models", dir, "--years", "2",
                                "--generations",  "1",     NULL};
    assert_int_equal(test_end(test_start(argv, log_path), 0), 0);
    assert_int_equal(ml_versions_current(dir, &current), 0);
    assert_string_equal(current.name, "v2");
    assert_int_equal(run("versions", "--models", dir, NULL), 0);
    says("* v2 ");
}

static void rolling_back_goes_behind_what_was_trained(void **state)
{
    (void)state;
    char line[64];
    const char *const argv[] = {ROOST_ML_PROGRAM, "train", "--models", dir, "--years", "2",
                                "--generations",  "1",     NULL};
    assert_int_equal(test_end(test_start(argv, log_path), 0), 0);
    assert_int_equal(run("rollback", "--models", dir, NULL), 0);
    snprintf(line, sizeof line, "current is %s\n", shipped.name);
    says(line);
    assert_int_equal(run("rollback", "--models", dir, NULL), 1);
    says("has no parent and is the oldest");
    assert_int_equal(run("rollback", "--models", dir, "v2"), 0);
    says("current is v2\n");
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(wrong_usage_is_explained),
        CASE(serving_names_what_is_wrong),
        CASE(versions_marks_the_current_one),
        CASE(a_version_without_a_parent_needs_a_name_to_roll_back_to),
        CASE(one_maker_of_versions_at_a_time),
        CASE(training_makes_the_current_version),
        CASE(rolling_back_goes_behind_what_was_trained),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
