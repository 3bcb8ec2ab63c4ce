/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What every series store has to do, whatever is behind it. A backend's test opens one and runs
 * SERIES_SUITE over it; *state is a struct series_rig whose store is empty at the start of each
 * test.
 */
#ifndef ROOST_HUB_STORE_SERIES_SUITE_H
#define ROOST_HUB_STORE_SERIES_SUITE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/store/series.h"

#define SUITE_DAY_MS INT64_C(86400000)

struct series_rig {
    struct series series;
    /* Waits until something that is under way calls its done function. */
    void (*turn)(struct series_rig *rig);
    /* Closes and opens again. */
    void (*reopen)(struct series_rig *rig);
};

struct suite_result {
    bool done;
    int err;
    size_t count;
    struct series_point points[64];
    struct series_row rows[64];
    char ids[64][65];
};

static void suite_done(void *arg, int err)
{
    struct suite_result *result = arg;
    result->done = true;
    result->err = err;
}

static void suite_retained(void *arg, int err, uint64_t rows)
{
    struct suite_result *result = arg;
    suite_done(result, err);
    result->count = (size_t)rows;
}

static void suite_points(void *arg, int err, const struct series_point *points, size_t count)
{
    struct suite_result *result = arg;
    suite_done(result, err);
    result->count = count;
    for (size_t i = 0; i < count && i < 64; i++)
        result->points[i] = points[i];
}

static void suite_rows(void *arg, int err, const struct series_row *rows, size_t count)
{
    struct suite_result *result = arg;
    suite_done(result, err);
    result->count = count;
    for (size_t i = 0; i < count && i < 64; i++) {
        result->rows[i] = rows[i];
        snprintf(result->ids[i], 65, "%s", rows[i].device_id);
    }
}

static void suite_wait(struct series_rig *rig, const struct suite_result *result)
{
    for (int turns = 0; !result->done && turns < 100000; turns++)
        rig->turn(rig);
    assert_true(result->done);
}

static int suite_write(struct series_rig *rig, const struct series_batch *batch)
{
    struct suite_result result = {0};
    assert_int_equal(rig->series.ops->write(rig->series.ctx, batch, suite_done, &result), 0);
    suite_wait(rig, &result);
    return result.err;
}

static struct suite_result suite_history(struct series_rig *rig, enum series_metric metric,
                                         const char *device_id, int64_t from_ms, int64_t to_ms,
                                         uint32_t max_points)
{
    static struct suite_result result;
    struct series_history_query query = {
        .metric = metric, .from_ms = from_ms, .to_ms = to_ms, .max_points = max_points};
    snprintf(query.device_id, sizeof query.device_id, "%s", device_id);
    memset(&result, 0, sizeof result);
    assert_int_equal(rig->series.ops->history(rig->series.ctx, &query, suite_points, &result), 0);
    suite_wait(rig, &result);
    return result;
}

static struct suite_result suite_newest(struct series_rig *rig, enum series_table table,
                                        const char *device_id, uint32_t limit)
{
    static struct suite_result result;
    memset(&result, 0, sizeof result);
    assert_int_equal(
        rig->series.ops->newest(rig->series.ctx, table, device_id, limit, suite_rows, &result), 0);
    suite_wait(rig, &result);
    return result;
}

static struct series_row suite_reading(const char *device_id, int64_t unix_ms, double value)
{
    return (struct series_row){
        .table = SERIES_TEMPERATURE, .unix_ms = unix_ms, .device_id = device_id, .value = value};
}

