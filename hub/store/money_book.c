/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/store/money_book.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/sqlite_db.h"

/* States, events and accounts stand by their names: their numbers are a build's own. */
static const struct sqlite_migration migrations[] = {
    {"first",
     "CREATE TABLE payment(id TEXT PRIMARY KEY, currency TEXT NOT NULL, reference TEXT NOT NULL,"
     " identity TEXT NOT NULL, id_tag TEXT NOT NULL COLLATE NOCASE, connector INTEGER NOT NULL,"
     " tx INTEGER NOT NULL, limit_wh INTEGER NOT NULL, limit_s INTEGER NOT NULL,"
     " state TEXT NOT NULL, amount INTEGER NOT NULL, used INTEGER NOT NULL,"
     " refund INTEGER NOT NULL, over INTEGER NOT NULL, fee INTEGER NOT NULL,"
     " made INTEGER NOT NULL, changed INTEGER NOT NULL, entries INTEGER NOT NULL) WITHOUT ROWID;"
     "CREATE INDEX payment_tag ON payment(id_tag);"
     "CREATE INDEX payment_open ON payment(id) WHERE state NOT IN ('unpaid','done');"
     "CREATE TABLE entry(payment TEXT NOT NULL, n INTEGER NOT NULL, event TEXT NOT NULL,"
     " account TEXT NOT NULL, amount INTEGER NOT NULL, at INTEGER NOT NULL,"
     " PRIMARY KEY(payment, n)) WITHOUT ROWID;"},
    {"texts", "CREATE TABLE text(kind TEXT NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,"
              " PRIMARY KEY(kind, id)) WITHOUT ROWID;"
              "CREATE INDEX payment_made ON payment(made);"},
};

const struct sqlite_schema money_book_schema = {
    .kind = "money",
    .application_id = 0x524f4d59, /* "ROMY" */
    .migrations = migrations,
    .migration_count = sizeof migrations / sizeof migrations[0],
};

#define COLUMNS                                                                                    \
    "id,currency,reference,identity,id_tag,connector,tx,limit_wh,limit_s,state,amount,used,"       \
    "refund,over,fee,made,changed,entries"

enum statement {
    S_BEGIN,
    S_COMMIT,
    S_ROLLBACK,
    S_ADD,
    S_SET,
    S_ENTER,
    S_GET,
    S_TAG,
    S_OPEN,
    S_ALL,
    S_ENTRIES,
    S_ORPHANS,
    S_LIST,
    S_TEXT_PUT,
    S_TEXT_REMOVE,
    S_TEXT_GET,
    S_TEXT_EACH,
    S_COUNT
};

static const char *const texts[S_COUNT] = {
    [S_BEGIN] = "BEGIN IMMEDIATE",
    [S_COMMIT] = "COMMIT",
    [S_ROLLBACK] = "ROLLBACK",
    [S_ADD] = "INSERT OR IGNORE INTO payment(" COLUMNS
              ") VALUES(?1,?2,?3,?4,?5,?6,?7,?8,?9,?10,?11,?12,?13,?14,?15,?16,?17,?18)",
    [S_SET] = "UPDATE payment SET currency=?2,reference=?3,identity=?4,id_tag=?5,connector=?6,"
              "tx=?7,limit_wh=?8,limit_s=?9,state=?10,amount=?11,used=?12,refund=?13,over=?14,"
              "fee=?15,made=?16,changed=?17,entries=?18 WHERE id=?1 AND entries=?19 AND state=?20",
    [S_ENTER] = "INSERT INTO entry VALUES(?1,?2,?3,?4,?5,?6)",
    [S_GET] = "SELECT " COLUMNS " FROM payment WHERE id=?1",
    [S_TAG] = "SELECT " COLUMNS " FROM payment WHERE id_tag=?1",
    [S_OPEN] = "SELECT " COLUMNS " FROM payment WHERE state NOT IN ('unpaid','done') ORDER BY id",
    [S_ALL] = "SELECT " COLUMNS " FROM payment ORDER BY id",
    [S_ENTRIES] = "SELECT n,event,account,amount,at FROM entry WHERE payment=?1 ORDER BY n",
    [S_ORPHANS] = "SELECT payment,sum(amount) FROM entry WHERE payment NOT IN (SELECT id FROM"
                  " payment) GROUP BY payment",
    [S_LIST] = "SELECT " COLUMNS " FROM payment WHERE (?1 IS NULL OR identity=?1) AND (?2=0 OR"
               " made<?2 OR (made=?2 AND id>?3)) ORDER BY made DESC, id",
    [S_TEXT_PUT] = "INSERT OR REPLACE INTO text VALUES(?1,?2,?3)",
    [S_TEXT_REMOVE] = "DELETE FROM text WHERE kind=?1 AND id=?2",
    [S_TEXT_GET] = "SELECT text FROM text WHERE kind=?1 AND id=?2",
    [S_TEXT_EACH] = "SELECT id,text FROM text WHERE kind=?1 ORDER BY id",
};

