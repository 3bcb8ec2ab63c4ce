/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a request comes from when proxies stand in between: X-Forwarded-For and Forwarded (RFC 7239),
 * believed only as far as the hops that say so are trusted. Each proxy appends the address that it
 * was asked from, so the list is read from its right end: the first address that is not one of ours
 * is the client, and what stands left of it is the client's own invention and is not looked at.
 * Pure. Depends on host/address.h, host/net/http_parse.h.
 *
 *     struct net_ranges trusted;
 *     struct net_address client;
 *     net_ranges_parse(&trusted, "10.0.0.0/8");
 *     client = forwarded_client(&trusted, peer, head.fields, head.field_count);
 */
#ifndef ROOST_HOST_NET_FORWARDED_H
#define ROOST_HOST_NET_FORWARDED_H

#include "host/address.h"
#include "host/net/http_parse.h"

/* The client's address; the peer's when the peer is not trusted, when neither header is there, when
 * the part that has to be read is malformed or hides its address ("unknown", "_gazonk"), or when
 * the two headers name different clients: most proxies write one and pass the other on as it came.
 * When every hop is trusted, the left-most one. */
struct net_address forwarded_client(const struct net_ranges *trusted, struct net_address peer,
                                    const struct http_field *fields, size_t count);

#endif
