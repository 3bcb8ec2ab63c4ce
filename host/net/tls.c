/* SPDX-License-Identifier: Apache-2.0 */
#include "host/net/tls.h"

#include <arpa/inet.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "core/assert.h"
#include "core/err.h"

struct tls_context {
    SSL_CTX *ssl;
};

struct tls {
    SSL *ssl;
    BIO *in, *out; /* owned by ssl */
    bool ended;
    const char *why;
    enum tls_reason reason;
};

static int context_new(struct tls_context **out, const SSL_METHOD *method)
{
    struct tls_context *context = calloc(1, sizeof *context);

    if (context)
        context->ssl = SSL_CTX_new(method);
    if (!context || !context->ssl) {
        free(context);
        return ROOST_ERR_NO_MEMORY;
    }
    SSL_CTX_set_min_proto_version(context->ssl, TLS1_2_VERSION);
    /* A renegotiation costs the server more than who asks for it; compression leaks secrets. */
    SSL_CTX_set_options(context->ssl, SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION);
    SSL_CTX_set_mode(context->ssl, SSL_MODE_RELEASE_BUFFERS); /* 34 KB less a quiet connection */
    *out = context;
    return 0;
}

void tls_context_free(struct tls_context *context)
{
    if (!context)
        return;
    SSL_CTX_free(context->ssl);
    free(context);
}

/* Keeps the context when err is 0. */
static int context_done(struct tls_context **out, struct tls_context *context, int err)
{
    ERR_clear_error();
    if (err < 0)
        tls_context_free(context);
    else
        *out = context;
    return err;
}

/* A pipe would be waited for, by a thread and so by whoever ends the program; a device never ends.
 */
static int readable(const char *path)
{
    struct stat status;

    if (stat(path, &status) != 0 || access(path, R_OK) != 0)
        return ROOST_ERR_NOT_FOUND;
    return S_ISREG(status.st_mode) ? 0 : ROOST_ERR_CRYPTO;
}

int tls_client_context(struct tls_context **out, const char *ca_file)
{
    struct tls_context *context;
    int err = context_new(&context, TLS_client_method());

    if (err < 0)
        return err;
    SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    if (ca_file[0] == '\0') {
        if (SSL_CTX_set_default_verify_paths(context->ssl) != 1)
            err = ROOST_ERR_CRYPTO;
    } else if ((err = readable(ca_file)) < 0) {
        return context_done(out, context, err);
    } else if (SSL_CTX_load_verify_file(context->ssl, ca_file) != 1) {
        err = ROOST_ERR_CRYPTO;
    }
    return context_done(out, context, err);
}

int tls_server_context(struct tls_context **out, const char *cert_file, const char *key_file)
{
    const char *why;

    return tls_server_open(out, cert_file, key_file, &why);
}

static int load_pair(SSL_CTX *ssl, const char *cert_file, const char *key_file, const char **why)
{
    int err = readable(cert_file);
    if (err < 0) {
        *why = err == ROOST_ERR_CRYPTO ? "the certificate's file is no regular file"
                                       : "the certificate's file cannot be read";
        return err;
    }
    err = readable(key_file);
    if (err < 0) {
        *why = err == ROOST_ERR_CRYPTO ? "the key's file is no regular file"
                                       : "the key's file cannot be read";
        return err;
    }
    if (SSL_CTX_use_certificate_chain_file(ssl, cert_file) != 1)
        *why = "the certificate's file holds no certificate";
    else if (SSL_CTX_use_PrivateKey_file(ssl, key_file, SSL_FILETYPE_PEM) != 1)
        *why = ERR_GET_REASON(ERR_peek_error()) == X509_R_KEY_VALUES_MISMATCH
                   ? "the key is not the certificate's"
                   : "the key's file holds no private key";
    else if (SSL_CTX_check_private_key(ssl) != 1)
        *why = "the key is not the certificate's";
    else
        return 0;
    return ROOST_ERR_CRYPTO;
}

