/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sql.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"

#define MARK                                                                                       \
    "(SELECT mark FROM reading_mark m WHERE m.device_id=r.device_id AND m.tab=?3"                  \
    " AND m.timestamp=r.timestamp)"
#define NEWEST(columns, table)                                                                     \
    "SELECT timestamp,device_id," MARK "," columns " FROM " table                                  \
    " r WHERE device_id=?1 AND timestamp<=?4 ORDER BY timestamp DESC, rowid DESC LIMIT ?2"
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
    sqlite3_stmt *const others[] = {r->hours, r->days, r->begin, r->rollback};
    for (size_t i = 0; i < SERIES_METRIC_COUNT; i++) {
        sqlite3_finalize(r->rows[i]);
        sqlite3_finalize(r->tail[i]);
        sqlite3_finalize(r->long_tail[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        sqlite3_finalize(others[i]);
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
                         int64_t until_ms, uint32_t limit, struct series_row *rows, char (*ids)[65])
{
    bool any = !device_id || !device_id[0];
    sqlite3_stmt **slot = any ? &r->newest_any[table] : &r->newest[table];
    int err = statement(r, slot, any ? newest_any_sql[table] : newest_sql[table]);
    if (err)
        return err;
    if (!any) {
        sqlite3_bind_text(*slot, 1, device_id, -1, SQLITE_STATIC);
        sqlite3_bind_int64(*slot, 4, until_ms);
    }
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
