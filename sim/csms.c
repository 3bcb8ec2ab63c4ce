/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/csms.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "proto/ocpp/schema.h"

enum {
    LOW_MS = 1,
    HIGH_MS = 30,
    SLOW_MS = 4000,
    STALLED_MS = 500, /* until it is looked again whether it goes on */
    REFUSED_OF_A_HUNDRED = 20
};

/* A question or a change, with copies of what was only borrowed. */
struct sim_csms_job {
    struct sim_csms *csms;
    struct sim_csms_job *next, **link; /* among those under way */
    csms_found_fn found;               /* NULL: a change */
    csms_stored_fn stored;
    void *arg;

    struct csms_query query;
    struct csms_change change;
    char identity[CSMS_IDENTITY_MAX + 1], id_tag[OCPP_ID_TAG_BYTES];
    struct csms_boot boot;
    struct csms_status status;
    struct csms_tx tx, left;
    struct csms_sample samples[]; /* change.sample_count */
};

/* ---- rows ---- */

static struct sim_csms_row *find_row(const struct sim_csms *csms, const char *identity)
{
    for (size_t i = 0; i < csms->row_count; i++)
        if (strcmp(csms->rows[i].row.identity, identity) == 0)
            return &csms->rows[i];
    return NULL;
}

const struct sim_csms_row *sim_csms_find(const struct sim_csms *csms, const char *identity)
{
    return find_row(csms, identity);
}

static struct csms_tx *find_tx(const struct sim_csms_row *row, int32_t id)
{
    for (size_t i = row->tx_count; i-- > 0;)
        if (row->txs[i].id == id)
            return &row->txs[i];
    return NULL;
}

static bool is_open(const struct csms_tx *tx)
{
    return tx->state == CSMS_TX_OPEN;
}

static int32_t store_tx(struct sim_csms *csms, const struct csms_tx *tx)
{
    struct sim_csms_row *row = find_row(csms, tx->identity);
    struct csms_tx *at = row && tx->id ? find_tx(row, tx->id) : NULL;

    ROOST_ASSERT(row && (at || tx->id == 0));
    if (!at) {
        ROOST_ASSERT(row->tx_count < row->tx_max);
        at = &row->txs[row->tx_count++];
        *at = (struct csms_tx){.id = ++csms->last_id, .state = CSMS_TX_CLOSED};
    }
    int32_t id = at->id;
    row->open_count -= is_open(at);
    *at = *tx;
    at->id = id;
    row->open_count += is_open(at);
    return id;
}

static int32_t commit(struct sim_csms *csms, const struct csms_change *change)
{
    struct sim_csms_row *row = find_row(csms, change->identity);
    int32_t id = 0;

    if (change->boot && change->boot->accepted && row)
        row->row.booted = true;
    if (change->left)
        (void)store_tx(csms, change->left);
    if (change->tx)
        id = store_tx(csms, change->tx);
    if (csms->on_change)
        csms->on_change(csms->ctx, change, id);
    return id;
}

/* ---- what is found ---- */

static bool asked_for(const struct csms_tx *tx, const struct csms_query *query)
{
    return tx->id == query->id ||
           (tx->started_ms == query->at_ms && tx->meter_start_wh == query->meter_wh) ||
           (tx->stopped_ms == query->at_ms && tx->meter_stop_wh == query->meter_wh);
}

/* Those asked for by id or time first, then what is open or unmatched, each the newest first. */
static size_t find_txs(const struct sim_csms_row *row, const struct csms_query *query,
                       struct csms_tx out[CSMS_FOUND_MAX])
{
    bool by_name = query->find == CSMS_FIND_TX;
    size_t count = 0;

    for (size_t i = row->tx_count; by_name && i-- > 0 && count < CSMS_FOUND_MAX;)
        if (asked_for(&row->txs[i], query))
            out[count++] = row->txs[i];
    for (size_t i = row->tx_count; i-- > 0 && count < CSMS_FOUND_MAX;) {
        const struct csms_tx *tx = &row->txs[i];

        if (by_name && asked_for(tx, query))
            continue;
        if (is_open(tx) || (by_name && tx->state == CSMS_TX_UNMATCHED))
            out[count++] = *tx;
    }
    return count;
}

