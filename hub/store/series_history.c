/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A history, put together from what covers its range:
 *
 *     from            hour       day                day     hour        to
 *      |-- rows -------|- hours --|------ days ------|-hours--|-- rows --|
 *                      '----- and rows that are not summed up yet -'
 *
 * Days where a bucket is whole days, hours where it is whole hours, rows alone where it is shorter.
 */
#include "hub/store/series_sql.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* Behind this many rows without sums a device's own are found by its index instead. */
enum { TAIL_ROWS = 400000 };

struct buckets {
    struct series_reader *reader;
    const struct series_history_query *query;
    struct series_point *points; /* mean holds the sum until the end */
    int64_t origin_ms, width_ms;
};

/* All statements: ?1 device, ?2 from, ?3 to, ?4 origin, ?5 width, ?6 metric or rowid. */

enum source { ROWS, TAIL, LONG_TAIL };

static int prepare_rows(struct series_reader *r, sqlite3_stmt **slot, enum series_metric metric,
                        enum source source)
{
    static const char *const places[] = {"", " AND rowid>?6", " AND +rowid>?6"};
    char sql[512];
    const char *value = series_metric_values[metric];
    if (*slot)
        return 0;
    snprintf(sql, sizeof sql,
             "SELECT (timestamp-?4)/?5,count(v),total(v),min(v),max(v) FROM (SELECT timestamp,"
             "%s AS v FROM %s%s WHERE %sdevice_id=?1 AND timestamp>=?2 AND timestamp<?3%s)"
             " WHERE v IS NOT NULL GROUP BY 1",
             value, series_table_names[series_metric_tables[metric]],
             source == TAIL ? " NOT INDEXED" : "", source == TAIL ? "+" : "", places[source]);
    return sqlite_db_prepare(r->db, sql, slot);
}

static int prepare_sums(struct series_reader *r, sqlite3_stmt **slot, const char *table)
{
    char sql[256];
    if (*slot)
        return 0;
    snprintf(sql, sizeof sql,
             "SELECT (start-?4)/?5,sum(count),sum(sum),min(min),max(max) FROM %s"
             " WHERE device_id=?1 AND start>=?2 AND start<?3 AND metric=?6 GROUP BY 1",
             table);
    return sqlite_db_prepare(r->db, sql, slot);
}

/* Adds what a statement gives of from_ms <= time < to_ms. */
static int gather(const struct buckets *b, sqlite3_stmt *s, int64_t from_ms, int64_t to_ms,
                  int64_t sixth)
{
    int result;
    sqlite_db_bind_text(s, 1, b->query->device_id);
    sqlite3_bind_int64(s, 2, from_ms);
    sqlite3_bind_int64(s, 3, to_ms);
    sqlite3_bind_int64(s, 4, b->origin_ms);
    sqlite3_bind_int64(s, 5, b->width_ms);
    if (sqlite3_bind_parameter_count(s) > 5)
        sqlite3_bind_int64(s, 6, sixth);
    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        int64_t number = sqlite3_column_int64(s, 0);
        if (number < 0 || number >= b->query->max_points)
            continue;
        struct series_point *point = &b->points[number];
        double min = sqlite3_column_double(s, 3), max = sqlite3_column_double(s, 4);
        point->min = point->count == 0 || min < point->min ? min : point->min;
        point->max = point->count == 0 || max > point->max ? max : point->max;
        point->mean += sqlite3_column_double(s, 2);
        point->count += (uint32_t)sqlite3_column_int64(s, 1);
    }
    return sqlite_db_finish(b->reader->db, s, result);
}

static int add_rows(const struct buckets *b, int64_t from_ms, int64_t to_ms)
{
    enum series_metric metric = b->query->metric;
    if (from_ms >= to_ms)
        return 0;
    int err = prepare_rows(b->reader, &b->reader->rows[metric], metric, ROWS);
    return err ? err : gather(b, b->reader->rows[metric], from_ms, to_ms, 0);
}

static int add_sums(const struct buckets *b, sqlite3_stmt **slot, const char *table,
                    int64_t from_ms, int64_t to_ms)
{
    if (from_ms >= to_ms)
        return 0;
    int err = prepare_sums(b->reader, slot, table);
    return err ? err : gather(b, *slot, from_ms, to_ms, (int64_t)b->query->metric);
}

/* Up to which rowid a table is summed up, and how many may be behind it. */
static int read_place(struct series_reader *r, enum series_table table, int64_t *done_rowid,
                      int64_t *behind)
{
    char sql[192];
    sqlite3_stmt *s = NULL;
    snprintf(sql, sizeof sql,
             "SELECT coalesce((SELECT done_rowid FROM rollup_state WHERE tab=%d),0),"
             "coalesce((SELECT max(rowid) FROM %s),0)",
             (int)table, series_table_names[table]);
    int err = sqlite_db_prepare(r->db, sql, &s);
    if (err)
        return err;
    int result = sqlite3_step(s);
    *done_rowid = sqlite3_column_int64(s, 0);
    *behind = sqlite3_column_int64(s, 1) - *done_rowid;
    err = sqlite_db_error(r->db, result);
    sqlite3_finalize(s);
    return err;
}

static int add_tail(const struct buckets *b, int64_t from_ms, int64_t to_ms)
{
    enum series_metric metric = b->query->metric;
    int64_t done_rowid, behind;
    int err = read_place(b->reader, series_metric_tables[metric], &done_rowid, &behind);
    if (err || behind <= 0)
        return err;
    enum source source = behind > TAIL_ROWS ? LONG_TAIL : TAIL;
    sqlite3_stmt **slot = source == TAIL ? &b->reader->tail[metric] : &b->reader->long_tail[metric];
    err = prepare_rows(b->reader, slot, metric, source);
    return err ? err : gather(b, *slot, from_ms, to_ms, done_rowid);
}

