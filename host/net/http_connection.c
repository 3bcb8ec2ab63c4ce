/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "host/net/http_internal.h"

enum {
    READ_MIN = 1024, /* room offered to a read at least */
    IN_SIZE = HTTP_HEAD_MAX + 4 * READ_MIN,
    PIPELINE_MAX = 256 * 1024, /* answers not sent yet that stop the next request */
    SEND_MAX = HTTP_ANSWER_MAX + PIPELINE_MAX + 64 * 1024,
    BODY_SLOWEST = 4, /* a whole body may take this many request time-outs */
};

static const struct transport_events connection_events;

/* ---- lifetime ---- */

static uint64_t now_ms(const struct http_connection *c)
{
    return uv_now(c->server->loop);
}

static void expect_within(struct http_connection *c, uint32_t seconds)
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

int http_connection_new(struct http_server *s)
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
    expect_within(c, s->config.request_timeout_s);
    return 0;
}

static void tell_left(struct http_exchange *ex)
{
    void (*left)(void *, struct http_exchange *) = ex->left;

    ex->left = NULL;
    if (left)
        left(ex->left_ctx, ex);
}

static void on_closed(void *ctx, int err, const char *why)
{
    struct http_connection *c = ctx;
    struct http_exchange *ex = c->exchange;

    (void)err;
    (void)why;
    http_stream_gone(c);
    http_body_gone(c);
    if (c->upgrade)
        c->upgrade->gone(c->upgrade_ctx);
    if (ex) {
        ex->connection = NULL;
        tell_left(ex);
    }
    http_server_forget(c);
}

void http_connection_close(struct http_connection *c)
{
    c->state = HTTP_LAST;
    transport_close(c->transport, HTTP_LINGER_MS);
}

/* ---- requests ---- */

static struct http_exchange *new_exchange(struct http_connection *c)
{
    struct http_exchange *ex = calloc(1, sizeof *ex);

    if (!ex)
        return NULL;
    ex->server = c->server;
    ex->connection = c;
    ex->started_ns = uv_hrtime();
    net_address_write(ex->client, c->peer);
    c->exchange = ex;
    c->state = HTTP_WAITING;
    c->idle_since_ms = 0;
    c->server->exchange_count++;
    return ex;
}

static void fill_request(const struct http_connection *c, const struct http_exchange *ex,
                         struct http_request *request)
{
    *request = (struct http_request){
        .method = ex->method,
        .head = ex->head,
        .path = ex->target.path,
        .remote = ex->client,
        .correlation_id = ex->correlation_id,
        .body = c->body_len > 0 ? c->body : "",
        .body_len = c->body_len,
        .identity = ex->identity,
        .route = ex->route,
        .server_side = ex,
    };
}

static void handle(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;

    c->state = HTTP_WAITING;
    expect_within(c, c->server->config.answer_timeout_s);
    if (!ex->route) {
        http_static_serve(ex);
        return;
    }
    struct http_request request;
    fill_request(c, ex, &request);
    const char *before = host_log_scope(ex->correlation_id);
    ex->route->handler(ex->route->ctx, &request, ex);
    host_log_scope(before);
}

/* True when the guard lets it pass. */
static bool guard_passes(struct http_connection *c)
{
    const struct http_guard *guard = &c->server->guard;
    struct http_exchange *ex = c->exchange;
    struct http_request request;

    if (!ex->route || !guard->check)
        return true;
    fill_request(c, ex, &request);
    const char *before = host_log_scope(ex->correlation_id);
    int err = guard->check(guard->ctx, &request, ex, &ex->identity);
    host_log_scope(before);
    ROOST_ASSERT((err < 0) == !c->exchange); /* refused means answered */
    return err == 0;
}

/* Sets up the reading of the body. Returns false when the exchange was answered. */
static bool frame(struct http_connection *c)
{
    struct http_exchange *ex = c->exchange;
    uint64_t length;
    int err = http_head_framing(&c->head, &c->framing, &length);

    if (err < 0) {
        ex->keep_alive = false; /* where the next request starts is not known */
        if (err == ROOST_ERR_UNSUPPORTED)
            http_fail(ex, 501, "transfer_coding_not_implemented", NULL);
        else
            http_fail(ex, 400, "bad_framing", "Content-Length or Transfer-Encoding is malformed.");
        return false;
    }
    c->body_left = length;
    c->chunks = (struct http_chunks){0};
    c->body_len = 0;
    return true;
}

static void too_large(struct http_connection *c)
{
    char text[96];

    c->exchange->keep_alive = false;
    snprintf(text, sizeof text, "The body is longer than %zu bytes.", c->body_max);
    http_fail(c->exchange, 413, "body_too_large", text);
}

