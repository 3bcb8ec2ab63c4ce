/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket (RFC 6455) on the hub's HTTP server: a handler of host/net/http.h accepts the upgrade
 * instead of answering the exchange. Until then it is a request like any other, with path
 * parameters, query, headers (Authorization), guard and rate limit, and may be refused with any
 * status. One thread: everything here is called on the loop's thread. Strict: masks, reserved
 * bits, UTF-8, close codes and control frames are checked; extensions (permessage-deflate) are not
 * offered. Memory per connection is bounded by message_max and send_max. Depends on
 * host/net/http.h, core/err.h.
 *
 *     static void message(void *ctx, struct websocket *ws, enum websocket_type type,
 *                         const char *data, size_t len);
 *     static void closed(void *ctx, struct websocket *ws, uint16_t code);
 *     static const struct websocket_events events = {.message = message, .closed = closed};
 *
 *     static void echo_connect(void *ctx, const struct http_request *request,
 *                              struct http_exchange *ex)
 *     {
 *         struct peer *peer = find(ctx, http_param(request, "id"));
 *         struct websocket_options options;
 *
 *         if (!peer) {
 *             http_fail(ex, 404, "unknown_peer", NULL);
 *             return;
 *         }
 *         websocket_options_init(&options);
 *         options.subprotocols = "echo.1";
 *         struct websocket *ws = websocket_accept(ex, &options, &events, peer);
 *         if (!ws)
 *             return;
 *         if (!websocket_subprotocol(ws)[0])
 *             websocket_close(ws, WEBSOCKET_PROTOCOL_ERROR, "echo.1 is spoken here");
 *         ...
 *     }
 *
 *     {HTTP_GET, "/echo/{id}", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, echo_connect, echo},
 */
#ifndef ROOST_HOST_NET_WEBSOCKET_H
#define ROOST_HOST_NET_WEBSOCKET_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/net/http.h"

/* Close codes, RFC 6455 section 7.4.1. 3000 to 4999 are free for the service. */
enum {
    WEBSOCKET_NORMAL = 1000,
    WEBSOCKET_GOING_AWAY = 1001, /* the server stops; nothing came within idle_timeout_ms */
    WEBSOCKET_PROTOCOL_ERROR = 1002,
    WEBSOCKET_NO_CODE = 1005, /* never sent: the other side's close frame had none */
    WEBSOCKET_LOST = 1006,    /* never sent: the connection broke */
    WEBSOCKET_BAD_DATA = 1007,
    WEBSOCKET_POLICY = 1008, /* what a refused device gets */
    WEBSOCKET_TOO_LONG = 1009,
    WEBSOCKET_SERVER_FAULT = 1011,
};

enum { WEBSOCKET_REASON_MAX = 123 }; /* bytes of a close reason */

enum websocket_type { WEBSOCKET_TEXT = 1, WEBSOCKET_BINARY = 2 };

struct websocket;

struct websocket_options {
    /* What the service speaks, best first, comma-separated: "ocpp2.0.1,ocpp1.6". The first that the
     * client offers is chosen; when it offers none of them, the answer names none. NULL: none. */
    const char *subprotocols;
    size_t message_max; /* bytes of a message from the client, all fragments; longer closes 1009 */
    size_t send_max;    /* bytes waiting to be sent, frame heads included */
    /* A ping is sent this often; when nothing at all has come since the last one, the connection is
     * half open and closed as WEBSOCKET_LOST. 0: no pings. */
    uint32_t ping_interval_ms;
    uint32_t idle_timeout_ms; /* without a message from the client; closes 1001. 0: for ever */
    /* A browser's Origin must be this host or in the server's CORS list, else 403: a page elsewhere
     * could speak with the credentials the browser keeps for this host. Some device libraries send
     * an Origin of their own ("file://"); a route whose credentials no browser keeps (a token in
     * the query) may let every origin in. */
    bool any_origin;
};

/* No subprotocol, messages of 10000 bytes, 256 KiB to send, ping each 20 s, no idle time-out. */
void websocket_options_init(struct websocket_options *options);

/* Called on the loop, never from inside a function below. */
struct websocket_events {
    /* A whole message: text is valid UTF-8; data is NUL-terminated behind len, and borrowed for the
     * call. Not called any more after websocket_close. */
    void (*message)(void *ctx, struct websocket *ws, enum websocket_type type, const char *data,
                    size_t len);
    /* After websocket_send returned ROOST_ERR_FULL: everything is sent. May be NULL. */
    void (*writable)(void *ctx, struct websocket *ws);
    /* Once for each accepted connection; it is gone after the call. code: of whichever side closed
     * first, WEBSOCKET_LOST when neither did. */
    void (*closed)(void *ctx, struct websocket *ws, uint16_t code);
};

/*
 * Accepts the upgrade of a GET exchange, inside the handler or later. The strings of options are
 * borrowed for the call, events for the connection's life. Returns NULL when it was refused
 * instead; the exchange is used up then too, and `closed` not called:
 *   426  not an upgrade to WebSocket version 13
 *   400  no good Sec-WebSocket-Key, or a body
 *   403  the Origin is not allowed
 *   503  the server stops, has its limit of WebSockets, or no memory
 */
struct websocket *websocket_accept(struct http_exchange *exchange,
                                   const struct websocket_options *options,
                                   const struct websocket_events *events, void *ctx);

enum { WEBSOCKET_SUBPROTOCOL_MAX = 31 };

/* What websocket_accept checks, without accepting: for a handler that asks others before it does.
 * Returns false when the exchange was refused, and is used up. */
bool websocket_is_offered(struct http_exchange *exchange, const struct websocket_options *options);

/* The subprotocol that websocket_accept would choose, "" for none. Inside the handler. */
void websocket_choose(const struct http_request *request, const char *subprotocols,
                      char out[WEBSOCKET_SUBPROTOCOL_MAX + 1]);

/* The chosen subprotocol, "" for none. */
const char *websocket_subprotocol(const struct websocket *ws);

/* Queues one message; copied. Returns 0, ROOST_ERR_FULL (send_max; this message is counted as
 * dropped, the connection stays), ROOST_ERR_TOO_LONG (never fits in send_max), ROOST_ERR_INVALID
 * (text that is not UTF-8), ROOST_ERR_CLOSED (closing), ROOST_ERR_NO_MEMORY. */
int websocket_send(struct websocket *ws, enum websocket_type type, const void *data, size_t len);

/* Bytes queued and not with the kernel yet: for a sender that paces itself. */
size_t websocket_unsent(const struct websocket *ws);

/* Sends what is queued and a close frame; `closed` follows when the client has answered, or after
 * 5 s. code: one that may be sent; reason: UTF-8, cut to WEBSOCKET_REASON_MAX bytes, NULL: none.
 * Harmless when it closes already. */
void websocket_close(struct websocket *ws, uint16_t code, const char *reason);

#endif
