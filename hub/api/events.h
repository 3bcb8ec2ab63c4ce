/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The live view: what services feed (hub/service.h) reaches the dashboards as server-sent events.
 * Between two flushes (EVENTS_FLUSH_MS) only the newest of the same event, device and metric is
 * kept, so a fleet that sends thousands of readings a second costs a dashboard a bounded stream;
 * without listeners nothing is done at all. What does not fit in EVENTS_PENDING_MAX is dropped and
 * counted. Depends on libuv, host/net/http.h, hub/fleet/view.h.
 */
#ifndef ROOST_HUB_API_EVENTS_H
#define ROOST_HUB_API_EVENTS_H

#include <uv.h>

#include "hub/fleet/view.h"
#include "host/metrics.h"
#include "host/net/http.h"
#include "hub/service.h"

enum { EVENTS_FLUSH_MS = 100, EVENTS_PENDING_MAX = 2048, EVENTS_DATA_MAX = FLEET_VIEW_MAX };

struct events;

/* NULL when out of memory. */
struct events *events_new(uv_loop_t *loop, struct metrics *metrics);
/* Closes every stream; the memory is given back when the loop has closed them and the timer. */
void events_close(struct events *events);

struct hub_feed events_feed(struct events *events);

/* Ends the streams of a sign-in that is over (struct http_identity). One ends by itself when the
 * access token that opened it expires. */
void events_end(struct events *events, const char *session);

/* GET /api/v1/events?device_id= */
void events_get(void *ctx, const struct http_request *request, struct http_exchange *exchange);

#endif
