/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates read, and what stands in them. */
#include "port/linux/pki.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/utf8.h"

/* ---- reading ---- */

/* Everything that port/pki.h tells of a certificate has a form that can be told. */
static int check(X509 *certificate)
{
    /* Parses the extensions, too. A critical one that nobody knows is refused like a damaged one.
     */
    uint32_t flags = X509_get_extension_flags(certificate);

    if (flags & (EXFLAG_INVALID | EXFLAG_CRITICAL))
        return ROOST_ERR_INVALID;
    if (X509_get0_serialNumber(certificate)->length > ROOST_PKI_SERIAL_MAX)
        return ROOST_ERR_INVALID;
    int64_t ms;
    if (!linux_pki_time(X509_get0_notBefore(certificate), &ms) ||
        !linux_pki_time(X509_get0_notAfter(certificate), &ms))
        return ROOST_ERR_INVALID;
    return X509_get0_pubkey(certificate) ? 0 : ROOST_ERR_UNSUPPORTED;
}

static int parse(const uint8_t *der, size_t len, X509 **out)
{
    const unsigned char *end = der;
    X509 *certificate = d2i_X509(NULL, &end, (long)len);
    int err = certificate && end == der + len ? check(certificate) : ROOST_ERR_INVALID;

    ERR_clear_error();
    if (err) {
        X509_free(certificate);
        return err;
    }
    *out = certificate;
    return 0;
}

int linux_pki_read(struct roost_pem *pem, X509 **out)
{
    int len = roost_pem_length(pem);
    size_t at = 0;
    int more = 0;

    *out = NULL;
    if (len <= 0)
        return len < 0 ? len : ROOST_ERR_INVALID;
    uint8_t *der = malloc((size_t)len);
    if (!der)
        return ROOST_ERR_NO_MEMORY;
    while (at < (size_t)len && (more = roost_pem_read(pem, der + at, (size_t)len - at)) > 0)
        at += (size_t)more;
    int err = more < 0 ? more : parse(der, (size_t)len, out);
    free(der);
    return err;
}

int linux_pki_read_at(const struct roost_pki_text *text, unsigned index, X509 **out)
{
    struct roost_pem pem;

    *out = NULL;
    int err = roost_pem_at(&pem, text, index);
    return err ? err : linux_pki_read(&pem, out);
}

static int read_into(STACK_OF(X509) * all, const struct roost_pki_text *text)
{
    struct roost_pem pem;
    int total = 0, more;

    roost_pem_init(&pem, text);
    while ((more = roost_pem_next(&pem)) > 0) {
        X509 *certificate;
        if (sk_X509_num(all) == ROOST_PKI_CERTIFICATES_MAX)
            return ROOST_ERR_TOO_LONG;
        int err = linux_pki_read(&pem, &certificate);
        if (err)
            return err;
        total += i2d_X509(certificate, NULL);
        if (!sk_X509_push(all, certificate)) {
            X509_free(certificate);
            return ROOST_ERR_NO_MEMORY;
        }
        if (total > ROOST_PKI_DER_MAX)
            return ROOST_ERR_TOO_LONG;
    }
    return more == 0 && sk_X509_num(all) == 0 ? ROOST_ERR_INVALID : more;
}

int linux_pki_read_all(const struct roost_pki_text *text, STACK_OF(X509) * *out)
{
    *out = sk_X509_new_null();
    int err = *out ? read_into(*out, text) : ROOST_ERR_NO_MEMORY;

    if (err) {
        sk_X509_pop_free(*out, X509_free);
        *out = NULL;
    }
    return err;
}

/* ---- what stands in it ---- */

bool linux_pki_self_issued(const X509 *certificate)
{
    return X509_NAME_cmp(X509_get_subject_name(certificate), X509_get_issuer_name(certificate)) ==
           0;
}

enum roost_pki_key linux_pki_kind(const EVP_PKEY *key)
{
    char group[32] = "";

