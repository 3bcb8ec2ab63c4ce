/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Histories from sums are what the rows say, whatever happened to the rows: against a plain list of
 * them, over random writes, late rows, restarts, hands beside the hub, retention and removal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <sqlite3.h>

#include "core/err.h"
#include "hub/store/series_sqlite.h"
#include "hub/store/test_file.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  INT64_C(86400000)

enum { DEVICES = 3, ROWS_MAX = 60000, SPAN_DAYS = 60 };

static const char *const ids[DEVICES] = {"a", "b", "c-with-a-longer-name"};

static struct {
    struct test_file file;
    struct series series;
    uint64_t seed;
    struct series_row rows[ROWS_MAX]; /* what is stored */
    size_t count;
    int64_t first_ms;
} t;

static uint64_t rnd(uint64_t below)
{
    t.seed = t.seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
    return (t.seed >> 33) % below;
}

static void open_store(void)
{
    assert_int_equal(series_sqlite_open(&t.series, NULL, t.file.path, NULL, 0), 0);
}

static void reopen(void)
{
    t.series.ops->close(t.series.ctx);
    open_store();
}

static void note_err(void *arg, int err)
{
    *(int *)arg = err;
}

static struct series_row random_row(int64_t unix_ms)
{
    struct series_row row = {.unix_ms = unix_ms, .device_id = ids[rnd(DEVICES)]};
    double value = (double)rnd(10000) / 100 - 20;
    switch (rnd(4)) {
    case 0:
        row.table = SERIES_HUMIDITY;
        row.value = value;
        break;
    case 1:
        row.table = SERIES_ACTION;
        row.action.position_pct = value;
        row.action.confidence = value / 100;
        break;
    case 2:
        row.table = SERIES_AUDIO;
        snprintf(row.audio.format, sizeof row.audio.format, "wav");
        row.audio.level_dbfs = value;
        break;
    default:
        row.table = SERIES_TEMPERATURE;
        row.value = value;
    }
    return row;
}

/* Most rows are of about now, some are late by up to the whole span. */
static void write_some(size_t count, int64_t now_ms)
{
    int err = 1;
    struct series_row *rows = &t.rows[t.count];
    for (size_t i = 0; i < count && t.count < ROWS_MAX; i++, t.count++) {
        int64_t late_ms = rnd(5) ? (int64_t)rnd(HOUR_MS) : (int64_t)rnd(SPAN_DAYS * DAY_MS);
        t.rows[t.count] = random_row(now_ms - late_ms);
    }
    struct series_batch batch = {.rows = rows, .row_count = (size_t)(&t.rows[t.count] - rows)};
    assert_int_equal(t.series.ops->write(t.series.ctx, &batch, note_err, &err), 0);
    series_sqlite_pump(&t.series);
    assert_int_equal(err, 0);
}

struct answer {
    int err;
    size_t count;
    struct series_point points[SERIES_POINTS_MAX];
};

static void take(void *arg, int err, const struct series_point *points, size_t count)
{
    struct answer *answer = arg;
    answer->err = err;
    answer->count = count;
    memcpy(answer->points, points, count * sizeof *points);
}

static bool value_of(const struct series_row *row, enum series_metric metric, double *out)
{
    static const enum series_table tables[] = {SERIES_TEMPERATURE, SERIES_HUMIDITY, SERIES_AUDIO,
                                               SERIES_ACTION, SERIES_ACTION};
    if (row->table != tables[metric])
        return false;
    *out = metric == SERIES_METRIC_SOUND        ? row->audio.level_dbfs
           : metric == SERIES_METRIC_POSITION   ? row->action.position_pct
           : metric == SERIES_METRIC_CONFIDENCE ? row->action.confidence
                                                : row->value;
    return true;
}

static int64_t floor_to(int64_t value, int64_t unit)
{
    return value / unit * unit;
}

/* The bucket's start and width that series.h promises. */
static void promised(const struct series_history_query *q, int64_t *origin, int64_t *width)
{
    *origin = q->from_ms;
    *width = (q->to_ms - q->from_ms + q->max_points - 1) / q->max_points;
    if (*width < HOUR_MS && q->to_ms - q->from_ms < 62 * DAY_MS)
        return;
    int64_t unit = *width < DAY_MS ? HOUR_MS : DAY_MS;
    *origin = floor_to(q->from_ms, unit);
    while (*width % unit != 0 || *width * q->max_points < q->to_ms - *origin)
        *width = floor_to(*width, unit) + unit;
}