static void suite_every_table_gives_back_its_row(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {
        suite_reading("w1", 1000, 21.5),
        {.table = SERIES_HUMIDITY, .unix_ms = 1001, .device_id = "w1", .value = 55.25},
        {.table = SERIES_AUDIO,
         .unix_ms = 1002,
         .device_id = "w1",
         .audio = {.sample_rate_hz = 16000,
                   .duration_s = 2,
                   .format = "wav",
                   .hash_hex = "abc",
                   .level_dbfs = -31.25}},
        {.table = SERIES_ACTION,
         .unix_ms = 1003,
         .device_id = "w1",
         .action = {.position_pct = 40,
                    .confidence = 0.75,
                    .temperature_degc = 21.5,
                    .humidity_pct = 55.25,
                    .sound_volume_dbfs = (double)NAN}},
        {.table = SERIES_PREDICTION,
         .unix_ms = 1004,
         .device_id = "w1",
         .prediction = {.prediction_pct = 40,
                        .confidence = 0.75,
                        .inference_time_ms = 1.5,
                        .model_version = "v3"}},
    };
    struct series_batch batch = {.rows = rows, .row_count = 5};
    assert_int_equal(suite_write(rig, &batch), 0);
    for (int table = 0; table < SERIES_TABLE_COUNT; table++) {
        for (int any = 0; any < 2; any++) {
            struct suite_result found =
                suite_newest(rig, (enum series_table)table, any ? "" : "w1", 10);
            assert_int_equal(found.err, 0);
            assert_int_equal(found.count, 1);
            assert_int_equal(found.rows[0].unix_ms, 1000 + table);
            assert_string_equal(found.ids[0], "w1");
        }
    }
    assert_true(suite_newest(rig, SERIES_TEMPERATURE, "w1", 1).rows[0].value == 21.5);
    assert_true(suite_newest(rig, SERIES_HUMIDITY, "w1", 1).rows[0].value == 55.25);
    struct series_row audio = suite_newest(rig, SERIES_AUDIO, "w1", 1).rows[0];
    assert_int_equal(audio.audio.sample_rate_hz, 16000);
    assert_true(audio.audio.duration_s == 2 && audio.audio.level_dbfs == -31.25);
    assert_string_equal(audio.audio.format, "wav");
    assert_string_equal(audio.audio.hash_hex, "abc");
    struct series_row action = suite_newest(rig, SERIES_ACTION, "w1", 1).rows[0];
    assert_true(action.action.position_pct == 40 && action.action.confidence == 0.75);
    assert_true(action.action.temperature_degc == 21.5 && isnan(action.action.sound_volume_dbfs));
    struct series_row prediction = suite_newest(rig, SERIES_PREDICTION, "w1", 1).rows[0];
    assert_true(prediction.prediction.inference_time_ms == 1.5);
    assert_string_equal(prediction.prediction.model_version, "v3");
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "w2", 10).count, 0);
}

static void suite_newest_comes_first(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {suite_reading("a", 30, 3), suite_reading("a", 10, 1),
                                suite_reading("b", 50, 5), suite_reading("a", 20, 2)};
    struct series_batch batch = {.rows = rows, .row_count = 4};
    assert_int_equal(suite_write(rig, &batch), 0);
    struct suite_result found = suite_newest(rig, SERIES_TEMPERATURE, "a", 2);
    assert_int_equal(found.count, 2);
    assert_int_equal(found.rows[0].unix_ms, 30);
    assert_int_equal(found.rows[1].unix_ms, 20);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, NULL, 10).count, 4);
}

static void suite_history_is_cut_into_buckets(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[12];
    for (int i = 0; i < 12; i++)
        rows[i] = suite_reading(i < 10 ? "a" : "b", i * 100, i);
    struct series_batch batch = {.rows = rows, .row_count = 12};
    assert_int_equal(suite_write(rig, &batch), 0);

    struct suite_result all = suite_history(rig, SERIES_METRIC_TEMPERATURE, "a", 0, 1000, 2);
    assert_int_equal(all.err, 0);
    assert_int_equal(all.count, 2);
    assert_int_equal(all.points[0].unix_ms, 0);
    assert_int_equal(all.points[0].count, 5);
    assert_true(all.points[0].mean == 2 && all.points[0].min == 0 && all.points[0].max == 4);
    assert_int_equal(all.points[1].unix_ms, 500);
    assert_true(all.points[1].mean == 7 && all.points[1].min == 5 && all.points[1].max == 9);

    struct suite_result part = suite_history(rig, SERIES_METRIC_TEMPERATURE, "a", 100, 300, 64);
    assert_int_equal(part.count, 2); /* from is in, to is not */
    assert_int_equal(part.points[1].unix_ms, 100 + 100 / 4 * 4);
    assert_int_equal(suite_history(rig, SERIES_METRIC_TEMPERATURE, "a", 5000, 9000, 10).count, 0);
    assert_int_equal(suite_history(rig, SERIES_METRIC_HUMIDITY, "a", 0, 1000, 10).count, 0);
}

