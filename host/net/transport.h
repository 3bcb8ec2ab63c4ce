/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One TCP connection on the libuv loop, made or accepted, in the clear or under TLS. Bytes come in
 * as they arrive, into memory the owner gives; bytes to send are written into the connection's own
 * buffer and leave in one system call a flush. The owner decides about retries and deadlines. The
 * program ignores SIGPIPE.
 * Depends on libuv, host/net/tls.h, core/err.h.
 */
#ifndef ROOST_HOST_NET_TRANSPORT_H
#define ROOST_HOST_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "host/net/tls.h"

/* Called on the loop, never from inside transport_open, _accept, _close or _abort. */
struct transport_events {
    /* Connected, and the handshake done. */
    void (*opened)(void *ctx);
    /* Memory for what is read next: *len > 0 bytes, valid until `received`. NULL: none to be had,
     * the connection closes. */
    uint8_t *(*space)(void *ctx, size_t *len);
    /* `len` bytes were put there. Returns 0, or an error that closes the connection with it. */
    int (*received)(void *ctx, size_t len);
    /* The other side sends nothing more but may still read. NULL: the connection closes. */
    void (*ended)(void *ctx);
    /* What a flush could not hand over at once is with the kernel now. */
    void (*drained)(void *ctx);
    /* The transport is gone after this; `why` is borrowed for the call. */
    void (*closed)(void *ctx, int err, const char *why);
};

struct transport_options {
    const char *host; /* borrowed until `closed`; not for accept */
    uint16_t port;
    struct tls_context *tls; /* NULL: in the clear */
    size_t send_max;         /* bytes waiting to be sent at most */
};

struct transport;

/* Starts connecting: `opened` or `closed` follows. Returns 0 or ROOST_ERR_NO_MEMORY. */
int transport_open(struct transport **transport, uv_loop_t *loop,
                   const struct transport_options *options, const struct transport_events *events,
                   void *ctx);

/* Takes the connection that waits at the listener: `opened` or `closed` follows. Returns 0,
 * ROOST_ERR_NO_MEMORY, ROOST_ERR_IO. */
int transport_accept(struct transport **transport, uv_stream_t *listener,
                     const struct transport_options *options, const struct transport_events *events,
                     void *ctx);

/* The other side's address, or "" when it is not known. */
void transport_remote(const struct transport *transport, char *out, size_t size);

/* The certificate that the other side of a TLS connection showed; false when there is none. */
bool transport_certificate(const struct transport *transport, struct tls_certificate *out);

/* Of one that was closed with ROOST_ERR_CRYPTO. */
enum tls_reason transport_tls_reason(const struct transport *transport);

/* Room for exactly `len` bytes at the end of what is to be sent, valid until the next call; NULL
 * when send_max would be passed or memory is out. The bytes count with transport_commit, of at most
 * len. */
uint8_t *transport_reserve(struct transport *transport, size_t len);
void transport_commit(struct transport *transport, size_t len);

/* Bytes committed and not with the kernel yet, and how many more may be committed. */
size_t transport_unsent(const struct transport *transport);
size_t transport_room(const struct transport *transport);

/* Hands what was committed to the kernel. Returns true when all of it went at once; otherwise
 * `drained` follows. */
bool transport_flush(struct transport *transport);

/* Stops or goes on reading. */
void transport_pause(struct transport *transport, bool paused);

/* Flushes, then closes in good order and drops what still comes in; `closed` follows with 0 when
 * the other side has closed too, or with ROOST_ERR_TIMEOUT after linger_ms. */
void transport_close(struct transport *transport, uint32_t linger_ms);

/* Closes at once: `closed` follows with err. why is borrowed for good (a literal). */
void transport_abort(struct transport *transport, int err, const char *why);

#endif
