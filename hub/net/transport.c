/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/net/transport.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

enum { READ_CHUNK = 64 * 1024, BUFFER_KEEP = 256 * 1024 };

enum transport_state {
    TRANSPORT_RESOLVING,
    TRANSPORT_CONNECTING,
    TRANSPORT_HANDSHAKE,
    TRANSPORT_OPEN,
    TRANSPORT_CLOSING
};

struct buffer {
    uint8_t *bytes;
    size_t len, size;
};

struct transport {
    struct transport_options options;
    const struct transport_events *events;
    void *ctx;
    uv_loop_t *loop;
    enum transport_state state;
    bool soft; /* transport_close: what comes in is dropped */
    bool shut; /* our side's end is sent */
    bool paused;
    bool ended;                           /* by the other side */
    bool reported;                        /* `closed` was called */
    bool resolving, tcp_used, timer_used; /* what the loop still holds of us */
    bool writing;
    int err;
    const char *why;
    uv_getaddrinfo_t resolve;
    struct addrinfo *addresses, *address;
    uv_tcp_t tcp;
    uv_connect_t connect;
    uv_write_t write;
    uv_shutdown_t shutdown;
    uv_timer_t linger;
    struct buffer out;  /* plain bytes not flushed yet */
    struct buffer wire; /* what the kernel is being given */
    struct tls *tls;
    uint8_t chunk[READ_CHUNK]; /* TLS records, and what is dropped at the end */
};

static void connect_next(struct transport *t);
static void start_reading(struct transport *t);

/* ---- errors and the end -------------------------------------------------------------------- */

static int err_of_uv(int status)
{
    switch (status) {
    case UV_ECONNREFUSED:
        return ROOST_ERR_REFUSED;
    case UV_ETIMEDOUT:
        return ROOST_ERR_TIMEOUT;
    case UV_ECONNRESET:
    case UV_ECONNABORTED:
    case UV_EPIPE:
        return ROOST_ERR_CLOSED;
    case UV_ENOMEM:
    case UV_ENOBUFS:
        return ROOST_ERR_NO_MEMORY;
    default:
        return status <= UV_EAI_ADDRFAMILY && status >= UV_EAI_SOCKTYPE ? ROOST_ERR_NOT_FOUND
                                                                        : ROOST_ERR_IO;
    }
}

/* A look-up that hangs in a thread keeps our memory, but not the owner waiting. */
static void finish(struct transport *t)
{
    if (t->tcp_used || t->timer_used)
        return;
    if (!t->reported) {
        t->reported = true;
        t->events->closed(t->ctx, t->err, t->why);
    }
    if (t->resolving)
        return;
    if (t->addresses)
        uv_freeaddrinfo(t->addresses);
    tls_free(t->tls);
    free(t->out.bytes);
    free(t->wire.bytes);
    free(t);
}

static void on_tcp_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;

    t->tcp_used = false;
    if (t->state == TRANSPORT_CLOSING)
        finish(t);
    else
        connect_next(t);
}

static void on_timer_closed(uv_handle_t *handle)
{
    struct transport *t = handle->data;

    t->timer_used = false;
    finish(t);
}

void transport_abort(struct transport *t, int err, const char *why)
{
    if (t->state == TRANSPORT_CLOSING)
        return;
    t->state = TRANSPORT_CLOSING;
    t->err = err;
    t->why = why;
    if (t->resolving)
        uv_cancel((uv_req_t *)&t->resolve); /* its callback comes either way */
    if (t->tcp_used && !uv_is_closing((uv_handle_t *)&t->tcp))
        uv_close((uv_handle_t *)&t->tcp, on_tcp_closed);
    uv_close((uv_handle_t *)&t->linger, on_timer_closed);
}

static void abort_uv(struct transport *t, int status)
{
    transport_abort(t, err_of_uv(status), uv_strerror(status));
}

static void abort_tls(struct transport *t)
{
    transport_abort(t, ROOST_ERR_CRYPTO, tls_why(t->tls));
}

/* ---- sending ------------------------------------------------------------------------------- */

static bool buffer_grow(struct buffer *buffer, size_t len)
{
    if (buffer->size - buffer->len >= len)
        return true;
    size_t size = buffer->size > 0 ? buffer->size : 4096;
    while (size - buffer->len < len)
        size *= 2;
    uint8_t *bytes = realloc(buffer->bytes, size);
    if (!bytes)
        return false;
    buffer->bytes = bytes;
    buffer->size = size;
    return true;
}

