/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_trust.h"

#include <string.h>

#include "mbedtls/ssl_ciphersuites.h"
#include "mbedtls/version.h"

#include "core/err.h"
#include "port/pki/server.h"

static struct esp_trust_keys keys;

/* RSA key exchange stands last: OCPP's security profiles require it of chargers, for servers that
 * have nothing else. Those that a build has not are passed over. */
static const int suites[] = {
#ifdef MBEDTLS_TLS1_3_AES_128_GCM_SHA256
    MBEDTLS_TLS1_3_AES_128_GCM_SHA256,
    MBEDTLS_TLS1_3_AES_256_GCM_SHA384,
    MBEDTLS_TLS1_3_CHACHA20_POLY1305_SHA256,
#endif
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384,
    MBEDTLS_TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    MBEDTLS_TLS_RSA_WITH_AES_128_GCM_SHA256,
    MBEDTLS_TLS_RSA_WITH_AES_256_GCM_SHA384,
    0,
};

void esp_trust_use(const struct esp_trust_keys *use)
{
    keys = *use;
}

/* ---- the server's certificate ---- */

/* What the server sent, one behind the other, where mbedTLS keeps it. */
static int read_chain(void *ctx, uint32_t offset, void *out, size_t len)
{
    uint8_t *to = out;

    for (const mbedtls_x509_crt *at = ctx; at && len > 0; at = at->next) {
        if (offset >= at->raw.len) {
            offset -= (uint32_t)at->raw.len;
            continue;
        }
        size_t part = at->raw.len - offset < len ? at->raw.len - offset : len;
        memcpy(to, at->raw.p + offset, part);
        to += part;
        len -= part;
        offset = 0;
    }
    return len > 0 ? ROOST_ERR_TRUNCATED : 0;
}

static enum roost_tls_failure judge(const struct esp_trust *trust, mbedtls_x509_crt *own)
{
    const struct roost_port *port = trust->port;
    struct roost_pki_text chain = {.read = read_chain, .ctx = own};
    size_t len = 0;

    for (const mbedtls_x509_crt *at = own; at; at = at->next)
        len += at->raw.len;
    if (len > ROOST_PKI_DER_MAX)
        return ROOST_TLS_OTHER;
    chain.len = (uint32_t)len;
    return roost_pki_server(&port->pki, &trust->options, &chain, trust->host,
                            port->clock.ops->unix_ms(port->clock.ctx));
}

static enum roost_tls_failure from_flags(uint32_t flags)
{
    if (flags == 0)
        return ROOST_TLS_NONE;
    if (flags & (MBEDTLS_X509_BADCERT_NOT_TRUSTED | MBEDTLS_X509_BADCERT_BAD_MD |
                 MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY |
                 MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE |
                 MBEDTLS_X509_BADCERT_NS_CERT_TYPE))
        return ROOST_TLS_AUTHORITY;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return ROOST_TLS_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        return ROOST_TLS_NOT_YET_VALID;
    if (flags & MBEDTLS_X509_BADCERT_CN_MISMATCH)
        return ROOST_TLS_NAME;
    return flags & MBEDTLS_X509_BADCERT_REVOKED ? ROOST_TLS_REVOKED : ROOST_TLS_OTHER;
}

/* mbedTLS has looked at the chain, and asks for each certificate, the server's own last. With roots
 * of the device only our own judgement counts. */
static int on_certificate(void *ctx, mbedtls_x509_crt *certificate, int depth, uint32_t *flags)
{
    struct esp_trust *trust = ctx;

    trust->judged = true;
    if (!trust->options.roots)
        return 0;
    *flags = 0;
    if (depth == 0) {
        trust->failure = judge(trust, certificate);
        *flags = trust->failure == ROOST_TLS_NONE ? 0 : MBEDTLS_X509_BADCERT_OTHER;
    }
    return 0;
}

/* ---- one connection ---- */

