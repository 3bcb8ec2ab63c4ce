/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The TLS of one WebSocket or HTTP connection on mbedTLS, whoever makes it: AEAD cipher suites
 * only, the chain judged by struct roost_tls_options where there is one (port/pki/server.h), the
 * slot's pair to show, and afterwards why it failed. ESP-IDF's clients leave us one hook, which is
 * meant for its bundle of authorities and is given the configuration:
 *
 *     err = esp_trust_begin(&trust, port, options->tls, options->ca_pem, host);
 *     config.crt_bundle_attach = attach;       // calls esp_trust_configure(&trust, conf)
 *     ... the client runs and fails with `error` and `flags` ...
 *     failure = esp_trust_failure(&trust, error, flags);
 *     esp_trust_end(&trust);                   // after the client is gone
 *
 * Knows nothing of ESP-IDF. Keys come from whoever called esp_trust_keys, so that a product without
 * them does not link what reads them. Depends on port/pki/server.h, mbedTLS.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_TRUST_H
#define ROOST_PORT_ESP_IDF_ESP_TRUST_H

#include "mbedtls/pk.h"
#include "mbedtls/ssl.h"
#include "mbedtls/x509_crt.h"

#include "port/port.h"

enum { ESP_TRUST_HOST_MAX = 253 };

/* The pair of a slot on the heap. */
struct esp_trust_pair {
    mbedtls_pk_context key;
    mbedtls_x509_crt *chain; /* each one's `next` is its issuer; NULL: none */
};

struct esp_trust {
    const struct roost_port *port;
    struct roost_tls_options options;
    char host[ESP_TRUST_HOST_MAX + 1];
    mbedtls_x509_crt authorities; /* of ca_pem; with roots it stays empty */
    struct esp_trust_pair pair;
    bool has_ca, judged; /* judged: the server has shown a certificate */
    enum roost_tls_failure failure;
};

/* Where slots are read from. `load` fills *out and returns 0, or frees what it began and returns
 * ROOST_ERR_NOT_FOUND ...; `drop` frees it. */
struct esp_trust_keys {
    int (*load)(void *ctx, const char *slot, struct esp_trust_pair *out);
    void (*drop)(struct esp_trust_pair *pair);
    void *ctx;
};
void esp_trust_use(const struct esp_trust_keys *keys);

/* options and ca_pem (PEM text) may be NULL. Returns 0; ROOST_ERR_TOO_LONG (host), ROOST_ERR_CRYPTO
 * (ca_pem), ROOST_ERR_NOT_FOUND (the slot holds no pair), ROOST_ERR_UNSUPPORTED (no slots here):
 * there is nothing to end then. */
int esp_trust_begin(struct esp_trust *trust, const struct roost_port *port,
                    const struct roost_tls_options *options, const char *ca_pem, const char *host);

/* Whether it says whom to trust: else its caller has to, as by ESP-IDF's bundle. */
bool esp_trust_decides(const struct esp_trust *trust);

/* Returns 0 or mbedTLS's error. */
int esp_trust_configure(struct esp_trust *trust, mbedtls_ssl_config *conf);

/* Why the handshake failed: mbedTLS's error, of either sign, and its verification flags. NONE: it
 * was none of TLS's reasons. */
enum roost_tls_failure esp_trust_failure(const struct esp_trust *trust, int error, uint32_t flags);

void esp_trust_end(struct esp_trust *trust);

#endif
