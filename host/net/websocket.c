/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/websocket.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/bytes.h"
#include "core/err.h"
#include "host/log.h"
#include "host/net/http_internal.h"
#include "host/net/websocket_codec.h"
#include "host/net/websocket_handshake.h"

enum {
    CLOSE_WAIT_MS = 5000,  /* for the other side's close frame */
    CONTROL_RESERVE = 512, /* control frames may pass send_max by this much */
};

/*  OPEN --websocket_close--> CLOSING --their close frame, or time--> ENDED
 *    '--- their close frame, a violation, the connection's end -------'      */
enum websocket_state { WEBSOCKET_OPEN, WEBSOCKET_CLOSING, WEBSOCKET_ENDED };

struct websocket {
    struct http_connection *connection;
    struct http_tenant *tenant;
    struct websocket_codec *codec;
    const struct websocket_events *events;
    void *ctx;
    enum websocket_state state;
    uint16_t code; /* of whoever closed first; 0: nobody yet */
    size_t send_max;
    uint32_t ping_interval_ms, idle_timeout_ms;
    uint64_t ping_due_ms, idle_due_ms, close_due_ms;
    bool pinged, heard; /* heard: something came since the last ping */
    bool refused;       /* a send was: `writable` is owed */
    bool pong_owed;     /* it did not fit; the newest one counts (RFC 6455 section 5.5.3) */
    uint8_t pong_len;
    char pong[WEBSOCKET_CONTROL_MAX];
    char subprotocol[WEBSOCKET_SUBPROTOCOL_MAX + 1];
    char correlation_id[HTTP_ID_MAX + 1];
    const char *route;
    struct metric *open, *in, *out, *dropped;
};

void websocket_options_init(struct websocket_options *options)
{
    *options = (struct websocket_options){
        .message_max = 10000, .send_max = 256 * 1024, .ping_interval_ms = 20000};
}

static uint64_t now_ms(const struct websocket *ws)
{
    return uv_now(ws->connection->server->loop);
}

/* ---- sending ---- */

/* True while messages go both ways. */
static bool is_open(const struct websocket *ws)
{
    return ws->state == WEBSOCKET_OPEN && ws->connection->state == HTTP_UPGRADED;
}

/* Returns 0, ROOST_ERR_FULL, ROOST_ERR_NO_MEMORY. */
static int put_frame(struct websocket *ws, enum websocket_part_type type, const void *data,
                     size_t len, size_t queue_max)
{
    struct transport *t = ws->connection->transport;
    size_t unsent = transport_unsent(t);

    if (unsent > queue_max || len > queue_max - unsent ||
        WEBSOCKET_HEAD_MAX > queue_max - unsent - len)
        return ROOST_ERR_FULL;
    uint8_t *out = transport_reserve(t, WEBSOCKET_HEAD_MAX + len);
    if (!out)
        return ROOST_ERR_NO_MEMORY;
    transport_commit(t, websocket_frame_write(out, type, data, len));
    http_server_wake(ws->connection->server, ws->connection);
    return 0;
}

/* What does not fit in the reserve either is left out: a ping comes again, a pong is owed, and a
 * connection that cannot take a close frame is cut when its time is over. */
static int put_control(struct websocket *ws, enum websocket_part_type type, const void *data,
                       size_t len)
{
    return put_frame(ws, type, data, len, ws->send_max + CONTROL_RESERVE);
}

static void put_close(struct websocket *ws, uint16_t code, const char *reason, size_t len)
{
    char payload[WEBSOCKET_CONTROL_MAX];

    if (code == WEBSOCKET_NO_CODE) {
        put_control(ws, WEBSOCKET_PART_CLOSE, NULL, 0);
        return;
    }
    roost_be_put(payload, code, 2);
    memcpy(payload + 2, reason, len);
    put_control(ws, WEBSOCKET_PART_CLOSE, payload, 2 + len);
}

int websocket_send(struct websocket *ws, enum websocket_type type, const void *data, size_t len)
{
    if (!is_open(ws))
        return ROOST_ERR_CLOSED;
    if (len > ws->send_max || WEBSOCKET_HEAD_MAX > ws->send_max - len)
        return ROOST_ERR_TOO_LONG;
    if (type == WEBSOCKET_TEXT && !websocket_text_is_valid(data, len))
        return ROOST_ERR_INVALID;
    int err = put_frame(ws, (enum websocket_part_type)type, data, len, ws->send_max);
    if (err == 0) {
        metric_add(ws->out, 1);
    } else {
        metric_add(ws->dropped, 1);
        ws->refused = true;
    }
    return err;
}

size_t websocket_unsent(const struct websocket *ws)
{
    return transport_unsent(ws->connection->transport);
}

const char *websocket_subprotocol(const struct websocket *ws)
{
    return ws->subprotocol;
}

/* ---- closing ---- */