static uint32_t count_open(const struct sim_csms *csms, const struct csms_query *query)
{
    uint32_t open = 0;

    for (size_t r = 0; r < csms->row_count; r++) {
        const struct sim_csms_row *row = &csms->rows[r];
        bool own = strcmp(row->row.identity, query->identity) == 0;

        for (size_t i = row->tx_count, left = row->open_count; left > 0 && i-- > 0;) {
            const struct csms_tx *tx = &row->txs[i];
            bool here = own && (query->connector == 0 || query->connector == tx->connector);

            left -= is_open(tx);
            open += is_open(tx) && !here && tx->verdict == OCPP_Accepted &&
                    ocpp_identifier_equal(tx->id_tag, query->id_tag);
        }
    }
    return open;
}

static void answer_question(const struct sim_csms_job *job)
{
    const struct sim_csms *csms = job->csms;
    const struct sim_csms_row *row = find_row(csms, job->identity);
    struct csms_tx txs[CSMS_FOUND_MAX];
    struct csms_found found = {.txs = txs};

    if (job->query.find == CSMS_FIND_CHARGER && row)
        found.charger = &row->row;
    if (job->query.find == CSMS_FIND_TAG) {
        for (size_t i = 0; i < csms->tag_count && !found.tag; i++)
            if (ocpp_identifier_equal(csms->tags[i].id_tag, job->id_tag))
                found.tag = &csms->tags[i];
        found.open = count_open(csms, &job->query);
    } else if (row) {
        found.tx_count = find_txs(row, &job->query, txs);
    }
    job->found(job->arg, 0, &found);
}

/* ---- jobs ---- */

static void due(void *ctx, uint64_t number, void *data);

static void arm(struct sim_csms_job *job)
{
    struct sim_csms *csms = job->csms;
    uint64_t high_ms = csms->slow ? SLOW_MS : HIGH_MS;
    uint64_t wait_ms =
        csms->stalled ? STALLED_MS : sim_random_between(&csms->random, LOW_MS, high_ms);

    sim_at_guarded(csms->clock, csms->clock->now_ms + wait_ms, due, job, 0, NULL, &csms->life);
}

static void unlink_job(struct sim_csms_job *job)
{
    *job->link = job->next;
    if (job->next)
        job->next->link = job->link;
}

static void due(void *ctx, uint64_t number, void *data)
{
    struct sim_csms_job *job = ctx;
    struct sim_csms *csms = job->csms;

    (void)number;
    (void)data;
    if (csms->stalled) {
        arm(job);
        return;
    }
    int err = csms->failing ? ROOST_ERR_IO : 0;
    unlink_job(job);
    csms->failed += err < 0;
    if (job->found && err < 0)
        job->found(job->arg, err, NULL);
    else if (job->found)
        answer_question(job);
    else
        job->stored(job->arg, err, err < 0 ? 0 : commit(csms, &job->change));
    free(job);
}

static int take(struct sim_csms *csms, size_t samples, struct sim_csms_job **out)
{
    if (csms->failing && sim_random_below(&csms->random, 100) < REFUSED_OF_A_HUNDRED) {
        csms->refused++;
        return ROOST_ERR_FULL;
    }
    struct sim_csms_job *job = calloc(1, sizeof *job + samples * sizeof job->samples[0]);
    if (!job)
        return ROOST_ERR_NO_MEMORY;
    job->csms = csms;
    job->next = csms->jobs;
    job->link = &csms->jobs;
    if (job->next)
        job->next->link = &job->next;
    csms->jobs = job;
    *out = job;
    return 0;
}

static int book_find(void *ctx, const struct csms_query *query, csms_found_fn done, void *arg)
{
    struct sim_csms *csms = ctx;
    struct sim_csms_job *job;
    int err = take(csms, 0, &job);

    if (err < 0)
        return err;
    csms->finds++;
    job->found = done;
    job->arg = arg;
    job->query = *query;
    snprintf(job->identity, sizeof job->identity, "%s", query->identity);
    snprintf(job->id_tag, sizeof job->id_tag, "%s", query->id_tag ? query->id_tag : "");
    job->query.identity = job->identity;
    job->query.id_tag = job->id_tag;
    arm(job);
    return 0;
}

