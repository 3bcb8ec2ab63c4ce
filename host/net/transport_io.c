/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/net/transport_internal.h"

/* A buffer begins small: of ten thousand sockets that are only there, each keeps two. */
enum { CHUNK = 64 * 1024, BUFFER_FIRST = 512, BUFFER_KEEP = 32 * 1024 };

/* Records of TLS, and what is dropped at the end: used up before the call that read it returns. */
static _Thread_local uint8_t chunk[CHUNK];

static void abort_tls(struct transport *t)
{
    transport_abort(t, ROOST_ERR_CRYPTO, tls_why(t->tls));
}

/* ---- sending ---- */

static bool buffer_grow(struct transport_buffer *buffer, size_t len)
{
    if (buffer->size - buffer->len >= len)
        return true;
    size_t size = buffer->size > 0 ? buffer->size : BUFFER_FIRST;
    while (size - buffer->len < len)
        size *= 2;
    uint8_t *bytes = realloc(buffer->bytes, size);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

static void buffer_empty(struct transport_buffer *buffer)
{
    buffer->len = 0;
    if (buffer->size > BUFFER_KEEP) {
        free(buffer->bytes);
        *buffer = (struct transport_buffer){0};
    }
}

size_t transport_room(const struct transport *t)
{
    return t->options.send_max - t->out.len - t->wire.len;
}

uint8_t *transport_reserve(struct transport *t, size_t len)
{
    if (len > transport_room(t) || !buffer_grow(&t->out, len))
        return NULL;
    return t->out.bytes + t->out.len;
}

void transport_commit(struct transport *t, size_t len)
{
    ROOST_ASSERT(len <= t->out.size - t->out.len);
    t->out.len += len;
}

/* What is to be sent becomes t->wire, whose bytes libuv may hold on to while t->out grows. Returns
 * false when the connection had to be given up. */
static bool fill_wire(struct transport *t)
{
    if (!t->tls) {
        struct transport_buffer empty = t->wire;
        t->wire = t->out;
        t->out = empty;
        return true;
    }
    if (t->out.len > 0 && t->state == TRANSPORT_OPEN) {
        if (tls_write(t->tls, t->out.bytes, t->out.len) < 0) {
            abort_tls(t);
            return false;
        }
        buffer_empty(&t->out);
    }
    if (t->soft)
        tls_end(t->tls); /* behind the last byte */
    size_t pending = tls_pending(t->tls);
    if (!buffer_grow(&t->wire, pending)) {
        transport_abort(t, ROOST_ERR_NO_MEMORY, "out of memory");
        return false;
    }
    t->wire.len = tls_take(t->tls, t->wire.bytes, pending);
    return true;
}

static bool unsent(const struct transport *t)
{
    return t->out.len > 0 || (t->tls && tls_pending(t->tls) > 0);
}

size_t transport_unsent(const struct transport *t)
{
    return t->out.len + t->wire.len;
}

static void on_shut(uv_shutdown_t *request, int status)
{
    struct transport *t = request->data;

    if (t->state != TRANSPORT_CLOSING && (status < 0 || t->ended))
        transport_abort(t, 0, "closed");
}

/* Ends our side; the other side's end comes as UV_EOF. */
void transport_end(struct transport *t)
{
    if (t->shut || !t->soft || t->writing || t->state != TRANSPORT_OPEN)
        return;
    t->shut = true;
    t->shutdown.data = t;
    int status = uv_shutdown(&t->shutdown, (uv_stream_t *)&t->tcp, on_shut);
    if (status < 0)
        transport_abort_uv(t, status);
}

static void on_written(uv_write_t *request, int status)
{
    struct transport *t = request->data;

    t->writing = false;
    buffer_empty(&t->wire);
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        transport_abort_uv(t, status);
        return;
    }
    if (!transport_flush(t))
        return;
    if (t->soft)
        transport_end(t);
    else if (t->state == TRANSPORT_OPEN)
        t->events->drained(t->ctx);
}

/* Tries at once: most answers fit the socket's buffer and need no turn of the loop. */
bool transport_flush(struct transport *t)
{
    if (t->state != TRANSPORT_OPEN && t->state != TRANSPORT_HANDSHAKE)
        return false;
    if (t->writing)
        return false;
    if (!unsent(t))
        return true;
    if (!fill_wire(t) || t->wire.len == 0)
        return t->state != TRANSPORT_CLOSING;
    uv_buf_t rest = uv_buf_init((char *)t->wire.bytes, (unsigned)t->wire.len);
    int n = uv_try_write((uv_stream_t *)&t->tcp, &rest, 1);
    if (n == (int)rest.len) {
        buffer_empty(&t->wire);
        return true;
    }
    if (n < 0 && n != UV_EAGAIN) {
        transport_abort_uv(t, n);
        return false;
    }
    size_t done = n > 0 ? (size_t)n : 0;
    rest = uv_buf_init((char *)t->wire.bytes + done, (unsigned)(t->wire.len - done));
    t->write.data = t;
    t->writing = true;
    n = uv_write(&t->write, (uv_stream_t *)&t->tcp, &rest, 1, on_written);
    if (n < 0) {
        t->writing = false;
        transport_abort_uv(t, n);
    }
    return false;
}