/* As devices send them: all mixed, every value at its device, metric and time afterwards. */
static void suite_a_mixed_batch_finds_its_places(void **state)
{
    enum { DEVICES = 7, SAMPLES = 13, MIXED = 2 * DEVICES * SAMPLES };
    static const char *const ids[DEVICES] = {"c", "a", "g", "b", "f", "e", "d"};
    struct series_rig *rig = *state;
    struct series_row rows[MIXED];
    for (int i = 0; i < MIXED; i++) {
        int device = i / 2 % DEVICES, sample = i / 2 / DEVICES;
        rows[i] = suite_reading(ids[device], sample, 1000 * (i % 2) + 100 * device + sample);
        rows[i].table = i % 2 ? SERIES_HUMIDITY : SERIES_TEMPERATURE;
    }
    struct series_batch batch = {.rows = rows, .row_count = MIXED};
    assert_int_equal(suite_write(rig, &batch), 0);
    for (int i = 0; i < 2 * DEVICES; i++) {
        enum series_metric metric = i % 2 ? SERIES_METRIC_HUMIDITY : SERIES_METRIC_TEMPERATURE;
        int device = i / 2;
        struct suite_result found = suite_history(rig, metric, ids[device], 0, SAMPLES, SAMPLES);
        assert_int_equal(found.count, SAMPLES);
        for (int sample = 0; sample < SAMPLES; sample++) {
            assert_int_equal(found.points[sample].count, 1);
            assert_true(found.points[sample].mean == 1000 * (i % 2) + 100 * device + sample);
        }
    }
}

static void suite_history_of_every_metric(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {
        suite_reading("a", 1, 20),
        {.table = SERIES_HUMIDITY, .unix_ms = 1, .device_id = "a", .value = 30},
        {.table = SERIES_AUDIO,
         .unix_ms = 1,
         .device_id = "a",
         .audio = {.sample_rate_hz = 8000, .duration_s = 1, .format = "pcm", .level_dbfs = -40}},
        {.table = SERIES_ACTION,
         .unix_ms = 1,
         .device_id = "a",
         .action = {.position_pct = 50, .confidence = 0.5}},
    };
    static const double expected[SERIES_METRIC_COUNT] = {20, 30, -40, 50, 0.5};
    struct series_batch batch = {.rows = rows, .row_count = 4};
    assert_int_equal(suite_write(rig, &batch), 0);
    for (int metric = 0; metric < SERIES_METRIC_COUNT; metric++) {
        struct suite_result found =
            suite_history(rig, (enum series_metric)metric, "a", 0, 10, 5000);
        assert_int_equal(found.count, 1);
        assert_true(found.points[0].mean == expected[metric]);
        assert_int_equal(found.points[0].count, 1);
    }
}

static void suite_queries_outside_their_limits_are_refused(void **state)
{
    struct series_rig *rig = *state;
    const struct series_ops *ops = rig->series.ops;
    struct series_history_query query = {.from_ms = 5, .to_ms = 5, .max_points = 1};
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, NULL), ROOST_ERR_RANGE);
    query.to_ms = 6;
    query.max_points = 0;
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, NULL), ROOST_ERR_RANGE);
    query.max_points = SERIES_POINTS_MAX + 1;
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, NULL), ROOST_ERR_RANGE);
    query =
        (struct series_history_query){.from_ms = INT64_MIN, .to_ms = INT64_MAX, .max_points = 1};
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, NULL), ROOST_ERR_RANGE);
    assert_int_equal(ops->newest(rig->series.ctx, SERIES_AUDIO, "a", 0, suite_rows, NULL),
                     ROOST_ERR_RANGE);
    assert_int_equal(
        ops->newest(rig->series.ctx, SERIES_AUDIO, "a", SERIES_NEWEST_MAX + 1, suite_rows, NULL),
        ROOST_ERR_RANGE);
}

struct suite_streams {
    char text[8][256];
    size_t count;
};

static int suite_note_stream(void *arg, const struct series_stream *stream)
{
    struct suite_streams *streams = arg;
    char *text = streams->text[streams->count++];
    int len = snprintf(text, 256, "%s/%d e%u t%lld", stream->device_id, stream->stream,
                       stream->epoch, (long long)stream->newest_ms);
    for (size_t i = 0; i < stream->span_count; i++)
        len += snprintf(text + len, 256 - (size_t)len, " %llu-%llu",
                        (unsigned long long)stream->spans[i].first,
                        (unsigned long long)stream->spans[i].last);
    return 0;
}