/* Nothing more is said; the socket closes. */
static void end(struct websocket *ws, uint16_t code)
{
    if (ws->code == 0)
        ws->code = code;
    ws->state = WEBSOCKET_ENDED;
    http_connection_close(ws->connection);
}

void websocket_close(struct websocket *ws, uint16_t code, const char *reason)
{
    size_t len = reason ? strlen(reason) : 0;

    ROOST_ASSERT(websocket_code_is_sendable(code));
    if (!is_open(ws))
        return;
    if (len > WEBSOCKET_REASON_MAX)
        for (len = WEBSOCKET_REASON_MAX; len > 0 && (reason[len] & 0xC0) == 0x80;)
            len--; /* not inside a character */
    if (!reason || !websocket_text_is_valid(reason, len)) {
        reason = "";
        len = 0;
    }
    put_close(ws, code, reason, len);
    ws->code = code;
    ws->state = WEBSOCKET_CLOSING;
    /* A reader slower than 8 bytes a millisecond is cut off. */
    ws->close_due_ms = now_ms(ws) + CLOSE_WAIT_MS + websocket_unsent(ws) / 8;
}

/* ---- receiving ---- */

static void on_message(struct websocket *ws, const struct websocket_part *part)
{
    metric_add(ws->in, 1);
    ws->idle_due_ms = now_ms(ws) + ws->idle_timeout_ms;
    const char *before = host_log_scope(ws->correlation_id);
    ws->events->message(ws->ctx, ws, (enum websocket_type)part->type, part->data, part->len);
    host_log_scope(before);
}

static void pong(struct websocket *ws, const char *data, size_t len)
{
    ws->pong_owed = put_control(ws, WEBSOCKET_PART_PONG, data, len) < 0;
    if (ws->pong_owed) {
        memmove(ws->pong, data, len);
        ws->pong_len = (uint8_t)len;
    }
}

static void handle(struct websocket *ws, const struct websocket_part *part)
{
    switch (part->type) {
    case WEBSOCKET_PART_TEXT:
    case WEBSOCKET_PART_BINARY:
        if (is_open(ws))
            on_message(ws, part);
        break;
    case WEBSOCKET_PART_PING:
        if (is_open(ws))
            pong(ws, part->data, part->len);
        break;
    case WEBSOCKET_PART_PONG:
        break;
    case WEBSOCKET_PART_CLOSE:
    case WEBSOCKET_PART_VIOLATION:
        if (is_open(ws))
            put_close(ws, part->code, part->data, part->len);
        end(ws, part->code);
        break;
    }
}

static void on_received(void *ctx, const char *bytes, size_t len)
{
    struct websocket *ws = ctx;
    struct websocket_part part;

    ws->heard = true;
    websocket_codec_feed(ws->codec, bytes, len);
    while (ws->state != WEBSOCKET_ENDED && websocket_codec_next(ws->codec, &part))
        handle(ws, &part);
}

/* ---- the connection's other events ---- */

static void on_drained(void *ctx)
{
    struct websocket *ws = ctx;

    if (!is_open(ws))
        return;
    if (ws->pong_owed)
        pong(ws, ws->pong, ws->pong_len);
    if (!ws->refused)
        return;
    ws->refused = false;
    if (ws->events->writable) {
        const char *before = host_log_scope(ws->correlation_id);
        ws->events->writable(ws->ctx, ws);
        host_log_scope(before);
    }
}

static void ping(struct websocket *ws)
{
    if (ws->pinged && !ws->heard) {
        transport_abort(ws->connection->transport, ROOST_ERR_TIMEOUT, "half open");
        ws->state = WEBSOCKET_ENDED;
        return;
    }
    put_control(ws, WEBSOCKET_PART_PING, NULL, 0);
    ws->pinged = true;
    ws->heard = false;
    ws->ping_due_ms = now_ms(ws) + ws->ping_interval_ms;
}

static void on_sweep(void *ctx, uint64_t now)
{
    struct websocket *ws = ctx;

    if (ws->state == WEBSOCKET_CLOSING && now >= ws->close_due_ms) {
        transport_abort(ws->connection->transport, ROOST_ERR_TIMEOUT, "close not answered");
        ws->state = WEBSOCKET_ENDED;
    }
    if (is_open(ws) && ws->idle_timeout_ms > 0 && now >= ws->idle_due_ms)
        websocket_close(ws, WEBSOCKET_GOING_AWAY, "idle");
    if (is_open(ws) && ws->ping_interval_ms > 0 && now >= ws->ping_due_ms)
        ping(ws);
}

static void on_stop(void *ctx)
{
    websocket_close(ctx, WEBSOCKET_GOING_AWAY, "server stops");
}

