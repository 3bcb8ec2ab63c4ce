/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS of one WebSocket or HTTP connection, whichever library makes it: TLS 1.2 or later, AEAD
 * only, the chain judged by struct roost_tls_options where there is one, the slot's pair to show,
 * and afterwards why it failed. It hangs on the library's SSL_CTX, one a connection:
 *
 *     linux_tls_link_init(&link, board, options->tls, host);
 *     linux_tls_link_set_up(&link, context);          // in the library's hook; or _make
 *     if (link.failure != ROOST_TLS_NONE)             // the connection failed
 *         token = link.failure;
 *     linux_tls_link_end(&link);                      // the library may keep the context
 *
 * Depends on OpenSSL, port/pki/server.h, linux/pki.h.
 */
#ifndef ROOST_PORT_LINUX_TLS_LINK_H
#define ROOST_PORT_LINUX_TLS_LINK_H

#include "port/port.h"

struct roost_board;
struct ssl_ctx_st;

struct linux_tls_link {
    struct roost_board *board;
    struct roost_tls_options options; /* roots NULL: the library's own trust decides */
    const char *host;                 /* NULL: the library checks the name */
    struct ssl_ctx_st *context;       /* a reference of ours; NULL: not set up */
    enum roost_tls_failure failure;
};

/* options may be NULL; host is borrowed until end. */
void linux_tls_link_init(struct linux_tls_link *link, struct roost_board *board,
                         const struct roost_tls_options *options, const char *host);

/* Returns 0, ROOST_ERR_NOT_FOUND (the slot holds no pair), ROOST_ERR_CORRUPT, ROOST_ERR_CRYPTO or
 * ROOST_ERR_NO_MEMORY. */
int linux_tls_link_set_up(struct linux_tls_link *link, struct ssl_ctx_st *context);

/* Makes a context for it, with files of PEM text for what the options do not say: each may be NULL,
 * ca_file then being the system's. As set_up; ROOST_ERR_CRYPTO: a file, too. */
int linux_tls_link_make(struct linux_tls_link *link, const char *ca_file, const char *cert_file,
                        const char *key_file);

/* Lets go of the context: nothing of it comes to the link any more. Harmless when never set up. */
void linux_tls_link_end(struct linux_tls_link *link);

#endif
