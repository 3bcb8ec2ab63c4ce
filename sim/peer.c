/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/peer.h"

#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/net/websocket_codec.h"

enum { TRACE_WHO = UINT32_MAX - 2, HEADERS_MAX = 4 };

static struct sim_clock *clock_of(const struct sim_peer *p)
{
    return p->sockets->net->clock;
}

/* ---- the trace ---- */

static void trace(const struct sim_peer *p, const char *what, const void *data, size_t len)
{
    sim_trace(clock_of(p), TRACE_WHO, what, &p->number, sizeof p->number);
    sim_trace(clock_of(p), TRACE_WHO, "ws data", data, len);
}

static void trace_text(const struct sim_peer *p, const char *what, const char *text)
{
    trace(p, what, text, strlen(text));
}

static void trace_number(const struct sim_peer *p, const char *what, uint64_t number)
{
    trace(p, what, &number, sizeof number);
}

/* ---- a peer's life ---- */

static void woken(struct sim_sockets *sockets)
{
    if (sockets->wake)
        sockets->wake(sockets->wake_ctx);
}

static void release(struct sim_peer *p)
{
    p->state = SIM_PEER_FREE;
    p->conn = NULL;
    p->life++;
}

static void report_closed(struct sim_peer *p, uint16_t code)
{
    struct sim_sockets *sockets = p->sockets;

    trace_number(p, "ws closed", code);
    p->door->route->events->closed(p->door->service, &p->peer, code);
    release(p);
    woken(sockets);
}

static void broke(void *ctx, uint64_t number, void *data)
{
    struct sim_peer *p = ctx;

    (void)number;
    (void)data;
    sim_ws_end_drop(&p->end, false);
    report_closed(p, HUB_PEER_LOST);
}

/* True when this message, or one before it, is lost with its connection. Both ends hear of it. */
static bool cut(struct sim_peer *p)
{
    struct sim_sockets *sockets = p->sockets;

    if (!p->broken && (sockets->cut_in == 0 || --sockets->cut_in > 0))
        return false;
    if (!p->broken) {
        p->broken = true;
        sockets->cuts++;
        sim_at_guarded(clock_of(p), clock_of(p)->now_ms, broke, p, 0, NULL, &p->life);
    }
    return true;
}

/* ---- the socket's events ---- */

static void on_message(void *ctx, bool binary, const char *data, size_t len)
{
    struct sim_peer *p = ctx;
    struct sim_sockets *sockets = p->sockets;

    if (cut(p))
        return;
    if (!binary && !websocket_text_is_valid(data, len)) {
        sim_ws_end_close(&p->end, HUB_PEER_BAD_DATA, NULL);
        return;
    }
    trace(p, "ws in", data, len);
    sockets->messages_in++;
    p->door->route->events->message(p->door->service, &p->peer,
                                    binary ? HUB_PEER_BINARY : HUB_PEER_TEXT, data, len);
    woken(sockets);
}

static void on_writable(void *ctx)
{
    struct sim_peer *p = ctx;

    if (p->door->route->events->writable)
        p->door->route->events->writable(p->door->service, &p->peer);
    woken(p->sockets);
}

static void on_closed(void *ctx, uint16_t code, int why)
{
    (void)why;
    report_closed(ctx, code);
}

static const struct sim_ws_end_ops server_ops = {
    .message = on_message, .writable = on_writable, .closed = on_closed};

/* ---- what the service does with its peer ---- */

static void answer(struct sim_conn *conn, int status, const char *subprotocol, bool untrusted)
{
    struct sim_ws_answer text = {.status = status, .untrusted = untrusted};

    snprintf(text.subprotocol, sizeof text.subprotocol, "%s", subprotocol);
    const struct sim_packet packet = {.type = SIM_BYTES,
                                      .message = sim_ws_frame(SIM_WS_ANSWER, &text, sizeof text)};
    sim_conn_send(conn, SIM_SERVER, &packet);
    if (status != 101)
        sim_conn_close(conn, SIM_SERVER);
}

static int peer_accept(void *ctx)
{
    struct sim_peer *p = ctx;
    const struct hub_socket_route *route = p->door->route;
    const struct sim_ws_options options = {.message_max = route->message_max,
                                           .send_max = route->send_max,
                                           .ping_interval_ms = route->ping_interval_ms,
                                           .idle_timeout_ms = route->idle_timeout_ms};
    struct sim_conn *conn = p->conn;

    ROOST_ASSERT(p->state == SIM_PEER_ASKING);
    p->conn = NULL;
    p->life++;
    p->state = SIM_PEER_OPEN;
    p->sockets->accepted++;
    trace_text(p, "ws accepted", p->subprotocol);
    answer(conn, 101, p->subprotocol, false);
    sim_ws_end_open(&p->end, clock_of(p), conn, SIM_SERVER, &options, &server_ops, p);
    return 0;
}

