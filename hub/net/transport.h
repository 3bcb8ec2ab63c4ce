/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One outgoing TCP connection on the libuv loop, in the clear or under TLS (1.2 or better, chain
 * and host name always verified). Bytes come in as they arrive into memory the owner gives; bytes
 * to send are written into the connection's own buffer and leave in one system call a flush. The
 * owner decides about retries. Depends on libuv, OpenSSL, core/err.h.
 */
#ifndef ROOST_HUB_NET_TRANSPORT_H
#define ROOST_HUB_NET_TRANSPORT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include <openssl/ssl.h>

/* Called on the loop. After `closed` the transport is gone; `why` is borrowed for the call. No
 * callback is made from inside transport_open or transport_abort. */
struct transport_events {
    void (*opened)(void *ctx);
    /* Memory for what is read next: at least 1 byte, valid until `received`. */
    uint8_t *(*space)(void *ctx, size_t *len);
    /* `len` bytes were put there. Returns 0, or an error that closes the connection with it. */
    int (*received)(void *ctx, size_t len);
    /* What a flush could not hand over at once is with the kernel now. */
    void (*drained)(void *ctx);
    void (*closed)(void *ctx, int err, const char *why);
};

/* Strings are borrowed until `closed`. tls NULL: in the clear. */
struct transport_options {
    const char *host;
    uint16_t port;
    SSL_CTX *tls;
    size_t send_max; /* bytes waiting to be sent at most, at least 64 KiB */
};

struct transport;

/* A client's TLS settings: ca_file "" is the system's store. Returns 0, ROOST_ERR_CRYPTO when the
 * file holds no certificate, ROOST_ERR_NOT_FOUND, ROOST_ERR_NO_MEMORY. */
int transport_tls_new(SSL_CTX **tls, const char *ca_file);

/* Starts connecting: `opened` or `closed` follows. Returns 0 or ROOST_ERR_NO_MEMORY. */
int transport_open(struct transport **transport, uv_loop_t *loop,
                   const struct transport_options *options, const struct transport_events *events,
                   void *ctx);

/* Bytes that may still be committed before send_max is reached. */
size_t transport_room(const struct transport *transport);

/* Room for exactly `len` bytes at the end of what is to be sent, valid until the next call; NULL
 * when send_max would be passed or memory is out. The bytes count with transport_commit, of at most
 * len. */
uint8_t *transport_reserve(struct transport *transport, size_t len);
void transport_commit(struct transport *transport, size_t len);

/* Hands what was committed to the kernel. Returns true when all of it went at once; otherwise
 * `drained` follows. */
bool transport_flush(struct transport *transport);

/* Stops or goes on reading. What was read already is still delivered. */
void transport_pause(struct transport *transport, bool paused);

/* Flushes, then closes in good order and drops what still comes in; `closed` follows with 0 when
 * the other side has closed too, or with ROOST_ERR_TIMEOUT after linger_ms. */
void transport_close(struct transport *transport, uint32_t linger_ms);

/* Closes at once: `closed` follows with err. why is borrowed for good (a literal). */
void transport_abort(struct transport *transport, int err, const char *why);

#endif
