/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

/* Bucket n of ?4 ms starts at ?2 + n * ?4. */
#define HISTORY(table, value)                                                                      \
    "SELECT (timestamp-?2)/?4, avg(" value "), min(" value "), max(" value "), count(" value ")"   \
    " FROM " table " WHERE device_id=?1 AND timestamp>=?2 AND timestamp<?3"                        \
    " AND " value " IS NOT NULL GROUP BY 1 ORDER BY 1"

static const char *const history_sql[SERIES_METRIC_COUNT] = {
    [SERIES_METRIC_TEMPERATURE] = HISTORY("sensor_temperature", "value"),
    [SERIES_METRIC_HUMIDITY] = HISTORY("sensor_humidity", "value"),
    [SERIES_METRIC_SOUND] = HISTORY("sensor_audio", "json_extract(features,'$.sound_volume')"),
    [SERIES_METRIC_POSITION] = HISTORY("window_actions", "position"),
    [SERIES_METRIC_CONFIDENCE] = HISTORY("window_actions", "confidence"),
};

#define MARK                                                                                       \
    "(SELECT mark FROM reading_mark m WHERE m.device_id=r.device_id AND m.tab=?3"                  \
    " AND m.timestamp=r.timestamp)"
#define NEWEST(columns, table)                                                                     \
    "SELECT timestamp,device_id," MARK "," columns " FROM " table                                  \
    " r WHERE device_id=?1 ORDER BY timestamp DESC, rowid DESC LIMIT ?2"
/* Of every device: the order of storing, which needs no index on time alone. */
#define NEWEST_ANY(columns, table)                                                                 \
    "SELECT timestamp,device_id," MARK "," columns " FROM " table " r ORDER BY rowid DESC LIMIT "  \
                                                                  "?2"

#define NEWEST_LIST(X)                                                                             \
    X(SERIES_TEMPERATURE, "value", "sensor_temperature")                                           \
    X(SERIES_HUMIDITY, "value", "sensor_humidity")                                                 \
    X(SERIES_AUDIO,                                                                                \
      "sample_rate,duration,format,audio_hash,json_extract(features,'$.sound_volume')",            \
      "sensor_audio")                                                                              \
    X(SERIES_ACTION, "position,confidence,temperature,humidity,sound_volume", "window_actions")    \
    X(SERIES_PREDICTION, "prediction,confidence,inference_time_ms,model_version", "ml_predictions")

static const char *const newest_sql[SERIES_TABLE_COUNT] = {
#define X(table, columns, name) [table] = NEWEST(columns, name),
    NEWEST_LIST(X)
#undef X
};

static const char *const newest_any_sql[SERIES_TABLE_COUNT] = {
#define X(table, columns, name) [table] = NEWEST_ANY(columns, name),
    NEWEST_LIST(X)
#undef X
};

int series_reader_open(struct series_reader *r, const char *path)
{
    enum { CACHE_KIB = 2048 };
    memset(r, 0, sizeof *r);
    return sqlite_db_open(&r->db, path, SQLITE_DB_READER, CACHE_KIB, NULL, 0);
}

void series_reader_attach(struct series_reader *r, const struct series_writer *writer)
{
    memset(r, 0, sizeof *r);
    r->db = writer->db;
    r->borrowed = true;
}

void series_reader_close(struct series_reader *r)
{
    for (size_t i = 0; i < SERIES_METRIC_COUNT; i++)
        sqlite3_finalize(r->history[i]);
    for (size_t i = 0; i < SERIES_TABLE_COUNT; i++) {
        sqlite3_finalize(r->newest[i]);
        sqlite3_finalize(r->newest_any[i]);
    }
    if (!r->borrowed)
        sqlite3_close(r->db);
    memset(r, 0, sizeof *r);
}

/* Prepares at the first use: a reader rarely needs every statement. */
static int statement(struct series_reader *r, sqlite3_stmt **slot, const char *sql)
{
    return *slot ? 0 : sqlite_db_prepare(r->db, sql, slot);
}