static void expect(const struct series_history_query *q, struct answer *out)
{
    int64_t origin, width;
    static double sums[SERIES_POINTS_MAX];
    static struct series_point points[SERIES_POINTS_MAX];
    memset(sums, 0, sizeof sums);
    memset(points, 0, sizeof points);
    promised(q, &origin, &width);
    for (size_t i = 0; i < t.count; i++) {
        const struct series_row *row = &t.rows[i];
        double value;
        if (row->unix_ms < q->from_ms || row->unix_ms >= q->to_ms ||
            strcmp(row->device_id, q->device_id) != 0 || !value_of(row, q->metric, &value))
            continue;
        int64_t number = (row->unix_ms - origin) / width;
        assert_true(number < q->max_points);
        struct series_point *point = &points[number];
        point->min = point->count == 0 || value < point->min ? value : point->min;
        point->max = point->count == 0 || value > point->max ? value : point->max;
        sums[number] += value;
        point->count++;
        point->mean = sums[number] / point->count;
        point->unix_ms =
            origin + number * width < q->from_ms ? q->from_ms : origin + number * width;
    }
    out->count = 0;
    for (size_t i = 0; i < q->max_points; i++)
        if (points[i].count > 0)
            out->points[out->count++] = points[i];
}

static void check(const struct series_history_query *q)
{
    static struct answer found, expected;
    found.err = 1;
    assert_int_equal(t.series.ops->history(t.series.ctx, q, take, &found), 0);
    series_sqlite_pump(&t.series);
    assert_int_equal(found.err, 0);
    expect(q, &expected);
    assert_int_equal(found.count, expected.count);
    for (size_t i = 0; i < found.count; i++) {
        const struct series_point *a = &found.points[i], *b = &expected.points[i];
        assert_int_equal(a->unix_ms, b->unix_ms);
        assert_int_equal(a->count, b->count);
        assert_true(fabs(a->min - b->min) < 1e-9 && fabs(a->max - b->max) < 1e-9);
        assert_true(fabs(a->mean - b->mean) < 1e-9);
    }
}

static void check_many(int64_t now_ms)
{
    static const uint32_t few[] = {1, 2, 7, 24, 60, 61, 500, 1440, 5000};
    for (int i = 0; i < 40; i++) {
        struct series_history_query q = {
            .metric = (enum series_metric)rnd(SERIES_METRIC_COUNT),
            .max_points = few[rnd(sizeof few / sizeof few[0])],
            .to_ms = now_ms - (int64_t)rnd(20 * DAY_MS),
        };
        q.from_ms = q.to_ms - 1 - (int64_t)rnd(rnd(3) ? 70 * DAY_MS : 2 * DAY_MS);
        if (rnd(3) == 0) { /* as charts ask: from and to whole days */
            q.from_ms = floor_to(q.from_ms, DAY_MS);
            q.to_ms = floor_to(q.to_ms, DAY_MS) + DAY_MS;
        }
        snprintf(q.device_id, sizeof q.device_id, "%s", ids[rnd(DEVICES)]);
        check(&q);
    }
}

static void drop(bool (*gone)(const struct series_row *row, int64_t what), int64_t what)
{
    size_t kept = 0;
    for (size_t i = 0; i < t.count; i++)
        if (!gone(&t.rows[i], what))
            t.rows[kept++] = t.rows[i];
    t.count = kept;
}

static bool is_older(const struct series_row *row, int64_t before_ms)
{
    return row->unix_ms < before_ms;
}

static bool is_of(const struct series_row *row, int64_t device)
{
    return strcmp(row->device_id, ids[device]) == 0;
}

static void note_retained(void *arg, int err, uint64_t rows)
{
    assert_int_equal(err, 0);
    *(size_t *)arg = (size_t)rows;
}

static void retain(int64_t before_ms)
{
    size_t deleted = SIZE_MAX, before = t.count;
    assert_int_equal(t.series.ops->retain(t.series.ctx, before_ms, note_retained, &deleted), 0);
    series_sqlite_pump(&t.series);
    drop(is_older, floor_to(before_ms, DAY_MS));
    assert_int_equal(deleted, before - t.count);
}

static void note_survey(void *arg, int err, const struct series_survey *survey)
{
    assert_int_equal(err, 0);
    *(struct series_survey *)arg = *survey;
}

static void check_survey(int64_t before_ms)
{
    struct series_survey survey = {0};
    size_t older = 0;
    assert_int_equal(t.series.ops->survey(t.series.ctx, before_ms, note_survey, &survey), 0);
    series_sqlite_pump(&t.series);
    for (size_t i = 0; i < t.count; i++)
        older += t.rows[i].unix_ms < floor_to(before_ms, DAY_MS);
    assert_int_equal(survey.rows, t.count);
    assert_int_equal(survey.older, older);
}

static void note_forgotten(void *arg, int err, const struct series_forgotten *forgotten)
{
    assert_int_equal(err, 0);
    *(size_t *)arg = (size_t)forgotten->rows;
}

