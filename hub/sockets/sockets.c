/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/sockets/sockets.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/net/http_parse.h"
#include "host/net/http_route.h"
#include "host/net/tls.h"
#include "host/net/websocket.h"

/* hub/peer.h names the codes of host/net/websocket.h without including it. */
_Static_assert((int)HUB_PEER_NORMAL == WEBSOCKET_NORMAL &&
                   (int)HUB_PEER_GOING_AWAY == WEBSOCKET_GOING_AWAY &&
                   (int)HUB_PEER_PROTOCOL_ERROR == WEBSOCKET_PROTOCOL_ERROR &&
                   (int)HUB_PEER_NO_CODE == WEBSOCKET_NO_CODE &&
                   (int)HUB_PEER_LOST == WEBSOCKET_LOST &&
                   (int)HUB_PEER_BAD_DATA == WEBSOCKET_BAD_DATA &&
                   (int)HUB_PEER_POLICY == WEBSOCKET_POLICY &&
                   (int)HUB_PEER_TOO_LONG == WEBSOCKET_TOO_LONG &&
                   (int)HUB_PEER_FAULT == WEBSOCKET_SERVER_FAULT,
               "close codes");
_Static_assert((int)HUB_PEER_TEXT == WEBSOCKET_TEXT && (int)HUB_PEER_BINARY == WEBSOCKET_BINARY &&
                   (int)HUB_PEER_REASON_MAX == WEBSOCKET_REASON_MAX,
               "message types and limits");

/* One route of a service, and what leads to it. */
struct door {
    struct hub_sockets *sockets;
    const struct hub_socket_route *route;
    void *service;
    struct http_route http;
};

struct hub_sockets {
    struct http_server *server;
    struct metrics *metrics;
    struct door doors[HUB_SOCKETS_MAX];
    size_t count;
    struct metric *waiting;
};

/* A peer waits with its exchange, and is open with its WebSocket. */
struct socket_peer {
    struct hub_peer peer;
    const struct door *door;
    struct http_exchange *exchange;
    struct websocket *websocket;
};

static void waits(const struct socket_peer *p, int change)
{
    struct metric *waiting = p->door->sockets->waiting;

    metric_set(waiting, metric_value(waiting) + change);
}

/* ---- the socket's events ---- */

static void on_message(void *ctx, struct websocket *ws, enum websocket_type type, const char *data,
                       size_t len)
{
    struct socket_peer *p = ctx;

    (void)ws;
    p->door->route->events->message(p->door->service, &p->peer, (enum hub_peer_type)type, data,
                                    len);
}

static void on_writable(void *ctx, struct websocket *ws)
{
    struct socket_peer *p = ctx;

    (void)ws;
    if (p->door->route->events->writable)
        p->door->route->events->writable(p->door->service, &p->peer);
}

static void on_closed(void *ctx, struct websocket *ws, uint16_t code)
{
    struct socket_peer *p = ctx;

    (void)ws;
    p->door->route->events->closed(p->door->service, &p->peer, code);
    free(p);
}

static const struct websocket_events events = {
    .message = on_message, .writable = on_writable, .closed = on_closed};

/* ---- what the service does with its peer ---- */

static void take_options(const struct hub_socket_route *route, struct websocket_options *options)
{
    *options = (struct websocket_options){
        .subprotocols = route->subprotocols,
        .message_max = route->message_max,
        .send_max = route->send_max,
        .ping_interval_ms = route->ping_interval_ms,
        .idle_timeout_ms = route->idle_timeout_ms,
        .any_origin = route->any_origin,
    };
}

/* The exchange is about to be answered. */
static struct http_exchange *stop_waiting(struct socket_peer *p)
{
    struct http_exchange *exchange = p->exchange;

    ROOST_ASSERT(exchange); /* asked twice, or asked of a peer that is in */
    http_exchange_watch(exchange, NULL, NULL);
    p->exchange = NULL;
    waits(p, -1);
    return exchange;
}

static int peer_accept(void *ctx)
{
    struct socket_peer *p = ctx;
    struct websocket_options options;

    take_options(p->door->route, &options);
    p->websocket = websocket_accept(stop_waiting(p), &options, &events, p);
    if (p->websocket)
        return 0;
    free(p);
    return ROOST_ERR_CLOSED;
}

static void count_refused(const struct door *door, const char *reason)
{
    char labels[HTTP_PATH_MAX];

    snprintf(labels, sizeof labels, "route=\"%s\",reason=\"%s\"", door->route->path, reason);
    metric_add(metrics_counter(door->sockets->metrics, "roost_peer_refused_total",
                               "WebSocket peers that a service did not let in", labels),
               1);
}

static void peer_refuse(void *ctx, int status, const char *reason)
{
    struct socket_peer *p = ctx;
    const char *realm = p->door->route->realm;
    struct http_exchange *exchange = stop_waiting(p);
    char value[128];

    count_refused(p->door, reason);
    if (status == 401 && realm) {
        int n = snprintf(value, sizeof value, "Basic realm=\"%s\"", realm);
        ROOST_ASSERT(n > 0 && (size_t)n < sizeof value);
        (void)http_answer_header(exchange, "WWW-Authenticate", value); /* has room */
    }
    http_fail(exchange, status, reason, NULL);
    free(p);
}

