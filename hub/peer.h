/* SPDX-License-Identifier: Apache-2.0 */
/*
 * WebSocket peers of a hub service. A service has a table of socket routes and no sockets. It is
 * asked whether a peer may come in, says so at once or when its registry has answered, takes
 * messages, and speaks through struct hub_peer. roostd serves the table on its HTTP server
 * (hub/sockets), the simulator in virtual time (sim/hub.h), a test by hand (hub/peer_fake.h). One
 * thread. Must not know libuv, HTTP's insides or the simulator. Depends on core/err.h.
 *
 *     static void charger_admit(void *service, struct hub_peer *peer,
 *                               const struct hub_peer_request *request)
 *     {
 *         struct csms *csms = service;
 *
 *         if (!charger_known(csms, hub_peer_param(request, "id"))) {
 *             hub_peer_refuse(peer, 404, "unknown_charger");
 *             return;
 *         }
 *         peer->user = look_up(csms, request, on_looked_up, peer);     answered later
 *     }
 *
 *     static void on_looked_up(struct charger *charger, struct hub_peer *peer)
 *     {
 *         if (!charger->password_is_right)
 *             hub_peer_refuse(peer, 401, "wrong_password");
 *         else if (hub_peer_accept(peer) < 0)
 *             charger_forget(charger);
 *         else if (!charger->speaks_ocpp16)
 *             hub_peer_close(peer, HUB_PEER_PROTOCOL_ERROR, "ocpp1.6 is spoken here");
 *     }
 *
 *     static const struct hub_peer_events events = {
 *         .admit = charger_admit, .message = charger_message, .closed = charger_closed};
 *     static const struct hub_socket_route routes[] = {
 *         {.path = "/ocpp/{id}", .subprotocols = "ocpp1.6", .realm = "ocpp", .message_max = 131072,
 *          .send_max = 262144, .ping_interval_ms = 60000, .any_origin = true, .events = &events}};
 */
#ifndef ROOST_HUB_PEER_H
#define ROOST_HUB_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Close codes, RFC 6455 section 7.4.1. 3000 to 4999 are the service's own. */
enum hub_peer_code {
    HUB_PEER_NORMAL = 1000,
    HUB_PEER_GOING_AWAY = 1001, /* the hub stops; nothing came within idle_timeout_ms */
    HUB_PEER_PROTOCOL_ERROR = 1002,
    HUB_PEER_NO_CODE = 1005, /* never sent: the peer closed without one */
    HUB_PEER_LOST = 1006,    /* never sent: the connection broke, or nothing answers any more */
    HUB_PEER_BAD_DATA = 1007,
    HUB_PEER_POLICY = 1008, /* let in, and not allowed to speak */
    HUB_PEER_TOO_LONG = 1009,
    HUB_PEER_FAULT = 1011,
};

enum hub_peer_type { HUB_PEER_TEXT = 1, HUB_PEER_BINARY = 2 };

enum { HUB_PEER_REASON_MAX = 123 }; /* bytes of a close reason */

/* ---- who asks to come in ---- */

struct hub_field {
    const char *name, *value;
};

/* What else the TLS client certificate says. */
struct hub_peer_certificate {
    const char *organisation; /* "" without exactly one */
    const char *serial;       /* hexadecimal */
    int64_t until_ms;
};

/* Plain data, all of it borrowed for the call of `admit`. No text is NULL. */
struct hub_peer_request {
    const char *path;           /* percent-decoded, without the query */
    const char *remote;         /* the peer's address: "192.0.2.7", "2001:db8::7" */
    const char *correlation_id; /* names the connection in the log */
    const char *offered;        /* subprotocols, as they came: "ocpp2.0.1, ocpp1.6"; "" for none */
    const char *subprotocol;    /* the one of the route's that an accept chooses; "" for none */
    bool secure;                /* came under the hub's own TLS */
    /* Of the TLS client certificate, which was verified: its common name, and its whole subject as
     * RFC 2253 writes it. "" when there is none. */
    const char *certificate_name, *certificate_subject;
    const struct hub_peer_certificate *certificate; /* NULL: none was shown, or no more is known */
    const struct hub_field *params, *query, *headers; /* the first two percent-decoded */
    size_t param_count, query_count, header_count;
};

/* The value of {name} in the route's path, of a query parameter, of a header (case is ignored): the
 * first of that name, NULL when there is none. A parameter with a bad escape or a control character
 * is "": who asks in that way is told by the service, in its own words. */
const char *hub_peer_param(const struct hub_peer_request *request, const char *name);
const char *hub_peer_query(const struct hub_peer_request *request, const char *name);
const char *hub_peer_header(const struct hub_peer_request *request, const char *name);

