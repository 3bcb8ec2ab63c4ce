/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sums by hour and day, from rows in the order of their rowids: what is up to `done_rowid` of a
 * table is in them, what is behind is not yet, and both move in one transaction. So rows of
 * whatever age and from whatever hand (a tool beside the hub, a file of before there were sums) are
 * taken in, each once. The row at that place is kept beside its number: where it is another row by
 * now (VACUUM numbers anew, a hand deleted rows), the sums of the table are made again.
 */
#include "hub/store/series_sql.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

const enum series_table series_metric_tables[SERIES_METRIC_COUNT] = {
    [SERIES_METRIC_TEMPERATURE] = SERIES_TEMPERATURE,
    [SERIES_METRIC_HUMIDITY] = SERIES_HUMIDITY,
    [SERIES_METRIC_SOUND] = SERIES_AUDIO,
    [SERIES_METRIC_POSITION] = SERIES_ACTION,
    [SERIES_METRIC_CONFIDENCE] = SERIES_ACTION,
};

const char *const series_metric_values[SERIES_METRIC_COUNT] = {
    [SERIES_METRIC_TEMPERATURE] = "value",
    [SERIES_METRIC_HUMIDITY] = "value",
    [SERIES_METRIC_SOUND] =
        "CASE WHEN json_valid(features) THEN json_extract(features,'$.sound_volume') END",
    [SERIES_METRIC_POSITION] = "position",
    [SERIES_METRIC_CONFIDENCE] = "confidence",
};

/* A step is short enough to stand between two writes: some ten milliseconds. */
enum { STEP_ROWS = 20000, STEP_GROUPS = 2048, SLOTS = 2 * STEP_GROUPS };

struct group {
    char device_id[65];
    int metric;
    int64_t start; /* of its hour, or day */
    int64_t count;
    double sum, min, max;
};

struct series_rollup {
    struct group groups[STEP_GROUPS];
    const struct group *order[STEP_GROUPS];
    uint16_t slots[SLOTS]; /* number of a group and one; 0: free */
    size_t count;
    size_t last[SERIES_METRIC_COUNT]; /* rows of one device follow each other */
};

struct place {
    int64_t rowid, unix_ms;
    char device_id[65];
};

/* ---- gathering ---- */

static size_t hash(const char *device_id, int metric, int64_t start)
{
    uint64_t h = UINT64_C(14695981039346656037) ^ (uint64_t)start ^ ((uint64_t)metric << 56);
    for (; *device_id; device_id++)
        h = (h ^ (uint8_t)*device_id) * UINT64_C(1099511628211);
    return (size_t)(h ^ h >> 29);
}

static bool is_of(const struct group *g, const char *device_id, int metric, int64_t start)
{
    return g->start == start && g->metric == metric && strcmp(g->device_id, device_id) == 0;
}

static struct group *group_of(struct series_rollup *r, const char *device_id, int metric,
                              int64_t start)
{
    if (r->last[metric] < r->count && is_of(&r->groups[r->last[metric]], device_id, metric, start))
        return &r->groups[r->last[metric]];
    size_t slot = hash(device_id, metric, start) % SLOTS;
    while (r->slots[slot] && !is_of(&r->groups[r->slots[slot] - 1], device_id, metric, start))
        slot = (slot + 1) % SLOTS;
    if (!r->slots[slot]) {
        struct group *g = &r->groups[r->count++];
        *g = (struct group){
            .metric = metric, .start = start, .min = (double)INFINITY, .max = -(double)INFINITY};
        snprintf(g->device_id, sizeof g->device_id, "%s", device_id);
        r->slots[slot] = (uint16_t)r->count;
    }
    r->last[metric] = (size_t)(r->slots[slot] - 1);
    return &r->groups[r->last[metric]];
}

static void add(struct group *to, const struct group *from)
{
    to->count += from->count;
    to->sum += from->sum;
    to->min = from->min < to->min ? from->min : to->min;
    to->max = from->max > to->max ? from->max : to->max;
}

/* What a hand may have stored and no query can ask for is left out: ids and times beyond their
 * limits, values that are no numbers. */
static void take_value(struct series_rollup *r, sqlite3_stmt *s, int column, int metric,
                       const char *device_id, int64_t unix_ms)
{
    if (sqlite3_column_type(s, column) == SQLITE_NULL)
        return;
    double value = sqlite3_column_double(s, column);
    if (!isfinite(value))
        return;
    const struct group one = {.count = 1, .sum = value, .min = value, .max = value};
    add(group_of(r, device_id, metric, series_floor(unix_ms, SERIES_HOUR_MS)), &one);
}

/* Rows behind the place, until there are groups enough; the place moves along. Returns how many
 * rows, or an error. */