struct money_book {
    sqlite3 *db;
    sqlite3_stmt *statements[S_COUNT];
};

/* ---- rows ---- */

static void bind_payment(sqlite3_stmt *s, const struct money_payment *p)
{
    sqlite_db_bind_text(s, 1, p->id);
    sqlite_db_bind_text(s, 2, p->currency);
    sqlite_db_bind_text(s, 3, p->reference);
    sqlite_db_bind_text(s, 4, p->identity);
    sqlite_db_bind_text(s, 5, p->id_tag);
    sqlite3_bind_int(s, 6, p->connector);
    sqlite3_bind_int(s, 7, p->tx_id);
    sqlite3_bind_int(s, 8, p->limit_wh);
    sqlite3_bind_int(s, 9, p->limit_s);
    sqlite_db_bind_text(s, 10, money_state_name(p->state));
    sqlite3_bind_int64(s, 11, p->amount);
    sqlite3_bind_int64(s, 12, p->used_amount);
    sqlite3_bind_int64(s, 13, p->refund_amount);
    sqlite3_bind_int64(s, 14, p->over_amount);
    sqlite3_bind_int64(s, 15, p->fee_amount);
    sqlite3_bind_int64(s, 16, p->made_ms);
    sqlite3_bind_int64(s, 17, p->changed_ms);
    sqlite3_bind_int64(s, 18, p->entries);
}

/* ROOST_ERR_CORRUPT: a name that is none. */
static int read_name(sqlite3_stmt *s, int column, const char *(*name)(int), int count, int *out)
{
    const char *text = (const char *)sqlite3_column_text(s, column);

    for (int i = 0; text && i < count; i++)
        if (strcmp(text, name(i)) == 0) {
            *out = i;
            return 0;
        }
    return ROOST_ERR_CORRUPT;
}

static const char *state_name(int i)
{
    return money_state_name((enum money_state)i);
}

static const char *event_name(int i)
{
    return money_event_name((enum money_event_kind)i);
}

static const char *account_name(int i)
{
    return money_account_name((enum money_account)i);
}

static int read_payment(sqlite3_stmt *s, struct money_payment *p)
{
    int state = 0, err = read_name(s, 9, state_name, MONEY_STATES, &state);

    *p = (struct money_payment){.connector = sqlite3_column_int(s, 5),
                                .tx_id = sqlite3_column_int(s, 6),
                                .limit_wh = sqlite3_column_int(s, 7),
                                .limit_s = sqlite3_column_int(s, 8),
                                .state = (enum money_state)state,
                                .amount = sqlite3_column_int64(s, 10),
                                .used_amount = sqlite3_column_int64(s, 11),
                                .refund_amount = sqlite3_column_int64(s, 12),
                                .over_amount = sqlite3_column_int64(s, 13),
                                .fee_amount = sqlite3_column_int64(s, 14),
                                .made_ms = sqlite3_column_int64(s, 15),
                                .changed_ms = sqlite3_column_int64(s, 16),
                                .entries = (uint32_t)sqlite3_column_int64(s, 17)};
    sqlite_db_text(s, 0, p->id, sizeof p->id);
    sqlite_db_text(s, 1, p->currency, sizeof p->currency);
    sqlite_db_text(s, 2, p->reference, sizeof p->reference);
    sqlite_db_text(s, 3, p->identity, sizeof p->identity);
    sqlite_db_text(s, 4, p->id_tag, sizeof p->id_tag);
    return err;
}