/* From sums: buckets are whole hours or days. */
static int add_long(const struct buckets *b)
{
    struct series_reader *r = b->reader;
    int64_t from_ms = b->query->from_ms, to_ms = b->query->to_ms;
    int64_t hour_from = series_floor(from_ms + SERIES_HOUR_MS - 1, SERIES_HOUR_MS);
    int64_t hour_to = series_floor(to_ms, SERIES_HOUR_MS);
    if (hour_from >= hour_to)
        return add_rows(b, from_ms, to_ms);
    int64_t day_from = series_floor(from_ms + SERIES_DAY_MS - 1, SERIES_DAY_MS);
    int64_t day_to = series_floor(to_ms, SERIES_DAY_MS);
    bool by_day = b->width_ms % SERIES_DAY_MS == 0 && b->origin_ms % SERIES_DAY_MS == 0;
    if (!by_day || day_from >= day_to)
        day_from = day_to = hour_to; /* hours alone */
    int err = add_rows(b, from_ms, hour_from);
    if (!err)
        err = add_sums(b, &r->hours, "rollup_hour", hour_from, day_from);
    if (!err)
        err = add_sums(b, &r->days, "rollup_day", day_from, day_to);
    if (!err)
        err = add_sums(b, &r->hours, "rollup_hour", day_to, hour_to);
    if (!err)
        err = add_tail(b, hour_from, hour_to);
    return err ? err : add_rows(b, hour_to, to_ms);
}

static int64_t divide_up(int64_t value, int64_t by)
{
    return (value + by - 1) / by;
}

/* Of two months and more no single row is looked at. */
#define LONG_MS (62 * (int64_t)SERIES_DAY_MS)

/* Buckets of an hour and more begin with an hour, of a day and more with a day. */
static void cut(struct buckets *b)
{
    const struct series_history_query *q = b->query;
    b->origin_ms = q->from_ms;
    b->width_ms = divide_up(q->to_ms - q->from_ms, q->max_points);
    if (b->width_ms < SERIES_HOUR_MS && q->to_ms - q->from_ms < LONG_MS)
        return;
    int64_t unit_ms = b->width_ms < SERIES_DAY_MS ? SERIES_HOUR_MS : SERIES_DAY_MS;
    b->origin_ms = series_floor(q->from_ms, unit_ms);
    b->width_ms = divide_up(divide_up(q->to_ms - b->origin_ms, q->max_points), unit_ms) * unit_ms;
}

/* Moves the buckets that have something together. */
static int finish(const struct buckets *b)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < b->query->max_points; i++) {
        if (b->points[i].count == 0)
            continue;
        struct series_point *point = &b->points[count++];
        *point = b->points[i];
        point->mean /= point->count;
        point->unix_ms = b->origin_ms + (int64_t)i * b->width_ms;
        if (point->unix_ms < b->query->from_ms)
            point->unix_ms = b->query->from_ms;
    }
    return (int)count;
}

/* Sums and rows have to be of one moment: a transaction around them. */
int series_reader_history(struct series_reader *r, const struct series_history_query *query,
                          struct series_point *points)
{
    struct buckets b = {.reader = r, .query = query, .points = points};
    memset(points, 0, query->max_points * sizeof *points);
    cut(&b);
    int err = r->begin ? 0 : sqlite_db_prepare(r->db, "BEGIN", &r->begin);
    if (!err && !r->rollback)
        err = sqlite_db_prepare(r->db, "ROLLBACK", &r->rollback);
    if (!err)
        err = sqlite_db_run(r->db, r->begin);
    if (err)
        return err;
    err = b.width_ms % SERIES_HOUR_MS == 0 ? add_long(&b)
                                           : add_rows(&b, query->from_ms, query->to_ms);
    if (!sqlite3_get_autocommit(r->db))
        sqlite_db_run(r->db, r->rollback);
    return err ? err : finish(&b);
}

/* Adds two counts: of all rows, and of those older than the first parameter. */
static int add_counts(struct series_reader *r, const char *sql, int64_t before_ms,
                      struct series_survey *survey)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(r->db, sql, &s);
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, before_ms);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW) {
        survey->rows += (uint64_t)sqlite3_column_int64(s, 0);
        survey->older += (uint64_t)sqlite3_column_int64(s, 1);
    }
    err = sqlite_db_finish(r->db, s, result);
    sqlite3_finalize(s);
    return err;
}

/* Of each table with a history the days of one metric, and what is not summed up yet. */
int series_reader_survey(struct series_reader *r, int64_t before_ms, struct series_survey *survey)
{
    char sql[320];
    int64_t day_ms = series_floor(before_ms, SERIES_DAY_MS);
    int err = 0;
    *survey = (struct series_survey){0};
    for (int metric = 0; !err && metric < SERIES_METRIC_COUNT; metric++) {
        int table = (int)series_metric_tables[metric];
        if (metric > 0 && (int)series_metric_tables[metric - 1] == table)
            continue;
        snprintf(sql, sizeof sql,
                 "SELECT total(count),total(CASE WHEN start<?1 THEN count END) FROM rollup_day"
                 " WHERE metric=%d",
                 metric);
        err = add_counts(r, sql, day_ms, survey);
        snprintf(sql, sizeof sql,
                 "SELECT count(*),total(timestamp<?1) FROM %s WHERE rowid>coalesce("
                 "(SELECT done_rowid FROM rollup_state WHERE tab=%d),0)",
                 series_table_names[table], table);
        if (!err)
            err = add_counts(r, sql, day_ms, survey);
    }
    return err;
}
