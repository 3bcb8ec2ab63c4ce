/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Authorize, StartTransaction, StopTransaction, MeterValues: what the book knows is looked up, the
 * rules of judge.h are asked, what is new is put, the charger is answered. Two Starts with one tag
 * are judged one after the other, so that together they do not pass the tag's limit.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"
#include "hub/csms/till.h"

static void put_tag_info(const struct csms_call *call, struct ocpp_writer *w)
{
    ocpp_put_object(w, OCPP_idTagInfo);
    if (call->tag_known) {
        if (call->tag.expiry_ms != 0)
            ocpp_put_time(w, OCPP_expiryDate, call->tag.expiry_ms);
        if (call->tag.parent_id_tag[0] != '\0')
            ocpp_put_text(w, OCPP_parentIdTag, call->tag.parent_id_tag);
    }
    ocpp_put_word(w, OCPP_status, call->verdict);
    ocpp_end(w);
}

/* ---- tags ---- */

static void on_tag(void *arg, int err, const struct csms_found *found)
{
    struct csms_call *call = arg;

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    call->tag_known = found->tag != NULL;
    if (found->tag)
        call->tag = *found->tag;
    /* To stop with a tag is no use of it at the same time. */
    uint32_t open = call->message == OCPP_MSG_StopTransaction ? 0 : found->open;
    if (!till_judge(call->charger->csms, call))
        call->verdict = csms_judge_tag(found->tag, open, csms_unix_ms(call->charger->csms));
    call->then(call);
}

static void find_tag(struct csms_call *call, int32_t connector,
                     void (*then)(struct csms_call *call))
{
    const struct csms_query query = {.find = CSMS_FIND_TAG,
                                     .identity = call->charger->identity,
                                     .id_tag = call->id_tag,
                                     .connector = connector};

    call->then = then;
    csms_find(call, &query, on_tag);
}

/* Whether an older one in the list has the same tag. */
static bool tag_is_held(const struct csms *csms, const struct csms_call *call)
{
    for (const struct csms_call *at = csms->judging; at != call; at = at->next_judging)
        if (ocpp_identifier_equal(at->id_tag, call->id_tag))
            return true;
    return false;
}

static void start_begin(struct csms_call *call);

static void tag_hold(struct csms_call *call)
{
    struct csms *csms = call->charger->csms;
    struct csms_call **end = &csms->judging;

    while (*end)
        end = &(*end)->next_judging;
    *end = call;
    call->judges = true;
    call->tag_waits = tag_is_held(csms, call);
    if (!call->tag_waits)
        start_begin(call);
}

/* One that begins and cannot ask the book is over at once, and the next one's turn: in a row, not
 * inside of each other. */
static void begin_ready(struct csms *csms)
{
    if (csms->beginning)
        return;
    csms->beginning = true;
    while (csms->ready) {
        struct csms_call *call = csms->ready;
        csms->ready = call->next_ready;
        if (!csms->ready)
            csms->ready_end = &csms->ready;
        call->next_ready = NULL;
        start_begin(call);
    }
    csms->beginning = false;
}

void csms_tag_release(struct csms_call *call)
{
    struct csms *csms = call->charger->csms;
    struct csms_call **at = &csms->judging;

    if (!call->judges)
        return;
    call->judges = false;
    while (*at != call)
        at = &(*at)->next_judging;
    *at = call->next_judging;
    struct csms_call *next = csms->judging;
    while (next && !(next->tag_waits && ocpp_identifier_equal(next->id_tag, call->id_tag)))
        next = next->next_judging;
    if (!next)
        return;
    next->tag_waits = false;
    *csms->ready_end = next;
    csms->ready_end = &next->next_ready;
    begin_ready(csms);
}

static void authorized(struct csms_call *call)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    put_tag_info(call, &w);
    csms_answer_end(call, &w);
}

void csms_authorize(struct csms_call *call)
{
    find_tag(call, 0, authorized);
}

/* ---- StartTransaction ---- */

static void answer_start(struct csms_call *call)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    put_tag_info(call, &w);
    ocpp_put_int(&w, OCPP_transactionId, call->tx.id);
    csms_answer_end(call, &w);
}

static void on_start_stored(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    call->tx.id = tx_id;
    if (call->leaves)
        csms_tx_keep(call->charger, &call->left);
    csms_tx_keep(call->charger, &call->tx);
    if (known_started(&call->charger->known, call->tx.reservation))
        csms_known_changed(call->charger);
    if (call->leaves)
        till_tx(call->charger->csms, &call->left);
    till_tx(call->charger->csms, &call->tx);
    answer_start(call);
}

