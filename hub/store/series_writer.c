/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/series_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/json_write.h"
#include "core/number.h"

static const char *const insert_sql[SERIES_TABLE_COUNT] = {
    [SERIES_TEMPERATURE] =
        "INSERT INTO sensor_temperature(timestamp,device_id,value) VALUES(?1,?2,?3)",
    [SERIES_HUMIDITY] = "INSERT INTO sensor_humidity(timestamp,device_id,value) VALUES(?1,?2,?3)",
    [SERIES_AUDIO] = "INSERT INTO sensor_audio(timestamp,device_id,sample_rate,duration,format,"
                     "audio_hash,features) VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [SERIES_ACTION] = "INSERT INTO window_actions(timestamp,device_id,position,confidence,"
                      "temperature,humidity,sound_volume) VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [SERIES_PREDICTION] = "INSERT INTO ml_predictions(timestamp,device_id,prediction,confidence,"
                          "inference_time_ms,model_version) VALUES(?1,?2,?3,?4,?5,?6)",
};

/* Readings are most of what comes. A statement that is run costs as much as the row it inserts, so
 * where there are enough of them one run inserts eight. */
enum { READINGS_A_RUN = 8, READING_COLUMNS = 3 };
#define EIGHT_READINGS "(?,?,?),(?,?,?),(?,?,?),(?,?,?),(?,?,?),(?,?,?),(?,?,?),(?,?,?)"
static const char *const insert_readings_sql[SERIES_TABLE_COUNT] = {
    [SERIES_TEMPERATURE] =
        "INSERT INTO sensor_temperature(timestamp,device_id,value) VALUES" EIGHT_READINGS,
    [SERIES_HUMIDITY] =
        "INSERT INTO sensor_humidity(timestamp,device_id,value) VALUES" EIGHT_READINGS,
};

static int write_audio(struct series_writer *w, sqlite3_stmt *s, const struct series_row *row)
{
    char features[64];
    struct roost_json_writer json;
    roost_json_begin(&json, features, sizeof features);
    roost_json_object(&json);
    roost_json_put_double(&json, "sound_volume", row->audio.level_dbfs, 3);
    roost_json_end(&json);
    int len = roost_json_finish(&json);
    if (len < 0)
        return len;
    sqlite3_bind_int64(s, 3, row->audio.sample_rate_hz);
    sqlite3_bind_double(s, 4, row->audio.duration_s);
    sqlite_db_bind_text(s, 5, row->audio.format);
    sqlite_db_bind_text(s, 6, row->audio.hash_hex);
    sqlite_db_bind_text(s, 7, features);
    return sqlite_db_run(w->db, s); /* features live until here */
}

static int write_row(struct series_writer *w, const struct series_row *row)
{
    sqlite3_stmt *s = w->insert[row->table];
    sqlite3_bind_int64(s, 1, row->unix_ms);
    sqlite_db_bind_text(s, 2, row->device_id);
    switch (row->table) {
    case SERIES_TEMPERATURE:
    case SERIES_HUMIDITY:
        sqlite3_bind_double(s, 3, row->value);
        break;
    case SERIES_AUDIO:
        return write_audio(w, s, row);
    case SERIES_ACTION: /* NAN is bound as NULL */
        sqlite3_bind_double(s, 3, row->action.position_pct);
        sqlite3_bind_double(s, 4, row->action.confidence);
        sqlite3_bind_double(s, 5, row->action.temperature_degc);
        sqlite3_bind_double(s, 6, row->action.humidity_pct);
        sqlite3_bind_double(s, 7, row->action.sound_volume_dbfs);
        break;
    case SERIES_PREDICTION:
        sqlite3_bind_double(s, 3, row->prediction.prediction_pct);
        sqlite3_bind_double(s, 4, row->prediction.confidence);
        sqlite3_bind_double(s, 5, row->prediction.inference_time_ms);
        sqlite_db_bind_text(s, 6, row->prediction.model_version);
        break;
    default:
        return ROOST_ERR_INVALID;
    }
    return sqlite_db_run(w->db, s);
}

/* Writes at least one of the `count` rows in `rows`. Returns how many or an error. */
static int write_some(struct series_writer *w, const struct series_row *const *rows, size_t count)
{
    enum series_table table = rows[0]->table;
    sqlite3_stmt *s = w->insert_readings[table];
    /* Ordered by table: with the first and the last all are of one. */
    if (!s || count < READINGS_A_RUN || rows[READINGS_A_RUN - 1]->table != table) {
        int err = write_row(w, rows[0]);
        return err ? err : 1;
    }
    for (int i = 0; i < READINGS_A_RUN; i++) {
        sqlite3_bind_int64(s, READING_COLUMNS * i + 1, rows[i]->unix_ms);
        sqlite_db_bind_text(s, READING_COLUMNS * i + 2, rows[i]->device_id);
        sqlite3_bind_double(s, READING_COLUMNS * i + 3, rows[i]->value);
    }
    int err = sqlite_db_run(w->db, s);
    return err ? err : READINGS_A_RUN;
}

/* Few rows have one. */
static int write_marks(struct series_writer *w, const struct series_batch *batch)
{
    int err = 0;
    for (size_t i = 0; !err && i < batch->row_count; i++) {
        const struct series_row *row = &batch->rows[i];
        if (row->mark == 0 || (row->once && batch->there[i]))
            continue;
        sqlite_db_bind_text(w->mark, 1, row->device_id);
        sqlite3_bind_int(w->mark, 2, (int)row->table);
        sqlite3_bind_int64(w->mark, 3, row->unix_ms);
        sqlite3_bind_int64(w->mark, 4, row->mark);
        err = sqlite_db_run(w->db, w->mark);
    }
    return err;
}

static int write_rows(struct series_writer *w, size_t count)
{
    for (size_t i = 0; i < count;) {
        int written = write_some(w, w->order + i, count - i);
        if (written < 0)
            return written;
        i += (size_t)written;
    }
    return 0;
}

/* "1-49,101-200,205": one row a stream whatever the number of its spans. */
static int format_spans(struct series_writer *w, const struct series_stream *stream)
{
    size_t need = stream->span_count * (2 * ROOST_NUMBER_MAX) + 1;
    if (need > w->span_text_size) {
        char *grown = realloc(w->span_text, need);
        if (!grown)
            return ROOST_ERR_NO_MEMORY;
        w->span_text = grown;
        w->span_text_size = need;
    }
    char *at = w->span_text;
    for (size_t i = 0; i < stream->span_count; i++) {
        if (i > 0)
            *at++ = ',';
        at += roost_write_uint64(at, stream->spans[i].first);
        if (stream->spans[i].last == stream->spans[i].first)
            continue;
        *at++ = '-';
        at += roost_write_uint64(at, stream->spans[i].last);
    }
    *at = '\0';
    return 0;
}

static int format_recent(struct series_writer *w, const struct series_stream *stream)
{
    size_t need = RECENT_HEAD_BYTES + stream->recent_count * RECENT_BYTES;
    if (need > w->recent_size) {
        uint8_t *grown = realloc(w->recent, need);
        if (!grown)
            return ROOST_ERR_NO_MEMORY;
        w->recent = grown;
        w->recent_size = need;
    }
    roost_le_put(w->recent, stream->recent_run, RECENT_HEAD_BYTES);
    for (size_t i = 0; i < stream->recent_count; i++) {
        uint8_t *at = w->recent + RECENT_HEAD_BYTES + i * RECENT_BYTES;
        roost_le_put(at, stream->recent[i].number, 4);
        roost_le_put(at + 4, stream->recent[i].hash, 4);
    }
    if (stream->recent_count == 0)
        sqlite3_bind_null(w->stream, 6);
    else
        sqlite3_bind_blob(w->stream, 6, w->recent, (int)need, SQLITE_STATIC);
    return 0;
}

static int write_stream(struct series_writer *w, const struct series_stream *stream)
{
    int err = format_spans(w, stream);
    if (!err)
        err = format_recent(w, stream);
    if (err)
        return err;
    sqlite_db_bind_text(w->stream, 1, stream->device_id);
    sqlite3_bind_int(w->stream, 2, stream->stream);
    sqlite3_bind_int64(w->stream, 3, stream->epoch);
    sqlite3_bind_int64(w->stream, 4, stream->newest_ms);
    sqlite_db_bind_text(w->stream, 5, w->span_text);
    return sqlite_db_run(w->db, w->stream);
}

static int write_device(struct series_writer *w, const struct series_device *device)
{
    sqlite_db_bind_text(w->device, 1, device->device_id);
    sqlite_db_bind_text(w->device, 2, device->name);
    sqlite_db_bind_text(w->device, 3, device->location);
    sqlite3_bind_int64(w->device, 4, device->registered_ms);
    sqlite3_bind_int64(w->device, 5, device->last_seen_ms);
    sqlite3_bind_int(w->device, 6, device->is_active);
    sqlite_db_bind_text(w->device, 7, device->config_json);
    return sqlite_db_run(w->db, w->device);
}

/* The order of the tables and their indexes; rows of one device stay in the batch's order. */
static int compare_rows(const void *left, const void *right)
{
    const struct series_row *a = *(const struct series_row *const *)left;
    const struct series_row *b = *(const struct series_row *const *)right;
    if (a->table != b->table)
        return a->table < b->table ? -1 : 1;
    int order = a->device_id == b->device_id ? 0 : strcmp(a->device_id, b->device_id);
    return order ? order : (a > b) - (a < b);
}

/* Rows come mixed from all devices, each of which has a place of its own in the index. Sorted, the
 * pages are visited one after the other: a batch of many rows costs about a third less. Without
 * those in doubt. */
static int order_rows(struct series_writer *w, const struct series_batch *batch, size_t *count)
{
    *count = 0;
    if (batch->row_count > w->order_size) {
        void *grown = realloc(w->order, batch->row_count * sizeof *w->order);
        if (!grown)
            return ROOST_ERR_NO_MEMORY;
        w->order = grown;
        w->order_size = batch->row_count;
    }
    for (size_t i = 0; i < batch->row_count; i++)
        if (!batch->rows[i].once)
            w->order[(*count)++] = &batch->rows[i];
    if (*count > 1)
        qsort(w->order, *count, sizeof *w->order, compare_rows);
    return 0;
}

/* After all others, among which may be what one of them repeats. */
static int write_doubted(struct series_writer *w, const struct series_batch *batch)
{
    int err = 0;
    for (size_t i = 0; !err && i < batch->row_count; i++) {
        const struct series_row *row = &batch->rows[i];
        if (!row->once)
            continue;
        int there = series_writer_there(w, row);
        batch->there[i] = there > 0;
        err = there < 0 ? there : there ? 0 : write_row(w, row);
    }
    return err;
}

int series_writer_end(struct series_writer *w, int result)
{
    if (result >= 0) {
        int err = sqlite_db_run(w->db, w->commit);
        result = err ? err : result;
    }
    if (result < 0 && !sqlite3_get_autocommit(w->db))
        sqlite_db_run(w->db, w->rollback);
    return result;
}

static void sync_commits(struct series_writer *w, bool each)
{
    if (w->synced)
        sqlite_db_exec(w->db, each ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
}

int series_writer_begin_step(struct series_writer *w)
{
    sync_commits(w, false);
    int err = sqlite_db_run(w->db, w->begin);
    if (err)
        sync_commits(w, true);
    return err;
}

int series_writer_end_step(struct series_writer *w, int result)
{
    result = series_writer_end(w, result);
    sync_commits(w, true);
    return result;
}

int series_writer_write(struct series_writer *w, const struct series_batch *batch)
{
    size_t count;
    int err = order_rows(w, batch, &count);
    if (err)
        return err;
    err = sqlite_db_run(w->db, w->begin);
    if (!err)
        err = write_rows(w, count);
    if (!err && count < batch->row_count)
        err = write_doubted(w, batch);
    if (!err)
        err = write_marks(w, batch);
    for (size_t i = 0; !err && i < batch->stream_count; i++)
        err = write_stream(w, &batch->streams[i]);
    for (size_t i = 0; !err && i < batch->device_count; i++)
        err = write_device(w, &batch->devices[i]);
    err = series_writer_end(w, err);
    if (!err)
        w->unsummed += batch->row_count;
    if (err == ROOST_ERR_NO_SPACE)
        series_writer_checkpoint(w, true); /* what the log gives back may be enough */
    return err;
}

/* Called by SQLite after each commit with the length of the log; starts over when the log does. */
static int log_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct series_writer *w = arg;
    (void)db;
    (void)name;
    w->log_pages = pages;
    return SQLITE_OK;
}

static int prepare_all(struct series_writer *w)
{
    int err = 0;
    for (size_t i = 0; !err && i < SERIES_TABLE_COUNT; i++)
        err = sqlite_db_prepare(w->db, insert_sql[i], &w->insert[i]);
    for (size_t i = 0; !err && i < SERIES_TABLE_COUNT; i++)
        if (insert_readings_sql[i])
            err = sqlite_db_prepare(w->db, insert_readings_sql[i], &w->insert_readings[i]);
    if (!err)
        err = sqlite_db_prepare(w->db,
                                "INSERT OR REPLACE INTO ingest_stream(device_id,stream,epoch,"
                                "newest_at,spans,recent) VALUES(?1,?2,?3,?4,?5,?6)",
                                &w->stream);
    if (!err)
        err = sqlite_db_prepare(w->db,
                                "INSERT OR REPLACE INTO device_registry(device_id,name,location,"
                                "registered_at,last_seen,is_active,config)"
                                " VALUES(?1,?2,?3,?4,?5,?6,?7)",
                                &w->device);
    if (!err)
        err = sqlite_db_prepare(w->db,
                                "INSERT INTO reading_mark(device_id,tab,timestamp,mark)"
                                " VALUES(?1,?2,?3,?4) ON CONFLICT DO UPDATE SET mark=mark|?4",
                                &w->mark);
    if (!err)
        err = sqlite_db_prepare(w->db, "BEGIN IMMEDIATE", &w->begin);
    if (!err)
        err = sqlite_db_prepare(w->db, "COMMIT", &w->commit);
    if (!err)
        err = sqlite_db_prepare(w->db, "ROLLBACK", &w->rollback);
    return err;
}

int series_writer_open(struct series_writer *w, const char *path, bool synced, char *why,
                       size_t why_size)
{
    enum { CACHE_KIB = 16384 };
    memset(w, 0, sizeof *w);
    w->synced = synced;
    int err = sqlite_db_open(&w->db, path, synced ? SQLITE_DB_SYNCED : SQLITE_DB_UNSYNCED,
                             CACHE_KIB, why, why_size);
    if (!err)
        err = sqlite_db_migrate(w->db, &series_schema, why, why_size);
    if (!err)
        err = prepare_all(w);
    if (err) {
        series_writer_close(w);
        return err;
    }
    sqlite3_wal_hook(w->db, log_grew, w); /* replaces SQLite's own checkpoints inside a commit */
    return 0;
}

void series_writer_close(struct series_writer *w)
{
    sqlite3_stmt *const others[] = {w->stream, w->device, w->mark,
                                    w->begin,  w->commit, w->rollback};
    for (size_t i = 0; i < SERIES_TABLE_COUNT; i++) {
        sqlite3_finalize(w->insert[i]);
        sqlite3_finalize(w->insert_readings[i]);
        sqlite3_finalize(w->there[i]);
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        sqlite3_finalize(others[i]);
    sqlite3_close(w->db);
    free(w->span_text);
    free(w->recent);
    free(w->order);
    free(w->rollup);
    memset(w, 0, sizeof *w);
}
