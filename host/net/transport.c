/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/transport.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/net/transport_internal.h"

static void connect_next(struct transport *t);

/* ---- errors and the end ---- */

int transport_err_of_uv(int status)
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
    default: /* the errors of a look-up are one range */
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

/* The owner hears of the end when libuv has let go of the handles, from the loop and never inside a
 * call of its own. */
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

void transport_abort_uv(struct transport *t, int status)
{
    transport_abort(t, transport_err_of_uv(status), uv_strerror(status));
}

/* ---- connecting ---- */

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
    return transport_start_reading(t);
}

static void on_connected(uv_connect_t *request, int status)
{
    struct transport *t = request->data;

    if (t->state == TRANSPORT_CLOSING)
        return;
    if (status < 0) {
        t->err = transport_err_of_uv(status);
        t->why = uv_strerror(status);
        uv_close((uv_handle_t *)&t->tcp, on_tcp_closed); /* goes on with the next address */
        return;
    }
    int err = begin(t, t->options.host);
    if (err < 0)
        transport_abort(t, err, roost_err_text(err));
    else if (t->tls)
        transport_handshake(t);
    else
        transport_opened(t);
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
        transport_abort_uv(t, status);
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
        transport_abort_uv(t, status);
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
    t->err = ROOST_ERR_NOT_FOUND; /* unless an address gives another reason */
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
        transport_abort_uv(t, status);
    else
        t->resolving = true;
    return 0;
}

/* A connection in the clear is open at once; its owner still hears of it from the loop. */
static void on_accepted(uv_timer_t *timer)
{
    struct transport *t = timer->data;

    if (t->state == TRANSPORT_HANDSHAKE)
        transport_opened(t);
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
    int err = status < 0 ? transport_err_of_uv(status) : begin(t, NULL);
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

enum tls_reason transport_tls_reason(const struct transport *t)
{
    return t->tls ? tls_reason(t->tls) : TLS_REASON_OTHER;
}

bool transport_certificate(const struct transport *t, struct tls_certificate *out)
{
    return t->tls && tls_certificate_get(t->tls, out);
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
    /* Also when paused: the end of the other side has to be seen. */
    int err = t->ended ? 0 : transport_start_reading(t);
    if (err < 0) {
        transport_abort(t, err, roost_err_text(err));
        return;
    }
    if (transport_flush(t))
        transport_end(t);
}
