/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The rules of tags and transactions, without anything that waits: whether a tag may charge,
 * whether a Start or Stop came before, which transaction a Stop ends, what about it is odd. Depends
 * on hub/csms/book.h.
 *
 *     struct csms_stop_found found = csms_judge_stop(&stop, txs, count);
 *     if (found.kind == CSMS_STOP_REPEATED) ...                           answered, stored before
 */
#ifndef ROOST_HUB_CSMS_JUDGE_H
#define ROOST_HUB_CSMS_JUDGE_H

#include "hub/csms/book.h"

/* Accepted, Blocked, Expired, Invalid (there is no such tag: NULL) or ConcurrentTx. `open`: how
 * many transactions it has elsewhere. */
enum ocpp_word csms_judge_tag(const struct csms_tag *tag, uint32_t open, int64_t now_ms);

/* A time that no clock of a charger can have: before 2015, or more than a day ahead of ours. */
bool csms_time_doubtful(int64_t at_ms, int64_t now_ms);

struct csms_start {
    int32_t connector, meter_wh;
    int64_t at_ms;
    bool doubtful; /* at_ms cannot be: it says nothing of what came when */
    const char *id_tag;
};

/* The one that this Start began, if it came before; NULL. A clock that fell back says the same time
 * for many: a doubtful one repeats one that is still open only. */
const struct csms_tx *csms_judge_start(const struct csms_start *start, const struct csms_tx *txs,
                                       size_t count);

/* The Stop that came before this Start: the only one without a Start that fits by connector, tag,
 * times and registers; NULL. None when either time is doubtful. */
const struct csms_tx *csms_join_start(const struct csms_start *start, const struct csms_tx *txs,
                                      size_t count);

/* The open one of a connector; NULL. */
const struct csms_tx *csms_open_on(int32_t connector, const struct csms_tx *txs, size_t count);

struct csms_stop {
    int32_t said_id, meter_wh;
    int32_t connector; /* as far as is known; 0 */
    int64_t at_ms;
    bool doubtful;      /* at_ms cannot be: it says nothing of what it ends */
    const char *id_tag; /* "": none */
};

enum csms_stop_kind {
    CSMS_STOP_ENDS,      /* `tx` */
    CSMS_STOP_REPEATED,  /* of `tx`; nothing has to be stored */
    CSMS_STOP_UNMATCHED, /* kept for itself */
    CSMS_STOP_SECOND     /* kept for itself: `tx` was stopped otherwise before */
};

struct csms_stop_found {
    enum csms_stop_kind kind;
    const struct csms_tx *tx;
    bool joined; /* by what fits, not by its id */
};

struct csms_stop_found csms_judge_stop(const struct csms_stop *stop, const struct csms_tx *txs,
                                       size_t count);

/* CSMS_TX_METER_BACK, _METER_NEGATIVE, _STOP_EARLY, _TIME_DOUBTFUL: of what is known of it by now.
 */
uint32_t csms_judge_flags(const struct csms_tx *tx);

/* A decimal as thousandths, the rest rounded to nothing. false: it is no number, or too large. */
bool csms_number_parse(const char *text, size_t len, int64_t *milli);

#endif
