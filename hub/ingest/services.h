/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The services of one hub, running: the fleet, the front door, and a list of product rows, opened,
 * ticked and closed together. roostd and the simulator run the list of hub/products/products.h, a
 * test its own. Pure: see hub/service.h. Depends on hub/ingest, hub/fleet, hub/settings.h.
 *
 *     struct services services;
 *     err = services_open(&services, hub_products, hub_product_count, &parts, &lanes);
 *     services_message(&services, HUB_LANE_STORED, message);
 *     due_ms = services_tick(&services, now_ms);
 *     services_close(&services);
 */
#ifndef ROOST_HUB_INGEST_SERVICES_H
#define ROOST_HUB_INGEST_SERVICES_H

#include "host/net/http.h"
#include "hub/fleet/fleet.h"
#include "hub/ingest/ingest.h"
#include "hub/ingest/refusals.h"
#include "hub/service.h"

enum {
    SERVICES_COMMAND_TIMEOUT_MS = 10000, /* until a command without an answer is given up */
    SERVICES_COMMAND_MAX_AGE_MS = 600000 /* until a device that gets it does not run it any more */
};

struct services {
    struct fleet *fleet;
    struct ingest *ingest;
    struct refusals *refusals;
    struct hub_set set; /* the products, then the fleet and the refusals */
    struct http_route routes[HUB_ROUTES_MAX];
    size_t route_count;
    struct metric *waiting[HUB_SERVICES_MAX];
};

/* Makes fleet, front door and products by the settings, and loads what the stores know. parts: all
 * but fleet and slot; borrowed until the close, as the rows are. Must not be moved afterwards.
 * Returns 0, ROOST_ERR_NO_MEMORY, or what a store or a service said; then nothing is open, *what
 * names the setting, service or resource, and the registry may not answer any more. */
int services_open(struct services *services, const struct hub_service *const *products,
                  size_t count, const struct hub_parts *parts, const struct ingest_lanes *lanes,
                  const char **what);
/* When the registry is closed, or has answered everything. */
void services_close(struct services *services);

/* The filters to subscribe to on a lane, as they stand in the rows; returns how many. */
enum { SERVICES_FILTERS_MAX = HUB_TOPICS_MAX };
typedef char services_filter[ROOST_TOPIC_MAX + 1];
size_t services_filters(const struct hub_service *const *products, size_t count, enum hub_lane lane,
                        services_filter out[SERVICES_FILTERS_MAX]);

/* One message of a lane. */
void services_message(struct services *services, enum hub_lane lane,
                      const struct bus_message *message);

/* Runs what is due; returns the next due time. Called once a loop turn after the messages. */
uint64_t services_tick(struct services *services, uint64_t now_ms);

/* The hub stops: what waits for a better time is done now. */
void services_stop(struct services *services);

/* What was taken and is not finished: messages not acknowledged, and what services say. */
size_t services_waiting(const struct services *services);

/* The products' REST routes, to be added to a server; they live as long as the services. */
const struct http_route *services_routes(const struct services *services, size_t *count);

#endif
