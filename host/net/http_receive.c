/* SPDX-License-Identifier: Apache-2.0 */
/* What comes in: head, guard, body, handler, request by request. */
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
    BODY_SLOWEST = 4, /* a whole body may take this many request time-outs */
};

/* ---- requests ---- */

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
    http_door_leave(c);
    http_exchange_hand_over(ex);
    http_connection_expect(c, c->server->config.answer_timeout_s);
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
    struct http_exchange *ex = http_exchange_new(c);

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
    http_door_wait(c);
    http_connection_expect(c, c->server->config.request_timeout_s);
    c->body_deadline_ms = uv_now(c->server->loop) +
                          c->server->config.request_timeout_s * (uint64_t)BODY_SLOWEST * 1000u;
}

/* ---- bytes ---- */

/* A request that cannot be told: the connection says why and ends. */
static void malformed(struct http_connection *c, int err)
{
    struct http_exchange *ex = http_exchange_new(c);

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

void http_receive_next(struct http_connection *c)
{
    drop_input(c, 0, c->head_len);
    c->head_len = 0;
    c->scanned = 0;
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
        http_door_wait(c);
        http_connection_expect(c, c->server->config.request_timeout_s);
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
    http_connection_expect(c, c->server->config.request_timeout_s);
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

/* One is kept for whoever reads next: most reads are of whole messages, one after the other. */
static void give_back(struct http_connection *c)
{
    if (c->server->spare_in)
        free(c->in);
    else
        c->server->spare_in = c->in;
    c->in = NULL;
}

/* The buffer is there while a request is, and never moves: the head's texts point into it. */
uint8_t *http_receive_space(struct http_connection *c, size_t *len)
{
    struct http_server *s = c->server;

    if (!c->in && s->spare_in) {
        c->in = s->spare_in;
        s->spare_in = NULL;
    }
    if (!c->in)
        c->in = malloc(IN_SIZE);
    if (!c->in)
        return NULL;
    *len = IN_SIZE - c->in_len;
    return (uint8_t *)c->in + c->in_len;
}

void http_receive(struct http_connection *c)
{
    bool more = true;

    while (more) {
        if (c->state == HTTP_READ_HEAD)
            more = transport_unsent(c->transport) < HTTP_PIPELINE_MAX && read_head(c);
        else if (c->state == HTTP_READ_BODY)
            more = read_body(c);
        else
            more = false;
    }
    if (c->state == HTTP_UPGRADED)
        hand_over(c);
    if (c->state == HTTP_STREAMING || c->state == HTTP_LAST)
        c->in_len = 0; /* nothing more is listened to */
    if (c->in_len == 0)
        give_back(c);
    /* Reading ahead is bounded: the rest waits in the client's socket. */
    transport_pause(c->transport, c->in_len > IN_SIZE - READ_MIN);
}