static void peer_refuse(void *ctx, int status, const char *reason)
{
    struct sim_peer *p = ctx;

    ROOST_ASSERT(p->state == SIM_PEER_ASKING);
    p->sockets->refused++;
    trace_text(p, "ws refused", reason);
    answer(p->conn, status, "", false);
    release(p);
}

static int peer_send(void *ctx, enum hub_peer_type type, const void *data, size_t len)
{
    struct sim_peer *p = ctx;

    ROOST_ASSERT(p->state == SIM_PEER_OPEN);
    if (p->end.state != SIM_WS_OPEN)
        return ROOST_ERR_CLOSED;
    if (type == HUB_PEER_TEXT && !websocket_text_is_valid(data, len))
        return ROOST_ERR_INVALID;
    if (cut(p))
        return 0; /* the system took it, and lost it */
    int err = sim_ws_end_send(&p->end, type == HUB_PEER_BINARY, data, len);
    if (err == 0) {
        p->sockets->messages_out++;
        trace(p, "ws out", data, len);
    } else if (err == ROOST_ERR_FULL) {
        p->sockets->dropped++;
    }
    return err;
}

static size_t peer_unsent(void *ctx)
{
    const struct sim_peer *p = ctx;

    return sim_ws_end_unsent(&p->end);
}

static void peer_close(void *ctx, uint16_t code, const char *reason)
{
    struct sim_peer *p = ctx;

    ROOST_ASSERT(p->state == SIM_PEER_OPEN && websocket_code_is_sendable(code));
    trace_text(p, "ws close", reason ? reason : "");
    sim_ws_end_close(&p->end, code, reason);
}

static const struct hub_peer_ops peer_ops = {
    .accept = peer_accept,
    .refuse = peer_refuse,
    .send = peer_send,
    .unsent = peer_unsent,
    .close = peer_close,
};

/* ---- the handshake ---- */

static void asking_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    (void)ctx; /* nothing may come before the answer */
    (void)conn;
    (void)packet;
}

static void asking_closed(void *ctx, struct sim_conn *conn, int why)
{
    struct sim_peer *p = ctx;

    (void)conn;
    (void)why;
    p->conn = NULL;
    report_closed(p, HUB_PEER_LOST);
}

static const struct sim_end_ops asking_ops = {.packet = asking_packet, .closed = asking_closed};

static void too_late(void *ctx, uint64_t number, void *data)
{
    struct sim_peer *p = ctx;

    (void)number;
    (void)data;
    answer(p->conn, 504, "", false);
    report_closed(p, HUB_PEER_LOST);
}

/* The first of the route's that is the one offered. */
static void choose(struct sim_peer *p, const char *offered)
{
    const char *list = p->door->route->subprotocols;

    p->subprotocol[0] = '\0';
    while (list && *list) {
        list += strspn(list, " ,");
        size_t len = strcspn(list, " ,");
        if (len > 0 && len == strlen(offered) && memcmp(list, offered, len) == 0)
            snprintf(p->subprotocol, sizeof p->subprotocol, "%s", offered);
        list += len;
    }
}

static void ask_service(struct sim_peer *p, const struct sim_ws_request *from,
                        const struct http_target *target, const struct http_params *params)
{
    struct hub_field param[HTTP_PARAMS_MAX], query[HTTP_QUERY_MAX], headers[HEADERS_MAX];
    struct hub_peer_request request = {
        .path = target->path,
        .remote = from->remote,
        .correlation_id = "sim",
        .offered = from->subprotocol,
        .subprotocol = p->subprotocol,
        .secure = from->secure,
        .certificate_name = from->certificate_name,
        .certificate_subject = from->certificate_subject,
        .params = param,
        .query = query,
        .headers = headers,
        .param_count = params->count,
        .query_count = target->query_count,
    };

    for (size_t i = 0; i < params->count; i++)
        param[i] = (struct hub_field){params->params[i].name, params->params[i].value};
    for (size_t i = 0; i < target->query_count; i++)
        query[i] = (struct hub_field){target->query[i].name, target->query[i].value};
    headers[request.header_count++] = (struct hub_field){"Host", from->host};
    headers[request.header_count++] = (struct hub_field){"Upgrade", "websocket"};
    if (from->authorization[0])
        headers[request.header_count++] = (struct hub_field){"Authorization", from->authorization};
    if (from->subprotocol[0])
        headers[request.header_count++] =
            (struct hub_field){"Sec-WebSocket-Protocol", from->subprotocol};
    p->door->route->events->admit(p->door->service, &p->peer, &request);
    woken(p->sockets);
}

