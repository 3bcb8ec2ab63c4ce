/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/tls.h"

#include <arpa/inet.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

static bool is_address(const char *host)
{
    uint8_t bytes[16];

    return inet_pton(AF_INET, host, bytes) == 1 || inet_pton(AF_INET6, host, bytes) == 1;
}

/* libmosquitto is given an address that was resolved before, so that it does not block in the
 * resolver, and would send that as the server name. The name to ask for is the one to verify. */
static void set_server_name(const SSL *ssl, int where, int ret)
{
    (void)ret;
    if (!(where & SSL_CB_HANDSHAKE_START))
        return;
    char *host = SSL_CTX_get_app_data(SSL_get_SSL_CTX(ssl));
    (void)SSL_set_tlsext_host_name((SSL *)ssl, is_address(host) ? NULL : host);
}

void linux_tls_clear(struct linux_tls_cache *cache)
{
    SSL_CTX_free(cache->context);
    free(cache->ca_file);
    free(cache->host);
    *cache = (struct linux_tls_cache){0};
}

static int set_up(SSL_CTX *context, const char *ca_file, char *host)
{
    X509_VERIFY_PARAM *verify = SSL_CTX_get0_param(context);

    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1)
        return ROOST_ERR_CRYPTO;
    int loaded = ca_file ? SSL_CTX_load_verify_file(context, ca_file)
                         : SSL_CTX_set_default_verify_paths(context);
    if (loaded != 1)
        return ROOST_ERR_CRYPTO;
    int set = is_address(host) ? X509_VERIFY_PARAM_set1_ip_asc(verify, host)
                               : X509_VERIFY_PARAM_set1_host(verify, host, 0);
    if (set != 1)
        return ROOST_ERR_CRYPTO;
    X509_VERIFY_PARAM_set_hostflags(verify, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    SSL_CTX_set_app_data(context, host);
    SSL_CTX_set_info_callback(context, set_server_name);
    return 0;
}

static bool same(const char *a, const char *b)
{
    return a == b || (a && b && strcmp(a, b) == 0);
}

int linux_tls_client(struct linux_tls_cache *cache, const char *ca_file, const char *host,
                     SSL_CTX **out)
{
    if (cache->context && same(cache->ca_file, ca_file) && same(cache->host, host)) {
        *out = cache->context;
        return 0;
    }
    linux_tls_clear(cache);
    cache->context = SSL_CTX_new(TLS_client_method());
    cache->host = strdup(host);
    cache->ca_file = ca_file ? strdup(ca_file) : NULL;
    int err = ROOST_ERR_NO_MEMORY;
    if (cache->context && cache->host && (cache->ca_file || !ca_file))
        err = set_up(cache->context, ca_file, cache->host);
    if (err) {
        linux_tls_clear(cache);
        return err;
    }
    *out = cache->context;
    return 0;
}