    if (EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA)
        return ROOST_PKI_RSA;
    if (EVP_PKEY_get_base_id(key) != EVP_PKEY_EC ||
        EVP_PKEY_get_group_name(key, group, sizeof group, NULL) != 1)
        return ROOST_PKI_KEY_OTHER;
    if (strcmp(group, SN_X9_62_prime256v1) == 0)
        return ROOST_PKI_P256;
    if (strcmp(group, SN_secp384r1) == 0)
        return ROOST_PKI_P384;
    return strcmp(group, SN_secp521r1) == 0 ? ROOST_PKI_P521 : ROOST_PKI_KEY_OTHER;
}

static bool is_text(const ASN1_STRING *value)
{
    const char *p = (const char *)ASN1_STRING_get0_data(value);
    const char *end = p + ASN1_STRING_length(value);

    if (ASN1_STRING_type(value) != V_ASN1_UTF8STRING &&
        ASN1_STRING_type(value) != V_ASN1_PRINTABLESTRING &&
        ASN1_STRING_type(value) != V_ASN1_IA5STRING)
        return false;
    for (size_t n; p < end; p += n) {
        n = roost_utf8_len(p, end);
        if (n == 0 || *p == '\0')
            return false;
    }
    return ASN1_STRING_length(value) <= ROOST_PKI_NAME_MAX;
}

/* The first attribute of this kind, "" as port/pki.h has it. */
static void copy_name(char out[ROOST_PKI_NAME_MAX + 1], const X509_NAME *name, int nid)
{
    int at = X509_NAME_get_index_by_NID(name, nid, -1);
    const ASN1_STRING *value =
        at < 0 ? NULL : X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at));

    out[0] = '\0';
    if (value && is_text(value)) {
        memcpy(out, ASN1_STRING_get0_data(value), (size_t)ASN1_STRING_length(value));
        out[ASN1_STRING_length(value)] = '\0';
    }
}

/* The number's bytes as they stand in the certificate. */
static void copy_serial(char out[2 * ROOST_PKI_SERIAL_MAX + 1], const ASN1_INTEGER *serial)
{
    enum { HEADER = 2 };
    uint8_t der[HEADER + ROOST_PKI_SERIAL_MAX + 1], *end = der;
    char digits[2 * (ROOST_PKI_SERIAL_MAX + 1) + 1];
    const char *from = digits;
    int len = i2d_ASN1_INTEGER(serial, NULL);

    out[0] = '\0';
    if (len <= HEADER || len > (int)sizeof der || i2d_ASN1_INTEGER(serial, &end) != len)
        return;
    roost_hex_write(digits, der + HEADER, (size_t)(len - HEADER));
    while (from[0] == '0' && from[1])
        from++;
    if (strlen(from) <= 2 * ROOST_PKI_SERIAL_MAX)
        memcpy(out, from, strlen(from) + 1);
}

bool linux_pki_time(const ASN1_TIME *time, int64_t *ms)
{
    const unsigned char *text = ASN1_STRING_get0_data(time);
    int len = ASN1_STRING_length(time);
    struct tm parts;

    *ms = 0;
    if (len != (ASN1_STRING_type(time) == V_ASN1_UTCTIME ? 13 : 15) || text[len - 1] != 'Z' ||
        ASN1_TIME_to_tm(time, &parts) != 1)
        return false;
    *ms = (int64_t)timegm(&parts) * 1000;
    return true;
}

int64_t linux_pki_time_ms(const ASN1_TIME *time)
{
    int64_t ms;

    ROOST_ASSERT(linux_pki_time(time, &ms));
    return ms;
}

bool linux_pki_may_sign(X509 *certificate, bool as_root)
{
    uint32_t flags = X509_get_extension_flags(certificate);
    bool old = as_root && X509_get_version(certificate) < X509_VERSION_3;

    return (flags & EXFLAG_CA || old) &&
           (!(flags & EXFLAG_KUSAGE) || X509_get_key_usage(certificate) & KU_KEY_CERT_SIGN);
}