/* Codes of the standard have a series each; those a client can make up share one. */
static void count_closed(const struct websocket *ws)
{
    char labels[HTTP_PATH_MAX], code[8] = "other";

    if (ws->code < 1016)
        snprintf(code, sizeof code, "%u", (unsigned)ws->code);
    snprintf(labels, sizeof labels, "route=\"%s\",code=\"%s\"", ws->route, code);
    metric_add(metrics_counter(ws->connection->server->metrics, "roost_websocket_closed_total",
                               "WebSockets closed, by the code of the side that closed first",
                               labels),
               1);
}

static void on_gone(void *ctx)
{
    struct websocket *ws = ctx;

    ws->state = WEBSOCKET_ENDED;
    if (ws->code == 0)
        ws->code = WEBSOCKET_LOST;
    ws->connection->server->websocket_count--;
    http_crowd_give(&ws->connection->server->crowd, ws->tenant, HTTP_SLOT_WEBSOCKET);
    metric_set(ws->open, metric_value(ws->open) - 1);
    count_closed(ws);
    const char *before = host_log_scope(ws->correlation_id);
    HOST_LOG(ROOST_LOG_DEBUG, "websocket", "closed", RF_STR("route", ws->route),
             RF_INT("code", ws->code));
    ws->events->closed(ws->ctx, ws, ws->code);
    host_log_scope(before);
    websocket_codec_free(ws->codec);
    free(ws);
}

static const struct http_upgrade websocket_upgrade = {
    .received = on_received,
    .drained = on_drained,
    .sweep = on_sweep,
    .stop = on_stop,
    .gone = on_gone,
};

/* ---- the beginning ---- */

/* 101, and the connection is ours. Returns false when memory is out and nothing was done. */
static bool begin(struct websocket *ws, struct http_exchange *ex)
{
    struct http_connection *c = ws->connection;

    if (!websocket_switch(ex, ws->subprotocol))
        return false;
    c->upgrade = &websocket_upgrade;
    c->upgrade_ctx = ws;
    c->state = HTTP_UPGRADED;
    http_server_count(ex->server, ex, 101);
    http_exchange_free(ex);
    http_server_wake(c->server, c);
    return true;
}

static void register_metrics(struct websocket *ws)
{
    struct metrics *m = ws->connection->server->metrics;
    char route[HTTP_PATH_MAX], labels[HTTP_PATH_MAX + 32];

    snprintf(route, sizeof route, "route=\"%s\"", ws->route);
    ws->open = metrics_gauge(m, "roost_websocket_open", "Open WebSockets", route);
    snprintf(labels, sizeof labels, "%s,direction=\"in\"", route);
    ws->in = metrics_counter(m, "roost_websocket_messages_total", "WebSocket messages", labels);
    snprintf(labels, sizeof labels, "%s,direction=\"out\"", route);
    ws->out = metrics_counter(m, "roost_websocket_messages_total", "WebSocket messages", labels);
    ws->dropped = metrics_counter(m, "roost_websocket_dropped_total",
                                  "Messages that did not fit a slow client's queue", route);
}

struct websocket *websocket_accept(struct http_exchange *ex,
                                   const struct websocket_options *options,
                                   const struct websocket_events *events, void *ctx)
{
    if (!websocket_is_offered(ex, options))
        return NULL;
    struct http_connection *c = ex->connection;
    struct http_server *s = ex->server;
    struct websocket *ws = calloc(1, sizeof *ws);
    struct http_tenant *tenant = http_crowd_take(&s->crowd, ex->address, HTTP_SLOT_WEBSOCKET);
    if (!tenant) {
        free(ws);
        http_answer_header(ex, "Retry-After", "5");
        http_fail(ex, 429, "no_websocket", "Your address has its share of the WebSockets.");
        return NULL;
    }
    if (ws)
        ws->codec = websocket_codec_new(options->message_max);
    if (!ws || !ws->codec) {
        free(ws);
        http_crowd_give(&s->crowd, tenant, HTTP_SLOT_WEBSOCKET);
        http_fail(ex, 503, "no_memory", NULL);
        return NULL;
    }
    ws->connection = c;
    ws->tenant = tenant;
    ws->events = events;
    ws->ctx = ctx;
    ws->send_max = options->send_max;
    ws->ping_interval_ms = options->ping_interval_ms;
    ws->idle_timeout_ms = options->idle_timeout_ms;
    ws->ping_due_ms = now_ms(ws) + ws->ping_interval_ms;
    ws->idle_due_ms = now_ms(ws) + ws->idle_timeout_ms;
    ws->route = ex->route->path;
    memcpy(ws->correlation_id, ex->correlation_id, sizeof ws->correlation_id);
    websocket_choose_of(&c->head, options->subprotocols, ws->subprotocol);
    register_metrics(ws);
    if (!begin(ws, ex)) {
        websocket_codec_free(ws->codec);
        free(ws);
        http_crowd_give(&s->crowd, tenant, HTTP_SLOT_WEBSOCKET);
        http_fail(ex, 503, "no_memory", NULL);
        return NULL;
    }
    s->websocket_count++;
    metric_set(ws->open, metric_value(ws->open) + 1);
    return ws;
}