static struct sim_peer *take_place(struct sim_sockets *sockets)
{
    for (size_t i = 0; i < SIM_PEERS_MAX; i++)
        if (sockets->peers[i].state == SIM_PEER_FREE)
            return &sockets->peers[i];
    return NULL;
}

static void take_request(struct sim_sockets *sockets, struct sim_conn *conn,
                         struct sim_ws_request *from)
{
    struct http_target target;
    struct http_params params;
    unsigned methods;
    int err = http_target_parse(&target, from->target);
    const struct http_route *found =
        err < 0 ? NULL
                : http_routes_find(&sockets->routes, HTTP_GET, target.path, &params, &methods);
    struct sim_peer *p = take_place(sockets);

    if (!found || !p) {
        answer(conn, err < 0 ? 400 : !found ? 404 : 503, "", false);
        return;
    }
    p->sockets = sockets;
    p->state = SIM_PEER_ASKING;
    p->life++;
    p->number = (uint32_t)++sockets->asked;
    p->peer = (struct hub_peer){.ops = &peer_ops, .ctx = p};
    p->door = found->ctx;
    p->conn = conn;
    p->broken = false;
    conn->ops[SIM_SERVER] = &asking_ops;
    conn->ctx[SIM_SERVER] = p;
    choose(p, from->subprotocol);
    sim_at_guarded(clock_of(p), clock_of(p)->now_ms + SIM_ANSWER_MS, too_late, p, 0, NULL,
                   &p->life);
    trace_text(p, "ws asks", target.path);
    ask_service(p, from, &target, &params);
}

static void door_packet(void *ctx, struct sim_conn *conn, const struct sim_packet *packet)
{
    struct sim_sockets *sockets = ctx;
    struct sim_ws_request request;
    const char *payload;
    size_t len;
    const struct sim_ws_head *head = sim_ws_head(packet, &payload, &len);

    if (!sockets->up || !head || head->kind != SIM_WS_REQUEST || len != sizeof request) {
        sim_conn_reset(conn, SIM_SERVER);
        return;
    }
    memcpy(&request, payload, sizeof request);
    if (request.secure && sockets->untrusted)
        answer(conn, 0, "", true);
    else
        take_request(sockets, conn, &request);
}

static void door_closed(void *ctx, struct sim_conn *conn, int why)
{
    (void)ctx;
    (void)conn;
    (void)why;
}

static const struct sim_end_ops door_ops = {.packet = door_packet, .closed = door_closed};

/* ---- lifecycle ---- */

void sim_sockets_init(struct sim_sockets *sockets, struct sim_net *net)
{
    memset(sockets, 0, sizeof *sockets);
    sockets->net = net;
    sim_net_listen(net, SIM_WS_PORT, &door_ops, sockets);
    sim_net_listen(net, SIM_WSS_PORT, &door_ops, sockets);
}

int sim_sockets_add(struct sim_sockets *sockets, const struct hub_socket_route *routes,
                    size_t count, void *service)
{
    for (size_t i = 0; i < count; i++) {
        if (sockets->door_count == SIM_SOCKET_ROUTES_MAX)
            return ROOST_ERR_FULL;
        struct sim_socket_door *door = &sockets->doors[sockets->door_count];
        *door =
            (struct sim_socket_door){.sockets = sockets, .route = &routes[i], .service = service};
        door->http = (struct http_route){.method = HTTP_GET, .path = routes[i].path, .ctx = door};
        int err = http_routes_add(&sockets->routes, &door->http);
        if (err < 0)
            return err;
        sockets->door_count++;
    }
    return 0;
}

void sim_sockets_start(struct sim_sockets *sockets)
{
    sockets->up = true;
}

void sim_sockets_crash(struct sim_sockets *sockets)
{
    for (size_t i = 0; i < SIM_PEERS_MAX; i++) {
        struct sim_peer *p = &sockets->peers[i];

        if (p->state == SIM_PEER_ASKING)
            sim_conn_reset(p->conn, SIM_SERVER);
        else if (p->state == SIM_PEER_OPEN)
            sim_ws_end_drop(&p->end, false);
        if (p->state != SIM_PEER_FREE)
            release(p);
    }
    sockets->up = false;
    sockets->door_count = 0;
    sockets->routes.count = 0;
}

void sim_sockets_deinit(struct sim_sockets *sockets)
{
    for (size_t i = 0; i < SIM_PEERS_MAX; i++)
        sim_ws_end_deinit(&sockets->peers[i].end);
}

size_t sim_sockets_open(const struct sim_sockets *sockets)
{
    size_t count = 0;

    for (size_t i = 0; i < SIM_PEERS_MAX; i++)
        count += sockets->peers[i].state == SIM_PEER_OPEN;
    return count;
}
