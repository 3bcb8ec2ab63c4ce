/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/judge.h"

#include <string.h>

#include "proto/ocpp/schema.h"

static const int64_t earliest_ms = INT64_C(1420070400000); /* 2015 */
static const int64_t ahead_ms = INT64_C(24) * 3600 * 1000;

enum ocpp_word csms_judge_tag(const struct csms_tag *tag, uint32_t open, int64_t now_ms)
{
    if (!tag)
        return OCPP_Invalid;
    if (tag->blocked)
        return OCPP_Blocked;
    if (tag->expiry_ms != 0 && now_ms >= tag->expiry_ms)
        return OCPP_Expired;
    if (tag->limit != 0 && open >= tag->limit)
        return OCPP_ConcurrentTx;
    return OCPP_Accepted;
}

bool csms_time_doubtful(int64_t at_ms, int64_t now_ms)
{
    return at_ms < earliest_ms || at_ms > now_ms + ahead_ms;
}

const struct csms_tx *csms_judge_start(const struct csms_start *start, const struct csms_tx *txs,
                                       size_t count)
{
    for (size_t i = 0; i < count; i++)
        if ((!start->doubtful || txs[i].state == CSMS_TX_OPEN) && txs[i].start_arrived_ms != 0 &&
            txs[i].connector == start->connector && txs[i].started_ms == start->at_ms &&
            txs[i].meter_start_wh == start->meter_wh &&
            ocpp_identifier_equal(txs[i].id_tag, start->id_tag))
            return &txs[i];
    return NULL;
}

/* ---- Start and Stop that do not know each other ---- */

/* A Stop may have no tag, and one stopped by another tag of the same parent has another. */
static bool tags_fit(const char *start_tag, const char *stop_tag)
{
    return stop_tag[0] == '\0' || ocpp_identifier_equal(start_tag, stop_tag);
}

static bool connectors_fit(int32_t a, int32_t b)
{
    return a == 0 || b == 0 || a == b;
}

const struct csms_tx *csms_join_start(const struct csms_start *start, const struct csms_tx *txs,
                                      size_t count)
{
    const struct csms_tx *fits = NULL;

    for (size_t i = 0; !start->doubtful && i < count; i++) {
        const struct csms_tx *tx = &txs[i];
        if (tx->state != CSMS_TX_UNMATCHED || tx->flags & CSMS_TX_TIME_DOUBTFUL ||
            tx->said_id > 0 || !connectors_fit(tx->connector, start->connector) ||
            !tags_fit(start->id_tag, tx->stop_id_tag) || tx->stopped_ms < start->at_ms ||
            tx->meter_stop_wh < start->meter_wh)
            continue;
        if (fits)
            return NULL; /* not for us to choose */
        fits = tx;
    }
    return fits;
}

const struct csms_tx *csms_open_on(int32_t connector, const struct csms_tx *txs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (txs[i].state == CSMS_TX_OPEN && txs[i].connector == connector)
            return &txs[i];
    return NULL;
}

static bool stopped_so(const struct csms_tx *tx, const struct csms_stop *stop)
{
    return tx->stop_arrived_ms != 0 && tx->stopped_ms == stop->at_ms &&
           tx->meter_stop_wh == stop->meter_wh;
}

/* Of a Stop that knows no id: the only open one that it can be of. Of one whose id the charger has
 * used it would have said the id; where either time cannot be, none fits. */
static const struct csms_tx *join_stop(const struct csms_stop *stop, const struct csms_tx *txs,
                                       size_t count)
{
    const struct csms_tx *fits = NULL;

    for (size_t i = 0; !stop->doubtful && i < count; i++) {
        const struct csms_tx *tx = &txs[i];
        if (tx->state != CSMS_TX_OPEN || tx->flags & (CSMS_TX_ID_SEEN | CSMS_TX_TIME_DOUBTFUL) ||
            !connectors_fit(tx->connector, stop->connector) ||
            !tags_fit(tx->id_tag, stop->id_tag) || tx->started_ms > stop->at_ms ||
            tx->meter_start_wh > stop->meter_wh)
            continue;
        if (fits)
            return NULL;
        fits = tx;
    }
    return fits;
}

struct csms_stop_found csms_judge_stop(const struct csms_stop *stop, const struct csms_tx *txs,
                                       size_t count)
{
    const struct csms_tx *named = NULL;

    /* What came before, first: an id that was put to it meanwhile is not known to its charger. */
    for (size_t i = 0; i < count; i++) {
        if (stopped_so(&txs[i], stop) &&
            (txs[i].said_id == stop->said_id || txs[i].id == stop->said_id))
            return (struct csms_stop_found){.kind = CSMS_STOP_REPEATED, .tx = &txs[i]};
        /* The id of what was kept without a Start was never told to anybody. */
        if (stop->said_id > 0 && txs[i].id == stop->said_id && txs[i].state != CSMS_TX_UNMATCHED)
            named = &txs[i];
    }
    if (named)
        return (struct csms_stop_found){.kind = named->state == CSMS_TX_CLOSED ? CSMS_STOP_SECOND
                                                                               : CSMS_STOP_ENDS,
                                        .tx = named};
    if (stop->said_id <= 0) {
        const struct csms_tx *fits = join_stop(stop, txs, count);
        if (fits)
            return (struct csms_stop_found){.kind = CSMS_STOP_ENDS, .tx = fits, .joined = true};
    }
    return (struct csms_stop_found){.kind = CSMS_STOP_UNMATCHED};
}

uint32_t csms_judge_flags(const struct csms_tx *tx)
{
    bool started = tx->start_arrived_ms != 0, stopped = tx->stop_arrived_ms != 0;
    uint32_t flags = 0;

    if ((started && tx->meter_start_wh < 0) || (stopped && tx->meter_stop_wh < 0))
        flags |= CSMS_TX_METER_NEGATIVE;
    if ((started && csms_time_doubtful(tx->started_ms, tx->start_arrived_ms)) ||
        (stopped && csms_time_doubtful(tx->stopped_ms, tx->stop_arrived_ms)))
        flags |= CSMS_TX_TIME_DOUBTFUL;
    if (!started || !stopped)
        return flags;
    if (tx->meter_stop_wh < tx->meter_start_wh)
        flags |= CSMS_TX_METER_BACK;
    if (tx->stopped_ms < tx->started_ms)
        flags |= CSMS_TX_STOP_EARLY;
    return flags;
}

/* ---- numbers ---- */

bool csms_number_parse(const char *text, size_t len, int64_t *milli)
{
    const int64_t most = INT64_C(1000000000000000);
    size_t at = 0, digits = 0;
    unsigned decimals = 0;
    int64_t number = 0;

    bool negative = len > 0 && text[0] == '-';
    if (len > 0 && (text[0] == '-' || text[0] == '+'))
        at++;
    for (; at < len && text[at] >= '0' && text[at] <= '9'; at++, digits++) {
        number = number * 10 + (text[at] - '0');
        if (number > most)
            return false;
    }
    if (at < len && text[at] == '.') {
        for (at++; at < len && text[at] >= '0' && text[at] <= '9'; at++, digits++)
            if (decimals < 3) {
                number = number * 10 + (text[at] - '0');
                decimals++;
            }
    }
    if (at != len || digits == 0)
        return false;
    for (; decimals < 3; decimals++)
        number *= 10;
    *milli = negative ? -number : number;
    return true;
}