/* ---- writing ---- */

int money_book_add(struct money_book *book, const struct money_payment *payment)
{
    bind_payment(book->statements[S_ADD], payment);
    int err = sqlite_db_run(book->db, book->statements[S_ADD]);

    return !err && sqlite3_changes(book->db) == 0 ? ROOST_ERR_EXISTS : err;
}

static int enter(struct money_book *book, const struct money_entry *entry)
{
    sqlite3_stmt *s = book->statements[S_ENTER];

    sqlite_db_bind_text(s, 1, entry->payment_id);
    sqlite3_bind_int64(s, 2, entry->number);
    sqlite_db_bind_text(s, 3, money_event_name(entry->event));
    sqlite_db_bind_text(s, 4, money_account_name(entry->account));
    sqlite3_bind_int64(s, 5, entry->amount);
    sqlite3_bind_int64(s, 6, entry->at_ms);
    return sqlite_db_run(book->db, s);
}

static int put_all(struct money_book *book, const struct money_payment *before,
                   const struct money_step *step)
{
    sqlite3_stmt *s = book->statements[S_SET];

    bind_payment(s, &step->payment);
    sqlite3_bind_int64(s, 19, before->entries);
    sqlite_db_bind_text(s, 20, money_state_name(before->state));
    int err = sqlite_db_run(book->db, s);
    if (!err && sqlite3_changes(book->db) == 0)
        err = ROOST_ERR_STALE;
    for (size_t i = 0; !err && i < step->entry_count; i++)
        err = enter(book, &step->entries[i]);
    return err;
}

int money_book_put(struct money_book *book, const struct money_payment *before,
                   const struct money_step *step)
{
    int err = sqlite_db_run(book->db, book->statements[S_BEGIN]);

    if (err)
        return err;
    err = put_all(book, before, step);
    if (!err)
        err = sqlite_db_run(book->db, book->statements[S_COMMIT]);
    if (err && !sqlite3_get_autocommit(book->db))
        (void)sqlite_db_run(book->db, book->statements[S_ROLLBACK]);
    return err;
}

/* ---- reading ---- */

static int get_by(struct money_book *book, enum statement which, const char *key,
                  struct money_payment *payment)
{
    sqlite3_stmt *s = book->statements[which];
    int err = ROOST_ERR_NOT_FOUND;

    sqlite_db_bind_text(s, 1, key);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        err = read_payment(s, payment);
    int failed = sqlite_db_finish(book->db, s, result);
    return failed ? failed : err;
}

int money_book_get(struct money_book *book, const char *id, struct money_payment *payment)
{
    return get_by(book, S_GET, id, payment);
}

int money_book_of_tag(struct money_book *book, const char *id_tag, struct money_payment *payment)
{
    return get_by(book, S_TAG, id_tag, payment);
}

int money_book_each(struct money_book *book, enum money_book_which which, money_book_fn each,
                    void *ctx)
{
    sqlite3_stmt *s = book->statements[which == MONEY_BOOK_OPEN ? S_OPEN : S_ALL];
    struct money_payment payment;
    int result, stop = 0;

    while ((result = sqlite3_step(s)) == SQLITE_ROW && stop == 0) {
        stop = read_payment(s, &payment);
        if (stop == 0)
            stop = each(ctx, &payment);
    }
    int err = sqlite_db_finish(book->db, s, result);
    return err ? err : stop;
}

/* ---- does it add up ---- */

struct check {
    struct money_book *book;
    struct money_sums *sums;
    money_book_difference_fn each;
    void *ctx;
    int count;
};

/* All that an event makes fits, whatever events there are: a row ends. */
enum { LEDGER_MAX = 64 };

static int read_entry(sqlite3_stmt *s, const char *id, struct money_entry *entry)
{
    int event = 0, account = 0, err = read_name(s, 1, event_name, MONEY_EVENTS, &event);

    if (!err)
        err = read_name(s, 2, account_name, MONEY_ACCOUNTS, &account);
    *entry = (struct money_entry){.number = (uint32_t)sqlite3_column_int64(s, 0),
                                  .event = (enum money_event_kind)event,
                                  .account = (enum money_account)account,
                                  .amount = sqlite3_column_int64(s, 3),
                                  .at_ms = sqlite3_column_int64(s, 4)};
    snprintf(entry->payment_id, sizeof entry->payment_id, "%s", id);
    return err;
}

