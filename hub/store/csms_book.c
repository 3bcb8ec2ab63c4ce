/* SPDX-License-Identifier: Apache-2.0 */
/* The queue before the central system's file: copies what is asked, and hands it over in rounds. */
#include "hub/store/csms_book_inside.h"

#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/err.h"
#include "core/utf8.h"

/* ---- jobs ---- */

static void job_free(struct csms_job *job)
{
    free(job->memory);
    free(job->txs);
    free(job);
}

static void see(struct csms_book_store *store, const struct csms_change *change)
{
    for (size_t i = 0; i < change->sample_count; i++)
        if (!change->samples[i].doubtful && change->samples[i].at_ms > store->counts.newest_ms)
            store->counts.newest_ms = change->samples[i].at_ms;
}

static void answer(struct csms_book_store *store, struct csms_job *job)
{
    const struct csms_found found = {.charger = job->has_charger ? &job->charger : NULL,
                                     .tag = job->has_tag ? &job->tag : NULL,
                                     .open = job->open,
                                     .txs = job->txs,
                                     .tx_count = job->tx_count,
                                     .more = job->more};

    store->counts.waiting--;
    store->counts.done++;
    store->retaining = store->retaining && job->kind != CSMS_JOB_RETAIN;
    store->noting = store->noting && job->kind != CSMS_JOB_MEMO;
    if (job->kind == CSMS_JOB_PUT && !job->err)
        see(store, &job->change);
    if (job->kind == CSMS_JOB_FIND)
        job->found(job->arg, job->err, job->err ? NULL : &found);
    else if (job->kind == CSMS_JOB_RETAIN)
        job->retained(job->arg, job->err, job->rows);
    else if (job->kind == CSMS_JOB_SURVEY)
        job->surveyed(job->arg, job->err, &job->survey);
    else if (job->kind == CSMS_JOB_MEMO)
        job->noted(job->arg, job->err);
    else if (job->stored)
        job->stored(job->arg, job->err, job->err ? 0 : job->tx_id);
    job_free(job);
}

/* ---- rounds ---- */

static void run_round(struct worker_job *work, size_t thread)
{
    struct csms_book_store *store =
        (struct csms_book_store *)((char *)work - offsetof(struct csms_book_store, work));

    (void)thread;
    csms_sql_round(&store->sql, store->round);
}

static void start_round(struct csms_book_store *store)
{
    if (store->under_way || !store->queue || store->stopping)
        return;
    store->round = store->queue;
    store->queue = NULL;
    store->queue_end = &store->queue;
    store->under_way = true;
    store->queued = 0;
    if (store->loop)
        store->begun_ms = uv_now(store->loop);
    if (worker_push(store->worker, &store->work) == 0)
        return;
    store->under_way = false; /* being closed: done there */
    store->queue = store->round;
    while (*store->queue_end)
        store->queue_end = &(*store->queue_end)->next;
    store->round = NULL;
}

static void pause_over(uv_timer_t *pause)
{
    start_round(pause->data);
}

/* A round costs as much for one message as for thirty: the thread is woken, the disk is waited for.
 * A few that come one after the other share one, if that makes the first wait no longer than a
 * disk may take; what comes alone, or in a crowd, waits for nothing. */
static void start_in_time(struct csms_book_store *store)
{
    enum { APART_MS = 3, CROWD = 32 };
    uint64_t due_ms = store->begun_ms + APART_MS;

    if (!store->loop || store->queued >= CROWD || uv_now(store->loop) >= due_ms)
        start_round(store);
    else if (!store->under_way && !uv_is_active((uv_handle_t *)store->pause))
        uv_timer_start(store->pause, pause_over, due_ms - uv_now(store->loop), 0);
}

/* One that is done in steps: the next one is of the next round. */
static void go_on(struct csms_book_store *store, struct csms_job *job)
{
    if (!job->err)
        job->rows += job->step_rows;
    if (!job->err && job->again && store->stopping)
        job->err = ROOST_ERR_CLOSED;
    if (job->err || !job->again) {
        answer(store, job);
        return;
    }
    job->next = NULL;
    *store->queue_end = job;
    store->queue_end = &job->next;
}

static void answer_round(struct csms_book_store *store)
{
    struct csms_job *job = store->round;

    store->round = NULL;
    store->counts.commits = store->sql.commits;
    store->counts.finds_cut = store->sql.finds_cut;
    store->counts.packs_failed = store->sql.packs_failed;
    store->counts.damaged = store->sql.damaged;
    while (job) {
        struct csms_job *next = job->next;
        if (job->kind == CSMS_JOB_RETAIN)
            go_on(store, job);
        else
            answer(store, job);
        job = next;
    }
}

/* What was asked meanwhile shares the next one. */
static void round_over(struct worker_job *work, int err)
{
    struct csms_book_store *store =
        (struct csms_book_store *)((char *)work - offsetof(struct csms_book_store, work));

    (void)err; /* never closed before it ran */
    answer_round(store);
    store->under_way = false;
    start_in_time(store);
}

