/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What people ask of what the central system keeps, beside its own work (book.h): lists, one thing,
 * a transaction's curve; and what they enter. A question never waits for a charger's message nor
 * the other way round. Knows no rule of OCPP, no SQL. Depends on hub/csms/book.h.
 *
 *     const struct csms_desk_query query = {.what = CSMS_DESK_TXS, .identity = "CP1", .limit = 50};
 *     err = desk->ops->read(desk->ctx, &query, on_read, work);
 */
#ifndef ROOST_HUB_CSMS_DESK_H
#define ROOST_HUB_CSMS_DESK_H

#include "hub/csms/book.h"

enum {
    CSMS_DESK_LIST_MAX = 1000,
    CSMS_DESK_SEARCH_MAX = 64, /* bytes of a text that is searched */
    CSMS_DESK_SAMPLES_MAX = 10000,
    CSMS_DESK_QUEUE_MAX = 64 /* questions at once; beyond that ROOST_ERR_FULL */
};

enum csms_desk_what {
    CSMS_DESK_CHARGERS,  /* by identity; with the states of their connectors */
    CSMS_DESK_CHARGER,   /* identity; with its connectors, and the newest transaction of each */
    CSMS_DESK_TAGS,      /* by id_tag */
    CSMS_DESK_TAG,       /* id_tag; `count`: transactions that it began, `open`: now */
    CSMS_DESK_TXS,       /* newest first */
    CSMS_DESK_COUNT,     /* how many those would be: `count` */
    CSMS_DESK_TX,        /* id; with its samples, and what vendors said around it */
    CSMS_DESK_NOTES,     /* newest first */
    CSMS_DESK_SAMPLES,   /* of a charger: identity; whatever their transaction */
    CSMS_DESK_DOCUMENTS, /* of `document`, by key */
    CSMS_DESK_RECALL, /* identity; with its connectors, and the document of what is known of it */
    CSMS_DESK_CERTIFICATES, /* by the time until which they are good; of `identity`, up to to_ms */
    CSMS_DESK_EXPIRING,     /* likewise, the last one of each charger that has it, up to to_ms */
    CSMS_DESK_WHATS
};

/* Members that are 0, or NULL, filter nothing. Copied. */
struct csms_desk_query {
    enum csms_desk_what what;
    const char *identity, *id_tag;
    const char *after;  /* CHARGERS, TAGS: those behind this one */
    const char *search; /* CHARGERS: identity, serial number, vendor or model; TAGS: id or parent;
                         * with this in it, without case of ASCII letters */
    enum csms_document_kind document;
    int32_t id;             /* TX */
    int64_t before;         /* TXS, NOTES: those with a lower id; CERTIFICATES: behind this one */
    uint32_t states;        /* TXS, COUNT: bits by enum csms_tx_state */
    int32_t connector;      /* TXS, COUNT, SAMPLES */
    int64_t from_ms, to_ms; /* TXS, COUNT: started (or stopped, of UNMATCHED) in [from, to);
                             * SAMPLES: their own time, or that of arrival where it is doubtful */
    int64_t at_ms;          /* TX, SAMPLES: those after this time; `last_ms` of the page before */
    uint32_t limit;         /* CSMS_DESK_LIST_MAX; of samples CSMS_DESK_SAMPLES_MAX: those of one
                             * time are never cut apart, so there may be more of that */
};

struct csms_desk_charger {
    struct csms_charger_row row;
    struct csms_boot boot;
    int64_t booted_ms; /* when the newest Boot came; 0: never */
};

struct csms_desk_status {
    char identity[CSMS_IDENTITY_MAX + 1];
    struct csms_status status;
    int64_t arrived_ms;
};

/* What a sample came with. */
struct csms_desk_origin {
    int32_t connector, tx_id, said_id; /* tx_id 0: not known; said_id 0: none was said */
    int64_t arrived_ms;
};

struct csms_desk_note {
    int64_t id, at_ms, arrived_ms;
    char action[48], what[CSMS_TEXT_BYTES];
    const char *text;
};

struct csms_desk_document {
    char key[CSMS_DOCUMENT_KEY_MAX + 1];
    const char *text;
};

/* Borrowed for the call. */
struct csms_desk_found {
    const struct csms_desk_charger *chargers;
    const struct csms_desk_status *statuses;
    const struct csms_tag *tags;
    const struct csms_tx *txs;
    const struct csms_sample *samples;      /* by time, each once */
    const struct csms_desk_origin *origins; /* of each sample */
    const struct csms_desk_note *notes;
    const struct csms_desk_document *documents;
    const struct csms_certificate *certificates;
    size_t charger_count, status_count, tag_count, tx_count, sample_count, note_count,
        document_count, certificate_count;
    const char *texts;  /* of samples */
    const char *prices; /* TX: that were frozen with it; NULL: none were */
    int64_t last_ms;    /* of the last sample: at_ms of the next page */
    uint64_t count, open;
    bool more; /* the limit left something out */
};

/* Once, on the hub's thread, never from inside the call that asked. err below 0: it cannot be read
 * now; `found` is NULL then. What is not there is no error: its count is 0. */
typedef void (*csms_desk_fn)(void *arg, int err, const struct csms_desk_found *found);

enum csms_desk_thing { CSMS_DESK_A_CHARGER, CSMS_DESK_A_TAG };

/* All return 0, and `done` is called; or ROOST_ERR_FULL, ROOST_ERR_CLOSED, ROOST_ERR_NO_MEMORY. */
struct csms_desk_ops {
    int (*read)(void *ctx, const struct csms_desk_query *query, csms_desk_fn done, void *arg);
    /* Makes one (`add`: by `done` ROOST_ERR_EXISTS when it is there) or sets it whole. */
    int (*charger)(void *ctx, const struct csms_charger_row *row, bool add, csms_stored_fn done,
                   void *arg);
    int (*tag)(void *ctx, const struct csms_tag *tag, bool add, csms_stored_fn done, void *arg);
    /* Its transactions stay. By `done` ROOST_ERR_NOT_FOUND. */
    int (*remove)(void *ctx, enum csms_desk_thing thing, const char *key, csms_stored_fn done,
                  void *arg);
};
struct csms_desk {
    const struct csms_desk_ops *ops;
    void *ctx;
};

#endif
