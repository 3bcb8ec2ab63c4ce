/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A book in memory for tests: answers when the test lets it, fails when it is told to, and can be
 * killed at any instant. What is put is durable when it is done, not before. For unit tests.
 *
 *     book_fake_charger(&book, "CP1");
 *     book_fake_run(&book);                      does and answers all that waits
 *     book.fail = 1;                             the next one fails
 *     book_fake_kill(&book, true);               does what waits, and answers nobody
 */
#ifndef ROOST_HUB_CSMS_BOOK_FAKE_H
#define ROOST_HUB_CSMS_BOOK_FAKE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/csms/book.h"
#include "proto/ocpp/schema.h"

enum { BOOK_FAKE_ROWS = 256, BOOK_FAKE_SAMPLES = 4096, BOOK_FAKE_JOBS = 64 };

struct book_fake_sample {
    struct csms_sample sample;
    char identity[CSMS_IDENTITY_MAX + 1], text[64];
    int32_t connector, tx, said_id;
    int64_t arrived_ms;
};

struct book_fake_job {
    bool put;
    csms_found_fn found;
    csms_stored_fn stored;
    void *arg;
    enum csms_find find;
    char identity[CSMS_IDENTITY_MAX + 1], id_tag[OCPP_ID_TAG_BYTES];
    int32_t connector, id, meter_wh;
    int64_t at_ms;
    /* of a put */
    int64_t arrived_ms;
    bool has_boot, has_status, has_note, has_tx, has_left, has_document;
    struct csms_boot boot;
    struct csms_status status;
    struct csms_tx tx, left;
    char note[300], prices[1024];
    struct book_fake_sample *samples;
    size_t sample_count;
};

struct book_fake {
    struct csms_book book;
    struct csms_charger_row chargers[BOOK_FAKE_ROWS];
    struct csms_tag tags[BOOK_FAKE_ROWS];
    struct csms_tx txs[BOOK_FAKE_ROWS];
    struct book_fake_sample samples[BOOK_FAKE_SAMPLES];
    struct csms_boot last_boot;
    struct csms_status last_status;
    char last_note[300], last_prices[1024];
    char prices[BOOK_FAKE_ROWS][1024]; /* of each transaction, id 101 first; last_: put last */
    size_t charger_count, tag_count, tx_count, sample_count, boot_count, status_count, note_count,
        document_count;
    struct book_fake_job jobs[BOOK_FAKE_JOBS];
    size_t job_count, put_count;
    int fail; /* so many of the next are not done */
    int full; /* so many of the next are not even taken */
};

/* ---- asked ---- */

static inline int book_fake_job(struct book_fake *book, struct book_fake_job **job)
{
    if (book->full > 0) {
        book->full--;
        return ROOST_ERR_FULL;
    }
    ROOST_ASSERT(book->job_count < BOOK_FAKE_JOBS);
    *job = &book->jobs[book->job_count++];
    memset(*job, 0, sizeof **job);
    return 0;
}

static inline int book_fake_find(void *ctx, const struct csms_query *query, csms_found_fn done,
                                 void *arg)
{
    struct book_fake_job *job;
    int err = book_fake_job(ctx, &job);

    if (err < 0)
        return err;
    job->found = done;
    job->arg = arg;
    job->find = query->find;
    snprintf(job->identity, sizeof job->identity, "%s", query->identity);
    snprintf(job->id_tag, sizeof job->id_tag, "%s", query->id_tag ? query->id_tag : "");
    job->connector = query->connector;
    job->id = query->id;
    job->at_ms = query->at_ms;
    job->meter_wh = query->meter_wh;
    return 0;
}

static inline void book_fake_copy_samples(struct book_fake_job *job,
                                          const struct csms_change *change)
{
    job->samples = calloc(change->sample_count + 1, sizeof *job->samples);
    ROOST_ASSERT(job->samples);
    job->sample_count = change->sample_count;
    for (size_t i = 0; i < change->sample_count; i++) {
        struct book_fake_sample *to = &job->samples[i];
        to->sample = change->samples[i];
        to->connector = change->connector;
        to->tx = change->sample_tx;
        to->said_id = change->said_id;
        to->arrived_ms = change->arrived_ms;
        snprintf(to->identity, sizeof to->identity, "%s", change->identity);
        if (to->sample.text_len > 0)
            snprintf(to->text, sizeof to->text, "%.*s", (int)to->sample.text_len,
                     change->texts + to->sample.text_at);
    }
}

