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

struct series_writer {
    sqlite3 *db;
    sqlite3_stmt *insert[SERIES_TABLE_COUNT];
    sqlite3_stmt *insert_readings[SERIES_TABLE_COUNT]; /* several rows; temperature and humidity */
    sqlite3_stmt *stream, *device, *begin, *commit, *rollback;
    const struct series_row **order; /* of a batch's rows, grown as needed */
    size_t order_size;
    int log_pages;   /* length of the write-ahead log after the last commit */
    char *span_text; /* a stream's spans as text, grown as needed */
    size_t span_text_size;
};

/* Opens, migrates and prepares. `synced`: see hub/store/series_sqlite.h. */
int series_writer_open(struct series_writer *writer, const char *path, bool synced, char *why,
                       size_t why_size);
void series_writer_close(struct series_writer *writer);

/* The whole batch in one transaction, or nothing of it. */
int series_writer_write(struct series_writer *writer, const struct series_batch *batch);

/* Where deleting old rows stands: table by table, device by device along the index. */
struct series_retain {
    int64_t before_ms;
    int table;
    bool in_device; /* device_id has more; otherwise it is done with */
    char device_id[65];
};

/* Deletes at most a thousand rows. Returns 1 while there is more to do, 0 at the end. */
int series_writer_retain(struct series_writer *writer, struct series_retain *retain);

/* Moves the write-ahead log into the database when it grew long; `now`: whatever its length, and
 * gives its space back. */
void series_writer_checkpoint(struct series_writer *writer, bool now);
bool series_writer_log_is_long(const struct series_writer *writer);

/* Calls fn for every stored stream. */
int series_writer_streams(struct series_writer *writer, series_stream_fn fn, void *arg);

/* Queries. */

struct series_reader {
    sqlite3 *db;
    bool borrowed; /* the writer's connection */
    sqlite3_stmt *history[SERIES_METRIC_COUNT];
    sqlite3_stmt *newest[SERIES_TABLE_COUNT], *newest_any[SERIES_TABLE_COUNT];
};

int series_reader_open(struct series_reader *reader, const char *path);
void series_reader_attach(struct series_reader *reader, const struct series_writer *writer);
void series_reader_close(struct series_reader *reader);

/* Fills `points` (room for query->max_points). Returns their count or an error. */
int series_reader_history(struct series_reader *reader, const struct series_history_query *query,
                          struct series_point *points);

/* Fills `rows` and the ids they point to (room for `limit` each). Returns the count or an error. */
int series_reader_newest(struct series_reader *reader, enum series_table table,
                         const char *device_id, uint32_t limit, struct series_row *rows,
                         char (*ids)[65]);

#endif