/* ---- receiving ---- */

static void deliver(struct transport *t, size_t len)
{
    int err = t->events->received(t->ctx, len);

    if (err < 0)
        transport_abort(t, err, roost_err_text(err));
}

/* The other side sends nothing more. */
static void other_side_ended(struct transport *t)
{
    if (t->soft)
        transport_abort(t, 0, "closed");
    else if (t->events->ended && t->state == TRANSPORT_OPEN)
        t->events->ended(t->ctx);
    else
        transport_abort(t, ROOST_ERR_CLOSED, "closed by the other side");
}

/* Hands on all that the records read so far hold. */
static void deliver_tls(struct transport *t)
{
    while (t->state == TRANSPORT_OPEN && !t->soft && !t->paused) {
        size_t size;
        uint8_t *space = t->events->space(t->ctx, &size);
        if (!space) {
            transport_abort(t, ROOST_ERR_NO_MEMORY, "out of memory");
            return;
        }
        int n = tls_read(t->tls, space, size);
        if (n > 0) {
            deliver(t, (size_t)n);
            continue;
        }
        if (n == ROOST_ERR_CLOSED)
            other_side_ended(t);
        else if (n < 0)
            abort_tls(t);
        return;
    }
}

void transport_opened(struct transport *t)
{
    t->state = TRANSPORT_OPEN;
    if (t->paused)
        uv_read_stop((uv_stream_t *)&t->tcp);
    t->events->opened(t->ctx);
}

void transport_handshake(struct transport *t)
{
    int done = tls_handshake(t->tls);

    transport_flush(t); /* also when it failed: the alert says why */
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (done < 0)
        abort_tls(t);
    else if (done > 0)
        transport_opened(t);
}

static void received_tls(struct transport *t, size_t len)
{
    if (tls_feed(t->tls, chunk, len) < 0) {
        transport_abort(t, ROOST_ERR_NO_MEMORY, "out of memory");
        return;
    }
    if (t->state == TRANSPORT_HANDSHAKE)
        transport_handshake(t);
    if (t->state == TRANSPORT_OPEN) {
        deliver_tls(t);
        transport_flush(t); /* what TLS itself answers */
    }
}

static void on_space(uv_handle_t *handle, size_t suggested, uv_buf_t *buffer)
{
    struct transport *t = handle->data;

    (void)suggested;
    if (t->tls || t->soft) {
        *buffer = uv_buf_init((char *)chunk, sizeof chunk);
        return;
    }
    size_t len = 0;
    uint8_t *space = t->events->space(t->ctx, &len);
    *buffer = uv_buf_init((char *)space, space ? (unsigned)len : 0);
}

static void on_read(uv_stream_t *stream, ssize_t n, const uv_buf_t *buffer)
{
    struct transport *t = stream->data;

    (void)buffer;
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (n == UV_EOF) {
        t->ended = true;
        uv_read_stop(stream);
        other_side_ended(t);
        return;
    }
    if (n < 0) {
        transport_abort_uv(t, (int)n);
        return;
    }
    if (n == 0 || t->soft)
        return;
    if (t->tls)
        received_tls(t, (size_t)n);
    else
        deliver(t, (size_t)n);
}

int transport_start_reading(struct transport *t)
{
    int status = uv_read_start((uv_stream_t *)&t->tcp, on_space, on_read);

    return status < 0 && status != UV_EALREADY ? transport_err_of_uv(status) : 0;
}

/* Under TLS there may be bytes that were read and not delivered; no socket event brings them. */
static void on_resumed(uv_timer_t *timer)
{
    struct transport *t = timer->data;

    if (t->state == TRANSPORT_OPEN) {
        deliver_tls(t);
        transport_flush(t);
    }
}

void transport_pause(struct transport *t, bool paused)
{
    if (t->paused == paused)
        return;
    t->paused = paused;
    if (t->state != TRANSPORT_OPEN || t->soft)
        return;
    if (paused) {
        uv_read_stop((uv_stream_t *)&t->tcp);
        return;
    }
    if (t->tls)
        uv_timer_start(&t->linger, on_resumed, 0, 0);
    int err = t->ended ? 0 : transport_start_reading(t);
    if (err < 0)
        transport_abort(t, err, roost_err_text(err));
}
