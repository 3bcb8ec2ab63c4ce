/* SPDX-License-Identifier: Apache-2.0 */
/* What is read at the start, on the writer's connection. */
#include "hub/store/series_sql.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/number.h"

/* One number of a span list; *at moves behind it. */
static int parse_number(const char **at, uint64_t *out)
{
    size_t digits = strspn(*at, "0123456789");
    int err = roost_parse_uint64(*at, digits, out);
    *at += digits;
    return err;
}

static int parse_spans(const char *text, struct series_span **spans, size_t *size, size_t *count)
{
    *count = 0;
    for (const char *at = text; *at; at += *at == ',') {
        if (*count == *size) {
            size_t wanted = *size ? 2 * *size : 32;
            struct series_span *grown = realloc(*spans, wanted * sizeof **spans);
            if (!grown)
                return ROOST_ERR_NO_MEMORY;
            *spans = grown;
            *size = wanted;
        }
        struct series_span *span = &(*spans)[*count];
        if (parse_number(&at, &span->first))
            return ROOST_ERR_CORRUPT;
        span->last = span->first;
        if (*at == '-') {
            at++;
            if (parse_number(&at, &span->last))
                return ROOST_ERR_CORRUPT;
        }
        bool ordered =
            span->last >= span->first && (*count == 0 || span->first > (*spans)[*count - 1].last);
        if (!ordered || (*at != ',' && *at != '\0'))
            return ROOST_ERR_CORRUPT;
        ++*count;
    }
    return 0;
}

static int parse_recent(const uint8_t *bytes, size_t len, struct series_recent **recent,
                        size_t *size, struct series_stream *stream)
{
    if (len == 0)
        return 0;
    if (len < RECENT_HEAD_BYTES || (len - RECENT_HEAD_BYTES) % RECENT_BYTES != 0)
        return ROOST_ERR_CORRUPT;
    size_t count = (len - RECENT_HEAD_BYTES) / RECENT_BYTES;
    if (count > *size) {
        struct series_recent *grown = realloc(*recent, count * sizeof *grown);
        if (!grown)
            return ROOST_ERR_NO_MEMORY;
        *recent = grown;
        *size = count;
    }
    for (size_t i = 0; i < count; i++) {
        const uint8_t *at = bytes + RECENT_HEAD_BYTES + i * RECENT_BYTES;
        (*recent)[i] = (struct series_recent){roost_le_get32(at), roost_le_get32(at + 4)};
    }
    stream->recent = *recent;
    stream->recent_count = count;
    stream->recent_run = roost_le_get32(bytes);
    return stream->recent_run <= count ? 0 : ROOST_ERR_CORRUPT;
}

int series_writer_streams(struct series_writer *w, series_stream_fn fn, void *arg)
{
    sqlite3_stmt *s = NULL;
    struct series_span *spans = NULL;
    struct series_recent *recent = NULL;
    size_t size = 0, recent_size = 0;
    int result = SQLITE_DONE;
    int err = sqlite_db_prepare(w->db,
                                "SELECT device_id,stream,epoch,newest_at,spans,recent"
                                " FROM ingest_stream ORDER BY device_id,stream",
                                &s);
    while (!err && (result = sqlite3_step(s)) == SQLITE_ROW) {
        struct series_stream stream = {
            .device_id = (const char *)sqlite3_column_text(s, 0),
            .stream = (uint8_t)sqlite3_column_int(s, 1),
            .epoch = (uint32_t)sqlite3_column_int64(s, 2),
            .newest_ms = sqlite3_column_int64(s, 3),
        };
        const char *text = (const char *)sqlite3_column_text(s, 4);
        if (!stream.device_id || !text)
            err = ROOST_ERR_NO_MEMORY;
        else
            err = parse_spans(text, &spans, &size, &stream.span_count);
        stream.spans = spans;
        if (!err)
            err = parse_recent(sqlite3_column_blob(s, 5), (size_t)sqlite3_column_bytes(s, 5),
                               &recent, &recent_size, &stream);
        if (!err)
            err = fn(arg, &stream);
    }
    if (!err)
        err = sqlite_db_error(w->db, result);
    sqlite3_finalize(s);
    free(spans);
    free(recent);
    return err;
}

int series_prepare_device(sqlite3 *db, enum series_table table, sqlite3_stmt **out)
{
    char sql[128];
    snprintf(sql, sizeof sql, "SELECT min(device_id) FROM %s WHERE device_id>?1",
             series_table_names[table]);
    return sqlite_db_prepare(db, sql, out);
}

int series_step_device(sqlite3 *db, sqlite3_stmt *s, char device_id[65])
{
    sqlite_db_bind_text(s, 1, device_id);
    int result = sqlite3_step(s);
    bool found = result == SQLITE_ROW && sqlite3_column_type(s, 0) != SQLITE_NULL;
    if (found)
        sqlite_db_text(s, 0, device_id, 65);
    int err = sqlite_db_finish(db, s, result);
    return err ? err : found ? 1 : 0;
}