/* Notes and texts are nobody's concern here. */
static void copy_change(struct sim_csms_job *job, const struct csms_change *change)
{
    job->change = *change;
    snprintf(job->identity, sizeof job->identity, "%s", change->identity);
    job->change.identity = job->identity;
    job->change.note = NULL;
    job->change.texts = NULL;
    job->change.samples = job->samples;
    if (change->sample_count > 0)
        memcpy(job->samples, change->samples, change->sample_count * sizeof job->samples[0]);
    if (change->boot) {
        job->boot = *change->boot;
        job->change.boot = &job->boot;
    }
    if (change->status) {
        job->status = *change->status;
        job->change.status = &job->status;
    }
    if (change->tx) {
        job->tx = *change->tx;
        job->change.tx = &job->tx;
    }
    if (change->left) {
        job->left = *change->left;
        job->change.left = &job->left;
    }
}

static int book_put(void *ctx, const struct csms_change *change, csms_stored_fn done, void *arg)
{
    struct sim_csms *csms = ctx;
    struct sim_csms_job *job;
    int err = take(csms, change->sample_count, &job);

    if (err < 0)
        return err;
    csms->puts++;
    job->stored = done;
    job->arg = arg;
    copy_change(job, change);
    arm(job);
    return 0;
}

/* ---- life ---- */

void sim_csms_init(struct sim_csms *csms, struct sim_clock *clock)
{
    static const struct csms_book_ops ops = {.find = book_find, .put = book_put};

    *csms = (struct sim_csms){.clock = clock};
    csms->book = (struct csms_book){.ops = &ops, .ctx = csms};
    csms->parts = (struct csms_parts){.book = &csms->book, .messages_max = 8};
    sim_random_init(&csms->random, clock->seed, "csms", 0);
}

void sim_csms_crash(struct sim_csms *csms)
{
    csms->life++;
    while (csms->jobs) {
        struct sim_csms_job *job = csms->jobs;
        bool change = !job->found && !csms->failing;
        bool kept = change && sim_random_below(&csms->random, 2) == 0;

        unlink_job(job);
        if (kept)
            (void)commit(csms, &job->change);
        csms->cut_kept += kept;
        csms->cut_lost += change && !kept;
        free(job);
    }
}

void sim_csms_deinit(struct sim_csms *csms)
{
    for (size_t i = 0; i < csms->row_count; i++)
        free(csms->rows[i].txs);
    free(csms->rows);
    free(csms->tags);
    csms->rows = NULL;
    csms->tags = NULL;
    csms->row_count = csms->tag_count = 0;
}

/* ---- what an operator enters ---- */

int sim_csms_charger(struct sim_csms *csms, const char *identity, size_t tx_max)
{
    if (!csms->rows)
        csms->rows = calloc(SIM_CSMS_CHARGERS, sizeof *csms->rows);
    if (!csms->rows)
        return ROOST_ERR_NO_MEMORY;
    ROOST_ASSERT(csms->row_count < SIM_CSMS_CHARGERS);
    struct sim_csms_row *row = &csms->rows[csms->row_count];
    row->txs = calloc(tx_max, sizeof *row->txs);
    if (!row->txs)
        return ROOST_ERR_NO_MEMORY;
    row->tx_max = tx_max;
    snprintf(row->row.identity, sizeof row->row.identity, "%s", identity);
    csms->row_count++;
    return 0;
}

int sim_csms_tag(struct sim_csms *csms, const char *id_tag, bool blocked)
{
    if (!csms->tags)
        csms->tags = calloc(SIM_CSMS_TAGS, sizeof *csms->tags);
    if (!csms->tags)
        return ROOST_ERR_NO_MEMORY;
    ROOST_ASSERT(csms->tag_count < SIM_CSMS_TAGS);
    struct csms_tag *tag = &csms->tags[csms->tag_count++];
    snprintf(tag->id_tag, sizeof tag->id_tag, "%s", id_tag);
    tag->blocked = blocked;
    return 0;
}
