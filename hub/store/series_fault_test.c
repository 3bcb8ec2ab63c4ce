/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The series store on a disk that fails at the n-th change of a file (hub/store/test_disk.h), for
 * each n until a run is clean. Whatever n is, a batch is stored whole when it was reported stored,
 * and not at all when it was reported failed.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_disk.h"
#include "hub/store/test_file.h"

enum { ROWS = 400, BATCHES = 3 };
#define HOUR_MS INT64_C(3600000)

static struct series_row rows[ROWS];
static struct series_span span;
static int64_t every_ms = 1; /* between rows */

static void note(void *arg, int err)
{
    *(int *)arg = err;
}

/* The batch's number is in its rows and in the stream that it stores. */
static int write_batch(const struct series *series, uint64_t number)
{
    struct series_stream stream = {.device_id = "w1", .spans = &span, .span_count = 1};
    struct series_batch batch = {
        .rows = rows, .row_count = ROWS, .streams = &stream, .stream_count = 1};
    int err = 1;
    span = (struct series_span){1, number};
    for (size_t i = 0; i < ROWS; i++)
        rows[i] = (struct series_row){.table = SERIES_TEMPERATURE,
                                      .device_id = "w1",
                                      .unix_ms = (int64_t)(number * ROWS + i) * every_ms};
    assert_int_equal(series->ops->write(series->ctx, &batch, note, &err), 0);
    series_sqlite_pump(series);
    assert_true(err <= 0);
    return err;
}

static int read_stream(void *arg, const struct series_stream *stream)
{
    *(uint64_t *)arg = stream->spans[0].last;
    return 0;
}

static void count_rows(void *arg, int err, const struct series_point *points, size_t count)
{
    assert_int_equal(err, 0);
    *(uint64_t *)arg = count > 0 ? points[0].count : 0;
}

/* How many batches are stored; rows and stream have to agree. */
static uint64_t batches_stored(const struct series *series)
{
    struct series_history_query query = {.device_id = "w1", .to_ms = 1000000, .max_points = 1};
    uint64_t last = 0;
    uint64_t count = 0;
    assert_int_equal(series->ops->load_streams(series->ctx, read_stream, &last), 0);
    assert_int_equal(series->ops->history(series->ctx, &query, count_rows, &count), 0);
    series_sqlite_pump(series);
    assert_int_equal(count, last * ROWS);
    return last;
}

/* One run with the fault at change n of the writes. Returns false when it was not met any more. */
static bool run(enum fault fault, long n)
{
    struct test_file file;
    struct series series;
    uint64_t reported = 0;
    int last_err = 0;
    assert_int_equal(test_file_make(&file, "series.db"), 0);
    disk_work();
    assert_int_equal(series_sqlite_open(&series, NULL, file.path, NULL, 0), 0);
    disk_fail(fault, n);
    for (int i = 0; i < BATCHES && !last_err; i++) {
        last_err = write_batch(&series, reported + 1);
        reported += last_err == 0;
    }
    bool met = disk.met;
    if (fault == FAULT_STAYS && last_err)
        assert_int_equal(last_err, ROOST_ERR_NO_SPACE);
    if (fault != FAULT_END) {
        disk_work();
        assert_int_equal(batches_stored(&series), reported);
        assert_int_equal(write_batch(&series, reported + 1), 0); /* recovers by itself */
        reported++;
        assert_int_equal(batches_stored(&series), reported);
    }
    series.ops->close(series.ctx); /* FAULT_END: nothing of it reaches the disk */
    disk_work();
    assert_int_equal(series_sqlite_open(&series, NULL, file.path, NULL, 0), 0);
    uint64_t stored = batches_stored(&series);
    /* A commit that the process did not live to report may be there. */
    assert_true(stored == reported || (fault == FAULT_END && stored == reported + 1));
    series.ops->close(series.ctx);
    test_file_remove(&file);
    return met;
}

static void open_again(struct series *series, const char *path)
{
    disk_work();
    assert_int_equal(series_sqlite_open(series, NULL, path, NULL, 0), 0);
}

static int is_stored(void *arg, const struct series_stream *stream)
{
    (void)stream;
    *(bool *)arg = true;
    return 0;
}

/* Rows of the device by its sums: one bucket of whole days. */
static uint64_t rows_summed_up(const struct series *series)
{
    struct series_history_query query = {
        .device_id = "w1", .to_ms = 2 * BATCHES * ROWS * HOUR_MS, .max_points = 1};
    uint64_t count = 0;
    assert_int_equal(series->ops->history(series->ctx, &query, count_rows, &count), 0);
    series_sqlite_pump(series);
    return count;
}

static void fill(struct test_file *file, struct series *series)
{
    assert_int_equal(test_file_make(file, "series.db"), 0);
    open_again(series, file->path);
    for (uint64_t i = 1; i <= BATCHES; i++)
        assert_int_equal(write_batch(series, i), 0);
}

/* Summing up at the start: each row counts once, wherever it ended. */
static bool run_sums(enum fault fault, long n)
{
    struct test_file file;
    struct series series;
    fill(&file, &series);
    series.ops->close(series.ctx);
    disk_fail(fault, n);
    int err = series_sqlite_open(&series, NULL, file.path, NULL, 0);
    bool met = disk.met;
    if (!err) {
        if (fault != FAULT_END) {
            disk_work();
            assert_int_equal(rows_summed_up(&series), BATCHES * ROWS);
        }
        series.ops->close(series.ctx);
    }
    open_again(&series, file.path);
    assert_int_equal(rows_summed_up(&series), BATCHES * ROWS);
    series.ops->close(series.ctx);
    test_file_remove(&file);
    return met;
}

static void note_forgotten(void *arg, int err, const struct series_forgotten *forgotten)
{
    (void)forgotten;
    *(int *)arg = err;
}

/* A removal takes everything in the end, or did not begin. */
static bool run_forget(enum fault fault, long n)
{
    struct test_file file;
    struct series series;
    int err = 1;
    bool known = false;
    fill(&file, &series);
    disk_fail(fault, n);
    assert_int_equal(series.ops->forget(series.ctx, "w1", true, note_forgotten, &err), 0);
    series_sqlite_pump(&series);
    if (err == 0) {
        assert_int_equal(series.ops->sweep(series.ctx, "w1", note_forgotten, &err), 0);
        series_sqlite_pump(&series);
    }
    assert_true(err <= 0);
    bool met = disk.met;
    if (fault != FAULT_END)
        disk_work();
    series.ops->close(series.ctx);
    open_again(&series, file.path);
    assert_int_equal(series.ops->load_streams(series.ctx, is_stored, &known), 0);
    assert_int_equal(rows_summed_up(&series), known ? BATCHES * ROWS : 0);
    if (err == 0)
        assert_false(known);
    series.ops->close(series.ctx);
    test_file_remove(&file);
    return met;
}

int main(void)
{
    int failed = disk_run("series on a failing disk", run);
    every_ms = HOUR_MS;
    failed += disk_run("sums on a failing disk", run_sums);
    return failed + disk_run("a removal on a failing disk", run_forget);
}
