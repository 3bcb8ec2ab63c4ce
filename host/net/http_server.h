/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The HTTP server on the program's libuv loop: HTTP/1.1, TLS when a
 * certificate is set, routes of host/net/http.h, static files of the dashboard. Bounded in
 * connections, header bytes, body bytes and time; every refusal has a status and a counter. Depends
 * on host/net/http.h, host/metrics.h, libuv.
 *
 *     struct http_server *server;
 *     int err = http_server_new(&server, loop, &config, metrics);
 *     http_server_add(server, routes, count);
 *     http_server_guard(server, &guard);
 *     err = http_server_listen(server);
 */
#ifndef ROOST_HOST_NET_HTTP_SERVER_H
#define ROOST_HOST_NET_HTTP_SERVER_H

#include <uv.h>

#include "host/metrics.h"
#include "host/net/http.h"

struct tls_context; /* host/net/tls.h */

/* Strings are borrowed for the server's life. */
struct http_config {
    const char *address;              /* "127.0.0.1", "::", "0.0.0.0" */
    uint16_t port;                    /* 0: any free one, see http_server_port */
    const char *tls_cert, *tls_key;   /* PEM files; NULL: plain HTTP */
    const char *tls_cert2, *tls_key2; /* of another kind of key; NULL: none. tls_files of tls.h */
    const char *tls_client_ca;        /* PEM file: whose client certificates are taken; NULL: no */
    const char *tls_client_crl;       /* PEM file: which of those are not; NULL: none */
    bool hsts;                        /* Strict-Transport-Security also without our own TLS */
    const char *cors_origins;    /* comma-separated origins, "" for none, "*" never with cookies */
    const char *allowed_hosts;   /* comma-separated host names, "" or "*" for any */
    const char *trusted_proxies; /* addresses and networks whose word on the client counts, "" */
    const char *base_path;       /* "" or "/roost": served below it as well as at the root */
    const char *web_root;        /* folder of the dashboard, "" for none */
    size_t body_max;             /* 65536 */
    uint32_t connections_max;    /* 1024 */
    uint32_t streams_max;        /* 256 */
    uint32_t address_share_pct;  /* 100: of these, what one IPv4 address or IPv6 /64 may hold */
    uint32_t websockets_max;     /* 0: three quarters of connections_max, so that requests get in */
    uint32_t request_timeout_s;  /* 15: for headers, for a body's next bytes, for a slow reader */
    uint32_t answer_timeout_s;   /* 30: for a handler to answer; 504 after it */
    uint32_t idle_timeout_s;     /* 30: between requests of one connection */
};

struct http_server;

/* Fills in the defaults above. */
void http_config_init(struct http_config *config);

/* Returns 0, ROOST_ERR_INVALID (trusted_proxies), ROOST_ERR_CRYPTO (certificate, key or client
 * authorities), ROOST_ERR_NOT_FOUND (one of the files, web_root), ROOST_ERR_NO_MEMORY. */
int http_server_new(struct http_server **server, uv_loop_t *loop, const struct http_config *config,
                    struct metrics *metrics);

/* Routes are borrowed for the server's life. ROOST_ERR_EXISTS for the same method and path twice,
 * ROOST_ERR_INVALID for a bad pattern. */
int http_server_add(struct http_server *server, const struct http_route *routes, size_t count);
void http_server_guard(struct http_server *server, const struct http_guard *guard);

/* New connections are served with this context from now on, those that are open go on with theirs;
 * it becomes the server's. For a server that was made with tls_cert. */
void http_server_take_tls(struct http_server *server, struct tls_context *tls);

/* Returns 0 or ROOST_ERR_BUSY (address in use), ROOST_ERR_REFUSED (not allowed),
 * ROOST_ERR_NOT_FOUND (no such address here), ROOST_ERR_IO. */
int http_server_listen(struct http_server *server);
uint16_t http_server_port(const struct http_server *server);

/* Stops listening, lets running answers finish for at most grace_ms, then closes what is left;
 * `done` is called on the loop when nothing is open any more. */
void http_server_stop(struct http_server *server, uint32_t grace_ms, void (*done)(void *ctx),
                      void *ctx);
/* After `done`, or of a server that never listened. */
void http_server_free(struct http_server *server);

#endif
