/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The SQL of the series store: one connection that writes batches, others that answer queries.
 * Knows no thread and no loop; hub/store/series_sqlite.c owns those. Depends on
 * hub/store/sqlite_db.h, hub/store/series.h.
 */
#ifndef ROOST_HUB_STORE_SERIES_SQL_H
#define ROOST_HUB_STORE_SERIES_SQL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/store/series.h"
#include "hub/store/sqlite_db.h"

/* hub/store/series_schema.c */
extern const struct sqlite_schema series_schema;
extern const char *const series_table_names[SERIES_TABLE_COUNT];

struct series_writer {
    sqlite3 *db;
    sqlite3_stmt *insert[SERIES_TABLE_COUNT];
    sqlite3_stmt *insert_readings[SERIES_TABLE_COUNT]; /* several rows; temperature and humidity */
    sqlite3_stmt *there[SERIES_TABLE_COUNT];           /* prepared when it is asked for */
    sqlite3_stmt *stream, *device, *mark, *begin, *commit, *rollback;
    const struct series_row **order; /* of a batch's rows, grown as needed */
    size_t order_size;
    int log_pages; /* length of the write-ahead log after the last commit */
    bool synced;
    struct series_rollup *rollup; /* room for a step's sums */
    int rollup_table;             /* whose turn it is */
    uint64_t unsummed;            /* rows written since, about */
    char *span_text;              /* a stream's spans as text, grown as needed */
    size_t span_text_size;
    uint8_t *recent; /* a stream's newest readings as stored, grown as needed */
    size_t recent_size;
};

/* ingest_stream.recent: the run, then number and hash of each reading, four bytes a number. NULL
 * where there is none. */
enum { RECENT_HEAD_BYTES = 4, RECENT_BYTES = 8 };

/* Opens, migrates and prepares. `synced`: see hub/store/series_sqlite.h. */
int series_writer_open(struct series_writer *writer, const char *path, bool synced, char *why,
                       size_t why_size);
void series_writer_close(struct series_writer *writer);

/* The whole batch in one transaction, or nothing of it. */
int series_writer_write(struct series_writer *writer, const struct series_batch *batch);

/* 1 when there is a row of the same device, time and content (hub/store/series_there.c), 0, or an
 * error. */
int series_writer_there(struct series_writer *writer, const struct series_row *row);

/* Ends the transaction by what came of it: commits and returns `result`, when it is not negative,
 * and the commit's error; else gives everything up and returns it. */
int series_writer_end(struct series_writer *writer, int result);

/* Around a step that is made again when a power cut takes it back: its commit needs no sync. It
 * reaches the disk with the next one that does, and in order. */
int series_writer_begin_step(struct series_writer *writer);
int series_writer_end_step(struct series_writer *writer, int result);

/* ---- hub/store/series_upkeep.c: what is done in steps, between writes ---- */

enum { SERIES_DAY_MS = 24 * 3600 * 1000, SERIES_HOUR_MS = 3600 * 1000 };

/* The start of the whole number of `unit_ms` that a time is in; before 1970, too. */
static inline int64_t series_floor(int64_t unix_ms, int64_t unit_ms)
{
    int64_t rest = unix_ms % unit_ms;
    return unix_ms - (rest < 0 ? rest + unit_ms : rest);
}

/* Where deleting old rows stands: table by table, device by device along the index. */
struct series_retain {
    int64_t before_ms;
    int table;
    bool in_device; /* device_id has more; otherwise it is done with */
    char device_id[65];
    uint64_t rows; /* deleted until now */
};

/* Deletes at most a thousand rows. Returns 1 while there is more to do, 0 at the end. */
int series_writer_retain(struct series_writer *writer, struct series_retain *retain);

/* Removes streams and device_registry row, and notes that the rows are to go. */
int series_writer_forget(struct series_writer *writer, const char *device_id, bool history,
                         struct series_forgotten *forgotten);
/* A step of what was noted of a device, NULL: of any. As series_writer_retain. */
int series_writer_forget_step(struct series_writer *writer, const char *device_id,
                              struct series_forgotten *forgotten);

/* Moves the write-ahead log into the database when it grew long; `now`: whatever its length, and
 * gives its space back. */
void series_writer_checkpoint(struct series_writer *writer, bool now);
bool series_writer_log_is_long(const struct series_writer *writer);

/* ---- hub/store/series_rollup.c: sums by hour and day, kept for long histories ---- */

extern const enum series_table series_metric_tables[SERIES_METRIC_COUNT];
extern const char *const series_metric_values[SERIES_METRIC_COUNT]; /* as SQL */

/* Takes in the next rows of a table, in a transaction of its own. Returns 1 when there were some,
 * 0 at the end. Not while rows are being deleted in steps. */
int series_rollup_step(struct series_writer *writer);

/* After rows of a table were deleted, in the same transaction: a rowid that is used again must not
 * count as summed up. */
int series_rollup_keep_place(struct series_writer *writer, enum series_table table);

/* ---- hub/store/series_start.c: what is read at the start ---- */

/* As in struct series_ops. */
int series_writer_streams(struct series_writer *writer, series_stream_fn fn, void *arg);
int series_writer_latest(const struct series_writer *writer, int64_t until_ms, series_row_fn fn,
                         void *arg);
int series_writer_newest_ms(const struct series_writer *writer, int64_t *unix_ms);
int series_writer_note(struct series_writer *writer, const char *name, const char *text);
int series_writer_load_note(struct series_writer *writer, const char *name,
                            char text[SERIES_NOTE_MAX + 1]);

/* A walk over the devices of a table: one seek a device, however many rows it has. Moves device_id
 * ("": before the first) to the next; returns 1, or 0 at the end, or an error. */
int series_prepare_device(sqlite3 *db, enum series_table table, sqlite3_stmt **out);
int series_step_device(sqlite3 *db, sqlite3_stmt *statement, char device_id[65]);

/* Queries. */

struct series_reader {
    sqlite3 *db;
    bool borrowed; /* the writer's connection */
    sqlite3_stmt *rows[SERIES_METRIC_COUNT], *tail[SERIES_METRIC_COUNT],
        *long_tail[SERIES_METRIC_COUNT], *hours, *days, *begin, *rollback;
    sqlite3_stmt *newest[SERIES_TABLE_COUNT], *newest_any[SERIES_TABLE_COUNT];
};

int series_reader_open(struct series_reader *reader, const char *path);
void series_reader_attach(struct series_reader *reader, const struct series_writer *writer);
void series_reader_close(struct series_reader *reader);

/* Fills `points` (room for query->max_points). Returns their count or an error. */
int series_reader_history(struct series_reader *reader, const struct series_history_query *query,
                          struct series_point *points);

/* Fills `rows` and the ids they point to (room for `limit` each). Returns the count or an error.
 * until_ms: of one device, none after that. */
int series_reader_newest(struct series_reader *reader, enum series_table table,
                         const char *device_id, int64_t until_ms, uint32_t limit,
                         struct series_row *rows, char (*ids)[65]);

int series_reader_survey(struct series_reader *reader, int64_t before_ms,
                         struct series_survey *survey);

#endif
