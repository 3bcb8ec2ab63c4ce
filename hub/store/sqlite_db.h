/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What both SQLite stores share: opening with the right durability, numbered forward migrations,
 * and SQLite's results turned into ours. Depends on sqlite3, core/err.h.
 */
#ifndef ROOST_HUB_STORE_SQLITE_DB_H
#define ROOST_HUB_STORE_SQLITE_DB_H

#include <stddef.h>
#include <stdint.h>
#include <sqlite3.h>

enum sqlite_db_mode {
    SQLITE_DB_SYNCED,   /* commits survive a power cut: WAL, synchronous FULL */
    SQLITE_DB_UNSYNCED, /* commits survive the end of the process only */
    SQLITE_DB_READER    /* read-only beside a writer */
};

enum { SQLITE_DB_BUSY_MS = 5000 }; /* how long a lock of another process is waited for */

/* Migration n of the list makes schema version n + 1. Forward only; a released one never changes.
 */
struct sqlite_migration {
    const char *name, *sql;
};

struct sqlite_schema {
    const char *kind;       /* "registry": for messages */
    int32_t application_id; /* in the file's header: which program's file it is */
    const struct sqlite_migration *migrations;
    size_t migration_count;
};

/* cache_kib bounds the page cache. On error *out is NULL and `why` (may be NULL) says what is
 * wrong. */
int sqlite_db_open(sqlite3 **out, const char *path, enum sqlite_db_mode mode, int cache_kib,
                   char *why, size_t why_size);

/* Brings the file to the newest schema, each migration in its own transaction. ROOST_ERR_CORRUPT:
 * not a file of this kind; ROOST_ERR_UNSUPPORTED: from a newer program, untouched. */
int sqlite_db_migrate(sqlite3 *db, const struct sqlite_schema *schema, char *why, size_t why_size);

/* What sqlite_db_migrate would refuse, without a change: for one who only looks. */
int sqlite_db_look(sqlite3 *db, const struct sqlite_schema *schema, char *why, size_t why_size);

/* A result code of the last call on `db` as one of our errors; SQLITE_OK, ROW and DONE are 0. */
int sqlite_db_error(sqlite3 *db, int result);

int sqlite_db_exec(sqlite3 *db, const char *sql);

/* Prepares for many uses. */
int sqlite_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out);

/* Steps a statement that gives no rows, resets it and forgets what was bound. */
int sqlite_db_run(sqlite3 *db, sqlite3_stmt *statement);

/* Resets after rows were read; `result` is the last step's, the return value its error. */
int sqlite_db_finish(sqlite3 *db, sqlite3_stmt *statement, int result);

/* Borrowed until the statement ran. */
void sqlite_db_bind_text(sqlite3_stmt *statement, int index, const char *text);

/* Copies a text column, cut to the size. */
void sqlite_db_text(sqlite3_stmt *statement, int column, char *out, size_t size);

/* 0 bytes: no limit but the medium's. Never below the present size. */
void sqlite_db_limit(sqlite3 *db, uint64_t bytes);

#endif