int linux_pki_inspect(void *ctx, const struct roost_pki_text *text, unsigned index,
                      struct roost_certificate *out)
{
    X509 *certificate;

    (void)ctx;
    *out = (struct roost_certificate){0};
    int err = linux_pki_read_at(text, index, &certificate);
    if (err)
        return err;
    const X509_NAME *subject = X509_get_subject_name(certificate);
    const EVP_PKEY *key = X509_get0_pubkey(certificate);
    copy_name(out->common_name, subject, NID_commonName);
    copy_name(out->organization, subject, NID_organizationName);
    copy_serial(out->serial, X509_get0_serialNumber(certificate));
    out->not_before_ms = linux_pki_time_ms(X509_get0_notBefore(certificate));
    out->not_after_ms = linux_pki_time_ms(X509_get0_notAfter(certificate));
    out->key = linux_pki_kind(key);
    out->key_bits = (uint16_t)EVP_PKEY_get_bits(key);
    out->authority = X509_get_extension_flags(certificate) & EXFLAG_CA;
    out->self_issued = linux_pki_self_issued(certificate);
    out->root = out->self_issued && linux_pki_may_sign(certificate, true);
    X509_free(certificate);
    return 0;
}

/* ---- identifiers ---- */

static int hash_hex(enum roost_pki_hash hash, const unsigned char *data, size_t len, char *out)
{
    static const char *const names[] = {[ROOST_PKI_SHA256] = OSSL_DIGEST_NAME_SHA2_256,
                                        [ROOST_PKI_SHA384] = OSSL_DIGEST_NAME_SHA2_384,
                                        [ROOST_PKI_SHA512] = OSSL_DIGEST_NAME_SHA2_512};
    unsigned char digest[EVP_MAX_MD_SIZE];
    size_t digest_len = 0;

    if (hash > ROOST_PKI_SHA512 ||
        !EVP_Q_digest(NULL, names[hash], NULL, data, len, digest, &digest_len))
        return ROOST_ERR_UNSUPPORTED;
    roost_hex_write(out, digest, digest_len);
    return 0;
}

static int write_id(const X509 *certificate, const X509 *issuer, enum roost_pki_hash hash,
                    struct roost_certificate_id *out)
{
    const ASN1_BIT_STRING *bits = X509_get0_pubkey_bitstr(issuer);
    const X509_NAME *name = X509_get_issuer_name(certificate);
    const unsigned char *der;
    size_t len;

    if (X509_NAME_cmp(name, X509_get_subject_name(issuer)) != 0)
        return ROOST_ERR_NOT_FOUND;
    if (!X509_NAME_get0_der(name, &der, &len))
        return ROOST_ERR_INVALID;
    int err = hash_hex(hash, der, len, out->issuer_name_hash);
    if (!err)
        err = hash_hex(hash, bits->data, (size_t)bits->length, out->issuer_key_hash);
    if (!err)
        copy_serial(out->serial, X509_get0_serialNumber(certificate));
    return err;
}

int linux_pki_identify(void *ctx, const struct roost_pki_text *text, unsigned index,
                       const struct roost_pki_text *issuer, enum roost_pki_hash hash,
                       struct roost_certificate_id *out)
{
    X509 *certificate, *other = NULL;

    (void)ctx;
    *out = (struct roost_certificate_id){0};
    int err = linux_pki_read_at(text, index, &certificate);
    if (err)
        return err;
    if (issuer)
        err = linux_pki_read_at(issuer, 0, &other);
    else if (!linux_pki_self_issued(certificate))
        err = linux_pki_read_at(text, index + 1, &other);
    if (!err)
        err = write_id(certificate, other ? other : certificate, hash, out);
    if (err)
        *out = (struct roost_certificate_id){0};
    X509_free(other);
    X509_free(certificate);
    return err;
}
