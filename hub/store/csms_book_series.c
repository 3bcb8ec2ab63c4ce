/* SPDX-License-Identifier: Apache-2.0 */
/* Samples as hub/ingest/retention.h sees them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/store/csms_book_inside.h"

/* ---- at the start ---- */

/* The newest time of samples that have one of their own; what is in the journal is not looked at
 * but when there is nothing else: it is packed by and by, and a time that is a little old keeps
 * more. */
static int newest_ms(void *ctx, int64_t *unix_ms)
{
    struct csms_book_store *store = ctx;
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(store->sql.db,
                                "SELECT newest FROM curve WHERE doubtful=0 ORDER BY newest DESC"
                                " LIMIT 1",
                                &s);

    *unix_ms = 0;
    if (err)
        return err;
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        *unix_ms = sqlite3_column_int64(s, 0);
    err = sqlite_db_error(store->sql.db, result);
    sqlite3_finalize(s);
    return err;
}

static int load_note(void *ctx, const char *name, char text[SERIES_NOTE_MAX + 1])
{
    struct csms_book_store *store = ctx;
    sqlite3_stmt *s = NULL;
    int err = sqlite_db_prepare(store->sql.db, "SELECT text FROM memo WHERE name=?1", &s);

    text[0] = '\0';
    if (err)
        return err;
    sqlite_db_bind_text(s, 1, name);
    int result = sqlite3_step(s);
    if (result == SQLITE_ROW)
        sqlite_db_text(s, 0, text, SERIES_NOTE_MAX + 1);
    err = sqlite_db_error(store->sql.db, result);
    sqlite3_finalize(s);
    return err;
}

/* ---- while it runs ---- */

static int note(void *ctx, const char *name, const char *text, series_done_fn done, void *arg)
{
    struct csms_book_store *store = ctx;
    int err = csms_book_may_ask(store);

    if (err || store->noting)
        return err ? err : ROOST_ERR_BUSY;
    struct csms_job *job = csms_book_job(CSMS_JOB_MEMO, NULL, arg);
    if (job) {
        job->noted = done;
        snprintf(job->memo, sizeof job->memo, "%s", name);
        snprintf(job->memo_text, sizeof job->memo_text, "%s", text);
    }
    store->noting = job != NULL;
    return csms_book_push(store, job);
}

static int retain(void *ctx, int64_t before_ms, series_retained_fn done, void *arg)
{
    struct csms_book_store *store = ctx;
    int err = csms_book_may_ask(store);

    if (err || store->retaining)
        return err ? err : ROOST_ERR_BUSY;
    struct csms_job *job = csms_book_job(CSMS_JOB_RETAIN, NULL, arg);
    if (job) {
        job->retained = done;
        job->before_ms = before_ms;
    }
    store->retaining = job != NULL;
    return csms_book_push(store, job);
}

static int survey(void *ctx, int64_t before_ms, series_survey_fn done, void *arg)
{
    struct csms_book_store *store = ctx;
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    struct csms_job *job = csms_book_job(CSMS_JOB_SURVEY, NULL, arg);
    if (job) {
        job->surveyed = done;
        job->before_ms = before_ms;
    }
    return csms_book_push(store, job);
}

struct series csms_book_series(struct csms_book_store *store)
{
    static const struct series_ops ops = {.newest_ms = newest_ms,
                                          .note = note,
                                          .load_note = load_note,
                                          .survey = survey,
                                          .retain = retain};

    return (struct series){.ops = &ops, .ctx = store};
}
