/* SPDX-License-Identifier: Apache-2.0 */
/* Bodies that are too large to stand in each connection's buffer: a piece is copied when the one
 * before is with the kernel, so that a hundred slow downloads cost a hundred pieces. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "host/net/http_internal.h"
#include "host/net/http_range.h"

enum { PIECE = 64 * 1024, SLOWEST_PER_MS = 8 /* bytes: who reads slower is cut off */ };

/* The rest was sent, or never will be. */
static void end(struct http_connection *c)
{
    struct http_rest rest = c->rest;

    c->rest = (struct http_rest){0};
    if (rest.done)
        rest.done(rest.ctx);
}

void http_body_gone(struct http_connection *c)
{
    end(c);
}

void http_body_send(struct http_connection *c)
{
    struct transport *t = c->transport;
    size_t unsent = transport_unsent(t);

    if (unsent >= PIECE)
        return;
    size_t len = c->rest.len < PIECE - unsent ? c->rest.len : PIECE - unsent;
    uint8_t *out = transport_reserve(t, len);
    if (!out) {
        transport_abort(t, ROOST_ERR_NO_MEMORY, "out of memory");
        return;
    }
    memcpy(out, c->rest.bytes, len);
    transport_commit(t, len);
    http_door_wait(c); /* its client reads */
    c->rest.bytes += len;
    c->rest.len -= len;
    c->deadline_ms = uv_now(c->server->loop) + c->server->config.request_timeout_s * 1000u +
                     transport_unsent(t) / SLOWEST_PER_MS;
    if (c->rest.len > 0)
        return;
    bool keep_alive = c->rest.keep_alive;
    end(c);
    http_connection_answered(c, keep_alive);
}

/* Which part is asked for: 200, 206, 304 or 416. If-Range must name the body we have, strongly (RFC
 * 9110 section 13.1.5): a weak tag or a date never does, and the whole is sent. */
static int choose(struct http_exchange *ex, const char *etag, uint64_t size, uint64_t *first,
                  uint64_t *len)
{
    char text[96];

    *first = 0;
    *len = size;
    if (http_tag_is_known(ex, etag))
        return 304;
    http_answer_header(ex, "Accept-Ranges", "bytes");
    if (ex->head || !ex->range[0] || (ex->if_range[0] && strcmp(ex->if_range, etag) != 0))
        return 200;
    int part = http_range_parse(ex->range, size, first, len);
    if (part == 0)
        return 200;
    if (part < 0)
        snprintf(text, sizeof text, "bytes */%" PRIu64, size);
    else
        snprintf(text, sizeof text, "bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64, *first,
                 *first + *len - 1, size);
    http_answer_header(ex, "Content-Range", text);
    return part < 0 ? 416 : 206;
}

void http_answer_borrowed(struct http_exchange *ex, const char *content_type, const void *body,
                          size_t len, const char *etag, const char *cache_control,
                          void (*done)(void *ctx), void *ctx)
{
    struct http_connection *c = ex->connection;
    uint64_t first, part;
    int status = choose(ex, etag, len, &first, &part);

    http_answer_header(ex, "ETag", etag);
    if (!ex->has_cache_control && status != 416)
        http_answer_header(ex, "Cache-Control", cache_control);
    /* A short body, and one that is not sent, is an answer like any other. */
    if (!c || status == 304 || status == 416 || ex->head || part <= PIECE) {
        if (status == 416)
            http_fail(ex, 416, "range_not_satisfiable", NULL);
        else
            http_answer(ex, status, status == 304 ? NULL : content_type, (const char *)body + first,
                        part);
        done(ctx);
        return;
    }
    bool keep_alive = ex->keep_alive && !c->peer_ended && !ex->server->stopping;
    http_server_count(ex->server, ex, status);
    if (http_start_answer(ex, status, content_type, (int64_t)part, keep_alive, 0)) {
        c->rest = (struct http_rest){(const char *)body + first, part, keep_alive, done, ctx};
        c->state = HTTP_SENDING;
        http_door_wait(c);
        c->deadline_ms = uv_now(c->server->loop) + c->server->config.request_timeout_s * 1000u;
        http_server_wake(c->server, c);
    } else {
        transport_abort(c->transport, ROOST_ERR_NO_MEMORY, "out of memory");
        http_connection_answered(c, false);
        done(ctx);
    }
    http_exchange_free(ex);
}