/* Calls fn for every device of a table. */
static int each_device(sqlite3 *db, enum series_table table,
                       int (*fn)(void *arg, const char *device_id), void *arg)
{
    char device_id[65] = "";
    sqlite3_stmt *s = NULL;
    int found = series_prepare_device(db, table, &s);
    if (found)
        return found;
    while ((found = series_step_device(db, s, device_id)) > 0) {
        int err = fn(arg, device_id);
        if (err) {
            found = err;
            break;
        }
    }
    sqlite3_finalize(s);
    return found;
}

struct latest {
    struct series_reader reader;
    enum series_table table;
    uint32_t limit; /* of rows of a device */
    int64_t until_ms;
    sqlite3_stmt *overtaken; /* of the table */
    series_row_fn fn;
    void *arg;
};

static int prepare_overtaken(struct latest *latest)
{
    char sql[512];
    const char *name = series_table_names[latest->table];

    sqlite3_finalize(latest->overtaken);
    latest->overtaken = NULL;
    snprintf(sql, sizeof sql,
             "SELECT (SELECT rowid FROM %s WHERE device_id=?1 AND timestamp<=?2"
             " ORDER BY timestamp DESC, rowid DESC LIMIT 1)>(SELECT rowid FROM %s"
             " WHERE device_id=?1 ORDER BY timestamp DESC, rowid DESC LIMIT 1)",
             name, name);
    return sqlite_db_prepare(latest->reader.db, sql, &latest->overtaken);
}

/* The newest that is not after until_ms was stored after the newest of all: 1, otherwise 0. */
static int overtaken(struct latest *latest, const char *device_id)
{
    sqlite_db_bind_text(latest->overtaken, 1, device_id);
    sqlite3_bind_int64(latest->overtaken, 2, latest->until_ms);
    int result = sqlite3_step(latest->overtaken);
    /* NULL, there is none, reads as 0. */
    int later = result == SQLITE_ROW && sqlite3_column_int(latest->overtaken, 0) != 0;
    int err = sqlite_db_finish(latest->reader.db, latest->overtaken, result);
    return err ? err : later;
}

static int latest_of(void *arg, const char *device_id)
{
    enum { ROWS_MAX = 8 };
    struct latest *latest = arg;
    struct series_row rows[ROWS_MAX];
    char ids[ROWS_MAX][65];
    int count = series_reader_newest(&latest->reader, latest->table, device_id, INT64_MAX,
                                     latest->limit, rows, ids);
    int err = count < 0 ? count : 0;
    if (!err && count > 0 && rows[0].unix_ms > latest->until_ms)
        err = overtaken(latest, device_id);
    if (err > 0) {
        count = series_reader_newest(&latest->reader, latest->table, device_id, latest->until_ms,
                                     latest->limit, rows, ids);
        err = count < 0 ? count : 0;
    }
    for (int i = 0; !err && i < count; i++)
        err = latest->fn(latest->arg, &rows[i]);
    return err;
}

static int each_latest(const struct series_writer *w, uint32_t limit, int64_t until_ms,
                       series_row_fn fn, void *arg)
{
    struct latest latest = {.limit = limit, .until_ms = until_ms, .fn = fn, .arg = arg};
    int err = 0;
    series_reader_attach(&latest.reader, w);
    for (int table = 0; !err && table < SERIES_TABLE_COUNT; table++) {
        latest.table = (enum series_table)table;
        err = prepare_overtaken(&latest);
        if (!err)
            err = each_device(w->db, latest.table, latest_of, &latest);
    }
    sqlite3_finalize(latest.overtaken);
    series_reader_close(&latest.reader);
    return err;
}

int series_writer_latest(const struct series_writer *w, int64_t until_ms, series_row_fn fn,
                         void *arg)
{
    return each_latest(w, 1, until_ms, fn, arg);
}

static int note_newest(void *arg, const struct series_row *row)
{
    int64_t *newest_ms = arg;
    if (row->mark == 0 && row->unix_ms > *newest_ms)
        *newest_ms = row->unix_ms;
    return 0;
}

/* A device with marks on all of its newest rows is no witness. */
int series_writer_newest_ms(const struct series_writer *w, int64_t *unix_ms)
{
    enum { WITNESSES = 8 };
    *unix_ms = 0;
    return each_latest(w, WITNESSES, INT64_MAX, note_newest, unix_ms);
}

int series_writer_note(struct series_writer *w, const char *name, const char *text)
{
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(w->db, "INSERT OR REPLACE INTO note(name,text) VALUES(?1,?2)", &s);
    if (err)
        return err;
    sqlite_db_bind_text(s, 1, name);
    sqlite_db_bind_text(s, 2, text);
    err = sqlite_db_run(w->db, s);
    sqlite3_finalize(s);
    return err;
}

int series_writer_load_note(struct series_writer *w, const char *name,
                            char text[SERIES_NOTE_MAX + 1])
{
    sqlite3_stmt *s = NULL;
    text[0] = '\0';
    int err = sqlite_db_prepare(w->db, "SELECT text FROM note WHERE name=?1", &s);
    if (err)
        return err;
    sqlite_db_bind_text(s, 1, name);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        sqlite_db_text(s, 0, text, SERIES_NOTE_MAX + 1);
    err = sqlite_db_finish(w->db, s, result);
    sqlite3_finalize(s);
    return err;
}
