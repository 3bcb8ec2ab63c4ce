/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central system keeps: chargers, tags, transactions, samples. It asks and puts through
 * this interface and answers a charger when what it said is durable; whoever keeps it (a database,
 * a test) knows no rule of OCPP. All rules are in judge.h. Depends on proto/ocpp/words.h.
 *
 *     const struct csms_query query = {.find = CSMS_FIND_TAG, .identity = "CP1", .id_tag = "ABC"};
 *     err = book->ops->find(book->ctx, &query, on_found, work);
 *     ...
 *     const struct csms_change change = {.identity = "CP1", .tx = &tx};
 *     err = book->ops->put(book->ctx, &change, on_stored, work);       then the charger is answered
 */
#ifndef ROOST_HUB_CSMS_BOOK_H
#define ROOST_HUB_CSMS_BOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/ocpp/fill.h"

enum {
    CSMS_IDENTITY_MAX = 48,
    CSMS_SALT_BYTES = 16,
    CSMS_HASH_BYTES = 32,
    CSMS_TEXT_BYTES = 50 * 4 + 1, /* 50 characters */
    CSMS_FOUND_MAX = 32           /* transactions that a find returns at most */
};

enum csms_registration { CSMS_ACCEPTED, CSMS_PENDING, CSMS_REJECTED };

struct csms_charger_row {
    char identity[CSMS_IDENTITY_MAX + 1];
    enum csms_registration registration; /* the operator's word */
    bool booted;                         /* its BootNotification was answered Accepted once */
    bool basic;                          /* it has a password: csms_password_hash of csms.h */
    uint8_t salt[CSMS_SALT_BYTES], hash[CSMS_HASH_BYTES];
    uint8_t lenient;  /* OCPP_LENIENT_ of proto/ocpp/check.h */
    bool certificate; /* it has to show one, and needs no password then: security profile 3 */
    char certificate_name[CSMS_IDENTITY_MAX + 1]; /* which names it; "": its identity */
};

struct csms_tag {
    char id_tag[OCPP_ID_TAG_BYTES];        /* found without case */
    char parent_id_tag[OCPP_ID_TAG_BYTES]; /* "": none */
    bool blocked;
    int64_t expiry_ms; /* 0: never */
    uint32_t limit;    /* transactions at once; 0: any number */
};

enum csms_tx_state {
    CSMS_TX_OPEN,
    CSMS_TX_CLOSED,
    CSMS_TX_LEFT,     /* another one began on its connector, and its Stop never came */
    CSMS_TX_UNMATCHED /* a Stop whose Start is not known */
};

/* What is odd about a transaction. Any of CSMS_TX_NOT_BILLED: a person has to look first. */
enum {
    CSMS_TX_METER_BACK = 1,     /* meterStop below meterStart */
    CSMS_TX_METER_NEGATIVE = 2, /* a register below 0 */
    CSMS_TX_STOP_EARLY = 4,     /* stopped before it started */
    CSMS_TX_TIME_DOUBTFUL = 8,  /* a time no clock can have: the arrival is kept beside */
    CSMS_TX_TIME_NO_ZONE = 16,  /* taken as UTC */
    CSMS_TX_TAG_REFUSED = 32,   /* its tag was not accepted at the start */
    CSMS_TX_STOP_TAG = 64,      /* it was stopped with a tag that is not accepted */
    CSMS_TX_BOOTED = 128,       /* the charger booted while it was open: there is a gap */
    CSMS_TX_SECOND_STOP = 256,  /* says otherwise than the Stop that came before */
    CSMS_TX_JOINED = 512,       /* Start and Stop were put together by what fits */
    CSMS_TX_ID_SEEN = 1024,     /* nothing odd: the charger has used its id, so it knows it */
    CSMS_TX_NOT_BILLED = CSMS_TX_METER_BACK | CSMS_TX_METER_NEGATIVE | CSMS_TX_STOP_EARLY |
                         CSMS_TX_TIME_DOUBTFUL | CSMS_TX_SECOND_STOP
};

struct csms_tx {
    int32_t id; /* transactionId on the wire; 0: new, the book gives it one above 0 */
    char identity[CSMS_IDENTITY_MAX + 1];
    enum csms_tx_state state;
    int32_t connector; /* 0: not known (UNMATCHED) */
    char id_tag[OCPP_ID_TAG_BYTES], stop_id_tag[OCPP_ID_TAG_BYTES];
    int64_t started_ms, stopped_ms;            /* as the charger said, in UTC */
    int64_t start_arrived_ms, stop_arrived_ms; /* here; 0: has not */
    int32_t meter_start_wh, meter_stop_wh;
    int32_t reservation;    /* 0: none */
    int32_t said_id;        /* the transactionId that its Stop came with */
    enum ocpp_word reason;  /* of the Stop; OCPP_NO_WORD before */
    enum ocpp_word verdict; /* what its Start was answered: Accepted, Blocked, ... */
    uint32_t flags;
};

/* One measured value. */
struct csms_sample {
    int64_t at_ms;
    int64_t value_milli;        /* thousandths of the unit, when text_len is 0 */
    uint32_t text_at, text_len; /* in csms_change.texts: what is no number (signed data) */
    enum ocpp_word measurand, unit, context, phase, location, format; /* OCPP_NO_WORD: not said */
    bool doubtful; /* its time cannot be: the arrival counts */
    bool odd;      /* its value is "", or a word none of ours (lenient): looked at, not counted */
};