static int peer_send(void *ctx, enum hub_peer_type type, const void *data, size_t len)
{
    struct socket_peer *p = ctx;

    ROOST_ASSERT(p->websocket);
    return websocket_send(p->websocket, (enum websocket_type)type, data, len);
}

static size_t peer_unsent(void *ctx)
{
    const struct socket_peer *p = ctx;

    return p->websocket ? websocket_unsent(p->websocket) : 0;
}

static void peer_close(void *ctx, uint16_t code, const char *reason)
{
    struct socket_peer *p = ctx;

    ROOST_ASSERT(p->websocket);
    websocket_close(p->websocket, code, reason);
}

static const struct hub_peer_ops peer_ops = {
    .accept = peer_accept,
    .refuse = peer_refuse,
    .send = peer_send,
    .unsent = peer_unsent,
    .close = peer_close,
};

/* ---- the handshake ---- */

/* It went, or was told 504, before the service had an answer. */
static void on_left(void *ctx, struct http_exchange *exchange)
{
    struct socket_peer *p = ctx;

    (void)stop_waiting(p);
    count_refused(p->door, "left");
    http_fail(exchange, 503, "left", NULL);
    p->door->route->events->closed(p->door->service, &p->peer, HUB_PEER_LOST);
    free(p);
}

static size_t take_fields(const struct http_request *http, enum http_fields which,
                          struct hub_field *out, size_t max)
{
    const struct http_field *fields;
    size_t count = http_fields(http, which, &fields);

    ROOST_ASSERT(count <= max);
    for (size_t i = 0; i < count; i++)
        out[i] = (struct hub_field){.name = fields[i].name, .value = fields[i].value};
    return count;
}

static void ask_service(struct socket_peer *p, const struct http_request *http)
{
    const struct door *door = p->door;
    struct hub_field params[HTTP_PARAMS_MAX], query[HTTP_QUERY_MAX], headers[HTTP_HEADERS_MAX];
    char subprotocol[WEBSOCKET_SUBPROTOCOL_MAX + 1];
    struct tls_certificate certificate = {.name = ""};
    const char *offered = http_header(http, "Sec-WebSocket-Protocol");

    websocket_choose(http, door->route->subprotocols, subprotocol);
    bool shown = http_client_certificate(http, &certificate); /* none: it stays empty */
    const struct hub_peer_certificate more = {.organisation = certificate.organisation,
                                              .serial = certificate.serial,
                                              .until_ms = certificate.until_s * 1000};
    const struct hub_peer_request request = {
        .path = http->path,
        .remote = http->remote,
        .correlation_id = http->correlation_id,
        .offered = offered ? offered : "",
        .subprotocol = subprotocol,
        .secure = http_is_secure(http),
        .certificate_name = certificate.name,
        .certificate_subject = certificate.subject,
        .certificate = shown ? &more : NULL,
        .params = params,
        .query = query,
        .headers = headers,
        .param_count = take_fields(http, HTTP_PARAMS, params, HTTP_PARAMS_MAX),
        .query_count = take_fields(http, HTTP_QUERY, query, HTTP_QUERY_MAX),
        .header_count = take_fields(http, HTTP_HEADERS, headers, HTTP_HEADERS_MAX),
    };
    door->route->events->admit(door->service, &p->peer, &request);
}

static void on_request(void *ctx, const struct http_request *http, struct http_exchange *exchange)
{
    const struct door *door = ctx;
    struct websocket_options options;

    take_options(door->route, &options);
    if (!websocket_is_offered(exchange, &options))
        return;
    struct socket_peer *p = calloc(1, sizeof *p);
    if (!p) {
        http_fail(exchange, 503, "no_memory", NULL);
        return;
    }
    p->peer = (struct hub_peer){.ops = &peer_ops, .ctx = p};
    p->door = door;
    p->exchange = exchange;
    waits(p, 1);
    http_exchange_watch(exchange, on_left, p);
    ask_service(p, http);
}

/* ---- lifecycle ---- */

struct hub_sockets *hub_sockets_new(struct http_server *server, struct metrics *metrics)
{
    struct hub_sockets *sockets = calloc(1, sizeof *sockets);

    if (!sockets)
        return NULL;
    sockets->server = server;
    sockets->metrics = metrics;
    sockets->waiting = metrics_gauge(metrics, "roost_peer_waiting",
                                     "WebSocket peers that wait to be let in", NULL);
    return sockets;
}

int hub_sockets_add(struct hub_sockets *sockets, const struct hub_socket_route *routes,
                    size_t count, void *service)
{
    for (size_t i = 0; i < count; i++) {
        if (sockets->count == HUB_SOCKETS_MAX)
            return ROOST_ERR_FULL;
        struct door *door = &sockets->doors[sockets->count];
        *door = (struct door){.sockets = sockets, .route = &routes[i], .service = service};
        door->http = (struct http_route){.method = HTTP_GET,
                                         .path = routes[i].path,
                                         .role = HTTP_ROLE_ANYONE,
                                         .rate = HTTP_RATE_NONE,
                                         .handler = on_request,
                                         .ctx = door};
        int err = http_server_add(sockets->server, &door->http, 1);
        if (err < 0)
            return err;
        sockets->count++;
    }
    return 0;
}

void hub_sockets_free(struct hub_sockets *sockets)
{
    free(sockets);
}