static int each_entry(struct money_book *book, const char *id, money_entry_fn each, void *ctx)
{
    sqlite3_stmt *s = book->statements[S_ENTRIES];
    struct money_entry entry;
    int result, stop = 0;

    sqlite_db_bind_text(s, 1, id);
    while ((result = sqlite3_step(s)) == SQLITE_ROW && stop == 0) {
        stop = read_entry(s, id, &entry);
        if (stop == 0)
            stop = each(ctx, &entry);
    }
    int failed = sqlite_db_finish(book->db, s, result);
    return failed ? failed : stop;
}

struct ledger {
    struct money_entry entries[LEDGER_MAX];
    size_t count;
    struct money_sums *sums;
};

static int keep_entry(void *ctx, const struct money_entry *entry)
{
    struct ledger *ledger = ctx;

    if (ledger->count == LEDGER_MAX)
        return ROOST_ERR_CORRUPT;
    ledger->entries[ledger->count++] = *entry;
    money_sum(ledger->sums, entry);
    return 0;
}

static int check_one(void *ctx, const struct money_payment *payment)
{
    struct check *check = ctx;
    struct money_difference out[MONEY_ACCOUNTS + 1];
    struct ledger ledger = {.sums = check->sums};
    int err = each_entry(check->book, payment->id, keep_entry, &ledger);

    if (err)
        return err;
    size_t differences =
        money_check(payment, ledger.entries, ledger.count, out, MONEY_ACCOUNTS + 1);
    for (size_t i = 0; i < differences; i++)
        check->each(check->ctx, &out[i]);
    check->count += (int)differences;
    return 0;
}

static int check_orphans(struct check *check)
{
    sqlite3_stmt *s = check->book->statements[S_ORPHANS];
    int result;

    while ((result = sqlite3_step(s)) == SQLITE_ROW) {
        struct money_difference difference = {.unbalanced = true,
                                              .found = sqlite3_column_int64(s, 1)};
        sqlite_db_text(s, 0, difference.payment_id, sizeof difference.payment_id);
        check->each(check->ctx, &difference);
        check->count++;
    }
    return sqlite_db_finish(check->book->db, s, result);
}

int money_book_check(struct money_book *book, struct money_sums *sums,
                     money_book_difference_fn each, void *ctx)
{
    struct check check = {.book = book, .sums = sums, .each = each, .ctx = ctx};

    memset(sums, 0, sizeof *sums);
    int err = money_book_each(book, MONEY_BOOK_ALL, check_one, &check);
    if (!err)
        err = check_orphans(&check);
    return err ? err : check.count;
}

/* ---- texts, lists ---- */

static const char *text_kind(enum money_text kind)
{
    static const char *const names[MONEY_TEXTS] = {
#define X(name, label) [MONEY_TEXT_##name] = (label),
        MONEY_TEXT_LIST(X)
#undef X
    };

    return names[kind];
}

static sqlite3_stmt *text_of(struct money_book *book, enum statement which, enum money_text kind,
                             const char *id)
{
    sqlite3_stmt *s = book->statements[which];

    sqlite_db_bind_text(s, 1, text_kind(kind));
    if (id)
        sqlite_db_bind_text(s, 2, id);
    return s;
}

static int text_put(void *ctx, enum money_text kind, const char *id, const char *text)
{
    struct money_book *book = ctx;
    sqlite3_stmt *s = text_of(book, S_TEXT_PUT, kind, id);

    sqlite_db_bind_text(s, 3, text);
    return sqlite_db_run(book->db, s);
}

static int text_remove(void *ctx, enum money_text kind, const char *id)
{
    struct money_book *book = ctx;

    return sqlite_db_run(book->db, text_of(book, S_TEXT_REMOVE, kind, id));
}

static int text_get(void *ctx, enum money_text kind, const char *id, char *out, size_t size)
{
    struct money_book *book = ctx;
    sqlite3_stmt *s = text_of(book, S_TEXT_GET, kind, id);
    int result = sqlite3_step(s), err = ROOST_ERR_NOT_FOUND;

    if (result == SQLITE_ROW) {
        err = (size_t)sqlite3_column_bytes(s, 0) < size ? 0 : ROOST_ERR_TOO_LONG;
        if (!err)
            sqlite_db_text(s, 0, out, size);
    }
    int failed = sqlite_db_finish(book->db, s, result);
    return failed ? failed : err;
}

