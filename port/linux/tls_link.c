/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/tls_link.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdlib.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "port/pki/server.h"

/* Of TLS 1.2; those of 1.3 are all of this kind. RSA key exchange stands last: OCPP's security
 * profiles require it of chargers, for servers that have nothing else. */
static const char suites[] = "ECDHE+AESGCM:ECDHE+CHACHA20:DHE+AESGCM:kRSA+AESGCM:!aNULL:!PSK:!DSS";

/* Where a context keeps its link. */
static int link_index(void)
{
    static int index = -1;

    if (index < 0)
        index = SSL_CTX_get_ex_new_index(0, NULL, NULL, NULL, NULL);
    return index;
}

static struct linux_tls_link *link_of(const SSL *ssl)
{
    return SSL_CTX_get_ex_data(SSL_get_SSL_CTX(ssl), link_index());
}

/* ---- the server's certificate ---- */

/* All that was sent, one behind the other. Returns the length, 0 when it is more than a chain may
 * be. */
static size_t write_chain(STACK_OF(X509) * chain, uint8_t out[ROOST_PKI_DER_MAX])
{
    unsigned char *end = out;

    for (int i = 0; i < sk_X509_num(chain); i++) {
        int len = i2d_X509(sk_X509_value(chain, i), NULL);
        if (len <= 0 || len > (int)(out + ROOST_PKI_DER_MAX - end))
            return 0;
        (void)i2d_X509(sk_X509_value(chain, i), &end);
    }
    return (size_t)(end - out);
}

static enum roost_tls_failure judge(const struct linux_tls_link *link, X509_STORE_CTX *store)
{
    const struct roost_port *port = &link->board->port;
    uint8_t der[ROOST_PKI_DER_MAX];
    size_t len = write_chain(X509_STORE_CTX_get0_untrusted(store), der);
    const struct roost_pki_text chain = roost_pki_text(der, len);

    if (len == 0)
        return ROOST_TLS_OTHER;
    return roost_pki_server(&port->pki, &link->options, &chain, link->host,
                            port->clock.ops->unix_ms(port->clock.ctx));
}

static enum roost_tls_failure from_x509(int error)
{
    switch (error) {
    case X509_V_OK:
        return ROOST_TLS_NONE;
    case X509_V_ERR_CERT_HAS_EXPIRED:
        return ROOST_TLS_EXPIRED;
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return ROOST_TLS_NOT_YET_VALID;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return ROOST_TLS_NAME;
    case X509_V_ERR_CERT_REVOKED:
        return ROOST_TLS_REVOKED;
    case X509_V_ERR_OUT_OF_MEM:
    case X509_V_ERR_UNSPECIFIED:
        return ROOST_TLS_OTHER;
    default:
        return ROOST_TLS_AUTHORITY;
    }
}

static int on_certificate(X509_STORE_CTX *store, void *unused)
{
    SSL *ssl = X509_STORE_CTX_get_ex_data(store, SSL_get_ex_data_X509_STORE_CTX_idx());
    struct linux_tls_link *link = link_of(ssl);

    (void)unused;
    if (!link)
        return 0;
    if (!link->options.roots) {
        int good = X509_verify_cert(store);
        link->failure = good > 0 ? ROOST_TLS_NONE : from_x509(X509_STORE_CTX_get_error(store));
        return good;
    }
    link->failure = judge(link, store);
    bool good = link->failure == ROOST_TLS_NONE;
    X509_STORE_CTX_set_error(store, good ? X509_V_OK : X509_V_ERR_APPLICATION_VERIFICATION);
    return good;
}

/* ---- what fails before it and behind it ---- */

/* An alert that ends the handshake, the server's or ours (RFC 8446, 6.2). */
static enum roost_tls_failure from_alert(const SSL *ssl, int alert, bool ours)
{
    bool agreed = SSL_get_pending_cipher(ssl) || SSL_get_current_cipher(ssl);

