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
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/err.h"
#include "ml/labels.h"
#include "ml/test/folder.h"

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

static struct ml_label label_at(int64_t unix_ms)
{
    struct ml_label label = {.unix_ms = unix_ms,
                             .device_id = "window-1",
                             .features = {21.5, 48.25, -51.125},
                             .position_pct = 35.5};
    return label;
}

static void append(struct ml_labels *labels, int64_t unix_ms)
{
    struct ml_label label = label_at(unix_ms);
    assert_int_equal(ml_labels_append(labels, &label), 0);
}

static size_t read_all(struct ml_label **all)
{
    size_t count, damaged;
    assert_int_equal(ml_labels_read(dir, all, &count, &damaged), 0);
    assert_int_equal(damaged, 0);
    return count;
}

static char *path_of_file(void)
{
    static char path[ML_PATH_MAX];
    assert_int_equal(ml_path_join(path, dir, "labels.jsonl"), 0);
    return path;
}

static void no_file_is_no_labels(void **state)
{
    (void)state;
    struct ml_label *all;
    assert_int_equal(read_all(&all), 0);
    free(all);
}

static void what_is_appended_is_read(void **state)
{
    (void)state;
    struct ml_labels *labels;
    struct ml_label *all;
    assert_int_equal(ml_labels_open(&labels, dir), 0);
    append(labels, 1000);
    append(labels, 2000);
    assert_int_equal(ml_labels_count(labels), 2);
    assert_int_equal(read_all(&all), 2);
    assert_true(all[1].unix_ms == 2000);
    assert_string_equal(all[1].device_id, "window-1");
    assert_true(all[1].features.sound_volume_dbfs < -51.12);
    assert_true(all[1].position_pct > 35.49 && all[1].position_pct < 35.51);
    free(all);
    ml_labels_close(labels);
}

/* A crash may cut the last line anywhere. */
static void a_torn_line_is_removed(void **state)
{
    (void)state;
    struct ml_labels *labels;
    struct ml_label *all;
    struct stat info;
    assert_int_equal(ml_labels_open(&labels, dir), 0);
    append(labels, 1000);
    assert_int_equal(stat(path_of_file(), &info), 0);
    off_t one = info.st_size;
    append(labels, 2000);
    ml_labels_close(labels);
    for (off_t cut = 2 * one - 1; cut > one; cut--) {
        assert_int_equal(truncate(path_of_file(), cut), 0);
        assert_int_equal(ml_labels_open(&labels, dir), 0);
        assert_int_equal(ml_labels_count(labels), 1);
        append(labels, 3000);
        ml_labels_close(labels);
        assert_int_equal(read_all(&all), 2);
        assert_true(all[0].unix_ms == 1000 && all[1].unix_ms == 3000);
        free(all);
    }
}

static void damaged_lines_are_left_out_and_counted(void **state)
{
    (void)state;
    static const char text[] =
        "{\"ts\":1}\n"
        "rubbish\n"
        "{\"ts\":5,\"device_id\":\"w\",\"temperature\":20.0,\"humidity\":50.0,"
        "\"sound_volume\":-60.0,\"position\":10.0}\n"
        "{\"ts\":5,\"device_id\":\"w\",\"temperature\":20.0,\"humidity\":50.0,"
        "\"sound_volume\":-60.0,\"position\":110.0}\n";
    struct ml_label *all;
    size_t count, damaged;
    assert_int_equal(ml_file_replace(path_of_file(), text, sizeof text - 1), 0);
    assert_int_equal(ml_labels_read(dir, &all, &count, &damaged), 0);
    assert_int_equal(count, 1);
    assert_int_equal(damaged, 3);
    assert_true(all[0].unix_ms == 5);
    free(all);
}

/* Written in one go: appending syncs each line, which ten thousand times is slow. */
static void fill(size_t lines)
{
    FILE *file = fopen(path_of_file(), "w");
    assert_non_null(file);
    for (size_t i = 1; i <= lines; i++)
        fprintf(file,
                "{\"ts\":%zu,\"device_id\":\"w\",\"temperature\":20.0,\"humidity\":50.0,"
                "\"sound_volume\":-60.0,\"position\":10.0}\n",
                i);
    assert_int_equal(fclose(file), 0);
}

static void the_file_is_bounded_and_the_newest_stay(void **state)
{
    (void)state;
    struct ml_labels *labels;
    struct ml_label *all;
    fill(2 * ML_LABELS_MAX);
    assert_int_equal(ml_labels_open(&labels, dir), 0);
    assert_int_equal(ml_labels_count(labels), 2 * ML_LABELS_MAX);
    append(labels, 2 * ML_LABELS_MAX + 1);
    assert_int_equal(ml_labels_count(labels), ML_LABELS_MAX + 1);
    append(labels, 2 * ML_LABELS_MAX + 2); /* to the file that took its place */
    ml_labels_close(labels);
    assert_int_equal(read_all(&all), ML_LABELS_MAX);
    assert_true(all[0].unix_ms == ML_LABELS_MAX + 3);
    assert_true(all[ML_LABELS_MAX - 1].unix_ms == 2 * ML_LABELS_MAX + 2);
    free(all);
}

/* A limit on the file's size stands for a full disk; in a child, for the limit stays. */
static void a_full_disk_leaves_whole_lines(void **state)
{
    (void)state;
    struct ml_labels *labels;
    struct ml_label *all;
    assert_int_equal(ml_labels_open(&labels, dir), 0);
    append(labels, 1000);
    pid_t child = fork();
    if (child == 0) {
        struct rlimit limit = {200, 200}; /* one line and a part of the next */
        struct ml_label label = label_at(2000);
        signal(SIGXFSZ, SIG_IGN);
        if (setrlimit(RLIMIT_FSIZE, &limit) != 0)
            _exit(2);
        _exit(ml_labels_append(labels, &label) < 0 && ml_labels_count(labels) == 1 ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(read_all(&all), 1);
    free(all);
    append(labels, 3000);
    assert_int_equal(read_all(&all), 2);
    free(all);
    ml_labels_close(labels);
}

static void a_folder_that_is_not_there_is_said(void **state)
{
    (void)state;
    struct ml_labels *labels;
    assert_true(ml_labels_open(&labels, "/nonexistent/models") < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(no_file_is_no_labels, setup, teardown),
        cmocka_unit_test_setup_teardown(what_is_appended_is_read, setup, teardown),
        cmocka_unit_test_setup_teardown(a_torn_line_is_removed, setup, teardown),
        cmocka_unit_test_setup_teardown(damaged_lines_are_left_out_and_counted, setup, teardown),
        cmocka_unit_test_setup_teardown(the_file_is_bounded_and_the_newest_stay, setup, teardown),
        cmocka_unit_test_setup_teardown(a_full_disk_leaves_whole_lines, setup, teardown),
        cmocka_unit_test(a_folder_that_is_not_there_is_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