static void suite_streams_replace_what_was_stored(void **state)
{
    struct series_rig *rig = *state;
    struct series_span spans[] = {{1, 49}, {101, 200}, {205, 205}, {UINT64_MAX, UINT64_MAX}};
    struct series_stream streams[] = {
        {.device_id = "b",
         .stream = 1,
         .epoch = 7,
         .newest_ms = 99,
         .spans = spans,
         .span_count = 4},
        {.device_id = "a", .stream = 0, .epoch = UINT32_MAX, .spans = spans, .span_count = 1},
        {.device_id = "b", .stream = 0},
    };
    struct series_batch batch = {.streams = streams, .stream_count = 3};
    assert_int_equal(suite_write(rig, &batch), 0);
    streams[0] = (struct series_stream){
        .device_id = "b", .stream = 1, .epoch = 8, .spans = &spans[1], .span_count = 2};
    batch.stream_count = 1;
    assert_int_equal(suite_write(rig, &batch), 0);
    rig->reopen(rig);
    struct suite_streams found = {.count = 0};
    assert_int_equal(rig->series.ops->load_streams(rig->series.ctx, suite_note_stream, &found), 0);
    assert_int_equal(found.count, 3);
    assert_string_equal(found.text[0], "a/0 e4294967295 t0 1-49");
    assert_string_equal(found.text[1], "b/0 e0 t0");
    assert_string_equal(found.text[2], "b/1 e8 t0 101-200 205-205");
}

static int suite_stop_early(void *arg, const struct series_stream *stream)
{
    (void)stream;
    return ++*(int *)arg == 1 ? 42 : 0;
}

static void suite_loading_can_be_stopped(void **state)
{
    struct series_rig *rig = *state;
    struct series_stream streams[] = {{.device_id = "a"}, {.device_id = "b"}};
    struct series_batch batch = {.streams = streams, .stream_count = 2};
    int calls = 0;
    assert_int_equal(suite_write(rig, &batch), 0);
    assert_int_equal(rig->series.ops->load_streams(rig->series.ctx, suite_stop_early, &calls), 42);
    assert_int_equal(calls, 1);
}

static void suite_one_write_at_a_time(void **state)
{
    struct series_rig *rig = *state;
    struct series_row row = suite_reading("a", 1, 1);
    struct series_batch batch = {.rows = &row, .row_count = 1};
    struct suite_result first = {0};
    struct suite_result second = {0};
    const struct series_ops *ops = rig->series.ops;
    assert_int_equal(ops->write(rig->series.ctx, &batch, suite_done, &first), 0);
    assert_int_equal(ops->write(rig->series.ctx, &batch, suite_done, &second), ROOST_ERR_BUSY);
    assert_false(first.done); /* never from inside the call */
    suite_wait(rig, &first);
    assert_int_equal(first.err, 0);
    assert_false(second.done);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "a", 10).count, 1);
}

static void suite_retention_deletes_what_is_older(void **state)
{
    enum { ROWS = 2500 };
    static struct series_row rows[2 * ROWS];
    struct series_rig *rig = *state;
    struct series_span span = {1, ROWS};
    struct series_stream stream = {.device_id = "a", .spans = &span, .span_count = 1};
    struct suite_result result = {0};
    for (int i = 0; i < ROWS; i++) {
        rows[i] = suite_reading(i % 2 ? "a" : "b", i * SUITE_DAY_MS, i);
        rows[ROWS + i] = rows[i];
        rows[ROWS + i].table = SERIES_HUMIDITY;
    }
    struct series_batch batch = {
        .rows = rows, .row_count = 2 * ROWS, .streams = &stream, .stream_count = 1};
    assert_int_equal(suite_write(rig, &batch), 0);
    int64_t before_ms = (ROWS - 10) * SUITE_DAY_MS;
    assert_int_equal(rig->series.ops->retain(rig->series.ctx, before_ms, suite_retained, &result),
                     0);
    assert_int_equal(rig->series.ops->retain(rig->series.ctx, 1, suite_retained, &result),
                     ROOST_ERR_BUSY);
    suite_wait(rig, &result);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.count, 2 * (ROWS - 10));
    struct suite_result left = suite_newest(rig, SERIES_TEMPERATURE, NULL, 64);
    assert_int_equal(left.count, 10);
    for (size_t i = 0; i < left.count; i++)
        assert_true(left.rows[i].unix_ms >= before_ms);
    assert_int_equal(suite_newest(rig, SERIES_HUMIDITY, NULL, 64).count, 10);
    struct suite_streams streams = {.count = 0};
    assert_int_equal(rig->series.ops->load_streams(rig->series.ctx, suite_note_stream, &streams),
                     0);
    assert_string_equal(streams.text[0], "a/0 e0 t0 1-2500");
}