int series_reader_history(struct series_reader *r, const struct series_history_query *query,
                          struct series_point *points)
{
    sqlite3_stmt **slot = &r->history[query->metric];
    int err = statement(r, slot, history_sql[query->metric]);
    if (err)
        return err;
    int64_t span_ms = query->to_ms - query->from_ms;
    int64_t bucket_ms = (span_ms + query->max_points - 1) / query->max_points;
    sqlite3_bind_text(*slot, 1, query->device_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(*slot, 2, query->from_ms);
    sqlite3_bind_int64(*slot, 3, query->to_ms);
    sqlite3_bind_int64(*slot, 4, bucket_ms);
    uint32_t count = 0;
    int result;
    while ((result = sqlite3_step(*slot)) == SQLITE_ROW && count < query->max_points) {
        struct series_point *point = &points[count++];
        point->unix_ms = query->from_ms + sqlite3_column_int64(*slot, 0) * bucket_ms;
        point->mean = sqlite3_column_double(*slot, 1);
        point->min = sqlite3_column_double(*slot, 2);
        point->max = sqlite3_column_double(*slot, 3);
        point->count = (uint32_t)sqlite3_column_int64(*slot, 4);
    }
    err = sqlite_db_finish(r->db, *slot, result);
    return err ? err : (int)count;
}

static double number(sqlite3_stmt *s, int column)
{
    return sqlite3_column_type(s, column) == SQLITE_NULL ? (double)NAN
                                                         : sqlite3_column_double(s, column);
}

static void read_row(sqlite3_stmt *s, struct series_row *row)
{
    switch (row->table) {
    case SERIES_AUDIO:
        row->audio.sample_rate_hz = (uint32_t)sqlite3_column_int64(s, 3);
        row->audio.duration_s = number(s, 4);
        sqlite_db_text(s, 5, row->audio.format, sizeof row->audio.format);
        sqlite_db_text(s, 6, row->audio.hash_hex, sizeof row->audio.hash_hex);
        row->audio.level_dbfs = number(s, 7);
        break;
    case SERIES_ACTION:
        row->action.position_pct = number(s, 3);
        row->action.confidence = number(s, 4);
        row->action.temperature_degc = number(s, 5);
        row->action.humidity_pct = number(s, 6);
        row->action.sound_volume_dbfs = number(s, 7);
        break;
    case SERIES_PREDICTION:
        row->prediction.prediction_pct = number(s, 3);
        row->prediction.confidence = number(s, 4);
        row->prediction.inference_time_ms = number(s, 5);
        sqlite_db_text(s, 6, row->prediction.model_version, sizeof row->prediction.model_version);
        break;
    default:
        row->value = number(s, 3);
    }
}

int series_reader_newest(struct series_reader *r, enum series_table table, const char *device_id,
                         uint32_t limit, struct series_row *rows, char (*ids)[65])
{
    bool any = !device_id || !device_id[0];
    sqlite3_stmt **slot = any ? &r->newest_any[table] : &r->newest[table];
    int err = statement(r, slot, any ? newest_any_sql[table] : newest_sql[table]);
    if (err)
        return err;
    if (!any)
        sqlite3_bind_text(*slot, 1, device_id, -1, SQLITE_STATIC);
    sqlite3_bind_int64(*slot, 2, limit);
    sqlite3_bind_int(*slot, 3, (int)table);
    uint32_t count = 0;
    int result;
    while ((result = sqlite3_step(*slot)) == SQLITE_ROW && count < limit) {
        struct series_row *row = &rows[count];
        sqlite_db_text(*slot, 1, ids[count], sizeof ids[count]);
        *row = (struct series_row){
            .table = table,
            .mark = (uint32_t)sqlite3_column_int64(*slot, 2),
            .unix_ms = sqlite3_column_int64(*slot, 0),
            .device_id = ids[count],
        };
        read_row(*slot, row);
        count++;
    }
    err = sqlite_db_finish(r->db, *slot, result);
    return err ? err : (int)count;
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
