/* SPDX-License-Identifier: Apache-2.0 */
/* The queue before the reader: one question at a time, on its thread. */
#include "hub/store/csms_desk.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/err.h"
#include "hub/store/csms_desk_sql.h"
#include "hub/worker.h"

struct csms_desk_store {
    struct uv_loop_s *loop;
    struct csms_book_store *book;
    struct worker *worker;
    struct csms_reader reader; /* the thread's */
};

struct job {
    struct worker_job work; /* first: the worker gives it back */
    struct csms_desk_store *store;
    struct csms_desk_query query;
    char identity[CSMS_IDENTITY_MAX + 1], id_tag[OCPP_ID_TAG_BYTES], after[OCPP_ID_TAG_BYTES],
        search[CSMS_DESK_SEARCH_MAX + 1];
    struct csms_desk_read read;
    csms_desk_fn done;
    void *arg;
    int err;
};

_Static_assert(sizeof((struct job *)0)->after > CSMS_IDENTITY_MAX, "holds either");

static void run(struct worker_job *work, size_t thread)
{
    struct job *job = (struct job *)work;

    (void)thread;
    job->err = csms_desk_sql_read(&job->store->reader, &job->query, &job->read);
}

static void over(struct worker_job *work, int err)
{
    struct job *job = (struct job *)work;

    if (!err)
        err = job->err;
    job->done(job->arg, err, err ? NULL : &job->read.found);
    csms_desk_sql_free(&job->read);
    free(job);
}

static const char *keep(char *out, size_t size, const char *text)
{
    if (!text)
        return NULL;
    snprintf(out, size, "%s", text);
    return out;
}

static int read_it(void *ctx, const struct csms_desk_query *query, csms_desk_fn done, void *arg)
{
    struct csms_desk_store *store = ctx;
    struct job *job = calloc(1, sizeof *job);

    if (!job)
        return ROOST_ERR_NO_MEMORY;
    job->work = (struct worker_job){.run = run, .done = over};
    job->store = store;
    job->query = *query;
    job->query.identity = keep(job->identity, sizeof job->identity, query->identity);
    job->query.id_tag = keep(job->id_tag, sizeof job->id_tag, query->id_tag);
    job->query.after = keep(job->after, sizeof job->after, query->after);
    job->query.search = keep(job->search, sizeof job->search, query->search);
    job->done = done;
    job->arg = arg;
    int err = worker_push(store->worker, &job->work);
    if (err)
        free(job);
    return err;
}

/* ---- changes ---- */

static int set_charger(void *ctx, const struct csms_charger_row *row, bool add, csms_stored_fn done,
                       void *arg)
{
    const struct csms_desk_store *store = ctx;

    return (add ? csms_book_add_charger : csms_book_set_charger)(store->book, row, done, arg);
}

static int set_tag(void *ctx, const struct csms_tag *tag, bool add, csms_stored_fn done, void *arg)
{
    const struct csms_desk_store *store = ctx;

    return (add ? csms_book_add_tag : csms_book_set_tag)(store->book, tag, done, arg);
}

static int remove_thing(void *ctx, enum csms_desk_thing thing, const char *key, csms_stored_fn done,
                        void *arg)
{
    const struct csms_desk_store *store = ctx;

    return (thing == CSMS_DESK_A_TAG ? csms_book_remove_tag
                                     : csms_book_remove_charger)(store->book, key, done, arg);
}

struct csms_desk csms_desk_of(struct csms_desk_store *store)
{
    static const struct csms_desk_ops ops = {
        .read = read_it, .charger = set_charger, .tag = set_tag, .remove = remove_thing};

    return (struct csms_desk){.ops = &ops, .ctx = store};
}

/* ---- life ---- */

int csms_desk_open(struct csms_desk_store **out, struct uv_loop_s *loop, const char *path,
                   struct csms_book_store *book, char *why, size_t why_size)
{
    struct csms_desk_store *store = calloc(1, sizeof *store);

    if (!store) {
        snprintf(why, why_size, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
        return ROOST_ERR_NO_MEMORY;
    }
    store->loop = loop;
    store->book = book;
    int err = csms_reader_open(&store->reader, path, why, why_size);
    if (!err)
        err = worker_new(&store->worker, loop, 1, CSMS_DESK_QUEUE_MAX);
    if (err) {
        csms_reader_close(&store->reader);
        free(store);
        return err;
    }
    *out = store;
    return 0;
}

void csms_desk_close(struct csms_desk_store *store)
{
    if (!store)
        return;
    worker_close(store->worker, false);
    csms_reader_close(&store->reader);
    free(store);
}

void csms_desk_wait(struct csms_desk_store *store)
{
    while (worker_turn(store->worker) > 0)
        ;
}