static void suite_marks_come_back_with_their_rows(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {suite_reading("a", 10, 1), suite_reading("a", 20, 2),
                                suite_reading("a", 30, 3), suite_reading("b", 20, 4)};
    struct series_batch batch = {.rows = rows, .row_count = 4};
    int64_t newest_ms = 1;
    assert_int_equal(rig->series.ops->newest_ms(rig->series.ctx, &newest_ms), 0);
    assert_int_equal(newest_ms, 0); /* nothing is stored */
    rows[1].mark = SERIES_TIME_BEFORE | SERIES_TIME_DOUBTED;
    rows[2].mark = SERIES_TIME_AHEAD;
    assert_int_equal(suite_write(rig, &batch), 0);
    struct suite_result found = suite_newest(rig, SERIES_TEMPERATURE, "a", 3);
    assert_int_equal(found.rows[0].mark, SERIES_TIME_AHEAD);
    assert_int_equal(found.rows[1].mark, SERIES_TIME_BEFORE | SERIES_TIME_DOUBTED);
    assert_int_equal(found.rows[2].mark, 0);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, NULL, 1).rows[0].mark, 0);
    assert_int_equal(suite_newest(rig, SERIES_HUMIDITY, "a", 3).count, 0);
    assert_int_equal(rig->series.ops->newest_ms(rig->series.ctx, &newest_ms), 0);
    assert_int_equal(newest_ms, 20); /* of b; a's is marked */
}

struct suite_latest {
    char text[512];
};

static int suite_note_latest(void *arg, const struct series_row *row)
{
    struct suite_latest *latest = arg;
    size_t len = strlen(latest->text);
    snprintf(latest->text + len, sizeof latest->text - len, "%s/%d@%lld ", row->device_id,
             row->table, (long long)row->unix_ms);
    return 0;
}

static void suite_find_latest(struct series_rig *rig, int64_t until_ms, struct suite_latest *latest)
{
    latest->text[0] = '\0';
    assert_int_equal(rig->series.ops->latest(rig->series.ctx, until_ms, suite_note_latest, latest),
                     0);
}

static void suite_latest_is_the_newest_by_its_time(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {
        suite_reading("b", 30, 1),
        suite_reading("a", 50, 1),
        suite_reading("a", 40, 1),
        {.table = SERIES_ACTION, .unix_ms = 7, .device_id = "a"},
        {.table = SERIES_ACTION, .unix_ms = 6, .device_id = "a"},
    };
    struct series_batch batch = {.rows = rows, .row_count = 5};
    struct suite_latest latest = {""};
    assert_int_equal(suite_write(rig, &batch), 0);
    rig->reopen(rig);
    suite_find_latest(rig, INT64_MAX, &latest);
    assert_string_equal(latest.text, "a/0@50 b/0@30 a/3@7 ");
}

/* A clock that was ahead stamped what lies after its present time, and was set right. */
static void suite_latest_is_not_what_a_clock_ahead_stamped(void **state)
{
    struct series_rig *rig = *state;
    struct series_row rows[] = {
        suite_reading("back", 10, 1),  suite_reading("back", 90, 1),
        suite_reading("back", 30, 1),  suite_reading("back", 20, 1),
        suite_reading("mute", 10, 1),  suite_reading("mute", 90, 1), /* none came since */
        suite_reading("ahead", 95, 1), suite_reading("ahead", 90, 1),
    };
    struct suite_latest latest = {""};
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct series_batch batch = {.rows = &rows[i], .row_count = 1};
        assert_int_equal(suite_write(rig, &batch), 0);
    }
    rig->reopen(rig);
    suite_find_latest(rig, 40, &latest);
    assert_string_equal(latest.text, "ahead/0@95 back/0@30 mute/0@90 ");
    suite_find_latest(rig, 90, &latest);
    assert_string_equal(latest.text, "ahead/0@90 back/0@90 mute/0@90 ");
}

static void suite_notes_are_kept(void **state)
{
    struct series_rig *rig = *state;
    char text[SERIES_NOTE_MAX + 1];
    for (int i = 0; i < 2; i++) {
        struct suite_result result = {0};
        assert_int_equal(
            rig->series.ops->note(rig->series.ctx, "n", i ? "two" : "one", suite_done, &result), 0);
        suite_wait(rig, &result);
        assert_int_equal(result.err, 0);
    }
    rig->reopen(rig);
    assert_int_equal(rig->series.ops->load_note(rig->series.ctx, "n", text), 0);
    assert_string_equal(text, "two");
    assert_int_equal(rig->series.ops->load_note(rig->series.ctx, "other", text), 0);
    assert_string_equal(text, "");
}

struct suite_forgotten {
    struct suite_result result;
    struct series_forgotten what;
};

