/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/sqlite_try.h"

#include <stdio.h>
#include <unistd.h>

#include "core/err.h"
#include "host/file.h"
#include "hub/store/csms_book_sql.h"
#include "hub/store/money_book.h"
#include "hub/store/registry_sql.h"
#include "hub/store/series_sql.h"
#include "hub/store/site_book.h"

enum { URI_MAX = 3 * FILE_PATH_MAX };

static int say(char *why, size_t why_size, int err, const char *path, const char *text)
{
    snprintf(why, why_size, "%s: %s", path, text);
    return err;
}

static int try_file(const char *path, char *why, size_t why_size)
{
    struct why reason;
    int err = file_try(path, &reason);

    if (err < 0)
        snprintf(why, why_size, "%s", reason.text);
    return err;
}

static bool there(const char *path, const char *end)
{
    char name[FILE_PATH_MAX + 8];

    snprintf(name, sizeof name, "%s%s", path, end);
    return access(name, F_OK) == 0;
}

/* Read-only, SQLite still makes the files beside a database with a write-ahead log, and leaves them
 * there. Where a hub has them they are used; else the file is taken as one that nobody changes. */
static int open_to_look(sqlite3 **out, const char *path)
{
    char uri[URI_MAX];
    size_t len = (size_t)snprintf(uri, sizeof uri, "file:");
    bool in_use = there(path, "-wal") && there(path, "-shm");

    for (const char *c = path; *c && len + 20 < sizeof uri; c++) {
        bool plain = *c != '%' && *c != '?' && *c != '#';
        len += (size_t)snprintf(uri + len, sizeof uri - len, plain ? "%c" : "%%%02X",
                                (unsigned)(unsigned char)*c);
    }
    snprintf(uri + len, sizeof uri - len, "%s", in_use ? "" : "?immutable=1");
    int result = sqlite3_open_v2(
        uri, out, SQLITE_OPEN_READONLY | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX, NULL);
    return sqlite_db_error(*out, result);
}

static int look(const char *path, const struct sqlite_schema *schema, char *why, size_t why_size)
{
    sqlite3 *db = NULL;

    if (!there(path, ""))
        return try_file(path, why, why_size);
    int err = open_to_look(&db, path);
    if (err < 0)
        say(why, why_size, err, path, db ? sqlite3_errmsg(db) : roost_err_text(err));
    else
        err = sqlite_db_look(db, schema, why, why_size);
    sqlite3_close(db);
    return err < 0 ? err : try_file(path, why, why_size);
}

int sqlite_try_registry(const char *path, char *why, size_t why_size)
{
    return look(path, &registry_schema, why, why_size);
}

int sqlite_try_series(const char *path, char *why, size_t why_size)
{
    return look(path, &series_schema, why, why_size);
}

int sqlite_try_charging(const char *path, char *why, size_t why_size)
{
    return look(path, &csms_schema, why, why_size);
}

int sqlite_try_sites(const char *path, char *why, size_t why_size)
{
    return look(path, &site_book_schema, why, why_size);
}

int sqlite_try_money(const char *path, char *why, size_t why_size)
{
    return look(path, &money_book_schema, why, why_size);
}

int sqlite_try_write(const char *path, char *why, size_t why_size)
{
    sqlite3 *db = NULL;

    if (!there(path, ""))
        return say(why, why_size, ROOST_ERR_NOT_FOUND, path, "the file is gone");
    int err = try_file(path, why, why_size);
    if (err < 0)
        return err;
    err = sqlite_db_error(
        NULL, sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
    if (err == 0) {
        int keep = 1; /* what the hub keeps beside it, see sqlite_db_open */
        (void)sqlite3_file_control(db, "main", SQLITE_FCNTL_PERSIST_WAL, &keep);
        sqlite3_busy_timeout(db, SQLITE_TRY_MS);
        err = sqlite_db_exec(db, "BEGIN IMMEDIATE");
    }
    if (err == 0)
        err = sqlite_db_exec(db, "ROLLBACK");
    if (err < 0)
        say(why, why_size, err, path, db ? sqlite3_errmsg(db) : roost_err_text(err));
    sqlite3_close(db);
    return err;
}