static int text_each(void *ctx, enum money_text kind, money_text_fn each, void *arg)
{
    struct money_book *book = ctx;
    sqlite3_stmt *s = text_of(book, S_TEXT_EACH, kind, NULL);
    int result, stop = 0;

    while ((result = sqlite3_step(s)) == SQLITE_ROW && stop == 0)
        stop = each(arg, (const char *)sqlite3_column_text(s, 0),
                    (const char *)sqlite3_column_text(s, 1));
    int failed = sqlite_db_finish(book->db, s, result);
    return failed ? failed : stop;
}

static int list(void *ctx, const struct money_query *query, money_book_fn each, void *arg)
{
    struct money_book *book = ctx;
    sqlite3_stmt *s = book->statements[S_LIST];
    struct money_payment payment;
    uint32_t count = 0;
    int result, stop = 0;

    sqlite3_bind_null(s, 1);
    if (query->identity)
        sqlite_db_bind_text(s, 1, query->identity);
    sqlite3_bind_int64(s, 2, query->before_ms);
    sqlite_db_bind_text(s, 3, query->after ? query->after : "~");
    while ((result = sqlite3_step(s)) == SQLITE_ROW && stop == 0 && count < query->limit) {
        stop = read_payment(s, &payment);
        if (stop || (query->states && !(query->states >> payment.state & 1)))
            continue;
        count++;
        stop = each(arg, &payment);
    }
    int failed = sqlite_db_finish(book->db, s, result);
    return failed ? failed : stop;
}

/* ---- as the desk asks for it ---- */

static int of_add(void *ctx, const struct money_payment *payment)
{
    return money_book_add(ctx, payment);
}

static int of_put(void *ctx, const struct money_payment *before, const struct money_step *step)
{
    return money_book_put(ctx, before, step);
}

static int of_get(void *ctx, const char *id, struct money_payment *payment)
{
    return money_book_get(ctx, id, payment);
}

static int of_each(void *ctx, enum money_book_which which, money_book_fn each, void *arg)
{
    return money_book_each(ctx, which, each, arg);
}

static int of_entries(void *ctx, const char *id, money_entry_fn each, void *arg)
{
    return each_entry(ctx, id, each, arg);
}

static int of_check(void *ctx, struct money_sums *sums, money_book_difference_fn each, void *arg)
{
    return money_book_check(ctx, sums, each, arg);
}

struct money_store money_book_of(struct money_book *book)
{
    static const struct money_store_ops ops = {.add = of_add,
                                               .put = of_put,
                                               .get = of_get,
                                               .each = of_each,
                                               .list = list,
                                               .entries = of_entries,
                                               .check = of_check,
                                               .text_put = text_put,
                                               .text_remove = text_remove,
                                               .text_get = text_get,
                                               .text_each = text_each};

    return (struct money_store){.ops = &ops, .ctx = book};
}

/* ---- life ---- */

int money_book_open(struct money_book **out, const char *path, char *why, size_t why_size)
{
    enum { CACHE_KIB = 1024 };
    struct money_book *book = calloc(1, sizeof *book);

    *out = NULL;
    if (!book) {
        snprintf(why, why_size, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
        return ROOST_ERR_NO_MEMORY;
    }
    int err = sqlite_db_open(&book->db, path, SQLITE_DB_SYNCED, CACHE_KIB, why, why_size);
    if (!err)
        err = sqlite_db_migrate(book->db, &money_book_schema, why, why_size);
    for (int i = 0; !err && i < S_COUNT; i++)
        err = sqlite_db_prepare(book->db, texts[i], &book->statements[i]);
    if (err) {
        money_book_close(book);
        return err;
    }
    *out = book;
    return 0;
}

void money_book_close(struct money_book *book)
{
    if (!book)
        return;
    for (int i = 0; i < S_COUNT; i++)
        sqlite3_finalize(book->statements[i]);
    sqlite3_close(book->db);
    free(book);
}