static void count_odd(const struct csms_call *call)
{
    if (call->tx.flags & CSMS_TX_NOT_BILLED)
        metric_add(call->charger->csms->metrics.odd, 1);
}

/* What holds there now holds for this one to its end. */
static int freeze_prices(struct csms_call *call)
{
    const struct csms *csms = call->charger->csms;
    const struct csms_prices *prices = till_prices(csms, call->id_tag); /* as it was paid for */

    if (!prices)
        prices = csms_prices_for(csms, call->charger->identity, call->connector);

    if (!prices)
        return 0;
    call->prices = malloc(CSMS_PRICES_BYTES);
    return call->prices ? csms_prices_text(prices, call->prices, CSMS_PRICES_BYTES)
                        : ROOST_ERR_NO_MEMORY;
}

static void put_start(struct csms_call *call)
{
    struct csms_change change = {.identity = call->charger->identity,
                                 .arrived_ms = call->arrived_ms,
                                 .tx = &call->tx,
                                 .left = call->leaves ? &call->left : NULL};

    call->tx.verdict = call->verdict;
    if (call->verdict != OCPP_Accepted)
        call->tx.flags |= CSMS_TX_TAG_REFUSED;
    if (freeze_prices(call) < 0) {
        csms_answer_unstored(call);
        return;
    }
    change.prices = call->prices;
    count_odd(call);
    csms_put(call, &change, on_start_stored);
}

/* A connector has one transaction at a time: the older one is over, whatever became of its Stop. */
static void leave_open(struct csms_call *call, const struct csms_found *found)
{
    const struct csms_tx *open = csms_open_on(call->connector, found->txs, found->tx_count);

    if (!open || open->id == call->tx.id)
        return;
    /* Of times that cannot be, the order in which they came says which is the older. */
    if (!((open->flags | call->tx.flags) & CSMS_TX_TIME_DOUBTFUL) &&
        open->started_ms > call->at_ms) {
        if (call->tx.state == CSMS_TX_OPEN)
            call->tx.state = CSMS_TX_LEFT;
        return;
    }
    call->left = *open;
    call->left.state = CSMS_TX_LEFT;
    call->leaves = true;
}

static void make_start(struct csms_call *call, const struct csms_tx *joins)
{
    struct csms_tx *tx = &call->tx;

    if (joins) {
        *tx = *joins;
        tx->state = CSMS_TX_CLOSED;
        tx->flags |= CSMS_TX_JOINED;
        metric_add(call->charger->csms->metrics.joined, 1);
    } else {
        memcpy(tx->identity, call->charger->identity, sizeof tx->identity);
        tx->state = CSMS_TX_OPEN;
    }
    tx->connector = call->connector;
    memcpy(tx->id_tag, call->id_tag, sizeof tx->id_tag);
    tx->started_ms = call->at_ms;
    tx->start_arrived_ms = call->arrived_ms;
    tx->meter_start_wh = call->meter_wh;
    tx->reservation = call->reservation;
    tx->flags |= csms_judge_flags(tx);
    if (call->used & OCPP_NOTED_ZONE)
        tx->flags |= CSMS_TX_TIME_NO_ZONE;
}

static void on_start_txs(void *arg, int err, const struct csms_found *found)
{
    struct csms_call *call = arg;
    const struct csms_start start = {.connector = call->connector,
                                     .meter_wh = call->meter_wh,
                                     .at_ms = call->at_ms,
                                     .doubtful = csms_time_doubtful(call->at_ms, call->arrived_ms),
                                     .id_tag = call->id_tag};

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    const struct csms_tx *same = csms_judge_start(&start, found->txs, found->tx_count);
    if (same) { /* answered as it was then */
        metric_add(call->charger->csms->metrics.repeated, 1);
        call->tx = *same;
        call->verdict = same->verdict;
        answer_start(call);
        return;
    }
    make_start(call, csms_join_start(&start, found->txs, found->tx_count));
    leave_open(call, found);
    find_tag(call, call->connector, put_start);
}

static void start_begin(struct csms_call *call)
{
    const struct csms_query query = {.find = CSMS_FIND_TX,
                                     .identity = call->charger->identity,
                                     .connector = call->connector,
                                     .at_ms = call->at_ms,
                                     .meter_wh = call->meter_wh};

    csms_find(call, &query, on_start_txs);
}

void csms_start(struct csms_call *call)
{
    if (!csms_connector(call->charger, call->connector)) {
        csms_answer_error(call, OCPP_ERROR_PROPERTY, "connectorId: out of range (32)");
        return;
    }
    tag_hold(call);
}