/* The client waits for a word before it sends the body. */
static bool expectation_met(struct http_connection *c)
{
    static const char go_on[] = "HTTP/1.1 100 Continue\r\n\r\n";
    const char *expect = http_head_field(&c->head, "Expect");

    if (!expect || c->head.minor == 0)
        return true;
    if (strcasecmp(expect, "100-continue") != 0) {
        c->exchange->keep_alive = false;
        http_fail(c->exchange, 417, "expectation_failed", NULL);
        return false;
    }
    uint8_t *out =
        c->in_len == c->head_len ? transport_reserve(c->transport, sizeof go_on - 1) : NULL;
    if (out) {
        memcpy(out, go_on, sizeof go_on - 1);
        transport_commit(c->transport, sizeof go_on - 1);
    }
    return true;
}

static void begin(struct http_connection *c)
{
    struct http_exchange *ex = new_exchange(c);

    if (!ex) {
        transport_abort(c->transport, ROOST_ERR_NO_MEMORY, "out of memory");
        return;
    }
    http_take_head(c);
    if (!frame(c))
        return;
    bool keep_alive = ex->keep_alive;
    if (c->framing != HTTP_NO_BODY)
        ex->keep_alive = false; /* an answer before the body is read ends the connection */
    if (!http_admit(c) || !http_find_route(c) || !guard_passes(c))
        return;
    c->body_max =
        ex->route && ex->route->body_max > 0 ? ex->route->body_max : c->server->config.body_max;
    if (c->body_left > c->body_max) {
        too_large(c);
        return;
    }
    if (c->framing == HTTP_NO_BODY) {
        handle(c);
        return;
    }
    if (!expectation_met(c))
        return;
    ex->keep_alive = keep_alive;
    c->state = HTTP_READ_BODY;
    expect_within(c, c->server->config.request_timeout_s);
    c->body_deadline_ms =
        now_ms(c) + c->server->config.request_timeout_s * (uint64_t)BODY_SLOWEST * 1000u;
}

/* ---- bytes ---- */

/* A request that cannot be told: the connection says why and ends. */
static void malformed(struct http_connection *c, int err)
{
    struct http_exchange *ex = new_exchange(c);

    metric_add(c->server->malformed, 1);
    if (!ex) {
        transport_abort(c->transport, ROOST_ERR_NO_MEMORY, "out of memory");
        return;
    }
    http_make_id(ex->correlation_id);
    if (err == ROOST_ERR_TOO_LONG)
        http_fail(ex, 431, "head_too_large", "The request's header is longer than 16 KiB.");
    else if (err == ROOST_ERR_UNSUPPORTED)
        http_fail(ex, 505, "version_not_supported", "HTTP/1.1 is spoken here.");
    else
        http_fail(ex, 400, "bad_request", "The request is malformed.");
}

static void drop_input(struct http_connection *c, size_t from, size_t len)
{
    memmove(c->in + from, c->in + from + len, c->in_len - from - len);
    c->in_len -= len;
}

/* Returns false when more bytes are needed. */
static bool read_head(struct http_connection *c)
{
    size_t blank = 0;

    while (blank + 1 < c->in_len && c->in[blank] == '\r' && c->in[blank + 1] == '\n')
        blank += 2;
    if (blank > 0) /* after a body of an old client, RFC 9112 section 2.2 */
        drop_input(c, 0, blank);
    if (c->in_len == 0)
        return false;
    if (c->idle_since_ms > 0) {
        c->idle_since_ms = 0;
        expect_within(c, c->server->config.request_timeout_s);
    }
    int n = http_head_parse(&c->head, c->in, c->in_len, &c->scanned);
    if (n == 0)
        return false;
    if (n < 0) {
        malformed(c, n);
        return true;
    }
    c->head_len = (size_t)n;
    begin(c);
    return true;
}

/* Returns 0, ROOST_ERR_TOO_LONG, ROOST_ERR_NO_MEMORY. Keeps a NUL behind the body. */
static int keep_body(struct http_connection *c, const char *data, size_t len)
{
    if (len > c->body_max - c->body_len)
        return ROOST_ERR_TOO_LONG;
    if (c->body_len + len + 1 > c->body_size) {
        size_t size = c->body_size > 0 ? c->body_size : 1024;
        while (size < c->body_len + len + 1)
            size *= 2;
        char *body = realloc(c->body, size);
        if (!body)
            return ROOST_ERR_NO_MEMORY;
        c->body = body;
        c->body_size = size;
    }
    memcpy(c->body + c->body_len, data, len);
    c->body_len += len;
    c->body[c->body_len] = '\0';
    return 0;
}