static int begin_parts(struct esp_trust *trust, const char *ca_pem)
{
    if (trust->options.slot && !keys.load)
        return ROOST_ERR_UNSUPPORTED;
    if (ca_pem && !trust->options.roots) {
        if (mbedtls_x509_crt_parse(&trust->authorities, (const unsigned char *)ca_pem,
                                   strlen(ca_pem) + 1) != 0)
            return ROOST_ERR_CRYPTO;
        trust->has_ca = true;
    }
    return trust->options.slot ? keys.load(keys.ctx, trust->options.slot, &trust->pair) : 0;
}

int esp_trust_begin(struct esp_trust *trust, const struct roost_port *port,
                    const struct roost_tls_options *options, const char *ca_pem, const char *host)
{
    size_t len = strlen(host);

    *trust = (struct esp_trust){.port = port};
    if (len > ESP_TRUST_HOST_MAX)
        return ROOST_ERR_TOO_LONG;
    memcpy(trust->host, host, len + 1);
    if (options)
        trust->options = *options;
    mbedtls_x509_crt_init(&trust->authorities);
    int err = begin_parts(trust, ca_pem);
    if (err)
        esp_trust_end(trust);
    return err;
}

bool esp_trust_decides(const struct esp_trust *trust)
{
    return trust->options.roots || trust->has_ca;
}

int esp_trust_configure(struct esp_trust *trust, mbedtls_ssl_config *conf)
{
#if MBEDTLS_VERSION_MAJOR < 3 /* the later ones have nothing below it */
    mbedtls_ssl_conf_min_version(conf, MBEDTLS_SSL_MAJOR_VERSION_3, MBEDTLS_SSL_MINOR_VERSION_3);
#endif
    mbedtls_ssl_conf_ciphersuites(conf, suites);
    if (esp_trust_decides(trust)) {
        mbedtls_ssl_conf_authmode(conf, MBEDTLS_SSL_VERIFY_REQUIRED);
        /* Empty with roots of the device, but mbedTLS wants one to verify at all. */
        mbedtls_ssl_conf_ca_chain(conf, &trust->authorities, NULL);
        mbedtls_ssl_conf_verify(conf, on_certificate, trust);
    }
    return trust->pair.chain ? mbedtls_ssl_conf_own_cert(conf, trust->pair.chain, &trust->pair.key)
                             : 0;
}

enum roost_tls_failure esp_trust_failure(const struct esp_trust *trust, int error, uint32_t flags)
{
    if (trust->failure != ROOST_TLS_NONE)
        return trust->failure;
    if (flags != 0 && flags != UINT32_MAX) /* all bits: there was no verification */
        return from_flags(flags);
    switch (error < 0 ? error : -error) {
    case 0:
        return ROOST_TLS_NONE;
#if MBEDTLS_VERSION_MAJOR < 3
    case MBEDTLS_ERR_SSL_BAD_HS_PROTOCOL_VERSION:
#else
    case MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION:
#endif
        return ROOST_TLS_VERSION;
#if MBEDTLS_VERSION_MAJOR < 3
    case MBEDTLS_ERR_SSL_NO_CIPHER_CHOSEN:
    case MBEDTLS_ERR_SSL_BAD_HS_SERVER_HELLO:
        return ROOST_TLS_CIPHER;
#else
    case MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER:
        return trust->judged ? ROOST_TLS_OTHER : ROOST_TLS_CIPHER;
#endif
    /* Which alert it was mbedTLS does not tell. A server that ends it before it has shown a
     * certificate shares no suite with us; one of TLS 1.1 that has none of ours says the same. */
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE:
        return trust->judged ? ROOST_TLS_OTHER : ROOST_TLS_CIPHER;
    default:
        return ROOST_TLS_OTHER;
    }
}

void esp_trust_end(struct esp_trust *trust)
{
    mbedtls_x509_crt_free(&trust->authorities);
    if (trust->pair.chain)
        keys.drop(&trust->pair);
    trust->pair.chain = NULL;
}