static int gather(struct series_writer *w, enum series_table table, struct place *place)
{
    char sql[320];
    int columns[SERIES_METRIC_COUNT], len, rows = 0, result = SQLITE_DONE;
    int used = 0;
    sqlite3_stmt *s = NULL;
    len = snprintf(sql, sizeof sql, "SELECT rowid,timestamp,device_id");
    for (int metric = 0; metric < SERIES_METRIC_COUNT; metric++)
        if (series_metric_tables[metric] == table) {
            columns[used++] = metric;
            len +=
                snprintf(sql + len, sizeof sql - (size_t)len, ",%s", series_metric_values[metric]);
        }
    snprintf(sql + len, sizeof sql - (size_t)len,
             " FROM %s NOT INDEXED WHERE rowid>?1"
             " ORDER BY rowid LIMIT ?2",
             series_table_names[table]);
    int err = sqlite_db_prepare(w->db, sql, &s);
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, place->rowid);
    sqlite3_bind_int(s, 2, STEP_ROWS);
    while (w->rollup->count + SERIES_METRIC_COUNT <= STEP_GROUPS &&
           (result = sqlite3_step(s)) == SQLITE_ROW) {
        const char *device_id = (const char *)sqlite3_column_text(s, 2);
        int id_len = sqlite3_column_bytes(s, 2);
        int64_t unix_ms = sqlite3_column_int64(s, 1);
        if (!device_id)
            device_id = "";
        if (id_len <= 64 && unix_ms > -INT64_MAX / 4 && unix_ms < INT64_MAX / 4)
            for (int i = 0; i < used; i++)
                take_value(w->rollup, s, 3 + i, columns[i], device_id, unix_ms);
        place->rowid = sqlite3_column_int64(s, 0);
        place->unix_ms = unix_ms;
        snprintf(place->device_id, sizeof place->device_id, "%s", device_id);
        rows++;
    }
    err = sqlite_db_error(w->db, result);
    sqlite3_finalize(s);
    return err ? err : rows;
}

/* ---- storing ---- */

static int compare_groups(const void *left, const void *right)
{
    const struct group *a = *(const struct group *const *)left;
    const struct group *b = *(const struct group *const *)right;
    int order = strcmp(a->device_id, b->device_id);
    if (order == 0)
        order = a->metric - b->metric;
    return order ? order : (a->start > b->start) - (a->start < b->start);
}

static int store_group(struct series_writer *w, sqlite3_stmt *s, const struct group *g)
{
    sqlite_db_bind_text(s, 1, g->device_id);
    sqlite3_bind_int(s, 2, g->metric);
    sqlite3_bind_int64(s, 3, g->start);
    sqlite3_bind_int64(s, 4, g->count);
    sqlite3_bind_double(s, 5, g->sum);
    sqlite3_bind_double(s, 6, g->min);
    sqlite3_bind_double(s, 7, g->max);
    return sqlite_db_run(w->db, s);
}

static int store_hours(struct series_writer *w, sqlite3_stmt *s)
{
    int err = 0;
    for (size_t i = 0; !err && i < w->rollup->count; i++)
        err = store_group(w, s, w->rollup->order[i]);
    return err;
}

/* Hours of a day follow each other. */
static int store_days(struct series_writer *w, sqlite3_stmt *s)
{
    const struct series_rollup *r = w->rollup;
    int err = 0;
    for (size_t i = 0; !err && i < r->count;) {
        struct group day = *r->order[i];
        day.start = series_floor(day.start, SERIES_DAY_MS);
        for (i++; i < r->count; i++) {
            const struct group *hour = r->order[i];
            if (!is_of(&day, hour->device_id, hour->metric,
                       series_floor(hour->start, SERIES_DAY_MS)))
                break;
            add(&day, hour);
        }
        err = store_group(w, s, &day);
    }
    return err;
}

static int store_groups(struct series_writer *w)
{
    struct series_rollup *r = w->rollup;
    for (size_t i = 0; i < r->count; i++)
        r->order[i] = &r->groups[i];
    qsort(r->order, r->count, sizeof r->order[0], compare_groups);
    for (int days = 0; days < 2; days++) {
        char sql[320];
        sqlite3_stmt *s = NULL;
        snprintf(sql, sizeof sql,
                 "INSERT INTO %s(device_id,metric,start,count,sum,min,max)"
                 " VALUES(?1,?2,?3,?4,?5,?6,?7) ON CONFLICT DO UPDATE SET count=count+?4,"
                 "sum=sum+?5,min=min(min,?6),max=max(max,?7)",
                 days ? "rollup_day" : "rollup_hour");
        int err = sqlite_db_prepare(w->db, sql, &s);
        if (err)
            return err;
        err = days ? store_days(w, s) : store_hours(w, s);
        sqlite3_finalize(s);
        if (err)
            return err;
    }
    return 0;
}

/* ---- the place ---- */