/* ---- StopTransaction ---- */

static void answer_stop(struct csms_call *call)
{
    char out[CSMS_ANSWER_BYTES];
    struct ocpp_writer w;

    csms_answer_begin(call, &w, out);
    if (call->tag_judged)
        put_tag_info(call, &w);
    csms_answer_end(call, &w);
}

static void on_stop_stored(void *arg, int err, int32_t tx_id)
{
    struct csms_call *call = arg;

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    call->tx.id = tx_id;
    csms_tx_keep(call->charger, &call->tx);
    if (known_stopped(&call->charger->known, tx_id))
        csms_known_changed(call->charger);
    till_tx(call->charger->csms, &call->tx);
    if (call->transaction_id <= 0)
        call->charger->orphan_connector = 0;
    answer_stop(call);
}

static void put_stop(struct csms_call *call)
{
    const struct csms_change change = {.identity = call->charger->identity,
                                       .arrived_ms = call->arrived_ms,
                                       .tx = &call->tx,
                                       .samples = call->samples,
                                       .sample_count = call->sample_count,
                                       .connector = call->tx.connector,
                                       .sample_tx = call->tx.id,
                                       .said_id = call->transaction_id,
                                       .texts = call->texts};

    count_odd(call);
    csms_put(call, &change, on_stop_stored);
}

static void stop_tag_judged(struct csms_call *call)
{
    call->tag_judged = true;
    if (call->verdict != OCPP_Accepted)
        call->tx.flags |= CSMS_TX_STOP_TAG;
    put_stop(call);
}

static void make_stop(struct csms_call *call, const struct csms_stop_found *stop, int32_t connector)
{
    struct csms *csms = call->charger->csms;
    struct csms_tx *tx = &call->tx;

    if (stop->kind == CSMS_STOP_ENDS) {
        *tx = *stop->tx;
        tx->state = CSMS_TX_CLOSED;
        const struct csms_connector *at = csms_tx_find(call->charger, tx->id);
        if (at && at->booted)
            tx->flags |= CSMS_TX_BOOTED;
    } else {
        memcpy(tx->identity, call->charger->identity, sizeof tx->identity);
        tx->state = CSMS_TX_UNMATCHED;
        tx->connector = connector;
        metric_add(csms->metrics.unmatched, 1);
        if (stop->kind == CSMS_STOP_SECOND)
            tx->flags |= CSMS_TX_SECOND_STOP;
    }
    if (stop->joined) {
        tx->flags |= CSMS_TX_JOINED;
        metric_add(csms->metrics.joined, 1);
    }
    memcpy(tx->stop_id_tag, call->id_tag, sizeof tx->stop_id_tag);
    tx->stopped_ms = call->at_ms;
    tx->stop_arrived_ms = call->arrived_ms;
    tx->meter_stop_wh = call->meter_wh;
    tx->said_id = call->transaction_id;
    tx->reason = call->word != OCPP_NO_WORD ? call->word : OCPP_Local; /* errata, OCPP-J 2.6 */
    tx->flags |= csms_judge_flags(tx);
    if (call->used & OCPP_NOTED_ZONE)
        tx->flags |= CSMS_TX_TIME_NO_ZONE;
}

static void on_stop_txs(void *arg, int err, const struct csms_found *found)
{
    struct csms_call *call = arg;
    struct csms_charger *charger = call->charger;
    struct csms_stop stop = {.said_id = call->transaction_id,
                             .meter_wh = call->meter_wh,
                             .at_ms = call->at_ms,
                             .doubtful = csms_time_doubtful(call->at_ms, call->arrived_ms),
                             .id_tag = call->id_tag};

    if (err < 0) {
        csms_answer_unstored(call);
        return;
    }
    if (call->transaction_id <= 0)
        stop.connector = charger->orphan_connector;
    struct csms_stop_found judged = csms_judge_stop(&stop, found->txs, found->tx_count);
    if (judged.kind == CSMS_STOP_REPEATED) {
        metric_add(charger->csms->metrics.repeated, 1);
        answer_stop(call);
        return;
    }
    make_stop(call, &judged, stop.connector);
    if (call->id_tag[0] != '\0')
        find_tag(call, 0, stop_tag_judged);
    else
        put_stop(call);
}

void csms_stop(struct csms_call *call)
{
    const struct csms_query query = {.find = CSMS_FIND_TX,
                                     .identity = call->charger->identity,
                                     .id = call->transaction_id,
                                     .at_ms = call->at_ms,
                                     .meter_wh = call->meter_wh};

    csms_find(call, &query, on_stop_txs);
}