    switch (alert) {
    case SSL_AD_PROTOCOL_VERSION:
        /* What is no TLS at all is answered so, too. */
        return ours && ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_WRONG_VERSION_NUMBER
                   ? ROOST_TLS_OTHER
                   : ROOST_TLS_VERSION;
    case SSL_AD_INSUFFICIENT_SECURITY:
        return ROOST_TLS_CIPHER;
    case SSL_AD_HANDSHAKE_FAILURE:
    case SSL_AD_ILLEGAL_PARAMETER:
        return agreed ? ROOST_TLS_OTHER : ROOST_TLS_CIPHER;
    default:
        return ROOST_TLS_OTHER;
    }
}

static void on_info(const SSL *ssl, int where, int value)
{
    struct linux_tls_link *link = link_of(ssl);
    bool fatal = value >> 8 == SSL3_AL_FATAL;

    if (link && where & SSL_CB_ALERT && fatal && link->failure == ROOST_TLS_NONE)
        link->failure = from_alert(ssl, value & 0xFF, where & SSL_CB_WRITE);
}

/* ---- what is shown ---- */

static int show_slot(const struct linux_tls_link *link, SSL_CTX *context)
{
    EVP_PKEY *key = NULL;
    STACK_OF(X509) *chain = NULL;
    int err = linux_pki_pair(&link->board->pki, link->options.slot, &key, &chain);

    if (!err && (SSL_CTX_use_certificate(context, sk_X509_value(chain, 0)) != 1 ||
                 SSL_CTX_use_PrivateKey(context, key) != 1))
        err = ROOST_ERR_CRYPTO;
    for (int i = 1; !err && i < sk_X509_num(chain); i++)
        if (SSL_CTX_add1_chain_cert(context, sk_X509_value(chain, i)) != 1)
            err = ROOST_ERR_NO_MEMORY;
    EVP_PKEY_free(key);
    sk_X509_pop_free(chain, X509_free);
    return err;
}

void linux_tls_link_init(struct linux_tls_link *link, struct roost_board *board,
                         const struct roost_tls_options *options, const char *host)
{
    *link = (struct linux_tls_link){.board = board, .host = host};
    if (options)
        link->options = *options;
}

int linux_tls_link_set_up(struct linux_tls_link *link, SSL_CTX *context)
{
    if (SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) != 1 ||
        SSL_CTX_set_cipher_list(context, suites) != 1)
        return ROOST_ERR_CRYPTO;
    int err = link->options.slot ? show_slot(link, context) : 0;
    if (err)
        return err;
    if (SSL_CTX_set_ex_data(context, link_index(), link) != 1)
        return ROOST_ERR_NO_MEMORY;
    SSL_CTX_up_ref(context);
    link->context = context;
    SSL_CTX_set_cert_verify_callback(context, on_certificate, NULL);
    SSL_CTX_set_info_callback(context, on_info);
    return 0;
}

static int load_files(SSL_CTX *context, const char *ca_file, const char *cert_file,
                      const char *key_file)
{
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER, NULL);
    int loaded = ca_file ? SSL_CTX_load_verify_file(context, ca_file)
                         : SSL_CTX_set_default_verify_paths(context);
    if (loaded == 1 && cert_file)
        loaded = SSL_CTX_use_certificate_chain_file(context, cert_file);
    if (loaded == 1 && key_file)
        loaded = SSL_CTX_use_PrivateKey_file(context, key_file, SSL_FILETYPE_PEM);
    ERR_clear_error();
    return loaded == 1 ? 0 : ROOST_ERR_CRYPTO;
}

int linux_tls_link_make(struct linux_tls_link *link, const char *ca_file, const char *cert_file,
                        const char *key_file)
{
    SSL_CTX *context = SSL_CTX_new(TLS_client_method());

    if (!context)
        return ROOST_ERR_NO_MEMORY;
    int err = load_files(context, link->options.roots ? NULL : ca_file, cert_file, key_file);
    if (!err)
        err = linux_tls_link_set_up(link, context);
    SSL_CTX_free(context);
    return err;
}

void linux_tls_link_end(struct linux_tls_link *link)
{
    if (!link->context)
        return;
    (void)SSL_CTX_set_ex_data(link->context, link_index(), NULL);
    SSL_CTX_free(link->context);
    link->context = NULL;
}