struct csms_boot {
    char vendor[20 * 4 + 1], model[20 * 4 + 1], serial[CSMS_TEXT_BYTES], firmware[CSMS_TEXT_BYTES];
    bool accepted; /* and so it was answered */
};

struct csms_status {
    int32_t connector;
    enum ocpp_word status, error_code;
    char info[CSMS_TEXT_BYTES], vendor_error[CSMS_TEXT_BYTES];
    int64_t at_ms;
};

/* Another thing a charger said that people look up: an event, the status of an upload. */
struct csms_note {
    enum ocpp_word action; /* of the message */
    const char *what;      /* status, type or messageId */
    const char *text;      /* details, data */
    int64_t at_ms;
};

/* What became of a certificate of a charger's. Numbers are stored. */
enum csms_certificate_state {
    CSMS_CERTIFICATE_SIGNED,  /* here, and not known whether the charger has it */
    CSMS_CERTIFICATE_TAKEN,   /* it said so */
    CSMS_CERTIFICATE_REFUSED, /* likewise */
    CSMS_CERTIFICATE_SHOWN    /* it came with it */
};
enum { CSMS_CERTIFICATES_MAX = 8 /* of a charger: the newest */ };

struct csms_certificate {
    int64_t id; /* the book's */
    char identity[CSMS_IDENTITY_MAX + 1], name[65], serial[48];
    int64_t until_ms, signed_ms, shown_ms; /* 0: was not; put, the later counts */
    enum csms_certificate_state state;     /* put, one that was SHOWN stays so */
};

/* JSON that the central system keeps whole under a name, and reads back. */
enum csms_document_kind {
    CSMS_DOCUMENT_KNOWN = 1,   /* by identity: known.h; gone with its charger */
    CSMS_DOCUMENT_TEMPLATE = 2 /* by name: template.h */
};
enum { CSMS_DOCUMENT_MAX = 256 * 1024, CSMS_DOCUMENT_KEY_MAX = 64 };

struct csms_document {
    enum csms_document_kind kind;
    const char *key;
    const char *text; /* NULL: it is kept no more */
};

/* Borrowed for the call, all of it. All of a change is durable, or nothing of it. */
struct csms_change {
    const char *identity;
    int64_t arrived_ms;
    const struct csms_boot *boot;
    const struct csms_status *status;
    const struct csms_note *note;
    const struct csms_document *document;
    const struct csms_certificate *certificate;
    /* A new one, or what is now known of the one with this id; it never changes its charger. */
    const struct csms_tx *tx;
    const struct csms_tx *left; /* likewise: of the same connector, that never stopped */
    /* With a new `tx`: the prices that hold for it, as text. NULL: none do. */
    const char *prices;
    /* Of `connector` and of transaction sample_tx (0: it is not known which; one that is not this
     * charger's counts as 0). With `tx` they are of it. One that is there already is left out:
     * same charger, connector, time, measurand, phase, location, context and format. */
    const struct csms_sample *samples;
    size_t sample_count;
    int32_t connector, sample_tx, said_id;
    const char *texts;
};

enum csms_find {
    CSMS_FIND_CHARGER, /* exactly this identity; and its open transactions */
    CSMS_FIND_TAG,
    CSMS_FIND_TX
};

/* Borrowed for the call. */
struct csms_query {
    enum csms_find find;
    const char *identity;
    /* TAG: and how many transactions are open with it whose Start was Accepted, but for those on
     * this connector of this charger (0: on this charger). */
    const char *id_tag;
    int32_t connector;
    /* TX: of this charger those that are open or unmatched, that with this id, those that started
     * or stopped at this time with this register. Those asked for by id or time first, then those
     * that are open, the newest of each first; what is more than CSMS_FOUND_MAX is left out. */
    int32_t id;
    int64_t at_ms;
    int32_t meter_wh;
};

struct csms_found {
    const struct csms_charger_row *charger; /* NULL: there is none */
    const struct csms_tag *tag;             /* NULL: likewise */
    uint32_t open;
    const struct csms_tx *txs;
    size_t tx_count;
    bool more; /* some were left out */
};

/* Once, on the hub's thread, never from inside the call that asked. err below 0: it cannot be known
 * or stored now. `found` is borrowed for the call; `tx_id`: of change->tx. */
typedef void (*csms_found_fn)(void *arg, int err, const struct csms_found *found);
typedef void (*csms_stored_fn)(void *arg, int err, int32_t tx_id);

struct csms_book_ops {
    /* Both return 0, ROOST_ERR_FULL, ROOST_ERR_BUSY, ROOST_ERR_CLOSED, ROOST_ERR_NO_MEMORY, put
     * ROOST_ERR_TOO_LONG for a document above its bound, too; `done` is called for 0 only. Whoever
     * has asked is answered before the service is closed. Puts of one charger come one at a time.
     */
    int (*find)(void *ctx, const struct csms_query *query, csms_found_fn done, void *arg);
    int (*put)(void *ctx, const struct csms_change *change, csms_stored_fn done, void *arg);
};
struct csms_book {
    const struct csms_book_ops *ops;
    void *ctx;
};

#endif
