/* SPDX-License-Identifier: Apache-2.0 */
/* The opening handshake of a WebSocket, for host/net/websocket.c only; websocket.h has the parts of
 * it that handlers call. */
#ifndef ROOST_HOST_NET_WEBSOCKET_HANDSHAKE_H
#define ROOST_HOST_NET_WEBSOCKET_HANDSHAKE_H

#include "host/net/http_parse.h"
#include "host/net/websocket.h"

/* websocket_choose, of a head. */
void websocket_choose_of(const struct http_head *head, const char *subprotocols,
                         char out[WEBSOCKET_SUBPROTOCOL_MAX + 1]);

/* Queues 101 Switching Protocols for an exchange that websocket_is_offered let pass. Returns false
 * when memory is out. */
bool websocket_switch(struct http_exchange *exchange, const char *subprotocol);

#endif