static void suite_forgotten(void *arg, int err, const struct series_forgotten *what)
{
    struct suite_forgotten *forgotten = arg;
    forgotten->what = *what;
    suite_done(&forgotten->result, err);
}

static struct series_forgotten suite_forget(struct series_rig *rig, const char *device_id,
                                            bool history)
{
    static struct suite_forgotten forgotten;
    memset(&forgotten, 0, sizeof forgotten);
    assert_int_equal(
        rig->series.ops->forget(rig->series.ctx, device_id, history, suite_forgotten, &forgotten),
        0);
    assert_int_equal(
        rig->series.ops->forget(rig->series.ctx, device_id, history, suite_forgotten, &forgotten),
        ROOST_ERR_BUSY);
    suite_wait(rig, &forgotten.result);
    assert_int_equal(forgotten.result.err, 0);
    return forgotten.what;
}

static uint64_t suite_sweep(struct series_rig *rig, const char *device_id)
{
    static struct suite_forgotten swept;
    const struct series_ops *ops = rig->series.ops;
    memset(&swept, 0, sizeof swept);
    assert_int_equal(ops->sweep(rig->series.ctx, device_id, suite_forgotten, &swept), 0);
    assert_int_equal(ops->sweep(rig->series.ctx, device_id, suite_forgotten, &swept),
                     ROOST_ERR_BUSY);
    suite_wait(rig, &swept.result);
    assert_int_equal(swept.result.err, 0);
    return swept.what.rows;
}

static void suite_a_device_is_forgotten(void **state)
{
    enum { ROWS = 2500 };
    static struct series_row rows[ROWS];
    struct series_rig *rig = *state;
    struct series_stream streams[] = {{.device_id = "a"}, {.device_id = "b"}};
    struct suite_streams left = {.count = 0};
    for (int i = 0; i < ROWS; i++) {
        rows[i] = suite_reading(i % 5 ? "a" : "b", i, i);
        rows[i].mark = SERIES_TIME_AHEAD;
    }
    struct series_batch batch = {
        .rows = rows, .row_count = ROWS, .streams = streams, .stream_count = 2};
    assert_int_equal(suite_write(rig, &batch), 0);

    struct series_forgotten what = suite_forget(rig, "a", false);
    assert_int_equal(what.streams, 1);
    assert_int_equal(what.rows, 0);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "a", 1).count, 1);
    assert_int_equal(rig->series.ops->load_streams(rig->series.ctx, suite_note_stream, &left), 0);
    assert_string_equal(left.text[0], "b/0 e0 t0");

    what = suite_forget(rig, "a", true);
    assert_int_equal(what.streams, 0);
    assert_int_equal(suite_sweep(rig, "b"), 0);
    assert_int_equal(suite_sweep(rig, "a"), ROWS / 5 * 4);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "a", 1).count, 0);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "b", 64).count, 64);
    rows[0] = suite_reading("a", 1, 1); /* a new device of that id */
    batch = (struct series_batch){.rows = rows, .row_count = 1};
    assert_int_equal(suite_write(rig, &batch), 0);
    struct suite_result again = suite_newest(rig, SERIES_TEMPERATURE, "a", 2);
    assert_int_equal(again.count, 1);
    assert_int_equal(again.rows[0].mark, 0);
}

/* The next device of that id does not wait for the rows of the one before, nor for those of
 * another, and keeps its own. */
static void suite_an_id_is_free_before_its_rows_are_gone(void **state)
{
    enum { ROWS = 2500 };
    static struct series_row rows[ROWS];
    struct series_rig *rig = *state;
    for (int i = 0; i < ROWS; i++)
        rows[i] = suite_reading(i % 2 ? "a" : "b", i, i);
    struct series_batch batch = {.rows = rows, .row_count = ROWS};
    assert_int_equal(suite_write(rig, &batch), 0);
    suite_forget(rig, "a", true);
    suite_forget(rig, "b", true);
    struct series_row next[] = {suite_reading("a", 1, 1), suite_reading("b", 9000, 9)};
    next[0].mark = next[1].mark = SERIES_TIME_AHEAD;
    batch = (struct series_batch){.rows = next, .row_count = 2};
    assert_int_equal(suite_write(rig, &batch), 0);
    assert_int_equal(suite_sweep(rig, "b"), ROWS / 2);
    assert_int_equal(suite_sweep(rig, "a"), ROWS / 2);
    for (int i = 0; i < 2; i++) {
        struct suite_result left = suite_newest(rig, SERIES_TEMPERATURE, next[i].device_id, 4);
        assert_int_equal(left.count, 1);
        assert_int_equal(left.rows[0].mark, SERIES_TIME_AHEAD);
    }
}

