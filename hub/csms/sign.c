/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/sign.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum { RSA_BITS_MIN = 2048, EC_BITS_MIN = 224, SERIAL_BYTES = 16, BACK_S = 3600 };

struct csms_signer {
    X509 *cert;
    EVP_PKEY *key;
    char organisation[256];
};

/* ---- the authority ---- */

static int load(struct csms_signer *signer, const char *cert_path, const char *key_path,
                struct why *why)
{
    BIO *cert = BIO_new_file(cert_path, "r"), *key = BIO_new_file(key_path, "r");
    int err = 0;

    if (!cert || !key)
        err = why_not(why, ROOST_ERR_NOT_FOUND, "%s: cannot be read", cert ? key_path : cert_path);
    if (!err && !(signer->cert = PEM_read_bio_X509(cert, NULL, NULL, NULL)))
        err = why_not(why, ROOST_ERR_INVALID, "%s: no certificate in PEM", cert_path);
    if (!err && !(signer->key = PEM_read_bio_PrivateKey(key, NULL, NULL, "")))
        err = why_not(why, ROOST_ERR_INVALID, "%s: no private key in PEM", key_path);
    if (!err && X509_check_private_key(signer->cert, signer->key) != 1)
        err = why_not(why, ROOST_ERR_INVALID, "%s: not the key of %s", key_path, cert_path);
    if (!err && X509_check_ca(signer->cert) == 0)
        err = why_not(why, ROOST_ERR_INVALID, "%s: not the certificate of an authority", cert_path);
    BIO_free(cert);
    BIO_free(key);
    return err;
}

int csms_signer_open(struct csms_signer **out, const char *cert_path, const char *key_path,
                     const char *organisation, struct why *why)
{
    struct csms_signer *signer = calloc(1, sizeof *signer);

    if (!signer)
        return why_not(why, ROOST_ERR_NO_MEMORY, "%s", roost_err_text(ROOST_ERR_NO_MEMORY));
    snprintf(signer->organisation, sizeof signer->organisation, "%s", organisation);
    int err = load(signer, cert_path, key_path, why);
    if (err) {
        csms_signer_free(signer);
        return err;
    }
    *out = signer;
    return 0;
}

void csms_signer_free(struct csms_signer *signer)
{
    if (!signer)
        return;
    X509_free(signer->cert);
    EVP_PKEY_free(signer->key);
    free(signer);
}

/* ---- the request ---- */

/* The only one of its kind in the name, as UTF-8 without a NUL in it. */
static bool name_is(X509_NAME *name, int nid, const char *wanted)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    unsigned char *text = NULL;

    if (at < 0 || X509_NAME_get_index_by_NID(name, nid, at) >= 0)
        return false;
    int len = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
    bool same = len >= 0 && (size_t)len == strlen(wanted) && memcmp(text, wanted, (size_t)len) == 0;
    OPENSSL_free(text);
    return same;
}

static int check_key(EVP_PKEY *key, struct why *why)
{
    int bits = key ? EVP_PKEY_get_bits(key) : 0;
    bool rsa = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA;
    bool ec = key && EVP_PKEY_get_base_id(key) == EVP_PKEY_EC;

    if ((rsa && bits >= RSA_BITS_MIN) || (ec && bits >= EC_BITS_MIN))
        return 0;
    return why_not(why, ROOST_ERR_INVALID, "the key: RSA of 2048 bits or EC of 224 at least");
}

static int check_request(const struct csms_signer *signer, const char *identity, X509_REQ *request,
                         struct why *why)
{
    X509_NAME *name = X509_REQ_get_subject_name(request);
    int err = check_key(X509_REQ_get0_pubkey(request), why);

    if (err)
        return err;
    if (X509_REQ_verify(request, X509_REQ_get0_pubkey(request)) != 1)
        return why_not(why, ROOST_ERR_INVALID, "not signed with its own key");
    if (!name_is(name, NID_commonName, identity))
        return why_not(why, ROOST_ERR_INVALID, "CN is not the charger's identity");
    if (signer->organisation[0] != '\0' &&
        !name_is(name, NID_organizationName, signer->organisation))
        return why_not(why, ROOST_ERR_INVALID, "O is not %s", signer->organisation);
    return 0;
}

/* ---- the certificate ---- */

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *value)
{
    X509V3_CTX ctx;

    X509V3_set_ctx_nodb(&ctx);
    X509V3_set_ctx(&ctx, issuer, cert, NULL, NULL, 0);
    X509_EXTENSION *extension = X509V3_EXT_conf_nid(NULL, &ctx, nid, value);
    bool added = extension && X509_add_ext(cert, extension, -1) == 1;
    X509_EXTENSION_free(extension);
    return added;
}

