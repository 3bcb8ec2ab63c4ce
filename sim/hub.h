/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roostd without its edges: the real services of hub/products on a modelled bus and store. A crash
 * drops the services with all their memory; a start builds them anew from the store, and the broker
 * sends again what was not acknowledged. Depends on port/sim, hub/products, sim/store.h.
 */
#ifndef ROOST_SIM_HUB_H
#define ROOST_SIM_HUB_H

#include "host/metrics.h"
#include "hub/ingest/services.h"
#include "port/sim/client.h"
#include "sim/store.h"

#define SIM_HUB_CLIENT "roostd"

struct sim_hub {
    struct sim_clock *clock;
    struct sim_store *store;
    struct sim_random random;
    struct sim_host host;
    struct sim_client client;
    struct bus bus;
    struct host_clock hub_clock;
    struct hub_feed feed;

    struct metrics *metrics;
    struct hub_parts parts;
    struct services services;
    bool running;   /* the process; all of the above is nothing while it does not */
    uint32_t life;  /* counts processes, guards their timers */
    uint32_t alarm; /* guards the tick */
    uint64_t alarm_ms;

    uint64_t received, starts, failed_starts, pauses;
    bool paused;
};

void sim_hub_init(struct sim_hub *hub, struct sim_clock *clock, struct sim_net *net,
                  struct sim_store *store);
void sim_hub_start(struct sim_hub *hub);
/* As kill -9; nothing when it is not running. */
void sim_hub_crash(struct sim_hub *hub);

/* An operator's command; ROOST_ERR_CLOSED while the process is away. */
int sim_hub_command(struct sim_hub *hub, const char *device_id, const char *name,
                    const char *args_json);

/* Checks received = stored + duplicate + rejected + waiting for each topic. Returns false with the
 * topic that does not add up in `why`. */
bool sim_hub_adds_up(struct sim_hub *hub, char *why, size_t why_size);

/* Sum of a metric's values over its labels, 0 when it has none. */
double sim_hub_metric(struct sim_hub *hub, const char *name, const char *label);

#endif