int csms_book_push(struct csms_book_store *store, struct csms_job *job)
{
    if (!job)
        return ROOST_ERR_NO_MEMORY;
    *store->queue_end = job;
    store->queue_end = &job->next;
    store->counts.waiting++;
    store->queued++;
    start_in_time(store);
    return 0;
}

int csms_book_may_ask(const struct csms_book_store *store)
{
    if (store->stopping)
        return ROOST_ERR_CLOSED;
    return store->counts.waiting >= CSMS_BOOK_QUEUE_MAX ? ROOST_ERR_FULL : 0;
}

struct csms_job *csms_book_job(enum csms_job_kind kind, csms_stored_fn done, void *arg)
{
    struct csms_job *job = calloc(1, sizeof *job);

    if (!job)
        return NULL;
    job->kind = kind;
    job->stored = done;
    job->arg = arg;
    return job;
}

/* ---- what is offered ---- */

static int find(void *ctx, const struct csms_query *query, csms_found_fn done, void *arg)
{
    struct csms_book_store *store = ctx;
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    struct csms_job *job = csms_book_job(CSMS_JOB_FIND, NULL, arg);
    if (!job)
        return ROOST_ERR_NO_MEMORY;
    job->found = done;
    job->query = *query;
    snprintf(job->identity, sizeof job->identity, "%s", query->identity);
    snprintf(job->id_tag, sizeof job->id_tag, "%s", query->id_tag ? query->id_tag : "");
    return csms_book_push(store, job);
}

/* One after the other in one block; measured first. */
struct room {
    char *at; /* NULL: only measured */
    size_t size;
};

static const void *place(struct room *room, const void *from, size_t len)
{
    size_t size = (len + _Alignof(max_align_t) - 1) / _Alignof(max_align_t) * _Alignof(max_align_t);

    if (!from)
        return NULL;
    room->size += size;
    if (!room->at)
        return from;
    const void *copy = memcpy(room->at, from, len);
    room->at += size;
    return copy;
}

static size_t texts_len(const struct csms_change *change)
{
    size_t len = 0;

    for (size_t i = 0; i < change->sample_count; i++) {
        size_t end = change->samples[i].text_at + change->samples[i].text_len;
        if (change->samples[i].text_len > 0 && end > len)
            len = end;
    }
    return len;
}

static void place_note(struct room *room, struct csms_change *change)
{
    struct csms_note note = *change->note;
    size_t what = strlen(note.what) + 1, text = strlen(note.text) + 1;

    note.what = place(room, note.what, what);
    note.text = place(room, note.text, text);
    change->note = place(room, &note, sizeof note);
}

static void place_document(struct room *room, struct csms_change *change)
{
    struct csms_document document = *change->document;

    document.key = place(room, document.key, strlen(document.key) + 1);
    document.text = place(room, document.text, document.text ? strlen(document.text) + 1 : 0);
    change->document = place(room, &document, sizeof document);
}

/* Everything that a change points to but its identity. */
static void place_all(struct room *room, struct csms_change *change)
{
    size_t texts = texts_len(change);

    change->boot = place(room, change->boot, sizeof *change->boot);
    change->status = place(room, change->status, sizeof *change->status);
    if (change->note)
        place_note(room, change);
    if (change->document)
        place_document(room, change);
    change->certificate = place(room, change->certificate, sizeof *change->certificate);
    change->tx = place(room, change->tx, sizeof *change->tx);
    change->left = place(room, change->left, sizeof *change->left);
    if (change->prices)
        change->prices = place(room, change->prices, strlen(change->prices) + 1);
    if (change->sample_count > 0)
        change->samples =
            place(room, change->samples, change->sample_count * sizeof *change->samples);
    change->texts = texts > 0 ? place(room, change->texts, texts) : NULL;
}

static int put(void *ctx, const struct csms_change *change, csms_stored_fn done, void *arg)
{
    struct csms_book_store *store = ctx;
    struct csms_change measured = *change;
    struct room room = {NULL, 1};
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    if (change->document && change->document->text &&
        strlen(change->document->text) > CSMS_DOCUMENT_MAX)
        return ROOST_ERR_TOO_LONG;
    struct csms_job *job = csms_book_job(CSMS_JOB_PUT, done, arg);
    if (!job)
        return ROOST_ERR_NO_MEMORY;
    place_all(&room, &measured);
    job->memory = malloc(room.size);
    if (!job->memory) {
        job_free(job);
        return ROOST_ERR_NO_MEMORY;
    }
    room.at = job->memory;
    job->change = *change;
    place_all(&room, &job->change);
    snprintf(job->identity, sizeof job->identity, "%s", change->identity);
    job->change.identity = job->identity;
    return csms_book_push(store, job);
}

