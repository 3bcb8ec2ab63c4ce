/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Deletes readings past their time, which cannot be taken back and so hangs on no single reading of
 * a clock:
 *
 *     doubt   nothing goes while the hub doubts its clock (hub/ingest says when);
 *     jump    nor for a day of running after the clock went another way than the time since the
 *             last run, which is kept in the series store over restarts;
 *     newest  rows are counted back from the newest reading that is stored, when that is older than
 *             now by more than a day;
 *     share   more than a share of all rows goes only when an operator raises that share.
 *
 * What goes is whole days of UTC. Each run and each refusal is said in the log and counted. Depends
 * on hub/service.h, hub/store/series.h.
 *
 *     retention_init(&retention, &config, parts);
 *     err = retention_load(&retention);
 *     due_ms = retention_tick(&retention, now_ms);
 */
#ifndef ROOST_HUB_INGEST_RETENTION_H
#define ROOST_HUB_INGEST_RETENTION_H

#include <stdbool.h>
#include <stdint.h>

#include "host/metrics.h"
#include "hub/service.h"
#include "hub/store/series.h"

enum { RETENTION_EVERY_MS = 3600000, RETENTION_HOLD_MS = 24 * 3600000 };

struct retention_config {
    const char *store; /* for metrics and log, a literal: "charging"; NULL: the readings' */
    uint32_t days;     /* 0: for ever */
    uint32_t
        share_pct; /* at once without an operator; or what comes of two days, if that is more */
};

enum retention_refusal {
    RETENTION_DOUBT,
    RETENTION_JUMP,
    RETENTION_SHARE,
    RETENTION_REFUSALS /* none */
};

/* The clocks as they were at the last run. */
struct retention_clocks {
    int64_t unix_ms;
    uint64_t now_ms;  /* of a clock that starts with the machine; 0: there was no run */
    uint64_t left_ms; /* of the hold after a jump */
};

struct retention {
    struct retention_config config;
    const struct series *series;
    const struct host_clock *clock;
    const bool *clock_doubted; /* the caller's word; NULL: never */
    int64_t newest_ms;         /* of the readings stored with a time of their own; 0: none */

    struct retention_clocks last;
    uint64_t due_ms;
    bool busy;
    int64_t before_ms;              /* of the run under way */
    int64_t deleted_ms;             /* everything older is gone, as of this start */
    enum retention_refusal refused; /* why the last run did nothing: each is said once a day */
    uint64_t said_ms;
    struct metric *runs, *rows, *refusals[RETENTION_REFUSALS];
};

/* parts are borrowed. */
void retention_init(struct retention *retention, const struct retention_config *config,
                    const struct hub_parts *parts);

/* Reads how the clocks were and what is stored; blocking. */
int retention_load(struct retention *retention);

/* A reading with a time of its own was stored. */
static inline void retention_saw(struct retention *retention, int64_t unix_ms)
{
    if (unix_ms > retention->newest_ms)
        retention->newest_ms = unix_ms;
}

/* Runs when it is time; returns the next due time. */
uint64_t retention_tick(struct retention *retention, uint64_t now_ms);

/* How the clocks went since `last`: moves it to now, with what is left of a hold. Returns whether
 * the wall clock jumped. */
bool retention_clocks_move(struct retention_clocks *last, int64_t unix_ms, uint64_t now_ms);

#endif
