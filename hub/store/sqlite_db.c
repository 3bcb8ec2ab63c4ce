/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/sqlite_db.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdbool.h>
#include <string.h>
#include <sys/statvfs.h>

#include "core/err.h"
#include "host/file.h"
#include "host/private_file.h"

static void explain(char *why, size_t why_size, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

static void explain(char *why, size_t why_size, const char *format, ...)
{
    if (!why || why_size == 0)
        return;
    va_list args;
    va_start(args, format);
    vsnprintf(why, why_size, format, args);
    va_end(args);
}

static int last_errno(sqlite3_file *file)
{
    int error = 0;
    if (file && file->pMethods)
        file->pMethods->xFileControl(file, SQLITE_FCNTL_LAST_ERRNO, &error);
    return error;
}

/* A full disk shows as SQLITE_FULL; a quota and a limit on the size of files as an I/O error with
 * the system's reason kept beside the file that met it: the database or its log. */
static int io_error(sqlite3 *db)
{
    sqlite3_file *files[2] = {NULL, NULL};
    if (!db)
        return ROOST_ERR_IO;
    sqlite3_file_control(db, "main", SQLITE_FCNTL_FILE_POINTER, &files[0]);
    sqlite3_file_control(db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &files[1]);
    for (int i = 0; i < 2; i++) {
        int error = last_errno(files[i]);
        if (error == ENOSPC || error == EDQUOT || error == EFBIG)
            return ROOST_ERR_NO_SPACE;
    }
    return ROOST_ERR_IO;
}

/* SQLite says of a full disk that it met while it made the file of the log's index only that there
 * was an I/O error. */
static bool disk_is_full(sqlite3 *db, const char *path)
{
    enum { INDEX_BYTES = 64 * 1024 }; /* more than a new index takes */
    int result = db ? sqlite3_errcode(db) & 0xff : SQLITE_NOMEM;
    struct statvfs disk;

    if (result == SQLITE_FULL || io_error(db) == ROOST_ERR_NO_SPACE)
        return true;
    if (path[0] == ':' || (result != SQLITE_IOERR && result != SQLITE_CANTOPEN))
        return false;
    if (statvfs(path, &disk) == 0 && disk.f_bavail * disk.f_frsize < INDEX_BYTES)
        return true;
    return file_try(path, NULL) == ROOST_ERR_NO_SPACE; /* a quota */
}

static const char full_text[] =
    "the disk is full, or a quota or a limit is reached: make room for this file and those beside "
    "it (-wal, -shm), and start again";

int sqlite_db_error(sqlite3 *db, int result)
{
    switch (result & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE:
        return 0;
    case SQLITE_FULL:
        return ROOST_ERR_NO_SPACE;
    case SQLITE_NOMEM:
        return ROOST_ERR_NO_MEMORY;
    case SQLITE_CONSTRAINT:
        return ROOST_ERR_EXISTS;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return ROOST_ERR_BUSY;
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return ROOST_ERR_CORRUPT;
    case SQLITE_INTERRUPT:
        return ROOST_ERR_CLOSED;
    default:
        return io_error(db);
    }
}

int sqlite_db_exec(sqlite3 *db, const char *sql)
{
    return sqlite_db_error(db, sqlite3_exec(db, sql, NULL, NULL, NULL));
}

int sqlite_db_prepare(sqlite3 *db, const char *sql, sqlite3_stmt **out)
{
    return sqlite_db_error(db,
                           sqlite3_prepare_v3(db, sql, -1, SQLITE_PREPARE_PERSISTENT, out, NULL));
}

int sqlite_db_finish(sqlite3 *db, sqlite3_stmt *statement, int result)
{
    int err = sqlite_db_error(db, result);
    sqlite3_reset(statement);
    sqlite3_clear_bindings(statement);
    return err;
}

int sqlite_db_run(sqlite3 *db, sqlite3_stmt *statement)
{
    return sqlite_db_finish(db, statement, sqlite3_step(statement));
}

void sqlite_db_bind_text(sqlite3_stmt *statement, int index, const char *text)
{
    sqlite3_bind_text(statement, index, text, -1, SQLITE_STATIC);
}

void sqlite_db_text(sqlite3_stmt *statement, int column, char *out, size_t size)
{
    const unsigned char *text = sqlite3_column_text(statement, column);
    snprintf(out, size, "%s", text ? (const char *)text : "");
}

static int exec_number(sqlite3 *db, const char *sql, int64_t *out)
{
    sqlite3_stmt *statement = NULL;
    int err = sqlite_db_error(db, sqlite3_prepare_v2(db, sql, -1, &statement, NULL));
    if (err)
        return err;
    int result = sqlite3_step(statement);
    *out = result == SQLITE_ROW ? sqlite3_column_int64(statement, 0) : 0;
    err = sqlite_db_error(db, result);
    sqlite3_finalize(statement);
    return err;
}

void sqlite_db_limit(sqlite3 *db, uint64_t bytes)
{
    enum { PAGE_MAX = 1073741823 }; /* SQLite's own default */
    int64_t page_size = 0;
    int64_t ignored;
    char sql[64];
    if (exec_number(db, "PRAGMA page_size", &page_size) != 0 || page_size <= 0)
        page_size = 4096;
    uint64_t pages = bytes / (uint64_t)page_size;
    if (bytes == 0 || pages > PAGE_MAX)
        pages = PAGE_MAX;
    snprintf(sql, sizeof sql, "PRAGMA max_page_count=%llu",
             (unsigned long long)(pages > 0 ? pages : 1));
    exec_number(db, sql, &ignored);
}

static int set_up(sqlite3 *db, enum sqlite_db_mode mode, int cache_kib)
{
    char sql[64];
    sqlite3_extended_result_codes(db, 1);
    sqlite3_busy_timeout(db, SQLITE_DB_BUSY_MS);
    snprintf(sql, sizeof sql, "PRAGMA cache_size=-%d", cache_kib);
    int err = sqlite_db_exec(db, sql);
    if (err || mode == SQLITE_DB_READER)
        return err;
    err = sqlite_db_exec(db, "PRAGMA journal_mode=WAL");
    if (!err) /* what a long reader made the log grow to is given back when it starts over */
        err = sqlite_db_exec(db, "PRAGMA journal_size_limit=33554432");
    if (err)
        return err;
    return sqlite_db_exec(db, mode == SQLITE_DB_SYNCED
                                  ? "PRAGMA synchronous=FULL; PRAGMA foreign_keys=ON"
                                  : "PRAGMA synchronous=OFF; PRAGMA foreign_keys=ON");
}

/* The file is the owner's alone, and so are those that SQLite makes beside it, which take after it.
 */
static void keep_private(const char *path)
{
    static const char *const beside[] = {"", "-wal", "-shm"};
    char name[4096];

    if (path[0] == ':') /* in memory */
        return;
    private_file_make(path);
    for (size_t i = 0; i < sizeof beside / sizeof *beside; i++) {
        int len = snprintf(name, sizeof name, "%s%s", path, beside[i]);
        if (len > 0 && (size_t)len < sizeof name)
            private_file_close_to_others(name);
    }
}

int sqlite_db_open(sqlite3 **out, const char *path, enum sqlite_db_mode mode, int cache_kib,
                   char *why, size_t why_size)
{
    int flags = mode == SQLITE_DB_READER ? SQLITE_OPEN_READONLY
                                         : SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
    sqlite3 *db = NULL;
    *out = NULL;
    if (mode != SQLITE_DB_READER)
        keep_private(path);
    int err = sqlite_db_error(
        db, sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL));
    if (!err)
        err = set_up(db, mode, cache_kib);
    if (!err) {
        /* The log, which closing empties, and its index keep their place on the disk: otherwise a
         * hub that was stopped could not start on a disk that filled up meanwhile. */
        int keep = 1;
        (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
    }
    if (err) {
        bool full = disk_is_full(db, path);
        explain(why, why_size, "%s: cannot be opened: %s", path,
                full ? full_text
                : db ? sqlite3_errmsg(db)
                     : "out of memory");
        err = full ? ROOST_ERR_NO_SPACE : err;
        sqlite3_close(db);
        return err;
    }
    *out = db;
    return 0;
}

/* A file without a table is new; any other has to carry our mark. */
static int check_kind(sqlite3 *db, const struct sqlite_schema *schema, char *why, size_t why_size)
{
    int64_t application_id = 0;
    int64_t tables = 0;
    int err = exec_number(db, "PRAGMA application_id", &application_id);
    if (!err)
        err = exec_number(db, "SELECT count(*) FROM sqlite_schema", &tables);
    if (!err && tables == 0)
        return 0;
    if (!err && application_id != schema->application_id)
        err = ROOST_ERR_CORRUPT;
    if (err == ROOST_ERR_CORRUPT)
        explain(why, why_size, "%s: no %s database of Roost", sqlite3_db_filename(db, "main"),
                schema->kind);
    else if (err)
        explain(why, why_size, "%s: cannot be read: %s", sqlite3_db_filename(db, "main"),
                disk_is_full(db, sqlite3_db_filename(db, "main")) ? full_text : sqlite3_errmsg(db));
    return err;
}

static int apply(sqlite3 *db, const struct sqlite_schema *schema, size_t index)
{
    char note[160];
    snprintf(note, sizeof note,
             "INSERT INTO schema_version(version,name) VALUES(%zu,'%s');"
             "PRAGMA application_id=%ld;",
             index + 1, schema->migrations[index].name, (long)schema->application_id);
    int err = sqlite_db_exec(db, "BEGIN IMMEDIATE");
    if (!err)
        err = sqlite_db_exec(db, schema->migrations[index].sql);
    if (!err)
        err = sqlite_db_exec(db, note);
    if (!err)
        err = sqlite_db_exec(db, "COMMIT");
    return err;
}

static int check_version(sqlite3 *db, const struct sqlite_schema *schema, int64_t version,
                         char *why, size_t why_size)
{
    if (version <= (int64_t)schema->migration_count)
        return 0;
    explain(why, why_size, "%s: written by a newer Roost (%s schema %lld, this program knows %zu)",
            sqlite3_db_filename(db, "main"), schema->kind, (long long)version,
            schema->migration_count);
    return ROOST_ERR_UNSUPPORTED;
}

int sqlite_db_look(sqlite3 *db, const struct sqlite_schema *schema, char *why, size_t why_size)
{
    int64_t version = 0;
    int err = check_kind(db, schema, why, why_size);
    /* A new file has no versions yet. */
    if (!err && exec_number(db, "SELECT max(version) FROM schema_version", &version) == 0)
        err = check_version(db, schema, version, why, why_size);
    return err;
}

int sqlite_db_migrate(sqlite3 *db, const struct sqlite_schema *schema, char *why, size_t why_size)
{
    int64_t version = 0;
    const char *path = sqlite3_db_filename(db, "main");
    int err = check_kind(db, schema, why, why_size);
    if (err)
        return err;
    err = sqlite_db_exec(db, "CREATE TABLE IF NOT EXISTS schema_version("
                             "version INTEGER PRIMARY KEY, name TEXT NOT NULL)");
    if (!err)
        err = exec_number(db, "SELECT coalesce(max(version),0) FROM schema_version", &version);
    int newer = err ? 0 : check_version(db, schema, version, why, why_size);
    if (newer)
        return newer;
    for (size_t i = (size_t)version; !err && i < schema->migration_count; i++) {
        err = apply(db, schema, i);
        if (err) {
            explain(why, why_size, "%s: %s schema %zu (%s) failed: %s", path, schema->kind, i + 1,
                    schema->migrations[i].name, sqlite3_errmsg(db));
            sqlite3_exec(db, "ROLLBACK", NULL, NULL, NULL);
            return err;
        }
    }
    if (err)
        explain(why, why_size, "%s: cannot be brought to schema %zu: %s", path,
                schema->migration_count, disk_is_full(db, path) ? full_text : sqlite3_errmsg(db));
    return err;
}