static inline int book_fake_put(void *ctx, const struct csms_change *change, csms_stored_fn done,
                                void *arg)
{
    struct book_fake_job *job;
    int err = book_fake_job(ctx, &job);

    if (err < 0)
        return err;
    job->put = true;
    job->stored = done;
    job->arg = arg;
    job->arrived_ms = change->arrived_ms;
    snprintf(job->identity, sizeof job->identity, "%s", change->identity);
    if ((job->has_boot = change->boot != NULL))
        job->boot = *change->boot;
    if ((job->has_status = change->status != NULL))
        job->status = *change->status;
    if ((job->has_tx = change->tx != NULL))
        job->tx = *change->tx;
    if ((job->has_left = change->left != NULL))
        job->left = *change->left;
    if ((job->has_note = change->note != NULL))
        snprintf(job->note, sizeof job->note, "%s %.100s %.150s",
                 ocpp_word_text(change->note->action), change->note->what, change->note->text);
    snprintf(job->prices, sizeof job->prices, "%s", change->prices ? change->prices : "");
    job->has_document = change->document != NULL;
    book_fake_copy_samples(job, change);
    return 0;
}

/* ---- done ---- */

static inline struct csms_charger_row *book_fake_row(struct book_fake *book, const char *identity)
{
    for (size_t i = 0; i < book->charger_count; i++)
        if (strcmp(book->chargers[i].identity, identity) == 0)
            return &book->chargers[i];
    return NULL;
}

static inline struct csms_tx *book_fake_tx(struct book_fake *book, int32_t id)
{
    for (size_t i = 0; i < book->tx_count; i++)
        if (book->txs[i].id == id)
            return &book->txs[i];
    return NULL;
}

static inline bool book_fake_wanted(const struct csms_tx *tx, const struct book_fake_job *job)
{
    if (strcmp(tx->identity, job->identity) != 0)
        return false;
    if (job->find == CSMS_FIND_CHARGER)
        return tx->state == CSMS_TX_OPEN;
    return tx->state == CSMS_TX_OPEN || tx->state == CSMS_TX_UNMATCHED || tx->id == job->id ||
           (tx->started_ms == job->at_ms && tx->meter_start_wh == job->meter_wh) ||
           (tx->stopped_ms == job->at_ms && tx->meter_stop_wh == job->meter_wh);
}

static inline void book_fake_answer(struct book_fake *book, const struct book_fake_job *job)
{
    struct csms_tx txs[CSMS_FOUND_MAX];
    struct csms_found found = {.charger = NULL, .txs = txs};

    if (job->find == CSMS_FIND_CHARGER)
        found.charger = book_fake_row(book, job->identity);
    for (size_t i = book->tx_count; i-- > 0 && found.tx_count < CSMS_FOUND_MAX;)
        if (job->find != CSMS_FIND_TAG && book_fake_wanted(&book->txs[i], job))
            txs[found.tx_count++] = book->txs[i];
    for (size_t i = 0; i < book->tag_count && job->find == CSMS_FIND_TAG; i++)
        if (ocpp_identifier_equal(book->tags[i].id_tag, job->id_tag))
            found.tag = &book->tags[i];
    for (size_t i = 0; i < book->tx_count && job->find == CSMS_FIND_TAG; i++) {
        const struct csms_tx *tx = &book->txs[i];
        bool here = strcmp(tx->identity, job->identity) == 0 &&
                    (job->connector == 0 || job->connector == tx->connector);
        if (tx->state == CSMS_TX_OPEN && tx->verdict == OCPP_Accepted && !here &&
            ocpp_identifier_equal(tx->id_tag, job->id_tag))
            found.open++;
    }
    job->found(job->arg, 0, &found);
}

static inline bool book_fake_same(const struct book_fake_sample *a,
                                  const struct book_fake_sample *b)
{
    return strcmp(a->identity, b->identity) == 0 && a->connector == b->connector &&
           a->sample.at_ms == b->sample.at_ms && a->sample.measurand == b->sample.measurand &&
           a->sample.phase == b->sample.phase && a->sample.location == b->sample.location &&
           a->sample.context == b->sample.context && a->sample.format == b->sample.format;
}