static bool set_serial(X509 *cert)
{
    unsigned char bytes[SERIAL_BYTES];

    if (RAND_bytes(bytes, sizeof bytes) != 1)
        return false;
    bytes[0] = (unsigned char)((bytes[0] & 0x7F) | 0x40); /* positive, and always as long */
    BIGNUM *number = BN_bin2bn(bytes, sizeof bytes, NULL);
    bool set = number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
    BN_free(number);
    return set;
}

/* Only the names that were checked are taken over, and no extension of the request. */
static bool set_subject(X509 *cert, X509_REQ *request, const char *identity)
{
    X509_NAME *subject = X509_get_subject_name(cert), *asked = X509_REQ_get_subject_name(request);
    int at = X509_NAME_get_index_by_NID(asked, NID_organizationName, -1);

    if (at >= 0 && X509_NAME_add_entry(subject, X509_NAME_get_entry(asked, at), -1, 0) != 1)
        return false;
    return X509_NAME_add_entry_by_NID(subject, NID_commonName, MBSTRING_UTF8,
                                      (const unsigned char *)identity, -1, -1, 0) == 1;
}

static bool fill(X509 *cert, const struct csms_signer *signer, X509_REQ *request,
                 const char *identity, int64_t now_ms, int64_t until_ms)
{
    time_t from = (time_t)(now_ms / 1000) - BACK_S, until = (time_t)(until_ms / 1000);

    return X509_set_version(cert, X509_VERSION_3) == 1 && set_serial(cert) &&
           set_subject(cert, request, identity) &&
           X509_set_issuer_name(cert, X509_get_subject_name(signer->cert)) == 1 &&
           X509_set_pubkey(cert, X509_REQ_get0_pubkey(request)) == 1 &&
           ASN1_TIME_set(X509_getm_notBefore(cert), from) &&
           ASN1_TIME_set(X509_getm_notAfter(cert), until) &&
           add_extension(cert, signer->cert, NID_basic_constraints, "critical,CA:FALSE") &&
           add_extension(cert, signer->cert, NID_key_usage, "critical,digitalSignature") &&
           add_extension(cert, signer->cert, NID_ext_key_usage, "clientAuth") &&
           add_extension(cert, signer->cert, NID_subject_key_identifier, "hash") &&
           add_extension(cert, signer->cert, NID_authority_key_identifier, "keyid") &&
           X509_sign(cert, signer->key, EVP_sha256()) > 0;
}

static bool write_chain(const struct csms_signer *signer, X509 *cert, struct csms_issued *issued)
{
    BIO *out = BIO_new(BIO_s_mem());
    char *text;

    bool good = out && PEM_write_bio_X509(out, cert) == 1;
    if (good && X509_check_issued(signer->cert, signer->cert) != X509_V_OK)
        good = PEM_write_bio_X509(out, signer->cert) == 1;
    long len = good ? BIO_get_mem_data(out, &text) : 0;
    good = len > 0 && len <= CSMS_CHAIN_MAX;
    if (good) {
        memcpy(issued->chain, text, (size_t)len);
        issued->chain[len] = '\0';
    }
    BIO_free(out);
    return good;
}

static void write_serial(X509 *cert, struct csms_issued *issued)
{
    BIGNUM *number = ASN1_INTEGER_to_BN(X509_get_serialNumber(cert), NULL);
    char *hex = number ? BN_bn2hex(number) : NULL;

    snprintf(issued->serial, sizeof issued->serial, "%s", hex ? hex : "");
    OPENSSL_free(hex);
    BN_free(number);
}

static int issue(const struct csms_signer *signer, X509_REQ *request, const char *identity,
                 int64_t now_ms, struct csms_issued *issued, struct why *why)
{
    X509 *cert = X509_new();

    issued->until_ms = now_ms + INT64_C(86400000) * CSMS_SIGNED_DAYS;
    bool good = cert && fill(cert, signer, request, identity, now_ms, issued->until_ms) &&
                write_chain(signer, cert, issued);
    if (good)
        write_serial(cert, issued);
    X509_free(cert);
    return good ? 0 : why_not(why, ROOST_ERR_INTERNAL, "it could not be signed");
}

int csms_signer_sign(const struct csms_signer *signer, const char *identity, const char *csr,
                     int64_t now_ms, struct csms_issued *issued, struct why *why)
{
    BIO *in = BIO_new_mem_buf(csr, -1);
    X509_REQ *request = in ? PEM_read_bio_X509_REQ(in, NULL, NULL, NULL) : NULL;
    int err = request ? check_request(signer, identity, request, why)
                      : why_not(why, ROOST_ERR_INVALID, "no certificate request in PEM");

    if (!err)
        err = issue(signer, request, identity, now_ms, issued, why);
    X509_REQ_free(request);
    BIO_free(in);
    return err;
}
