/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings readings to the hub: each goes to the flash journal first, is published from there in
 * order with its number, and is trimmed when the broker has acknowledged both of its messages and
 * all before it. A connection starts again at the first reading that is not trimmed. In memory
 * there is only the small table of what is on its way.
 *
 *     journal   ... 40 41 | 42 43 44 45 | 46 47 48 ...
 *              trimmed      in flight     waiting
 *
 * A reading made before the clock was known carries the time since boot, and gets its time stamp
 * from the clock once that is known in the same boot; one of an earlier boot goes without. When
 * flash fails, readings go out live and without a number, so that none is taken for a repetition.
 * Depends on runtime/journal, core/log, proto/climate, port/port.h.
 *
 *     window_publisher_add(&publisher, &sample, now);    // each good sample
 *     window_publisher_pump(&publisher, now);            // on every step
 */
#ifndef ROOST_DEVICES_WINDOW_PUBLISHER_H
#define ROOST_DEVICES_WINDOW_PUBLISHER_H

#include <stdbool.h>
#include <stdint.h>

#include "runtime/journal.h"
#include "core/log.h"
#include "port/port.h"

enum {
    WINDOW_IN_FLIGHT = 8,          /* readings; two messages each */
    WINDOW_CLOCK_WAIT_MS = 15000,  /* a connection waits so long for the clock before ... */
    WINDOW_CLOCK_FRESH_MS = 5000,  /* ... it sends readings older than this without a time */
    WINDOW_ACK_TIMEOUT_MS = 60000, /* without any acknowledgement: the connection is no good */
    WINDOW_RECORD_BYTES = 24,
};

/* One reading as it lies in the journal. */
struct window_record {
    struct roost_climate_sample sample;
    uint32_t boot; /* number of the boot it was made in; 0: unknown */
    bool timed;    /* time_ms is since 1970, else since boot */
    uint64_t time_ms;
};

struct window_time {
    uint64_t now_ms;
    int64_t unix_ms; /* 0: unknown */
};

struct window_in_flight {
    uint64_t seq;
    uint32_t token[2]; /* of temperature and humidity; 0: not on its way */
    uint8_t to_send;   /* bit per message: not handed to the port yet */
};

struct window_publisher {
    const struct roost_mqtt *mqtt;
    struct roost_log *log;
    const char *device_id;
    uint32_t boot;
    struct roost_journal journal;
    bool mounted, open;
    uint64_t opened_ms, acked_ms; /* acked_ms: of the last sign that the broker answers */
    uint64_t next_seq;            /* of the record to send next */
    struct window_in_flight flight[WINDOW_IN_FLIGHT]; /* a ring, in order of seq */
    uint8_t first, flying;
    bool waiting_for_clock;
    uint64_t clock_look_ms;   /* when the clock is looked at again */
    int flash_err;            /* what the journal said last; 0: all is well */
    bool journal_full;        /* from the first reading given up until all are delivered */
    uint32_t dropped_seen;    /* of journal.dropped */
    uint32_t live, live_lost; /* readings past the journal: sent; lost because it was closed */
    uint32_t unreadable;      /* records that hold no reading */
};

/* Mounts the journal. What is given is borrowed. Returns 0, also when the flash cannot be read
 * (flash_err), or ROOST_ERR_INVALID for a region that cannot be a journal. */
int window_publisher_init(struct window_publisher *publisher, const struct roost_port *port,
                          const char *device_id, uint32_t boot, struct roost_log *log);

void window_publisher_add(struct window_publisher *publisher,
                          const struct roost_climate_sample *sample, struct window_time now);

void window_publisher_opened(struct window_publisher *publisher, struct window_time now);
void window_publisher_closed(struct window_publisher *publisher);

/* Returns whether the token was one of ours. */
bool window_publisher_acked(struct window_publisher *publisher, uint64_t token,
                            struct window_time now);

/* Readings are on their way and the broker has been silent about them for too long. */
bool window_publisher_unanswered(const struct window_publisher *publisher, struct window_time now);

/* Sends what the window of unacknowledged readings has room for. */
void window_publisher_pump(struct window_publisher *publisher, struct window_time now);

/* When to pump though nothing happened, or UINT64_MAX. */
uint64_t window_publisher_due(const struct window_publisher *publisher);

uint64_t window_publisher_waiting(const struct window_publisher *publisher);  /* not yet trimmed */
uint64_t window_publisher_last_seq(const struct window_publisher *publisher); /* 0: none yet */

/* The bytes of a record. Parsing returns 0 or ROOST_ERR_INVALID. */
void window_record_write(uint8_t out[WINDOW_RECORD_BYTES], const struct window_record *record);
int window_record_parse(struct window_record *record, const uint8_t *bytes, size_t len);

#endif