static void suite_a_cancelled_query_ends(void **state)
{
    struct series_rig *rig = *state;
    static struct suite_result results[8];
    struct series_history_query query = {.device_id = "a", .to_ms = 10, .max_points = 10};
    const struct series_ops *ops = rig->series.ops;
    memset(results, 0, sizeof results);
    for (int i = 0; i < 8; i++)
        assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, &results[i]), 0);
    for (int i = 0; i < 8; i += 2)
        ops->cancel(rig->series.ctx, &results[i]);
    ops->cancel(rig->series.ctx, &query); /* nobody's */
    assert_false(results[0].done);
    for (int i = 0; i < 8; i++) {
        suite_wait(rig, &results[i]);
        assert_int_equal(results[i].err, i % 2 ? 0 : ROOST_ERR_CLOSED);
    }
}

static void suite_one_client_leaves_room_for_others(void **state)
{
    struct series_rig *rig = *state;
    static struct suite_result results[SERIES_OF_CLIENT_MAX + 2];
    struct series_history_query query = {
        .device_id = "a", .to_ms = 10, .max_points = 10, .client = 7};
    const struct series_ops *ops = rig->series.ops;
    memset(results, 0, sizeof results);
    for (int i = 0; i < SERIES_OF_CLIENT_MAX; i++)
        assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, &results[i]), 0);
    struct suite_result *more = &results[SERIES_OF_CLIENT_MAX];
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, more), ROOST_ERR_FULL);
    query.client = 8;
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, more), 0);
    suite_wait(rig, more);
    for (int i = 0; i < SERIES_OF_CLIENT_MAX; i++)
        suite_wait(rig, &results[i]);
}

static void suite_rows_stay_after_a_restart(void **state)
{
    struct series_rig *rig = *state;
    struct series_row row = suite_reading("a", 1, 1);
    struct series_device device = {
        .device_id = "a", .name = "n", .location = "l", .config_json = "{}", .is_active = true};
    struct series_batch batch = {
        .rows = &row, .row_count = 1, .devices = &device, .device_count = 1};
    assert_int_equal(suite_write(rig, &batch), 0);
    rig->reopen(rig);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "a", 10).count, 1);
    assert_int_equal(suite_write(rig, &batch), 0); /* the device's row is replaced */
    assert_int_equal(rig->series.ops->ping(rig->series.ctx), 0);
}

static void suite_everything_outstanding_is_answered_by_close(void **state)
{
    struct series_rig *rig = *state;
    struct series_row row = suite_reading("a", 1, 1);
    struct series_batch batch = {.rows = &row, .row_count = 1};
    static struct suite_result write, retain, queries[8];
    struct series_history_query query = {.device_id = "a", .to_ms = 10, .max_points = 10};
    const struct series_ops *ops = rig->series.ops;
    memset(&write, 0, sizeof write);
    memset(&retain, 0, sizeof retain);
    memset(queries, 0, sizeof queries);
    assert_int_equal(ops->write(rig->series.ctx, &batch, suite_done, &write), 0);
    assert_int_equal(ops->retain(rig->series.ctx, 0, suite_retained, &retain), 0);
    for (int i = 0; i < 8; i++)
        assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, &queries[i]), 0);
    rig->reopen(rig);
    assert_true(write.done);
    assert_int_equal(write.err, 0);
    assert_true(retain.done);
    for (int i = 0; i < 8; i++) {
        assert_true(queries[i].done);
        assert_int_equal(queries[i].err, ROOST_ERR_CLOSED);
    }
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "a", 10).count, 1);
}

static void suite_queries_are_bounded(void **state)
{
    struct series_rig *rig = *state;
    static struct suite_result results[65];
    struct series_history_query query = {.device_id = "a", .to_ms = 10, .max_points = 10};
    const struct series_ops *ops = rig->series.ops;
    memset(results, 0, sizeof results);
    for (int i = 0; i < 64; i++)
        assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, &results[i]), 0);
    assert_int_equal(ops->history(rig->series.ctx, &query, suite_points, &results[64]),
                     ROOST_ERR_FULL);
    for (int i = 0; i < 64; i++)
        suite_wait(rig, &results[i]);
    assert_false(results[64].done);
}

#define SERIES_SUITE_TEST(name, setup, teardown)                                                   \
    {                                                                                              \
#name, name, setup, teardown, NULL                                                         \
    }

/* Another value, time, device or table is another row; what repeats one of the same batch is none.
 */
