/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hub's front door: every message of the broker comes in here. It finds the topic in the rows
 * of the services, meets the device by policy, holds it to its rate, and has the service take the
 * message; keeps the numbers of each device's streams so that each reading is stored once; gathers
 * rows into batches; accounts for everything (hub/ingest/account.h). A message is acknowledged when
 * its rows are durable, or when it was refused for good.
 *
 * Batches: one write is in flight at a time; what arrives meanwhile is the next batch, so the batch
 * grows with the load and a single message waits for nobody. At `waiting_max` messages the stored
 * lane is paused until half is drained. A failed write is tried again with back-off; its messages
 * stay unacknowledged. Acknowledgements of a lane go out in the order of arrival (MQTT 3.1.1, 4.6):
 * what arrives on the stored lane waits for what came before it, what arrives on the prompt lane
 * for nothing but the receipts of the messages before it that their service gives later, when the
 * registry has them. What comes under an id whose removal is under way is judged when that is so
 * far (hub/ingest/hold.c), and counted as received then; other devices are stored meanwhile. One
 * hash look-up a message. Pure: see hub/service.h, which it depends on, with hub/fleet and
 * hub/store/series.h; it knows no service.
 *
 *     struct ingest *ingest = ingest_new(&config, &set, &parts, &lanes);
 *     err = ingest_load(ingest);
 *     ingest_message(ingest, HUB_LANE_STORED, message);
 *     due_ms = ingest_tick(ingest, now_ms);
 */
#ifndef ROOST_HUB_INGEST_INGEST_H
#define ROOST_HUB_INGEST_INGEST_H

#include <stddef.h>
#include <stdint.h>

#include "hub/service.h"
#include "hub/store/series.h"

struct ingest_config {
    uint32_t waiting_max;         /* 50000 messages */
    uint32_t retention_days;      /* of the series; 0: for ever */
    uint32_t retention_share_pct; /* see hub/ingest/retention.h */
    /* 10: messages a second of one device, after device_burst at once (30000). A
     * refused QoS-1 message is gone, so this only stops what no honest device sends: it has
     * one or two a second at its fastest, and the journal of a day off line, replayed as fast as
     * the broker takes it, is some 20 000 messages and stays inside the burst. Rate 0: no limit.
     */
    uint32_t device_rate_per_s, device_burst;
    uint32_t clock_skew_s; /* 60, as 0 is: a device's clock may be off by this much */
    int64_t built_ms;      /* when the program was built; 0: not known */
};

/* The sessions that messages come by: acknowledged, and the stored one paused, through these. */
struct ingest_lanes {
    const struct bus *bus[HUB_LANE_COUNT];
};

struct ingest;
struct refusals;

/* Everything but config and lanes is borrowed for its life. The set may still be filled up
 * afterwards, as far as services are concerned; its rows may not change. NULL: out of memory. */
struct ingest *ingest_new(const struct ingest_config *config, const struct hub_set *set,
                          const struct hub_parts *parts, const struct ingest_lanes *lanes);
void ingest_free(struct ingest *ingest);

/* Whom refusals are told, beside being counted; borrowed. */
void ingest_report_to(struct ingest *ingest, struct refusals *refusals);

/* Loads the stored streams: which numbers of each device are stored. */
int ingest_load(struct ingest *ingest);

/* One message. Every message is acknowledged in the end. */
void ingest_message(struct ingest *ingest, enum hub_lane lane, const struct bus_message *message);

/* Starts a write when none is in flight and something waits, retries, runs retention; returns the
 * next due time. Called once a loop turn after the messages. */
uint64_t ingest_tick(struct ingest *ingest, uint64_t now_ms);

/* The hub's own clock, for people: "ok", or why it is in doubt. */
const char *ingest_clock_text(struct ingest *ingest);
bool ingest_clock_doubted(const struct ingest *ingest);

/* Messages received and not yet acknowledged. */
size_t ingest_waiting(const struct ingest *ingest);

/* ---- for the service that takes a message ---- */

/* The number of a message that is otherwise good, in the service's own stream; 0: it has none.
 * unix_ms 0: it came without a time. content: what it says, by ingest_content, for a number alone
 * does not tell two readings apart (hub/ingest/streams.h). HUB_WAITS: the number is taken, the rows
 * may go in. */
enum hub_outcome ingest_number(struct hub_message *message, size_t stream, uint64_t number,
                               int64_t unix_ms, uint64_t content);

/* A hash of what was measured. */
uint64_t ingest_content(const void *bytes, size_t len);

/* Starts a row of the message's device in the batch, to be filled in: at most HUB_ROWS_A_MESSAGE.
 */
struct series_row *ingest_row(struct hub_message *message, enum series_table table,
                              int64_t unix_ms);

/* When something was measured, as far as that can be known. A difference between two clocks is no
 * verdict on a reading: one that the hub cannot believe is stamped with its arrival. */
struct ingest_time {
    int64_t unix_ms; /* for its row: its own time, or its arrival */
    int64_t when_ms; /* monotonic, the sender's offset taken off: of two, the later is the newer */
    bool live;       /* false: a replay of something older: stored, but no cause for anything */
};

/* Judges the time that a message came with (0: none) and learns the sender's clock by it. Once for
 * each message, when its number is taken; its rows are marked accordingly. */
struct ingest_time ingest_time(struct hub_message *message, int64_t unix_ms);

#endif
