/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The insides of a transport, for host/net/transport*.c only.
 *
 *     transport.c       its life: connect, accept, close, the end
 *     transport_io.c    bytes, through TLS where there is one
 *
 *     RESOLVING --> CONNECTING --> HANDSHAKE --> OPEN --> CLOSING        (CLOSING from every state)
 */
#ifndef ROOST_HOST_NET_TRANSPORT_INTERNAL_H
#define ROOST_HOST_NET_TRANSPORT_INTERNAL_H

#include "host/net/transport.h"

enum transport_state {
    TRANSPORT_RESOLVING,
    TRANSPORT_CONNECTING,
    TRANSPORT_HANDSHAKE,
    TRANSPORT_OPEN,
    TRANSPORT_CLOSING
};

struct transport_buffer {
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
    struct transport_buffer out;  /* plain bytes not flushed yet */
    struct transport_buffer wire; /* what the kernel is being given */
    struct tls *tls;
};

/* transport.c */
int transport_err_of_uv(int status);
void transport_abort_uv(struct transport *transport, int status);

/* transport_io.c */
int transport_start_reading(struct transport *transport); /* 0 or an error */
/* The socket is connected: takes the next step of the handshake, or opens at once. */
void transport_handshake(struct transport *transport);
void transport_opened(struct transport *transport);
/* Ends our side of a connection that is being closed, once everything is sent. */
void transport_end(struct transport *transport);

#endif