static int read_place(struct series_writer *w, const char *sql, int64_t parameter,
                      struct place *out)
{
    sqlite3_stmt *s = NULL;
    *out = (struct place){0};
    int err = sqlite_db_prepare(w->db, sql, &s);
    if (err)
        return err;
    sqlite3_bind_int64(s, 1, parameter);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW) {
        out->rowid = sqlite3_column_int64(s, 0);
        out->unix_ms = sqlite3_column_int64(s, 1);
        sqlite_db_text(s, 2, out->device_id, sizeof out->device_id);
    }
    err = sqlite_db_error(w->db, result);
    sqlite3_finalize(s);
    return err;
}

static int start_over(struct series_writer *w, enum series_table table, struct place *place)
{
    char sql[128];
    int err = 0;
    *place = (struct place){0};
    for (int metric = 0; !err && metric < SERIES_METRIC_COUNT; metric++) {
        if (series_metric_tables[metric] != table)
            continue;
        snprintf(sql, sizeof sql,
                 "DELETE FROM rollup_hour WHERE metric=%d;DELETE FROM rollup_day WHERE metric=%d",
                 metric, metric);
        err = sqlite_db_exec(w->db, sql);
    }
    return err;
}

/* Where a table is summed up to, after looking whether it still is. */
static int find_place(struct series_writer *w, enum series_table table, struct place *place)
{
    char sql[128];
    struct place there;
    int err = read_place(w, "SELECT done_rowid,timestamp,device_id FROM rollup_state WHERE tab=?1",
                         (int64_t)table, place);
    if (err || place->rowid == 0)
        return err;
    snprintf(sql, sizeof sql, "SELECT rowid,timestamp,device_id FROM %s WHERE rowid=?1",
             series_table_names[table]);
    err = read_place(w, sql, place->rowid, &there);
    if (err || (there.rowid == place->rowid && there.unix_ms == place->unix_ms &&
                strcmp(there.device_id, place->device_id) == 0))
        return err;
    return start_over(w, table, place);
}

static int keep(struct series_writer *w, enum series_table table, const struct place *place)
{
    sqlite3_stmt *s = NULL;
    int err =
        sqlite_db_prepare(w->db, "INSERT OR REPLACE INTO rollup_state VALUES(?1,?2,?3,?4)", &s);
    if (err)
        return err;
    sqlite3_bind_int(s, 1, (int)table);
    sqlite3_bind_int64(s, 2, place->rowid);
    sqlite3_bind_int64(s, 3, place->unix_ms);
    sqlite_db_bind_text(s, 4, place->device_id);
    err = sqlite_db_run(w->db, s);
    sqlite3_finalize(s);
    return err;
}

int series_rollup_keep_place(struct series_writer *w, enum series_table table)
{
    char sql[320];
    const char *name = series_table_names[table];
    snprintf(sql, sizeof sql,
             "UPDATE rollup_state SET (done_rowid,timestamp,device_id)=(SELECT"
             " coalesce(max(rowid),0),coalesce(timestamp,0),coalesce(device_id,'') FROM %s"
             " WHERE rowid<=done_rowid) WHERE tab=%d",
             name, (int)table);
    return sqlite_db_exec(w->db, sql);
}

/* ---- a step ---- */

static int sum_up_some(struct series_writer *w, enum series_table table)
{
    struct place place;
    struct series_rollup *r = w->rollup;
    r->count = 0;
    memset(r->slots, 0, sizeof r->slots);
    int err = find_place(w, table, &place);
    int rows = err ? err : gather(w, table, &place);
    if (rows <= 0)
        return rows;
    err = store_groups(w);
    if (!err)
        err = keep(w, table, &place);
    return err ? err : rows;
}

static bool has_metric(int table)
{
    for (int metric = 0; metric < SERIES_METRIC_COUNT; metric++)
        if ((int)series_metric_tables[metric] == table)
            return true;
    return false;
}

/* The next table that has something behind its place. Returns how many rows were taken. */
static int sum_up(struct series_writer *w)
{
    for (int i = 0; i < SERIES_TABLE_COUNT; i++) {
        int table = (w->rollup_table + i) % SERIES_TABLE_COUNT;
        int rows = has_metric(table) ? sum_up_some(w, (enum series_table)table) : 0;
        if (rows == 0)
            continue;
        w->rollup_table = (table + 1) % SERIES_TABLE_COUNT;
        return rows;
    }
    return 0;
}

int series_rollup_step(struct series_writer *w)
{
    if (!w->rollup) {
        w->rollup = calloc(1, sizeof *w->rollup);
        if (!w->rollup)
            return ROOST_ERR_NO_MEMORY;
    }
    int rows = series_writer_begin_step(w);
    if (!rows)
        rows = series_writer_end_step(w, sum_up(w));
    if (rows < 0)
        return rows;
    w->unsummed = rows == 0 || w->unsummed < (uint64_t)rows ? 0 : w->unsummed - (uint64_t)rows;
    return rows > 0 ? 1 : 0;
}