static void forget(size_t device)
{
    size_t gone = SIZE_MAX, before = t.count;
    assert_int_equal(t.series.ops->forget(t.series.ctx, ids[device], true, note_forgotten, &gone),
                     0);
    series_sqlite_pump(&t.series);
    assert_int_equal(gone, 0);
    assert_int_equal(t.series.ops->sweep(t.series.ctx, ids[device], note_forgotten, &gone), 0);
    series_sqlite_pump(&t.series);
    drop(is_of, (int64_t)device);
    assert_int_equal(gone, before - t.count);
}

static void hand(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(t.file.path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
    sqlite3_close(db);
}

/* Another program adds rows while the hub runs. */
static void hand_adds(int64_t now_ms)
{
    char sql[160];
    for (int i = 0; i < 50 && t.count < ROWS_MAX; i++) {
        struct series_row row = {.table = SERIES_TEMPERATURE,
                                 .unix_ms = now_ms - (int64_t)rnd(SPAN_DAYS * DAY_MS),
                                 .device_id = ids[rnd(DEVICES)],
                                 .value = (double)rnd(50)};
        snprintf(sql, sizeof sql, "insert into sensor_temperature values(%lld,'%s',%g)",
                 (long long)row.unix_ms, row.device_id, row.value);
        hand(sql);
        t.rows[t.count++] = row;
    }
}

static int set_up(void **state)
{
    (void)state;
    t.count = 0;
    t.first_ms = 1790000000000;
    if (test_file_make(&t.file, "series.db") != 0)
        return -1;
    open_store();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    t.series.ops->close(t.series.ctx);
    test_file_remove(&t.file);
    return 0;
}

static void sums_are_what_the_rows_say(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 4; seed++) {
        int64_t now_ms = t.first_ms;
        t.seed = seed;
        for (int step = 0; step < 40; step++) {
            now_ms += (int64_t)rnd(12 * HOUR_MS);
            switch (rnd(8)) {
            case 0:
            case 1:
                reopen();
                break;
            case 2:
                hand_adds(now_ms);
                break;
            case 3:
                check_survey(now_ms - 30 * DAY_MS);
                retain(now_ms - (int64_t)(20 + rnd(40)) * DAY_MS);
                break;
            case 4:
                if (rnd(4) == 0)
                    forget(rnd(DEVICES));
                break;
            case 5:
                if (rnd(4) == 0)
                    hand("VACUUM");
                break;
            default:
                break;
            }
            write_some(1 + rnd(1500), now_ms);
            check_many(now_ms);
        }
        reopen();
        check_survey(now_ms);
        retain(now_ms + DAY_MS);
        assert_int_equal(t.count, 0); /* rowids begin again */
        check_many(now_ms);
    }
}

/* Rows that were not there at the place any more are noticed at the next step. */
static void a_hand_that_deletes_the_newest_rows_is_noticed(void **state)
{
    (void)state;
    t.seed = 9;
    write_some(3000, t.first_ms);
    reopen();
    hand("DELETE FROM sensor_temperature; DELETE FROM sensor_humidity; DELETE FROM sensor_audio;"
         "DELETE FROM window_actions");
    t.count = 0;
    write_some(2000, t.first_ms);
    reopen();
    check_many(t.first_ms);
}

/* What no query can ask for does not stop the rest. */
static void odd_rows_of_a_hand_are_left_out(void **state)
{
    (void)state;
    t.seed = 10;
    hand("INSERT INTO sensor_temperature VALUES(9223372036854775807,'a',1),"
         "(-9223372036854775808,'a',1),(1790000000000,'a',9e999);"
         "INSERT INTO sensor_audio VALUES(1790000000000,'a',1,1,'wav','','no json');");
    char sql[256];
    snprintf(sql, sizeof sql, "INSERT INTO sensor_temperature VALUES(1790000000000,'%0100d',1)", 1);
    hand(sql);
    write_some(500, t.first_ms - DAY_MS);
    reopen();
    struct series_history_query q = {.device_id = "a",
                                     .metric = SERIES_METRIC_SOUND,
                                     .from_ms = t.first_ms - 90 * DAY_MS,
                                     .to_ms = t.first_ms + DAY_MS,
                                     .max_points = 20};
    check(&q);
    q.max_points = 5000; /* from rows */
    check(&q);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(sums_are_what_the_rows_say, set_up, tear_down),
        cmocka_unit_test_setup_teardown(a_hand_that_deletes_the_newest_rows_is_noticed, set_up,
                                        tear_down),
        cmocka_unit_test_setup_teardown(odd_rows_of_a_hand_are_left_out, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