static int change_charger(struct csms_book_store *store, const struct csms_charger_row *row,
                          bool add, csms_stored_fn done, void *arg)
{
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    struct csms_job *job = csms_book_job(CSMS_JOB_CHARGER, done, arg);
    if (job) {
        job->charger = *row;
        job->add = add;
    }
    return csms_book_push(store, job);
}

int csms_book_set_charger(struct csms_book_store *store, const struct csms_charger_row *row,
                          csms_stored_fn done, void *arg)
{
    return change_charger(store, row, false, done, arg);
}

int csms_book_add_charger(struct csms_book_store *store, const struct csms_charger_row *row,
                          csms_stored_fn done, void *arg)
{
    return change_charger(store, row, true, done, arg);
}

/* As it can stand in an answer: an IdToken, text of 20 characters. */
static bool is_token(const char *text)
{
    const char *end = text + strlen(text);
    size_t chars = 0;

    for (size_t len; text < end; text += len, chars++) {
        len = roost_utf8_len(text, end);
        if (len == 0)
            return false;
    }
    return chars <= (OCPP_ID_TAG_BYTES - 1) / 4;
}

static int change_tag(struct csms_book_store *store, const struct csms_tag *tag, bool add,
                      csms_stored_fn done, void *arg)
{
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    if (!is_token(tag->id_tag) || !is_token(tag->parent_id_tag))
        return ROOST_ERR_INVALID;
    struct csms_job *job = csms_book_job(CSMS_JOB_TAG, done, arg);
    if (job) {
        job->tag = *tag;
        job->add = add;
    }
    return csms_book_push(store, job);
}

int csms_book_set_tag(struct csms_book_store *store, const struct csms_tag *tag,
                      csms_stored_fn done, void *arg)
{
    return change_tag(store, tag, false, done, arg);
}

int csms_book_add_tag(struct csms_book_store *store, const struct csms_tag *tag,
                      csms_stored_fn done, void *arg)
{
    return change_tag(store, tag, true, done, arg);
}

int csms_book_remove_charger(struct csms_book_store *store, const char *identity,
                             csms_stored_fn done, void *arg)
{
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    struct csms_job *job = csms_book_job(CSMS_JOB_CHARGER_REMOVE, done, arg);
    if (job)
        snprintf(job->charger.identity, sizeof job->charger.identity, "%s", identity);
    return csms_book_push(store, job);
}

int csms_book_remove_tag(struct csms_book_store *store, const char *id_tag, csms_stored_fn done,
                         void *arg)
{
    int err = csms_book_may_ask(store);

    if (err)
        return err;
    struct csms_job *job = csms_book_job(CSMS_JOB_TAG_REMOVE, done, arg);
    if (job)
        snprintf(job->tag.id_tag, sizeof job->tag.id_tag, "%s", id_tag);
    return csms_book_push(store, job);
}

struct csms_book csms_book_of(struct csms_book_store *store)
{
    static const struct csms_book_ops ops = {.find = find, .put = put};

    return (struct csms_book){.ops = &ops, .ctx = store};
}

void csms_book_count(const struct csms_book_store *store, struct csms_book_counts *counts)
{
    *counts = store->counts;
}

void csms_book_wait(struct csms_book_store *store)
{
    while (store->counts.waiting > 0) {
        if (store->loop)
            uv_run(store->loop, UV_RUN_ONCE);
        else
            (void)worker_turn(store->worker);
    }
}

/* ---- life ---- */

int csms_book_open(struct csms_book_store **out, struct uv_loop_s *loop, const char *path,
                   char *why, size_t why_size)
{
    struct csms_book_store *store = calloc(1, sizeof *store);

    if (!store)
        return ROOST_ERR_NO_MEMORY;
    store->loop = loop;
    store->queue_end = &store->queue;
    store->work = (struct worker_job){.run = run_round, .done = round_over};
    store->pause = loop ? calloc(1, sizeof *store->pause) : NULL;
    int err = loop && !store->pause ? ROOST_ERR_NO_MEMORY : 0;
    if (!err)
        err = csms_sql_open(&store->sql, path, why, why_size);
    if (!err)
        err = worker_new(&store->worker, loop, 1, 1);
    if (err) {
        csms_sql_close(&store->sql);
        free(store->pause);
        free(store);
        return err;
    }
    if (loop) {
        uv_timer_init(loop, store->pause);
        store->pause->data = store;
    }
    *out = store;
    return 0;
}

static void free_pause(uv_handle_t *pause)
{
    free(pause);
}

void csms_book_close(struct csms_book_store *store)
{
    if (!store)
        return;
    store->stopping = true;
    worker_close(store->worker, true);
    if (store->queue) { /* the worker has ended: the last round is run here */
        store->round = store->queue;
        store->queue = NULL;
        csms_sql_round(&store->sql, store->round);
        answer_round(store);
    }
    csms_sql_close(&store->sql);
    if (store->pause)
        uv_close((uv_handle_t *)store->pause, free_pause);
    free(store);
}