int tls_server_open(struct tls_context **out, const char *cert_file, const char *key_file,
                    const char **why)
{
    struct tls_context *context;
    int err = context_new(&context, TLS_server_method());

    *why = roost_err_text(err);
    if (err < 0)
        return err;
    SSL_CTX_set_session_cache_mode(context->ssl, SSL_SESS_CACHE_OFF); /* tickets need no memory */
    err = load_pair(context->ssl, cert_file, key_file, why);
    return context_done(out, context, err);
}

static int kind_of(const SSL_CTX *ssl)
{
    return EVP_PKEY_get_base_id(SSL_CTX_get0_privatekey(ssl));
}

/* The second pair joins the first: OpenSSL keeps one of each kind of key. It is tried alone before,
 * so that a key that is not its certificate's is not taken for the first one's. */
static int load_second(SSL_CTX *ssl, const struct tls_files *files, const char **why)
{
    struct tls_context *alone;
    int err = tls_server_open(&alone, files->cert2, files->key2, why);

    if (err < 0)
        return err;
    if (kind_of(alone->ssl) == kind_of(ssl)) {
        *why = "the second certificate has the same kind of key as the first";
        err = ROOST_ERR_CRYPTO;
    }
    tls_context_free(alone);
    return err < 0 ? err : load_pair(ssl, files->cert2, files->key2, why);
}

static int load_list(SSL_CTX *ssl, const char *file)
{
    int err = readable(file);
    X509_LOOKUP *lookup = NULL;

    if (err < 0)
        return err;
    lookup = X509_STORE_add_lookup(SSL_CTX_get_cert_store(ssl), X509_LOOKUP_file());
    if (!lookup || X509_load_crl_file(lookup, file, X509_FILETYPE_PEM) < 1)
        return ROOST_ERR_CRYPTO;
    X509_VERIFY_PARAM_set_flags(SSL_CTX_get0_param(ssl), X509_V_FLAG_CRL_CHECK);
    return 0;
}

int tls_server_load(struct tls_context **out, const struct tls_files *files, const char **why)
{
    struct tls_context *context;
    int err = tls_server_open(&context, files->cert, files->key, why);

    if (err < 0)
        return err;
    if (files->cert2)
        err = load_second(context->ssl, files, why);
    if (err == 0 && files->client_ca && (err = tls_server_ask(context, files->client_ca)) < 0)
        *why = "the clients' authorities cannot be read";
    if (err == 0 && files->client_crl && (err = load_list(context->ssl, files->client_crl)) < 0)
        *why = "the list of revoked certificates cannot be read";
    return context_done(out, context, err);
}

static int64_t seconds_of(const ASN1_TIME *time)
{
    struct tm parts;

    return ASN1_TIME_to_tm(time, &parts) == 1 ? (int64_t)timegm(&parts) : 0;
}

static void narrow(const X509 *certificate, int64_t *from_s, int64_t *until_s)
{
    int64_t from = seconds_of(X509_get0_notBefore(certificate));
    int64_t until = seconds_of(X509_get0_notAfter(certificate));

    *from_s = from > *from_s ? from : *from_s;
    *until_s = until < *until_s ? until : *until_s;
}

void tls_server_validity(const struct tls_context *context, int64_t *from_s, int64_t *until_s)
{
    *from_s = INT64_MIN;
    *until_s = INT64_MAX;
    for (long which = SSL_CERT_SET_FIRST; SSL_CTX_set_current_cert(context->ssl, which) == 1;
         which = SSL_CERT_SET_NEXT) {
        STACK_OF(X509) *chain = NULL;
        narrow(SSL_CTX_get0_certificate(context->ssl), from_s, until_s);
        SSL_CTX_get0_chain_certs(context->ssl, &chain);
        for (int i = 0; i < sk_X509_num(chain); i++)
            narrow(sk_X509_value(chain, i), from_s, until_s);
    }
}

