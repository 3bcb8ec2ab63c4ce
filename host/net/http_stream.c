/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/net/http_internal.h"

enum { PING_MS = 15000 };

struct http_stream *http_stream_open(struct http_exchange *ex,
                                     void (*closed)(void *ctx, struct http_stream *stream),
                                     void *ctx)
{
    struct http_server *s = ex->server;
    struct http_connection *c = ex->connection;
    struct http_head_bytes head;

    if (!c || ex->head || s->stopping || s->stream_count >= s->config.streams_max ||
        !http_door_may_last(s)) {
        if (!ex->head)
            http_answer_header(ex, "Retry-After", "5");
        http_fail(ex, ex->head ? 405 : 503, "no_stream", "No further event stream can be opened.");
        return NULL;
    }
    struct http_tenant *tenant = http_crowd_take(&s->crowd, ex->address, HTTP_SLOT_STREAM);
    if (!tenant) {
        http_answer_header(ex, "Retry-After", "5");
        http_fail(ex, 429, "no_stream", "Your address has its share of the event streams.");
        return NULL;
    }
    struct http_stream *stream = calloc(1, sizeof *stream);
    http_answer_header(ex, "X-Accel-Buffering", "no");
    http_write_head(&head, ex, 200, "text/event-stream", -1, false);
    uint8_t *out = stream ? transport_reserve(c->transport, head.len) : NULL;
    if (!out) {
        free(stream);
        http_crowd_give(&s->crowd, tenant, HTTP_SLOT_STREAM);
        http_fail(ex, 503, "no_memory", NULL);
        return NULL;
    }
    memcpy(out, head.bytes, head.len);
    transport_commit(c->transport, head.len);
    *stream = (struct http_stream){.connection = c,
                                   .tenant = tenant,
                                   .closed = closed,
                                   .ctx = ctx,
                                   .pinged_ms = uv_now(s->loop)};
    c->stream = stream;
    c->state = HTTP_STREAMING;
    metric_set(s->streams, ++s->stream_count);
    http_server_count(s, ex, 200);
    http_exchange_free(ex);
    http_server_wake(s, c);
    return stream;
}

/* Room for a piece of the stream, within the queue's bound. */
static uint8_t *stream_room(struct http_stream *stream, size_t len)
{
    struct transport *t = stream->connection->transport;

    if (transport_unsent(t) + len > HTTP_STREAM_QUEUE_BYTES)
        return NULL;
    return transport_reserve(t, len);
}

static size_t put_text(uint8_t *out, const char *text, size_t len)
{
    memcpy(out, text, len);
    return len;
}

static size_t put_line(uint8_t *out, const char *field, const char *value, size_t len)
{
    size_t n = put_text(out, field, strlen(field));

    n += put_text(out + n, value, len);
    n += put_text(out + n, "\n", 1);
    return n;
}

static int overflow(struct http_stream *stream)
{
    struct http_connection *c = stream->connection;

    metric_add(c->server->stream_dropped, 1);
    if (!stream->failed)
        transport_abort(c->transport, ROOST_ERR_FULL, "event queue full");
    stream->failed = true;
    return ROOST_ERR_FULL;
}

int http_stream_send(struct http_stream *stream, const char *event, const char *id,
                     const char *data, size_t len)
{
    static const size_t line_head = sizeof "data: \n" - 1;
    size_t lines = 1;

    for (size_t i = 0; i < len; i++)
        lines += data[i] == '\n';
    size_t size = len + lines * line_head + 1;
    size += event ? strlen(event) + sizeof "event: \n" : 0;
    size += id ? strlen(id) + sizeof "id: \n" : 0;
    uint8_t *out = stream->failed ? NULL : stream_room(stream, size);
    if (!out)
        return overflow(stream);
    size_t n = 0;
    if (event)
        n += put_line(out + n, "event: ", event, strlen(event));
    if (id)
        n += put_line(out + n, "id: ", id, strlen(id));
    for (const char *line = data, *end = data + len; line <= end;) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        if (!stop)
            stop = end;
        n += put_line(out + n, "data: ", line, (size_t)(stop - line));
        line = stop + 1;
    }
    n += put_text(out + n, "\n", 1);
    transport_commit(stream->connection->transport, n);
    http_server_wake(stream->connection->server, stream->connection);
    return 0;
}

void http_stream_close(struct http_stream *stream)
{
    http_connection_close(stream->connection);
}

/* A client that has not taken the last ping's worth by the next one is gone or useless. */
void http_stream_sweep(struct http_stream *stream, uint64_t now_ms)
{
    struct http_connection *c = stream->connection;

    if (now_ms - stream->pinged_ms < PING_MS || c->state != HTTP_STREAMING)
        return;
    stream->pinged_ms = now_ms;
    uint8_t *out = transport_unsent(c->transport) == 0 ? stream_room(stream, 3) : NULL;
    if (!out) {
        metric_add(c->server->timeouts, 1);
        transport_abort(c->transport, ROOST_ERR_TIMEOUT, "too slow");
        return;
    }
    memcpy(out, ":\n\n", 3);
    transport_commit(c->transport, 3);
    http_server_wake(c->server, c);
}

void http_stream_gone(struct http_connection *c)
{
    struct http_stream *stream = c->stream;

    if (!stream)
        return;
    c->stream = NULL;
    metric_set(c->server->streams, --c->server->stream_count);
    http_crowd_give(&c->server->crowd, stream->tenant, HTTP_SLOT_STREAM);
    stream->closed(stream->ctx, stream);
    free(stream);
}
