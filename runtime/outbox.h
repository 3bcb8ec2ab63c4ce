/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a device must not lose on its way to the hub. Each record goes to the flash journal first,
 * is sent from there in order with its number, and is trimmed when all of its messages, and all
 * before it, are acknowledged. A connection starts again at the first record that is not trimmed.
 * In memory there is only the small table of what is on its way.
 *
 *     journal   ... 40 41 | 42 43 44 45 | 46 47 48 ...
 *              trimmed      in flight     waiting
 *
 * A record made before the clock was known carries the time since boot, and gets its time stamp
 * from the clock once that is known in the same boot; one of an earlier boot goes without. When
 * flash fails, records go out live and without a number, so that none is taken for a repetition.
 * Depends on runtime/journal.h, core/bytes.h, core/log.h, port/port.h.
 *
 *     roost_outbox_add(&outbox, bytes, sizeof bytes, now);     // each reading
 *     roost_outbox_pump(&outbox, now);                         // the runtime, on every step
 */
#ifndef ROOST_RUNTIME_OUTBOX_H
#define ROOST_RUNTIME_OUTBOX_H

#include <stdbool.h>
#include <stdint.h>

#include "core/log.h"
#include "port/port.h"
#include "runtime/journal.h"

enum {
    ROOST_OUTBOX_FLIGHTS = 8,           /* records on their way */
    ROOST_OUTBOX_MESSAGES_MAX = 2,      /* of one record */
    ROOST_OUTBOX_BYTES_MAX = 48,        /* the product's part of a record */
    ROOST_OUTBOX_HEAD_BYTES = 16,       /* ours, before it */
    ROOST_OUTBOX_CLOCK_WAIT_MS = 15000, /* a connection waits so long for the clock before ... */
    ROOST_OUTBOX_CLOCK_FRESH_MS = 5000, /* ... it sends records older than this without a time */
    ROOST_OUTBOX_ACK_TIMEOUT_MS =
        60000, /* without any acknowledgement: the connection is no good */
};

struct roost_time {
    uint64_t now_ms;
    int64_t unix_ms; /* 0: unknown */
};

/* How a record begins in the journal; the product's bytes follow. */
struct roost_record_head {
    uint32_t boot; /* number of the boot it was made in; 0: unknown */
    bool timed;    /* time_ms is since 1970, else since boot */
    uint64_t time_ms;
};
void roost_record_head_write(uint8_t out[ROOST_OUTBOX_HEAD_BYTES],
                             const struct roost_record_head *head);
/* 0 or ROOST_ERR_INVALID. */
int roost_record_head_parse(struct roost_record_head *head, const uint8_t *bytes, size_t len);

/* A record as it is sent; the bytes are borrowed for the call. */
struct roost_record {
    const uint8_t *bytes; /* as many as the kind has */
    int64_t unix_ms;      /* when it was made; 0: nobody knows any more */
    uint64_t seq;         /* 0: it has no number */
};

/* What the product's records are, and how one is said. */
struct roost_outbox_kind {
    uint8_t bytes, messages; /* 1..ROOST_OUTBOX_BYTES_MAX, 1..ROOST_OUTBOX_MESSAGES_MAX */
    /* Hands one of the record's messages to the uplink. Returns the token of its acknowledgement, 0
     * where the protocol has none (it counts as delivered, and only the uplink's room limits how
     * many are sent at once), or ROOST_ERR_FULL, ROOST_ERR_CLOSED (tried again later), another
     * error (logged, tried again). */
    int (*send)(void *ctx, unsigned message, const struct roost_record *record);
};

struct roost_outbox_flight {
    uint64_t seq;
    uint32_t token[ROOST_OUTBOX_MESSAGES_MAX]; /* 0: not on its way */
    uint8_t to_send;                           /* bit per message: not handed over yet */
};

struct roost_outbox {
    const struct roost_outbox_kind *kind;
    void *ctx;
    struct roost_log *log;
    uint32_t boot;
    struct roost_journal journal;
    bool mounted, open;
    uint64_t opened_ms, acked_ms; /* acked_ms: of the last sign that the other end answers */
    uint64_t next_seq;            /* of the record to send next */
    struct roost_outbox_flight flight[ROOST_OUTBOX_FLIGHTS]; /* a ring, in order of seq */
    uint8_t first, flying;
    bool waiting_for_clock;
    uint64_t clock_look_ms;   /* when the clock is looked at again */
    int flash_err;            /* what the journal said last; 0: all is well */
    bool journal_full;        /* from the first record given up until all are delivered */
    uint32_t dropped_seen;    /* of journal.dropped */
    uint32_t live, live_lost; /* records past the journal: sent; lost because it was closed */
    uint32_t unreadable;      /* records of the journal that are none of this kind */
};

/* Mounts the journal. What is given is borrowed; `boot` is this boot's number, 0 when unknown.
 * Returns 0, also when the flash cannot be read (flash_err), or ROOST_ERR_INVALID for a region that
 * cannot be a journal. */
int roost_outbox_init(struct roost_outbox *outbox, const struct roost_outbox_kind *kind, void *ctx,
                      const struct roost_port *port, uint32_t boot, struct roost_log *log);

/* `bytes`: as many as the kind has. */
void roost_outbox_add(struct roost_outbox *outbox, const uint8_t *bytes, struct roost_time now);

void roost_outbox_opened(struct roost_outbox *outbox, struct roost_time now);
void roost_outbox_closed(struct roost_outbox *outbox);

/* Returns whether the token was one of ours. */
bool roost_outbox_acked(struct roost_outbox *outbox, uint64_t token, struct roost_time now);

/* Records are on their way and the other end has been silent about them for too long. */
bool roost_outbox_unanswered(const struct roost_outbox *outbox, struct roost_time now);

/* Sends what the ring of unacknowledged records has room for. */
void roost_outbox_pump(struct roost_outbox *outbox, struct roost_time now);

/* When to pump though nothing happened, or ROOST_NEVER. */
uint64_t roost_outbox_due(const struct roost_outbox *outbox);

uint64_t roost_outbox_waiting(const struct roost_outbox *outbox);  /* not yet trimmed */
uint64_t roost_outbox_last_seq(const struct roost_outbox *outbox); /* 0: none yet */

#endif
