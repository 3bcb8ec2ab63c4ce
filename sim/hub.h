/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roostd without its edges: the real services of hub/products on a modelled bus and store, their
 * WebSocket peers let in by sim/peer.h. A crash drops the services with all their memory; a start
 * builds them anew from the store, and the broker sends again what was not acknowledged. Depends on
 * port/sim, hub/products, sim/peer.h, sim/store.h.
 *
 *     sim_hub_init(&hub, &sim.clock, &sim.net, &store);
 *     hub.products = rows, hub.product_count = 1;      instead of hub_products
 *     sim_hub_start(&hub);
 */
#ifndef ROOST_SIM_HUB_H
#define ROOST_SIM_HUB_H

#include "host/metrics.h"
#include "hub/ingest/services.h"
#include "hub/voice/book_registry.h"
#include "port/sim/broker.h"
#include "port/sim/client.h"
#include "sim/csms.h"
#include "sim/peer.h"
#include "sim/store.h"
#include "sim/voice.h"

#define SIM_HUB_CLIENT   "roostd"                           /* the session of what is stored */
#define SIM_ESP32_SECRET "6b1d0f5e7a934c28b1e0d4f7a2c95e13" /* of its voice companions' tokens */
/* Opens the devices' secrets in its registry. */
#define SIM_REGISTRY_KEY ((const uint8_t *)"0123456789abcdef0123456789abcdef")
#define SIM_HUB_ANSWERS  "roostd-answers" /* the session of what must not wait */

/* One of its sessions at the broker, as apps/roostd/sessions.h. */
struct sim_hub_session {
    struct sim_hub *hub;
    enum hub_lane lane;
    struct sim_client client;
    struct bus bus;
    bool paused;
};

struct sim_hub {
    struct sim_clock *clock;
    struct sim_store *store;
    /* What it runs: hub_products, unless somebody says otherwise before the start. */
    const struct hub_service *const *products;
    size_t product_count;
    struct sim_voice voice;     /* what the voice service is given */
    struct sim_csms csms;       /* and the central system of chargers */
    struct hub_extra extras[3]; /* both */
    struct book_registry *kept; /* its book of children, when a run says who talks */
    struct sim_random random;
    struct sim_host host;
    struct sim_hub_session sessions[HUB_LANE_COUNT];
    struct sim_sockets sockets;
    struct host_clock hub_clock;
    struct hub_feed feed;

    struct metrics *metrics;
    struct hub_parts parts;
    struct services services;
    bool running;   /* the process; all of the above is nothing while it does not */
    uint32_t life;  /* counts processes, guards their timers */
    uint32_t alarm; /* guards the tick */
    uint64_t alarm_ms;

    int64_t unix_offset_ms; /* fault: what its machine's clock is wrong by */

    uint64_t received, starts, failed_starts, pauses;
};

void sim_hub_init(struct sim_hub *hub, struct sim_clock *clock, struct sim_net *net,
                  struct sim_store *store);
/* Before the network's. */
void sim_hub_deinit(struct sim_hub *hub);
void sim_hub_start(struct sim_hub *hub);
/* As kill -9; nothing when it is not running. */
void sim_hub_crash(struct sim_hub *hub);

/* An operator's command; ROOST_ERR_CLOSED while the process is away. */
int sim_hub_command(struct sim_hub *hub, const char *device_id, const char *name,
                    const char *args_json);

/* The service of that row; NULL while the process is away. */
void *sim_hub_service(const struct sim_hub *hub, const struct hub_service *row);
/* What somebody asked of a service is to be done in this turn. */
void sim_hub_wake(struct sim_hub *hub);

/* Checks received = stored + duplicate + rejected + waiting for each topic. Returns false with the
 * topic that does not add up in `why`. */
bool sim_hub_adds_up(struct sim_hub *hub, char *why, size_t why_size);

/* Nothing is on its way to it, or taken and not finished. */
bool sim_hub_quiet(const struct sim_hub *hub, const struct sim_broker *broker);

/* Sum of a metric's values over its labels, 0 when it has none. */
double sim_hub_metric(struct sim_hub *hub, const char *name, const char *label);

#endif