/* One step through the body. Returns 1 when it is whole, 0 when not, or an error. */
static int body_step(struct http_connection *c, size_t *used)
{
    const char *in = c->in + c->head_len;
    size_t len = c->in_len - c->head_len;
    const char *data = in;
    size_t data_len;
    int whole;

    if (c->framing == HTTP_CHUNKED) {
        whole = http_chunks_read(&c->chunks, in, len, used, &data, &data_len);
    } else {
        *used = data_len = len < c->body_left ? len : (size_t)c->body_left;
        c->body_left -= data_len;
        whole = c->body_left == 0;
    }
    if (whole < 0)
        return whole;
    int err = keep_body(c, data, data_len);
    return err < 0 ? err : whole;
}

/* Returns false when more bytes are needed. */
static bool read_body(struct http_connection *c)
{
    size_t used;

    if (c->in_len == c->head_len)
        return false;
    expect_within(c, c->server->config.request_timeout_s);
    if (c->deadline_ms > c->body_deadline_ms)
        c->deadline_ms = c->body_deadline_ms;
    int whole = body_step(c, &used);
    if (whole == ROOST_ERR_TOO_LONG) {
        too_large(c);
    } else if (whole < 0) {
        c->exchange->keep_alive = false;
        http_fail(c->exchange, 400, "bad_body", "The body's coding is malformed.");
    } else {
        drop_input(c, c->head_len, used);
        if (whole)
            handle(c);
    }
    return true;
}

/* Whatever has come in behind the head belongs to who took the connection over. */
static void hand_over(struct http_connection *c)
{
    size_t from = c->head_len;

    c->head_len = 0;
    if (c->in_len > from)
        c->upgrade->received(c->upgrade_ctx, c->in + from, c->in_len - from);
    c->in_len = 0;
}

/* Goes through what has come in, request by request. */
static void process(struct http_connection *c)
{
    bool more = true;

    while (more) {
        if (c->state == HTTP_READ_HEAD)
            more = transport_unsent(c->transport) < PIPELINE_MAX && read_head(c);
        else if (c->state == HTTP_READ_BODY)
            more = read_body(c);
        else
            more = false;
    }
    if (c->state == HTTP_UPGRADED)
        hand_over(c);
    if (c->state == HTTP_STREAMING || c->state == HTTP_LAST)
        c->in_len = 0; /* nothing more is listened to */
    if (c->in_len == 0) {
        free(c->in);
        c->in = NULL;
    }
    /* Reading ahead is bounded: the rest waits in the client's socket. */
    transport_pause(c->transport, c->in_len > IN_SIZE - READ_MIN);
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
        drop_input(c, 0, c->head_len);
        c->head_len = 0;
        c->scanned = 0;
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
    http_server_wake(c->server, c);
}

void http_connection_turn(struct http_connection *c)
{
    if (!c->open)
        return;
    process(c);
    if (c->state == HTTP_SENDING)
        http_body_send(c);
    if (c->state == HTTP_LAST && !c->stream) {
        transport_close(c->transport,
                        HTTP_LINGER_MS + (uint32_t)(transport_unsent(c->transport) / 8));
        return;
    }
    bool held_back = transport_unsent(c->transport) >= PIPELINE_MAX;
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
        struct http_exchange *ex = new_exchange(c);
        if (ex) {
            memcpy(ex->correlation_id, late->correlation_id, sizeof ex->correlation_id);
            memcpy(ex->client, late->client, sizeof ex->client);
            ex->route = late->route;
            ex->method = late->method;
            ex->known_method = late->known_method;
            http_fail(ex, 504, "timeout", "The answer took too long.");
            tell_left(late);
            return;
        }
        c->exchange = NULL;
        tell_left(late);
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

/* The buffer is there while a request is, and never moves: the head's texts point into it. */
static uint8_t *on_space(void *ctx, size_t *len)
{
    struct http_connection *c = ctx;

    if (!c->in)
        c->in = malloc(IN_SIZE);
    if (!c->in)
        return NULL;
    *len = IN_SIZE - c->in_len;
    return (uint8_t *)c->in + c->in_len;
}

static int on_received(void *ctx, size_t len)
{
    struct http_connection *c = ctx;

    c->in_len += len;
    process(c);
    http_server_wake(c->server, c);
    return 0;
}

static void on_ended(void *ctx)
{
    struct http_connection *c = ctx;

    c->peer_ended = true;
    if (c->state == HTTP_WAITING && c->exchange) {
        tell_left(c->exchange);
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