static void suite_a_row_in_doubt_is_stored_once(void **state)
{
    struct series_rig *rig = *state;
    struct series_row first[] = {suite_reading("w1", 1000, 21.1), suite_reading("w1", 1001, 21)};
    struct series_row sound = {.table = SERIES_AUDIO, .unix_ms = 1000, .device_id = "w1"};
    struct series_row rows[] = {
        suite_reading("w1", 1000, 21.1),
        suite_reading("w1", 1000, 21.2),
        suite_reading("w1", 1002, 21.1),
        suite_reading("w2", 1000, 21.1),
        suite_reading("w1", 1000, 21.2),
        suite_reading("w1", 1003, 7),
        suite_reading("w1", 1003, 7),
        sound,
        sound,
    };
    enum { ROWS = sizeof rows / sizeof rows[0] };
    static const bool there[ROWS] = {true, false, false, false, true, false, true, false, false};
    bool found[ROWS];
    struct series_batch batch = {.rows = first, .row_count = 2};
    assert_int_equal(suite_write(rig, &batch), 0);
    snprintf(rows[7].audio.hash_hex, sizeof rows[7].audio.hash_hex, "abc");
    snprintf(rows[8].audio.hash_hex, sizeof rows[8].audio.hash_hex, "abd");
    for (size_t i = 0; i < ROWS; i++)
        rows[i].once = i != 5; /* the sixth is plain, though the seventh comes after it */
    memset(found, 1, sizeof found);
    batch = (struct series_batch){.rows = rows, .row_count = ROWS, .there = found};
    assert_int_equal(suite_write(rig, &batch), 0);
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].once)
            assert_int_equal(found[i], there[i]);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "w1", 64).count, 5);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "w2", 64).count, 1);
    assert_int_equal(suite_newest(rig, SERIES_AUDIO, "w1", 64).count, 2);
    assert_int_equal(suite_write(rig, &batch), 0); /* the plain one is stored again */
    assert_true(found[1] && found[2] && found[3] && found[7] && found[8]);
    assert_int_equal(suite_newest(rig, SERIES_TEMPERATURE, "w1", 64).count, 6);
}

#define SERIES_SUITE(setup, teardown)                                                              \
    SERIES_SUITE_TEST(suite_every_table_gives_back_its_row, setup, teardown),                      \
        SERIES_SUITE_TEST(suite_newest_comes_first, setup, teardown),                              \
        SERIES_SUITE_TEST(suite_history_is_cut_into_buckets, setup, teardown),                     \
        SERIES_SUITE_TEST(suite_a_mixed_batch_finds_its_places, setup, teardown),                  \
        SERIES_SUITE_TEST(suite_history_of_every_metric, setup, teardown),                         \
        SERIES_SUITE_TEST(suite_queries_outside_their_limits_are_refused, setup, teardown),        \
        SERIES_SUITE_TEST(suite_streams_replace_what_was_stored, setup, teardown),                 \
        SERIES_SUITE_TEST(suite_loading_can_be_stopped, setup, teardown),                          \
        SERIES_SUITE_TEST(suite_one_write_at_a_time, setup, teardown),                             \
        SERIES_SUITE_TEST(suite_retention_deletes_what_is_older, setup, teardown),                 \
        SERIES_SUITE_TEST(suite_marks_come_back_with_their_rows, setup, teardown),                 \
        SERIES_SUITE_TEST(suite_a_row_in_doubt_is_stored_once, setup, teardown),                   \
        SERIES_SUITE_TEST(suite_latest_is_the_newest_by_its_time, setup, teardown),                \
        SERIES_SUITE_TEST(suite_latest_is_not_what_a_clock_ahead_stamped, setup, teardown),        \
        SERIES_SUITE_TEST(suite_notes_are_kept, setup, teardown),                                  \
        SERIES_SUITE_TEST(suite_a_device_is_forgotten, setup, teardown),                           \
        SERIES_SUITE_TEST(suite_an_id_is_free_before_its_rows_are_gone, setup, teardown),          \
        SERIES_SUITE_TEST(suite_a_cancelled_query_ends, setup, teardown),                          \
        SERIES_SUITE_TEST(suite_one_client_leaves_room_for_others, setup, teardown),               \
        SERIES_SUITE_TEST(suite_rows_stay_after_a_restart, setup, teardown),                       \
        SERIES_SUITE_TEST(suite_everything_outstanding_is_answered_by_close, setup, teardown),     \
        SERIES_SUITE_TEST(suite_queries_are_bounded, setup, teardown)

#endif