int tls_server_ask(struct tls_context *context, const char *ca_file)
{
    static const unsigned char who[] = "roost"; /* resumed sessions keep their certificate */
    int err = readable(ca_file);

    if (err < 0)
        return err;
    STACK_OF(X509_NAME) *names = SSL_load_client_CA_file(ca_file);
    if (!names || SSL_CTX_load_verify_file(context->ssl, ca_file) != 1 ||
        SSL_CTX_set_session_id_context(context->ssl, who, sizeof who - 1) != 1) {
        sk_X509_NAME_pop_free(names, X509_NAME_free);
        err = ROOST_ERR_CRYPTO;
    } else {
        SSL_CTX_set_client_CA_list(context->ssl, names);
        SSL_CTX_set_verify(context->ssl, SSL_VERIFY_PEER, NULL);
    }
    ERR_clear_error();
    return err;
}

/* A name is checked against the certificate as a name, an address as an address. */
static bool expect_host(SSL *ssl, const char *host)
{
    struct in6_addr address;

    if (inet_pton(AF_INET, host, &address) == 1 || inet_pton(AF_INET6, host, &address) == 1)
        return X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), host) == 1;
    return SSL_set1_host(ssl, host) == 1 && SSL_set_tlsext_host_name(ssl, host) == 1;
}

struct tls *tls_new(struct tls_context *context, const char *host)
{
    struct tls *tls = calloc(1, sizeof *tls);

    if (!tls)
        return NULL;
    tls->ssl = SSL_new(context->ssl);
    tls->in = BIO_new(BIO_s_mem());
    tls->out = BIO_new(BIO_s_mem());
    if (!tls->ssl || !tls->in || !tls->out) {
        BIO_free(tls->in);
        BIO_free(tls->out);
        SSL_free(tls->ssl);
        free(tls);
        return NULL;
    }
    BIO_set_mem_eof_return(tls->in, -1); /* empty means: more will come */
    SSL_set_bio(tls->ssl, tls->in, tls->out);
    if (host)
        SSL_set_connect_state(tls->ssl);
    else
        SSL_set_accept_state(tls->ssl);
    if (host && !expect_host(tls->ssl, host)) {
        tls_free(tls);
        return NULL;
    }
    return tls;
}

void tls_free(struct tls *tls)
{
    if (!tls)
        return;
    SSL_free(tls->ssl);
    free(tls);
}

static enum tls_reason reason_of_verify(long verify)
{
    switch (verify) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
        return TLS_REASON_TIME;
    case X509_V_ERR_CERT_REVOKED:
        return TLS_REASON_REVOKED;
    case X509_V_ERR_UNABLE_TO_GET_CRL:
    case X509_V_ERR_CRL_HAS_EXPIRED:
    case X509_V_ERR_CRL_NOT_YET_VALID:
        return TLS_REASON_LIST;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
        return TLS_REASON_NAME;
    default:
        return TLS_REASON_AUTHORITY;
    }
}

static enum tls_reason reason_of_error(unsigned long error)
{
    switch (ERR_GET_REASON(error)) {
    case SSL_R_UNSUPPORTED_PROTOCOL:
    case SSL_R_VERSION_TOO_LOW:
    case SSL_R_TLSV1_ALERT_PROTOCOL_VERSION:
        return TLS_REASON_VERSION;
    case SSL_R_NO_SHARED_CIPHER:
        return TLS_REASON_CIPHER;
    case SSL_R_HTTP_REQUEST:
    case SSL_R_WRONG_VERSION_NUMBER:
        return TLS_REASON_PLAIN;
    default:
        return TLS_REASON_OTHER;
    }
}

static int failed(struct tls *tls)
{
    long verify = SSL_get_verify_result(tls->ssl);
    const char *reason = ERR_reason_error_string(ERR_peek_last_error());

    tls->reason =
        verify != X509_V_OK ? reason_of_verify(verify) : reason_of_error(ERR_peek_last_error());
    if (verify != X509_V_OK)
        tls->why = X509_verify_cert_error_string(verify);
    else
        tls->why = reason ? reason : "TLS failed";
    ERR_clear_error();
    return ROOST_ERR_CRYPTO;
}

int tls_feed(struct tls *tls, const uint8_t *records, size_t len)
{
    ROOST_ASSERT(len <= INT_MAX);
    return BIO_write(tls->in, records, (int)len) == (int)len ? 0 : ROOST_ERR_NO_MEMORY;
}