static void buffer_empty(struct buffer *buffer)
{
    buffer->len = 0;
    if (buffer->size > BUFFER_KEEP) {
        free(buffer->bytes);
        *buffer = (struct buffer){0};
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

/* What is to be sent becomes t->wire. Returns false when the connection had to be given up. */
static bool fill_wire(struct transport *t)
{
    if (!t->tls) {
        struct buffer empty = t->wire;
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
static void shut(struct transport *t)
{
    if (t->shut || !t->soft || t->writing || t->state != TRANSPORT_OPEN)
        return;
    t->shut = true;
    t->shutdown.data = t;
    int status = uv_shutdown(&t->shutdown, (uv_stream_t *)&t->tcp, on_shut);
    if (status < 0)
        abort_uv(t, status);
}

static void on_written(uv_write_t *request, int status)
{
    struct transport *t = request->data;

    t->writing = false;
    buffer_empty(&t->wire);
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        abort_uv(t, status);
        return;
    }
    if (!transport_flush(t))
        return;
    if (t->soft)
        shut(t);
    else if (t->state == TRANSPORT_OPEN)
        t->events->drained(t->ctx);
}

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
        abort_uv(t, n);
        return false;
    }
    size_t done = n > 0 ? (size_t)n : 0;
    rest = uv_buf_init((char *)t->wire.bytes + done, (unsigned)(t->wire.len - done));
    t->write.data = t;
    t->writing = true;
    n = uv_write(&t->write, (uv_stream_t *)&t->tcp, &rest, 1, on_written);
    if (n < 0) {
        t->writing = false;
        abort_uv(t, n);
    }
    return false;
}

/* ---- receiving ----------------------------------------------------------------------------- */

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

static void opened(struct transport *t)
{
    t->state = TRANSPORT_OPEN;
    if (t->paused)
        uv_read_stop((uv_stream_t *)&t->tcp);
    t->events->opened(t->ctx);
}

static void handshake(struct transport *t)
{
    int done = tls_handshake(t->tls);

    transport_flush(t); /* also when it failed: the alert says why */
    if (t->state == TRANSPORT_CLOSING)
        return;
    if (done < 0)
        abort_tls(t);
    else if (done > 0)
        opened(t);
}

static void received_tls(struct transport *t, size_t len)
{
    if (tls_feed(t->tls, t->chunk, len) < 0) {
        transport_abort(t, ROOST_ERR_NO_MEMORY, "out of memory");
        return;
    }
    if (t->state == TRANSPORT_HANDSHAKE)
        handshake(t);
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
        *buffer = uv_buf_init((char *)t->chunk, sizeof t->chunk);
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
        abort_uv(t, (int)n);
        return;
    }
    if (n == 0 || t->soft)
        return;
    if (t->tls)
        received_tls(t, (size_t)n);
    else
        deliver(t, (size_t)n);
}

static void start_reading(struct transport *t)
{
    int status = uv_read_start((uv_stream_t *)&t->tcp, on_space, on_read);

    if (status < 0 && status != UV_EALREADY)
        abort_uv(t, status);
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
    if (!t->ended)
        start_reading(t);
}

/* ---- connecting ---------------------------------------------------------------------------- */

/* The socket is connected. Returns 0, or an error when nothing was started. */
static int begin(struct transport *t, const char *host)
{
    uv_tcp_nodelay(&t->tcp, 1);
    if (t->options.tls) {
        t->tls = tls_new(t->options.tls, host);
        if (!t->tls)
            return ROOST_ERR_NO_MEMORY;
    }
    t->state = TRANSPORT_HANDSHAKE;
    int status = uv_read_start((uv_stream_t *)&t->tcp, on_space, on_read);
    return status < 0 ? err_of_uv(status) : 0;
}

static void on_connected(uv_connect_t *request, int status)
{
    struct transport *t = request->data;

    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        t->err = err_of_uv(status);
        t->why = uv_strerror(status);
        uv_close((uv_handle_t *)&t->tcp, on_tcp_closed); /* goes on with the next address */
        return;
    }
    int err = begin(t, t->options.host);
    if (err < 0)
        transport_abort(t, err, roost_err_text(err));
    else if (t->tls)
        handshake(t);
    else
        opened(t);
}

