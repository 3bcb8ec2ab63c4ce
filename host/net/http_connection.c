/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "host/net/http_internal.h"

enum { SEND_MAX = HTTP_ANSWER_MAX + HTTP_PIPELINE_MAX + 64 * 1024 };

static const struct transport_events connection_events;

/* ---- lifetime ---- */

static uint64_t now_ms(const struct http_connection *c)
{
    return uv_now(c->server->loop);
}

void http_connection_expect(struct http_connection *c, uint32_t seconds)
{
    c->deadline_ms = now_ms(c) + seconds * 1000u;
}

/* An address that is not known stays zero, which is nobody's. */
static void take_peer(struct http_connection *c)
{
    char text[NET_ADDRESS_TEXT_MAX];

    transport_remote(c->transport, text, sizeof text);
    if (net_address_parse(&c->peer, text, strlen(text)) < 0)
        c->peer = (struct net_address){0};
}

int http_connection_new(struct http_connection **out, struct http_server *s)
{
    const struct transport_options options = {.tls = s->tls, .send_max = SEND_MAX};
    struct http_connection *c = calloc(1, sizeof *c);

    if (!c)
        return ROOST_ERR_NO_MEMORY;
    c->server = s;
    int err = transport_accept(&c->transport, (uv_stream_t *)&s->listener, &options,
                               &connection_events, c);
    if (err < 0) {
        free(c);
        return err;
    }
    c->next = s->connections;
    if (c->next)
        c->next->previous = c;
    s->connections = c;
    s->connection_count++;
    metric_set(s->open, s->connection_count);
    take_peer(c);
    http_connection_expect(c, s->config.request_timeout_s);
    *out = c;
    return 0;
}

/* A client whose certificate is not taken, or that speaks no TLS of ours. */
static void tls_refused(const struct http_connection *c, const char *why)
{
    enum tls_reason reason = transport_tls_reason(c->transport);
    char address[NET_ADDRESS_TEXT_MAX];

    net_address_write(address, c->peer);
    metric_add(c->server->tls_refused[reason], 1);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "tls", "connection refused",
                     RF_STR("reason", tls_reason_name(reason)), RF_STR("why", why),
                     RF_STR("remote", address));
}

static void on_closed(void *ctx, int err, const char *why)
{
    struct http_connection *c = ctx;

    if (err == ROOST_ERR_CRYPTO)
        tls_refused(c, why);
    http_stream_gone(c);
    http_body_gone(c);
    if (c->upgrade)
        c->upgrade->gone(c->upgrade_ctx);
    http_exchange_lose(c);
    http_server_forget(c);
}

void http_connection_close(struct http_connection *c)
{
    c->state = HTTP_LAST;
    http_exchange_lose(c); /* nobody will hear its answer */
    http_door_wait(c);
    transport_close(c->transport, HTTP_LINGER_MS);
}

void http_connection_answered(struct http_connection *c, bool keep_alive)
{
    c->exchange = NULL;
    c->body_len = 0;
    if (c->body_size > c->server->config.body_max) {
        free(c->body);
        c->body = NULL;
        c->body_size = 0;
    }
    if (keep_alive && !c->peer_ended && !c->server->stopping) {
        http_receive_next(c);
        c->state = HTTP_READ_HEAD;
        c->idle_since_ms = now_ms(c);
        /* A reader slower than 8 bytes a millisecond is cut off. */
        c->deadline_ms = now_ms(c) + c->server->config.idle_timeout_s * 1000u +
                         transport_unsent(c->transport) / 8;
    } else {
        c->state = HTTP_LAST;
        c->deadline_ms = now_ms(c) + c->server->config.request_timeout_s * 1000u +
                         transport_unsent(c->transport) / 8;
    }
    http_door_wait(c);
    http_server_wake(c->server, c);
}

void http_connection_turn(struct http_connection *c)
{
    if (!c->open)
        return;
    http_receive(c);
    if (c->state == HTTP_SENDING)
        http_body_send(c);
    if (c->state == HTTP_LAST && !c->stream) {
        transport_close(c->transport,
                        HTTP_LINGER_MS + (uint32_t)(transport_unsent(c->transport) / 8));
        return;
    }
    bool held_back = transport_unsent(c->transport) >= HTTP_PIPELINE_MAX;
    bool drained = transport_flush(c->transport);
    if (drained && (held_back || c->state == HTTP_SENDING))
        http_server_wake(c->server, c); /* after the others' turn */
    if (drained && c->state == HTTP_UPGRADED)
        c->upgrade->drained(c->upgrade_ctx);
}

void http_connection_sweep(struct http_connection *c, uint64_t now)
{
    if (c->stream) {
        http_stream_sweep(c->stream, now);
        return;
    }
    if (c->state == HTTP_UPGRADED) {
        c->upgrade->sweep(c->upgrade_ctx, now);
        return;
    }
    if (now < c->deadline_ms || c->state == HTTP_LAST)
        return;
    bool idle = c->state == HTTP_READ_HEAD && c->in_len == 0;
    if (!idle)
        metric_add(c->server->timeouts, 1);
    if (c->state == HTTP_WAITING && c->exchange) {
        /* The handler keeps its exchange and answers into nothing. */
        struct http_exchange *late = c->exchange;
        late->connection = NULL;
        c->exchange = NULL;
        struct http_exchange *ex = http_exchange_new(c);
        if (ex) {
            memcpy(ex->correlation_id, late->correlation_id, sizeof ex->correlation_id);
            memcpy(ex->client, late->client, sizeof ex->client);
            ex->address = late->address;
            ex->route = late->route;
            ex->method = late->method;
            ex->known_method = late->known_method;
            http_fail(ex, 504, "timeout", "The answer took too long.");
            http_exchange_tell_left(late);
            return;
        }
        http_exchange_tell_left(late);
    }
    if (c->state == HTTP_READ_BODY && c->exchange) {
        c->exchange->keep_alive = false;
        http_fail(c->exchange, 408, "timeout", "The body came too slowly.");
        return;
    }
    if (idle)
        http_connection_close(c);
    else
        transport_abort(c->transport, ROOST_ERR_TIMEOUT, "too slow");
}

/* ---- events of the transport ---- */

static void on_opened(void *ctx)
{
    struct http_connection *c = ctx;

    c->open = true;
}

static uint8_t *on_space(void *ctx, size_t *len)
{
    return http_receive_space(ctx, len);
}

static int on_received(void *ctx, size_t len)
{
    struct http_connection *c = ctx;

    c->in_len += len;
    http_receive(c);
    if (c->state != HTTP_UPGRADED) /* which says when it has something to send */
        http_server_wake(c->server, c);
    return 0;
}

static void on_ended(void *ctx)
{
    struct http_connection *c = ctx;

    c->peer_ended = true;
    if (c->state == HTTP_WAITING && c->exchange) {
        http_exchange_tell_left(c->exchange);
        return; /* it may still read the answer */
    }
    if (c->state == HTTP_SENDING)
        return;
    if (c->stream)
        http_stream_close(c->stream);
    else
        http_connection_close(c);
}

static void on_drained(void *ctx)
{
    struct http_connection *c = ctx;

    http_server_wake(c->server, c);
}

static const struct transport_events connection_events = {
    .opened = on_opened,
    .space = on_space,
    .received = on_received,
    .ended = on_ended,
    .drained = on_drained,
    .closed = on_closed,
};