int tls_handshake(struct tls *tls)
{
    int n = SSL_do_handshake(tls->ssl);

    if (n == 1)
        return 1;
    return SSL_get_error(tls->ssl, n) == SSL_ERROR_WANT_READ ? 0 : failed(tls);
}

int tls_read(struct tls *tls, uint8_t *out, size_t size)
{
    int n = SSL_read(tls->ssl, out, size > INT_MAX ? INT_MAX : (int)size);

    if (n > 0)
        return n;
    switch (SSL_get_error(tls->ssl, n)) {
    case SSL_ERROR_WANT_READ:
        return 0;
    case SSL_ERROR_ZERO_RETURN:
        return ROOST_ERR_CLOSED;
    default:
        return failed(tls);
    }
}

int tls_write(struct tls *tls, const uint8_t *bytes, size_t len)
{
    ROOST_ASSERT(len <= INT_MAX);
    if (len == 0)
        return 0;
    /* The memory behind it grows, so that this writes all or fails for good. */
    return SSL_write(tls->ssl, bytes, (int)len) == (int)len ? 0 : failed(tls);
}

void tls_end(struct tls *tls)
{
    if (tls->ended)
        return;
    tls->ended = true;
    SSL_shutdown(tls->ssl);
    ERR_clear_error();
}

size_t tls_pending(const struct tls *tls)
{
    return BIO_ctrl_pending(tls->out);
}

size_t tls_take(struct tls *tls, uint8_t *out, size_t size)
{
    int n = BIO_read(tls->out, out, size > INT_MAX ? INT_MAX : (int)size);

    return n > 0 ? (size_t)n : 0;
}

const char *tls_why(const struct tls *tls)
{
    return tls->why ? tls->why : "";
}

enum tls_reason tls_reason(const struct tls *tls)
{
    return tls->reason;
}

const char *tls_reason_name(enum tls_reason reason)
{
    static const char *const names[TLS_REASON_COUNT] = {
#define X(name, label) [TLS_REASON_##name] = (label),
        TLS_REASONS(X)
#undef X
    };

    return names[reason];
}

/* Two of a kind, or one with a NUL in it, could be read in two ways: then there is none. */
static void take_name(const X509_NAME *subject, int nid, char out[TLS_NAME_MAX + 1])
{
    int at = X509_NAME_get_index_by_NID(subject, nid, -1);
    unsigned char *text = NULL;

    out[0] = '\0';
    if (at < 0 || X509_NAME_get_index_by_NID(subject, nid, at) >= 0)
        return;
    int len =
        ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (len > 0 && len <= TLS_NAME_MAX && !memchr(text, '\0', (size_t)len)) {
        memcpy(out, text, (size_t)len);
        out[len] = '\0';
    }
    OPENSSL_free(text);
}

static void take_subject(const X509_NAME *subject, char out[TLS_SUBJECT_MAX + 1])
{
    BIO *bio = BIO_new(BIO_s_mem());

    out[0] = '\0';
    if (bio && X509_NAME_print_ex(bio, subject, 0, XN_FLAG_RFC2253) > 0 &&
        BIO_ctrl_pending(bio) <= TLS_SUBJECT_MAX) {
        int len = BIO_read(bio, out, TLS_SUBJECT_MAX);
        out[len > 0 ? len : 0] = '\0';
    }
    BIO_free(bio);
}

static void take_serial(const X509 *certificate, char out[TLS_SERIAL_MAX + 1])
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;

    out[0] = '\0';
    if (hex && strlen(hex) <= TLS_SERIAL_MAX)
        memcpy(out, hex, strlen(hex) + 1);
    OPENSSL_free(hex);
    BN_free(number);
}

bool tls_certificate_get(const struct tls *tls, struct tls_certificate *out)
{
    const X509 *certificate = SSL_get0_peer_certificate(tls->ssl);

    if (!certificate)
        return false;
    take_name(X509_get_subject_name(certificate), NID_commonName, out->name);
    take_name(X509_get_subject_name(certificate), NID_organizationName, out->organisation);
    take_serial(certificate, out->serial);
    out->until_s = seconds_of(X509_get0_notAfter(certificate));
    take_subject(X509_get_subject_name(certificate), out->subject);
    ERR_clear_error();
    return true;
}
