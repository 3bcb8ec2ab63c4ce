/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a supervisor asks: /health and /health/live (the loop runs), /health/ready (the broker
 * grants what the hub needs, the stores can be read and written; "degraded" while the hub doubts
 * its own clock), /metrics. Open to anyone, without secrets.
 */
#ifndef ROOSTD_HEALTH_H
#define ROOSTD_HEALTH_H

#include "host/metrics.h"
#include "host/net/http_server.h"
#include "hub/ingest/ingest.h"
#include "hub/store/registry.h"
#include "hub/store/series.h"
#include "sessions.h"
#include "trial.h"

enum { HEALTH_ROUTES = 4, HEALTH_WAITING_MAX = 16 };

/* Everything is borrowed. */
struct health {
    const struct sessions *broker;
    const struct registry *registry;
    const struct series *series;
    struct ingest *ingest;
    struct metrics *metrics;
    const char *paths[TRIAL_STORES]; /* of the stores' files */
    bool stopping;                   /* not ready any more, so that a balancer looks elsewhere */

    bool asking;          /* the registry whether it can be read */
    uint64_t answered_ms; /* it is asked once a second at most; 0: never */
    int registry_err;
    struct trial trial;                                /* of a write to each */
    struct http_exchange *waiting[HEALTH_WAITING_MAX]; /* for its answer */
    size_t waiting_count;
    struct registry_counts counted; /* what the counters show */
    struct metric *commits, *full, *given_up, *queued, *most;
    struct http_route routes[HEALTH_ROUTES];
};

/* Adds the routes and the registry's metrics; the first members are the caller's. */
int health_add(struct health *health, uv_loop_t *loop, struct http_server *server);

/* Answers whoever waits; the loop has to turn once more. */
void health_close(struct health *health);

#endif
