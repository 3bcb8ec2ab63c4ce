/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the front door, shared by its files:
 *   ingest.c    batches out, acknowledgements
 *   intake.c    one message in: whose topic, which device, which number
 *   timing.c    when it was measured, and whose clock is wrong
 *   forget.c    a removed device out
 *   hold.c      what comes under its id meanwhile
 *   report.c    what became of it: counted, and a refusal told
 */
#ifndef ROOST_HUB_INGEST_INGEST_INTERNAL_H
#define ROOST_HUB_INGEST_INGEST_INTERNAL_H

#include "core/backoff.h"
#include "host/log.h"
#include "hub/clock_doubt.h"
#include "hub/fleet/fleet.h"
#include "hub/fleet/id_table.h"
#include "hub/ingest/account.h"
#include "hub/ingest/batch.h"
#include "hub/ingest/device_clock.h"
#include "hub/ingest/ingest.h"
#include "hub/ingest/receipts.h"
#include "hub/ingest/refusals.h"
#include "hub/ingest/retention.h"
#include "hub/ingest/streams.h"

/* Messages that wait for a removal; see hold.c. */
enum { HOLD_MESSAGES = 1000, HOLD_MESSAGES_MAX = 2 * HOLD_MESSAGES, HOLD_BYTES = 4 << 20 };
struct hold {
    struct held *first; /* in the order of arrival */
    size_t count, bytes;
};

/* Why a reading got its arrival for a time, or a time of doubt. */
enum restamped {
    RESTAMPED_AHEAD,
    RESTAMPED_UPTIME,
    RESTAMPED_SECONDS,
    RESTAMPED_DOUBTED,
    RESTAMPED_COUNT
};

/* Lines that devices cause, one for each in trouble: as many as a house or a fleet has at once,
 * then one each second. */
enum { INGEST_LINES_BURST = 1000, INGEST_LINES_EVERY_MS = 1000 };

/* What is kept of a device. It outlives the fleet's entry of a removed one until its last rows are
 * stored, which point at the id. */
struct ingest_device {
    char id[ROOST_DEVICE_ID_MAX + 1]; /* first: hub/fleet/id_table.h */
    struct device_clock clock;
    uint64_t clock_said_ms; /* when its clock was last said to be wrong; 0: never */
    uint64_t restart_ms;    /* when it was last said that it numbers anew; 0: never */
    uint64_t rate_ns;       /* when its allowance would be used up by what it sent; see allowed() */
    struct streams *streams;
};

/* What a service does not see of its message. */
struct intake {
    struct hub_message message; /* first: ingest_number and ingest_row know it by this */
    struct ingest *ingest;
    struct ingest_device *device;
    size_t slot, label;
    enum hub_sender sender;
    uint32_t mark; /* of its rows */
    bool once;     /* they may be stored already */
};

static inline struct intake *intake_of(struct hub_message *message)
{
    return (struct intake *)message;
}

/* Which service takes a topic. */
struct ingest_route {
    const struct hub_topic *topic;
    size_t slot;
};

struct ingest {
    struct ingest_config config;
    struct ingest_lanes lanes;
    const struct hub_set *set;
    struct fleet *fleet;
    const struct series *series;
    const struct host_clock *clock;
    struct account account;
    struct refusals *refusals; /* NULL: they are counted only */

    struct roost_topic topics[HUB_TOPICS_MAX]; /* for roost_topic_find */
    struct ingest_route routes[HUB_TOPICS_MAX];
    size_t topic_count;

    struct stream_table streams;
    uint8_t stored_as[HUB_STREAMS_MAX];
    size_t first_stream[HUB_SERVICES_MAX]; /* of a service in the table */
    struct id_table devices;

    struct batch batches[2];
    struct batch *filling, *flying; /* flying NULL: no batch is sealed */
    bool in_flight;                 /* the store has it; otherwise it waits for retry_ms */
    uint64_t write_start_ms, retry_ms;
    struct roost_backoff backoff;
    uint32_t write_failures; /* in a row */
    bool paused;

    struct receipts receipts, stored; /* of the prompt lane, and of the stored one */
    struct hold hold;
    uint32_t later[HUB_TOPICS_MAX]; /* messages by topic that wait for their service's receipt */

    struct forgetting *forgets; /* removals, oldest first */
    bool forgetting, sweeping;  /* the series have the first of them, the first that is freed */
    uint64_t forget_ms;         /* the next try */
    uint64_t landed;            /* batches */

    struct retention retention;
    struct clock_doubt doubt;
    bool clock_doubted; /* the same in one word */
    uint64_t jury_due_ms;
    size_t jury_at; /* where the next devices are asked */
    struct host_log_limit clock_lines, restart_lines;
    struct metric *doubt_gauge, *restamped[RESTAMPED_COUNT];
};

/* timing.c */
void timing_init(struct ingest *ingest, struct metrics *metrics);
/* Compares the hub's clock with what is stored; at the start. */
int timing_load(struct ingest *ingest);
/* Before a clock reading is used. */
void timing_look(struct ingest *ingest, uint64_t now_ms, int64_t unix_ms);
/* Hears the devices now and then. */
void timing_tick(struct ingest *ingest, uint64_t now_ms);
/* The time of a reading where it can be believed, 0 where not or where there is none. */
int64_t timing_good(const struct intake *in, int64_t unix_ms);

/* intake.c: fills in the tables from the set's rows. */
void intake_init(struct ingest *ingest);

/* What is kept of a device, made when it is not there; NULL: out of memory. */
struct ingest_device *intake_device(struct ingest *ingest, const char *id);

/* Counts and logs that a device numbers anew, where the store showed it: what looked repeated was
 * not there. One that does so all the time does not do so here. */
void intake_renumbered(struct ingest *ingest, struct ingest_device *device, uint64_t number);

/* Frees it, when no batch has anything of it. */
void intake_forget(struct ingest *ingest, const char *id);

/* forget.c: what the fleet asks of us, and what is due. */
void forget_init(struct ingest *ingest);
void forget_deinit(struct ingest *ingest);
uint64_t forget_tick(struct ingest *ingest, uint64_t now_ms);

/* hold.c. Busy: the broker is to wait. number: of the message's receipt. False: there is no room.
 */
bool hold_busy(const struct hold *hold);
bool hold_add(struct hold *hold, size_t label, const char *device_id,
              const struct bus_message *message, uint64_t number);
/* Has those taken that need not wait any more, as far as there is room in the batch. */
void hold_release(struct ingest *ingest);
void hold_deinit(struct hold *hold);

/* ingest.c: has a message of the stored lane taken. */
void ingest_take_stored(struct ingest *ingest, size_t label, const char *device_id,
                        const struct bus_message *message, uint64_t number);

/* It is the next one's word under an id whose removal is under way. */
bool intake_is_early(const struct ingest *ingest, size_t label, const char *device_id,
                     const struct bus_message *message);

/* Whose topic it is, as a label of the account; topic_count: none of ours. */
size_t intake_label(const struct ingest *ingest, const char *topic,
                    char device_id[ROOST_DEVICE_ID_MAX + 1]);

/* Has the message of that label taken. Rows go to ingest->filling. receipt NULL: nobody wants one.
 */
enum hub_outcome intake_take(struct ingest *ingest, size_t label, const char *device_id,
                             const struct bus_message *message, uint64_t now_ms,
                             const struct hub_receipt *receipt);

/* report.c: counts what became of a message, and tells of one that was refused. */
void report_outcome(struct ingest *ingest, size_t label, enum hub_outcome outcome,
                    const char *device_id, const struct bus_message *message);

#endif
