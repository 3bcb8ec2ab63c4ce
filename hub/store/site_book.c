/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/site_book.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "hub/store/sqlite_db.h"

static const struct sqlite_migration migrations[] = {
    {"first",
     "CREATE TABLE site(id TEXT PRIMARY KEY, limit_w INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE TABLE member(site TEXT NOT NULL, n INTEGER NOT NULL, identity TEXT NOT NULL UNIQUE,"
     " nominal_w INTEGER NOT NULL, minimum_w INTEGER NOT NULL, fallback_w INTEGER NOT NULL,"
     " told INTEGER NOT NULL, PRIMARY KEY(site, n)) WITHOUT ROWID;"},
};

const struct sqlite_schema site_book_schema = {
    .kind = "sites",
    .application_id = 0x524f5349, /* "ROSI" */
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};

enum statement {
    S_BEGIN,
    S_COMMIT,
    S_ROLLBACK,
    S_SITE,
    S_CLEAR,
    S_MEMBER,
    S_GONE,
    S_ALL,
    S_MEMBERS,
    S_COUNT
};

static const char *const texts[S_COUNT] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_SITE] = "INSERT OR REPLACE INTO site VALUES(?1,?2)",
    [S_CLEAR] = "DELETE FROM member WHERE site=?1",
    [S_MEMBER] = "INSERT INTO member VALUES(?1,?2,?3,?4,?5,?6,?7)",
    [S_GONE] = "DELETE FROM site WHERE id=?1",
    [S_ALL] = "SELECT id,limit_w FROM site ORDER BY id",
    [S_MEMBERS] = "SELECT identity,nominal_w,minimum_w,fallback_w,told FROM member WHERE site=?1"
                  " ORDER BY n",
};

struct site_book {
    sqlite3 *db;
    sqlite3_stmt *statements[S_COUNT];
};

static int run(struct site_book *book, enum statement which)
{
    return sqlite_db_run(book->db, book->statements[which]);
}

static int run_of(struct site_book *book, enum statement which, const char *id)
{
    sqlite_db_bind_text(book->statements[which], 1, id);
    return run(book, which);
}

static int put_member(struct site_book *book, const struct csms_site_row *row, size_t n)
{
    sqlite3_stmt *s = book->statements[S_MEMBER];
    const struct csms_site_charger *member = &row->chargers[n];

    sqlite_db_bind_text(s, 1, row->id);
    sqlite3_bind_int64(s, 2, (sqlite3_int64)n);
    sqlite_db_bind_text(s, 3, member->identity);
    sqlite3_bind_int64(s, 4, member->charger.nominal_w);
    sqlite3_bind_int64(s, 5, member->charger.minimum_w);
    sqlite3_bind_int64(s, 6, member->charger.fallback_w);
    sqlite3_bind_int(s, 7, member->charger.told);
    return run(book, S_MEMBER);
}

static int put_all(struct site_book *book, const struct csms_site_row *row)
{
    int err = run_of(book, S_CLEAR, row->id);

    sqlite_db_bind_text(book->statements[S_SITE], 1, row->id);
    sqlite3_bind_int64(book->statements[S_SITE], 2, row->limit_w);
    if (!err)
        err = run(book, S_SITE);
    for (size_t i = 0; !err && i < row->count; i++)
        err = put_member(book, row, i);
    return err;
}

static int over(struct site_book *book, int err)
{
    if (!err)
        err = run(book, S_COMMIT);
    if (err && !sqlite3_get_autocommit(book->db))
        (void)run(book, S_ROLLBACK);
    return err;
}

static int save(void *ctx, const struct csms_site_row *row)
{
    struct site_book *book = ctx;
    int err = run(book, S_BEGIN);

    return err ? err : over(book, put_all(book, row));
}

static int remove_it(void *ctx, const char *id)
{
    struct site_book *book = ctx;
    int err = run(book, S_BEGIN);

    if (err)
        return err;
    err = run_of(book, S_CLEAR, id);
    return over(book, err ? err : run_of(book, S_GONE, id));
}

static int read_members(struct site_book *book, struct csms_site_row *row)
{
    sqlite3_stmt *s = book->statements[S_MEMBERS];
    int result;

    row->count = 0;
    sqlite_db_bind_text(s, 1, row->id);
    while ((result = sqlite3_step(s)) == SQLITE_ROW && row->count < SITE_CHARGERS_MAX) {
        struct csms_site_charger *member = &row->chargers[row->count++];
        sqlite_db_text(s, 0, member->identity, sizeof member->identity);
        member->charger = (struct site_charger){
            .nominal_w = (uint32_t)sqlite3_column_int64(s, 1),
            .minimum_w = (uint32_t)sqlite3_column_int64(s, 2),
            .fallback_w = (uint32_t)sqlite3_column_int64(s, 3),
            .told = sqlite3_column_int(s, 4) != 0,
        };
    }
    return sqlite_db_finish(book->db, s, result);
}

static int each_one(void *ctx, csms_site_fn each, void *arg)
{
    struct site_book *book = ctx;
    sqlite3_stmt *s = book->statements[S_ALL];
    struct csms_site_row *row = calloc(1, sizeof *row);
    int result, stop = 0;

    if (!row)
        return ROOST_ERR_NO_MEMORY;
    while ((result = sqlite3_step(s)) == SQLITE_ROW && stop == 0) {
        sqlite_db_text(s, 0, row->id, sizeof row->id);
        row->limit_w = (uint32_t)sqlite3_column_int64(s, 1);
        stop = read_members(book, row);
        if (stop == 0)
            stop = each(arg, row);
    }
    free(row);
    int err = sqlite_db_finish(book->db, s, result);
    return err ? err : stop;
}

struct csms_site_store site_book_of(struct site_book *book)
{
    static const struct csms_site_store_ops ops = {
        .each = each_one, .save = save, .remove = remove_it};

    return (struct csms_site_store){.ops = &ops, .ctx = book};
}

int site_book_open(struct site_book **out, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 512 };
    struct site_book *book = calloc(1, sizeof *book);

    *out = NULL;
    if (!book) {
        snprintf(why, why_size, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
        return ROOST_ERR_NO_MEMORY;
    }
    int err = sqlite_db_open(&book->db, path, SQLITE_DB_SYNCED, CACHE_KIB, why, why_size);
    if (!err)
        err = sqlite_db_migrate(book->db, &site_book_schema, why, why_size);
    for (int i = 0; !err && i < S_COUNT; i++)
        err = sqlite_db_prepare(book->db, texts[i], &book->statements[i]);
    if (err) {
        site_book_close(book);
        return err;
    }
    *out = book;
    return 0;
}

void site_book_close(struct site_book *book)
{
    if (!book)
        return;
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_finalize(book->statements[i]);
    sqlite3_close(book->db);
    free(book);
}