static inline void book_fake_store_sample(struct book_fake *book,
                                          const struct book_fake_sample *sample)
{
    for (size_t i = 0; i < book->sample_count; i++)
        if (book_fake_same(&book->samples[i], sample))
            return;
    ROOST_ASSERT(book->sample_count < BOOK_FAKE_SAMPLES);
    struct book_fake_sample *to = &book->samples[book->sample_count++];
    *to = *sample;
    const struct csms_tx *tx = book_fake_tx(book, to->tx);
    if (!tx || strcmp(tx->identity, to->identity) != 0)
        to->tx = 0;
}

static inline int32_t book_fake_store_tx(struct book_fake *book, const struct csms_tx *tx)
{
    struct csms_tx *row = tx->id ? book_fake_tx(book, tx->id) : NULL;

    ROOST_ASSERT(row || tx->id == 0);
    if (!row) {
        ROOST_ASSERT(book->tx_count < BOOK_FAKE_ROWS);
        row = &book->txs[book->tx_count++];
    }
    int32_t id = tx->id ? tx->id : 100 + (int32_t)book->tx_count;
    *row = *tx;
    row->id = id;
    return id;
}

static inline int32_t book_fake_store(struct book_fake *book, struct book_fake_job *job)
{
    int32_t id = 0;

    book->put_count++;
    if (job->has_boot) {
        book->last_boot = job->boot;
        book->boot_count++;
        if (job->boot.accepted)
            book_fake_row(book, job->identity)->booted = true;
    }
    if (job->has_status) {
        book->last_status = job->status;
        book->status_count++;
    }
    if (job->has_note) {
        snprintf(book->last_note, sizeof book->last_note, "%s", job->note);
        book->note_count++;
    }
    book->document_count += job->has_document;
    if (job->has_left)
        (void)book_fake_store_tx(book, &job->left);
    if (job->has_tx)
        id = book_fake_store_tx(book, &job->tx);
    if (job->has_tx && job->tx.id == 0) {
        snprintf(book->last_prices, sizeof book->last_prices, "%s", job->prices);
        snprintf(book->prices[id - 101], sizeof book->prices[0], "%s", job->prices);
    }
    for (size_t i = 0; i < job->sample_count; i++) {
        if (job->has_tx)
            job->samples[i].tx = id;
        book_fake_store_sample(book, &job->samples[i]);
    }
    return id;
}

/* The oldest: done or failed, and answered. false: nothing waits. */
static inline bool book_fake_one(struct book_fake *book, bool answer)
{
    if (book->job_count == 0)
        return false;
    struct book_fake_job job = book->jobs[0];
    book->job_count--;
    memmove(book->jobs, book->jobs + 1, book->job_count * sizeof job);
    bool fails = book->fail > 0;
    if (fails)
        book->fail--;
    int32_t id = job.put && !fails ? book_fake_store(book, &job) : 0;
    free(job.samples);
    if (!answer)
        return true;
    if (job.put)
        job.stored(job.arg, fails ? ROOST_ERR_IO : 0, id);
    else if (fails)
        job.found(job.arg, ROOST_ERR_IO, NULL);
    else
        book_fake_answer(book, &job);
    return true;
}

static inline void book_fake_run(struct book_fake *book)
{
    while (book_fake_one(book, true))
        ;
}

/* kill -9 of the whole: what waits is durable or not, and nobody hears of it. */
static inline void book_fake_kill(struct book_fake *book, bool durable)
{
    if (!durable)
        book->fail = (int)book->job_count;
    while (book_fake_one(book, false))
        ;
    book->fail = 0;
}

/* ---- what is in it ---- */

static inline struct csms_charger_row *book_fake_charger(struct book_fake *book,
                                                         const char *identity)
{
    ROOST_ASSERT(book->charger_count < BOOK_FAKE_ROWS);
    struct csms_charger_row *row = &book->chargers[book->charger_count++];
    snprintf(row->identity, sizeof row->identity, "%s", identity);
    return row;
}

static inline struct csms_tag *book_fake_tag(struct book_fake *book, const char *id_tag)
{
    ROOST_ASSERT(book->tag_count < BOOK_FAKE_ROWS);
    struct csms_tag *tag = &book->tags[book->tag_count++];
    snprintf(tag->id_tag, sizeof tag->id_tag, "%s", id_tag);
    return tag;
}

static inline void book_fake_init(struct book_fake *book)
{
    static const struct csms_book_ops ops = {.find = book_fake_find, .put = book_fake_put};

    memset(book, 0, sizeof *book);
    book->book = (struct csms_book){.ops = &ops, .ctx = book};
}

#endif
