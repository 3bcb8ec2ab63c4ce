/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people ask of the central system's book, and set in it: chargers, tags, transactions, notes,
 * curves. In pages, so that no answer grows with what is stored. Apart from book.h because chargers
 * never need it; whoever keeps the book offers both. Depends on hub/csms/book.h.
 *
 *     The transaction that runs on a charger:
 *     const struct csms_page page = {.list = CSMS_LIST_TXS, .identity = "CP1", .limit = 1,
 *                                    .connector = CSMS_ANY, .state = CSMS_TX_OPEN};
 *     err = shelf->ops->list(shelf->ctx, &page, on_listed, request);
 *
 *     Its curve, page after page:
 *     struct csms_page page = {.list = CSMS_LIST_SAMPLES, .tx_id = 7, .connector = CSMS_ANY};
 *     ... in on_listed, while listing->more: page.from_ms = listing->next; and list it again
 */
#ifndef ROOST_HUB_CSMS_BOOK_READ_H
#define ROOST_HUB_CSMS_BOOK_READ_H

#include "hub/csms/book.h"

enum {
    CSMS_PAGE_MAX = 200,      /* rows of a page, but samples */
    CSMS_SAMPLES_MAX = 10000, /* samples of a page; all of one time are on one page, always */
    CSMS_ANY = -1
};

enum csms_list {
    CSMS_LIST_CHARGERS, /* by identity */
    CSMS_LIST_TAGS,     /* by tag, without case */
    CSMS_LIST_TXS,      /* newest first */
    CSMS_LIST_STATUSES, /* what the connectors of a charger said last; all of them */
    CSMS_LIST_NOTES,    /* of a charger, newest first */
    CSMS_LIST_SAMPLES   /* of a transaction, or of a charger: in the order of time */
};

/* Borrowed for the call. What a list has no use for is not looked at. */
struct csms_page {
    enum csms_list list;
    /* TXS: NULL or "": of any charger. SAMPLES: needed when tx_id is 0. STATUSES, NOTES: needed. */
    const char *identity;
    const char *id_tag; /* TXS: it was started with it, found without case; NULL or "": any */
    int32_t connector;  /* TXS, SAMPLES; CSMS_ANY: any. 0 is the station, or not known. */
    int32_t state;      /* TXS: enum csms_tx_state, or CSMS_ANY */
    int32_t tx_id;      /* TXS: this one only; SAMPLES: of this one; 0: any */
    /* from <= time < to; to_ms 0: no end. TXS: when it started (stopped, when it was never seen to
     * start), as the charger said. SAMPLES: their own time, or that of arrival where it is
     * doubtful. NOTES: arrival. */
    int64_t from_ms, to_ms;
    /* Where this page begins, of the page before: TXS and NOTES its `next` (0: the newest), TAGS
     * and CHARGERS its last tag or identity (NULL or "": the first). SAMPLES go on with from_ms. */
    int64_t before;
    const char *after;
    uint32_t limit; /* rows at most; 0: as many as a page can have */
    bool count;     /* TXS: `total` is wanted */
};

struct csms_charger_shown {
    struct csms_charger_row row;
    struct csms_boot boot; /* of the last one; "" before. `accepted` is row.booted */
    int64_t booted_ms;     /* when it arrived; 0: never */
};

struct csms_status_shown {
    struct csms_status status;
    int64_t arrived_ms;
};

struct csms_note_shown {
    struct csms_note note;
    int64_t id, arrived_ms;
};

struct csms_sample_shown {
    struct csms_sample sample; /* its text is texts + text_at */
    int32_t connector, tx_id;  /* tx_id 0: not known */
    int32_t said_id;           /* the transactionId that it came with; 0: none */
    int64_t arrived_ms;
};

/* A page. Borrowed for the call. */
struct csms_listing {
    size_t count;
    bool more;      /* there are rows after this page */
    int64_t next;   /* TXS, NOTES: `before` of the page after; SAMPLES: its from_ms */
    uint64_t total; /* TXS: how many there are of any page, when asked for */
    /* That of the list; the others are NULL. */
    const struct csms_charger_shown *chargers;
    const struct csms_tag *tags;
    const struct csms_tx *txs;
    const struct csms_status_shown *statuses;
    const struct csms_note_shown *notes;
    const struct csms_sample_shown *samples;
    const char *texts;
};

/* Once, on the hub's thread, never from inside the call that asked. `listing` is NULL when err is
 * below 0. */
typedef void (*csms_listed_fn)(void *arg, int err, const struct csms_listing *listing);

struct csms_shelf_ops {
    /* Returns and errors as csms_book_ops.find; ROOST_ERR_INVALID: something needed is missing. It
     * holds up nothing that a charger waits for. */
    int (*list)(void *ctx, const struct csms_page *page, csms_listed_fn done, void *arg);

    /* Made or changed; copied; `done` may be NULL. Errors as csms_book_ops.put. A charger:
     * registration, password and switches (never whether it has booted); ROOST_ERR_INVALID: no
     * identity. A tag: ROOST_ERR_INVALID when it or its parent is no text of 20 characters at most,
     * or it is "". */
    int (*set_charger)(void *ctx, const struct csms_charger_row *row, csms_stored_fn done,
                       void *arg);
    int (*set_tag)(void *ctx, const struct csms_tag *tag, csms_stored_fn done, void *arg);

    /* `done` with ROOST_ERR_NOT_FOUND: there is none. What is billed stays: of a charger go its
     * row, statuses and notes; its transactions stay, and those that are open are LEFT. */
    int (*remove_charger)(void *ctx, const char *identity, csms_stored_fn done, void *arg);
    int (*remove_tag)(void *ctx, const char *id_tag, csms_stored_fn done, void *arg);
};

struct csms_shelf {
    const struct csms_shelf_ops *ops;
    void *ctx;
};

#endif