static void connect_next(struct transport *t)
{
    const struct addrinfo *address = t->address;

    if (!address) {
        transport_abort(t, t->err, t->why);
        return;
    }
    t->address = address->ai_next;
    t->state = TRANSPORT_CONNECTING;
    t->connect.data = t;
    t->tcp.data = t;
    int status = uv_tcp_init(t->loop, &t->tcp);
    if (status == 0) {
        t->tcp_used = true;
        status = uv_tcp_connect(&t->connect, &t->tcp, address->ai_addr, on_connected);
    }
    if (status < 0)
        abort_uv(t, status);
}

static void on_resolved(uv_getaddrinfo_t *request, int status, struct addrinfo *addresses)
{
    struct transport *t = request->data;

    t->resolving = false;
    t->addresses = addresses;
    t->address = addresses;
    if (t->state == TRANSPORT_CLOSING)
        finish(t);
    else if (status < 0)
        abort_uv(t, status);
    else
        connect_next(t);
}

static struct transport *new_transport(uv_loop_t *loop, const struct transport_options *options,
                                       const struct transport_events *events, void *ctx)
{
    struct transport *t = calloc(1, sizeof *t);

    if (!t)
        return NULL;
    t->options = *options;
    t->events = events;
    t->ctx = ctx;
    t->loop = loop;
    t->err = ROOST_ERR_NOT_FOUND;
    t->why = "name has no address";
    uv_timer_init(loop, &t->linger);
    t->linger.data = t;
    t->timer_used = true;
    return t;
}

int transport_open(struct transport **out, uv_loop_t *loop, const struct transport_options *options,
                   const struct transport_events *events, void *ctx)
{
    static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_ADDRCONFIG};
    struct transport *t = new_transport(loop, options, events, ctx);
    char port[8];

    if (!t)
        return ROOST_ERR_NO_MEMORY;
    *out = t;
    snprintf(port, sizeof port, "%u", (unsigned)options->port);
    t->resolve.data = t;
    int status = uv_getaddrinfo(loop, &t->resolve, on_resolved, options->host, port, &hints);
    if (status < 0)
        abort_uv(t, status);
    else
        t->resolving = true;
    return 0;
}

/* A connection in the clear is open at once; its owner still hears of it from the loop. */
static void on_accepted(uv_timer_t *timer)
{
    struct transport *t = timer->data;

    if (t->state == TRANSPORT_HANDSHAKE)
        opened(t);
}

int transport_accept(struct transport **out, uv_stream_t *listener,
                     const struct transport_options *options, const struct transport_events *events,
                     void *ctx)
{
    struct transport *t = new_transport(listener->loop, options, events, ctx);

    if (!t)
        return ROOST_ERR_NO_MEMORY;
    *out = t;
    t->tcp.data = t;
    int status = uv_tcp_init(t->loop, &t->tcp);
    t->tcp_used = status == 0;
    if (status == 0)
        status = uv_accept(listener, (uv_stream_t *)&t->tcp);
    int err = status < 0 ? err_of_uv(status) : begin(t, NULL);
    if (err < 0)
        transport_abort(t, err, roost_err_text(err));
    else if (!t->tls)
        uv_timer_start(&t->linger, on_accepted, 0, 0);
    return 0;
}

void transport_remote(const struct transport *t, char *out, size_t size)
{
    struct sockaddr_storage address;
    int len = sizeof address;

    if (uv_tcp_getpeername(&t->tcp, (struct sockaddr *)&address, &len) != 0 ||
        uv_ip_name((const struct sockaddr *)&address, out, size) != 0)
        snprintf(out, size, "%s", "");
}

static void on_linger(uv_timer_t *timer)
{
    transport_abort(timer->data, ROOST_ERR_TIMEOUT, "the other side did not close");
}

void transport_close(struct transport *t, uint32_t linger_ms)
{
    if (t->soft || t->state == TRANSPORT_CLOSING)
        return;
    if (t->state != TRANSPORT_OPEN) {
        transport_abort(t, 0, "closed");
        return;
    }
    t->soft = true;
    uv_timer_start(&t->linger, on_linger, linger_ms, 0);
    if (!t->ended)
        start_reading(t); /* also when paused: the end of the other side has to be seen */
    if (transport_flush(t))
        shut(t);
}