/* ---- a peer ---- */

/* What whoever holds the socket implements; the functions below state the contracts. None blocks,
 * and none calls the service. */
struct hub_peer_ops {
    int (*accept)(void *ctx);
    void (*refuse)(void *ctx, int status, const char *reason);
    int (*send)(void *ctx, enum hub_peer_type type, const void *data, size_t len);
    size_t (*unsent)(void *ctx);
    void (*close)(void *ctx, uint16_t code, const char *reason);
};

/*  ASKING --accept--> OPEN --close, peer, network--> closed() --> gone
 *    |'-- peer leaves, time is over --------------> closed() --> gone
 *    '--- refuse, accept fails -----------------------------> gone       */
struct hub_peer {
    const struct hub_peer_ops *ops;
    void *ctx;
    void *user; /* the service's; NULL at first */
};

/* Lets the peer in: it may be sent to and closed from here on. Returns 0, or ROOST_ERR_CLOSED when
 * it cannot be had any more (the hub stops, has its limit of sockets, or no memory): the peer is
 * refused with 503 and gone, without `closed`. */
int hub_peer_accept(struct hub_peer *peer);

/* Answers the handshake with an HTTP status instead (401 carries the route's realm) and counts it
 * by `reason`, a short word of the service's: a literal, "unknown_charger". The peer is gone,
 * without `closed`. */
void hub_peer_refuse(struct hub_peer *peer, int status, const char *reason);

/* The three below: only of a peer that was let in. */

/* Queues one message; copied. Returns 0, ROOST_ERR_FULL (over send_max: the message is dropped and
 * counted, the peer stays, `writable` follows), ROOST_ERR_TOO_LONG (never fits in send_max),
 * ROOST_ERR_INVALID (text that is not UTF-8), ROOST_ERR_CLOSED (closing), ROOST_ERR_NO_MEMORY. */
int hub_peer_send(struct hub_peer *peer, enum hub_peer_type type, const void *data, size_t len);

/* Bytes that wait to be sent: for a service that paces itself. */
size_t hub_peer_unsent(const struct hub_peer *peer);

/* Sends what is queued and a close frame; `closed` follows, `message` does not any more. code: one
 * that may be sent; reason: UTF-8, cut to HUB_PEER_REASON_MAX bytes, NULL for none. Harmless when
 * it closes already. */
void hub_peer_close(struct hub_peer *peer, uint16_t code, const char *reason);

/* ---- what a service registers ---- */

/* Called on the hub's thread, never from inside a function above. `service` was given with the
 * routes. */
struct hub_peer_events {
    /* A peer asks to come in. Answered once, by accept or refuse, here or later; what is not
     * answered within the hub's time (30 s) is refused with 504. A peer that leaves before it has
     * an answer, or is refused so, is reported by `closed` with HUB_PEER_LOST. */
    void (*admit)(void *service, struct hub_peer *peer, const struct hub_peer_request *request);
    /* A whole message: text is valid UTF-8; data is NUL-terminated behind len, borrowed for the
     * call. */
    void (*message)(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                    size_t len);
    /* After hub_peer_send returned ROOST_ERR_FULL: everything is sent. May be NULL. */
    void (*writable)(void *service, struct hub_peer *peer);
    /* Once for each peer that was accepted, or left while it waited; it is gone after the call.
     * code: of whichever side closed first, HUB_PEER_LOST when neither did. */
    void (*closed)(void *service, struct hub_peer *peer, uint16_t code);
};

/* One path. Rows that are the same to the service share their events. */
struct hub_socket_route {
    const char *path; /* "/ocpp/{id}"; {name} stands for one whole segment */
    /* What is spoken, best first, comma-separated: "ocpp2.0.1,ocpp1.6". When a peer offers none of
     * them the answer names none: whether it may stay is the service's question. NULL: none. */
    const char *subprotocols;
    const char *realm; /* of the Basic authentication that a 401 asks for; NULL: it asks for none */
    /* Bytes of a message from the peer; longer closes 1009. A service that wants to answer what is
     * too long instead sets this above its own limit. */
    size_t message_max;
    size_t send_max; /* bytes waiting to be sent */
    /* A ping is sent this often; when nothing at all has come since the last one, the peer is half
     * open and lost. 0: no pings. */
    uint32_t ping_interval_ms;
    uint32_t idle_timeout_ms; /* without a message from the peer; closes 1001. 0: for ever */
    /* False: a browser's page must be the hub's own or of an allowed origin, since it could speak
     * with credentials that the browser keeps. True for peers that are no browsers and for
     * credentials that no browser keeps. */
    bool any_origin;
    const struct hub_peer_events *events;
};

#endif
