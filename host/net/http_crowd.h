/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How much of the server one address may hold, so that a stranger cannot take it all: connections,
 * event streams and WebSockets are counted for each IPv4 address or IPv6 /64 that holds any.
 * Bounded by the connections there are. Depends on host/address.h, host/metrics.h.
 *
 *     struct http_tenant *tenant = http_crowd_take(&crowd, address, HTTP_SLOT_STREAM);
 *     if (!tenant)
 *         ...    refuse: it has its share
 *     http_crowd_give(&crowd, tenant, HTTP_SLOT_STREAM);
 */
#ifndef ROOST_HOST_NET_HTTP_CROWD_H
#define ROOST_HOST_NET_HTTP_CROWD_H

#include <sys/queue.h>

#include "host/address.h"

enum http_slot { HTTP_SLOT_CONNECTION, HTTP_SLOT_STREAM, HTTP_SLOT_WEBSOCKET, HTTP_SLOTS };

enum { HTTP_CROWD_BUCKETS = 1024 };

struct http_connection;
TAILQ_HEAD(http_queue, http_connection);

/* Who holds something. */
struct http_tenant {
    struct http_tenant *next;
    struct http_queue waiting; /* of its connections, see host/net/http_door.c */
    struct net_address group;
    uint32_t held[HTTP_SLOTS];
};

struct http_crowd {
    uint64_t secret[2];             /* of the hash: no address can choose its bucket */
    uint32_t share_max[HTTP_SLOTS]; /* of one tenant */
    struct http_tenant *buckets[HTTP_CROWD_BUCKETS];
};

/* share_pct of each `whole`, but never less than a browser needs; of 100 there is no share. */
void http_crowd_init(struct http_crowd *crowd, const uint32_t whole[HTTP_SLOTS],
                     uint32_t share_pct);

/* Whose address it is; made when it is new. The caller takes a slot at once, or lets it go with
 * http_crowd_forget. NULL when memory is out. */
struct http_tenant *http_crowd_find(struct http_crowd *crowd, struct net_address address);
void http_crowd_forget(struct http_crowd *crowd, struct http_tenant *tenant); /* if it has none */

/* One more for the address; NULL when it has its share, or memory is out. */
struct http_tenant *http_crowd_take(struct http_crowd *crowd, struct net_address address,
                                    enum http_slot slot);
/* One less. tenant may be gone after it; NULL is fine. */
void http_crowd_give(struct http_crowd *crowd, struct http_tenant *tenant, enum http_slot slot);

#endif
