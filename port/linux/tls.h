/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS client context of MQTT connections: TLS 1.2 or later, chain and host name (or address)
 * verified by OpenSSL itself; there is no way to turn that off. The last context is kept, because a
 * fleet in one process connects to one broker. Depends on OpenSSL.
 */
#ifndef ROOST_PORT_LINUX_TLS_H
#define ROOST_PORT_LINUX_TLS_H

struct ssl_ctx_st;

struct linux_tls_cache {
    struct ssl_ctx_st *context;
    char *ca_file, *host; /* what it was made for */
};

/* A context that verifies `host`; ca_file NULL: the system's certificates. Borrowed until the next
 * call (take a reference to keep it). Returns 0, ROOST_ERR_CRYPTO (ca_file unreadable or no
 * certificates in it) or ROOST_ERR_NO_MEMORY. */
int linux_tls_client(struct linux_tls_cache *cache, const char *ca_file, const char *host,
                     struct ssl_ctx_st **out);

void linux_tls_clear(struct linux_tls_cache *cache);

#endif
