/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Serves the socket routes of hub services (hub/peer.h) on roostd's HTTP server: one WebSocket each
 * peer, with the server's limits and metrics; what a service refuses is counted by its reason, and
 * peers that wait for an answer are counted too. Depends on hub/peer.h, host/net, host/metrics.h.
 *
 *     struct hub_sockets *sockets = hub_sockets_new(http_server, metrics);
 *     err = hub_sockets_add(sockets, csms_routes, csms_route_count, csms);
 *     ...
 *     http_server_free(http_server);       says `closed` for every peer before it is done
 *     hub_sockets_free(sockets);
 */
#ifndef ROOST_HUB_SOCKETS_SOCKETS_H
#define ROOST_HUB_SOCKETS_SOCKETS_H

#include <stddef.h>

#include "host/metrics.h"
#include "host/net/http_server.h"
#include "hub/peer.h"

enum { HUB_SOCKETS_MAX = 32 }; /* routes */

struct hub_sockets;

/* Both are borrowed for good. NULL: no memory. */
struct hub_sockets *hub_sockets_new(struct http_server *server, struct metrics *metrics);

/* Routes and service are borrowed until the server has stopped. Returns 0, ROOST_ERR_FULL (over
 * HUB_SOCKETS_MAX), ROOST_ERR_EXISTS for a path that has a route, ROOST_ERR_INVALID for a bad
 * pattern. */
int hub_sockets_add(struct hub_sockets *sockets, const struct hub_socket_route *routes,
                    size_t count, void *service);

/* After http_server_free. NULL allowed. */
void hub_sockets_free(struct hub_sockets *sockets);

#endif
