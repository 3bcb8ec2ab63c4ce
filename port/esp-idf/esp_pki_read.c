/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates read, and what stands in them. */
#include "port/esp-idf/esp_pki.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/md.h"
#include "mbedtls/oid.h"
#include "mbedtls/pk.h"
#include "mbedtls/platform.h"

#include "core/assert.h"
#include "core/err.h"
#include "core/hex.h"
#include "core/utf8.h"

enum { DAYS_TO_1970 = 719468 }; /* since 1 March of the year 0 */

/* Errors of mbedTLS are a number of the module below (bits 0 to 6) on one of the caller's. */
int esp_pki_error(int err)
{
    int high = -(-err & ~0x7f);

    if (err == 0)
        return 0;
    if (err == MBEDTLS_ERR_X509_ALLOC_FAILED || err == MBEDTLS_ERR_PK_ALLOC_FAILED ||
        err == MBEDTLS_ERR_MPI_ALLOC_FAILED || -(-err & 0x7f) == MBEDTLS_ERR_ASN1_ALLOC_FAILED)
        return ROOST_ERR_NO_MEMORY;
    if (high == MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG || high == MBEDTLS_ERR_PK_UNKNOWN_PK_ALG ||
        high == MBEDTLS_ERR_PK_UNKNOWN_NAMED_CURVE ||
        high == MBEDTLS_ERR_X509_FEATURE_UNAVAILABLE || high == MBEDTLS_ERR_PK_FEATURE_UNAVAILABLE)
        return ROOST_ERR_UNSUPPORTED;
    return ROOST_ERR_INVALID;
}

/* ---- reading ---- */

static int read_all(struct roost_pem *pem, unsigned char *out, size_t size)
{
    size_t len = 0;
    int more = 0;

    while (len < size && (more = roost_pem_read(pem, out + len, size - len)) > 0)
        len += (size_t)more;
    return more < 0 ? more : 0;
}

int esp_pki_read(struct roost_pem *pem, struct esp_certificate **out)
{
    int len = roost_pem_length(pem);

    *out = NULL;
    if (len <= 0)
        return len < 0 ? len : ROOST_ERR_INVALID;
    struct esp_certificate *certificate = mbedtls_calloc(1, sizeof *certificate + (size_t)len);
    if (!certificate)
        return ROOST_ERR_NO_MEMORY;
    mbedtls_x509_crt_init(&certificate->crt);
    int err = read_all(pem, certificate->der, (size_t)len);
    if (!err)
        err = esp_pki_error(
            mbedtls_x509_crt_parse_der_nocopy(&certificate->crt, certificate->der, (size_t)len));
    if (!err && (certificate->crt.raw.len != (size_t)len || /* rubbish behind it */
                 certificate->crt.serial.len > ROOST_PKI_SERIAL_MAX + 1))
        err = ROOST_ERR_INVALID;
    if (err) {
        esp_pki_free(certificate);
        return err;
    }
    *out = certificate;
    return 0;
}

int esp_pki_read_at(const struct roost_pki_text *text, unsigned index, struct esp_certificate **out)
{
    struct roost_pem pem;

    int err = roost_pem_at(&pem, text, index);
    return err ? err : esp_pki_read(&pem, out);
}

void esp_pki_free(struct esp_certificate *certificate)
{
    if (!certificate)
        return;
    certificate->crt.next = NULL; /* its neighbours are freed by themselves */
    mbedtls_x509_crt_free(&certificate->crt);
    mbedtls_free(certificate);
}

/* ---- what stands in it ---- */

bool esp_pki_same(const mbedtls_x509_buf *a, const mbedtls_x509_buf *b)
{
    return a->len == b->len && memcmp(a->p, b->p, a->len) == 0;
}

int64_t esp_pki_time_ms(const mbedtls_x509_time *time)
{
    int64_t year = time->mon <= 2 ? time->year - 1 : time->year;
    int64_t month = (time->mon + 9) % 12; /* from March on */
    int64_t days = 365 * year + year / 4 - year / 100 + year / 400 + (153 * month + 2) / 5 +
                   time->day - 1 - DAYS_TO_1970;

    return (((days * 24 + time->hour) * 60 + time->min) * 60 + time->sec) * 1000;
}

enum roost_pki_key esp_pki_kind(const mbedtls_pk_context *key)
{
    if (mbedtls_pk_get_type(key) == MBEDTLS_PK_RSA)
        return ROOST_PKI_RSA;
    if (!mbedtls_pk_can_do(key, MBEDTLS_PK_ECKEY))
        return ROOST_PKI_KEY_OTHER;
    switch (mbedtls_pk_ec(*key)->MBEDTLS_PRIVATE(grp).id) {
    case MBEDTLS_ECP_DP_SECP256R1:
        return ROOST_PKI_P256;
    case MBEDTLS_ECP_DP_SECP384R1:
        return ROOST_PKI_P384;
    case MBEDTLS_ECP_DP_SECP521R1:
        return ROOST_PKI_P521;
    default:
        return ROOST_PKI_KEY_OTHER;
    }
}

static bool is_text(const mbedtls_x509_buf *value)
{
    const char *p = (const char *)value->p, *end = p + value->len;

    if (value->tag != MBEDTLS_ASN1_UTF8_STRING && value->tag != MBEDTLS_ASN1_PRINTABLE_STRING &&
        value->tag != MBEDTLS_ASN1_IA5_STRING)
        return false;
    for (size_t n; p < end; p += n) {
        n = roost_utf8_len(p, end);
        if (n == 0 || *p == '\0')
            return false;
    }
    return value->len <= ROOST_PKI_NAME_MAX;
}

/* The first attribute of this kind, "" as port/pki.h has it. */
static void copy_name(char out[ROOST_PKI_NAME_MAX + 1], const mbedtls_x509_name *name,
                      const char *oid, size_t oid_len)
{
    out[0] = '\0';
    for (; name; name = name->next) {
        if (name->oid.len != oid_len || memcmp(name->oid.p, oid, oid_len) != 0)
            continue;
        if (is_text(&name->val)) {
            memcpy(out, name->val.p, name->val.len);
            out[name->val.len] = '\0';
        }
        return;
    }
}

static void copy_serial(char out[2 * ROOST_PKI_SERIAL_MAX + 1], const mbedtls_x509_buf *serial)
{
    char digits[2 * (ROOST_PKI_SERIAL_MAX + 1) + 1];
    const char *from = digits;

    roost_hex_write(digits, serial->p, serial->len);
    while (from[0] == '0' && from[1])
        from++;
    if (strlen(from) > 2 * ROOST_PKI_SERIAL_MAX)
        from = ""; /* a negative one of 21 bytes */
    memcpy(out, from, strlen(from) + 1);
}

bool esp_pki_may_sign(const mbedtls_x509_crt *crt, bool as_root)
{
    bool old = as_root && crt->version < 3;

    return (crt->MBEDTLS_PRIVATE(ca_istrue) || old) &&
           mbedtls_x509_crt_check_key_usage(crt, MBEDTLS_X509_KU_KEY_CERT_SIGN) == 0;
}

int esp_pki_inspect(void *ctx, const struct roost_pki_text *text, unsigned index,
                    struct roost_certificate *out)
{
    struct esp_certificate *certificate;

    (void)ctx;
    *out = (struct roost_certificate){0};
    int err = esp_pki_read_at(text, index, &certificate);
    if (err)
        return err;
    ROOST_ASSERT(certificate);
    const mbedtls_x509_crt *crt = &certificate->crt;
    copy_name(out->common_name, &crt->subject, MBEDTLS_OID_AT_CN,
              MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN));
    copy_name(out->organization, &crt->subject, MBEDTLS_OID_AT_ORGANIZATION,
              MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_ORGANIZATION));
    copy_serial(out->serial, &crt->serial);
    out->not_before_ms = esp_pki_time_ms(&crt->valid_from);
    out->not_after_ms = esp_pki_time_ms(&crt->valid_to);
    out->key = esp_pki_kind(&crt->pk);
    out->key_bits = (uint16_t)mbedtls_pk_get_bitlen(&crt->pk);
    out->authority = crt->MBEDTLS_PRIVATE(ca_istrue) != 0;
    out->self_issued = esp_pki_same(&crt->subject_raw, &crt->issuer_raw);
    out->root = out->self_issued && esp_pki_may_sign(crt, true);
    esp_pki_free(certificate);
    return 0;
}

/* ---- identifiers ---- */

/* The subjectPublicKey's bits without tag, length and the count of unused ones (RFC 6960, 4.1.1).
 */
static int key_bits(const mbedtls_x509_crt *crt, unsigned char **bits, size_t *len)
{
    unsigned char *p = crt->pk_raw.p;
    const unsigned char *end = p + crt->pk_raw.len;
    const int sequence = MBEDTLS_ASN1_CONSTRUCTED | MBEDTLS_ASN1_SEQUENCE;
    size_t inside, algorithm;
    int err = mbedtls_asn1_get_tag(&p, end, &inside, sequence);

    if (!err)
        err = mbedtls_asn1_get_tag(&p, end, &algorithm, sequence);
    if (err)
        return ROOST_ERR_INVALID;
    p += algorithm;
    if (mbedtls_asn1_get_bitstring_null(&p, end, len))
        return ROOST_ERR_INVALID;
    *bits = p;
    return 0;
}

static int hash_hex(enum roost_pki_hash hash, const unsigned char *data, size_t len, char *out)
{
    static const mbedtls_md_type_t types[] = {[ROOST_PKI_SHA256] = MBEDTLS_MD_SHA256,
                                              [ROOST_PKI_SHA384] = MBEDTLS_MD_SHA384,
                                              [ROOST_PKI_SHA512] = MBEDTLS_MD_SHA512};
    unsigned char digest[64];
    const mbedtls_md_info_t *md =
        hash <= ROOST_PKI_SHA512 ? mbedtls_md_info_from_type(types[hash]) : NULL;

    if (!md || mbedtls_md(md, data, len, digest))
        return ROOST_ERR_UNSUPPORTED;
    roost_hex_write(out, digest, mbedtls_md_get_size(md));
    return 0;
}

int esp_pki_identify(void *ctx, const struct roost_pki_text *text, unsigned index,
                     const struct roost_pki_text *issuer, enum roost_pki_hash hash,
                     struct roost_certificate_id *out)
{
    struct esp_certificate *certificate, *other = NULL;
    unsigned char *bits = NULL;
    size_t bits_len = 0;

    (void)ctx;
    *out = (struct roost_certificate_id){0};
    int err = esp_pki_read_at(text, index, &certificate);
    if (err)
        return err;
    const mbedtls_x509_crt *crt = &certificate->crt;
    if (issuer)
        err = esp_pki_read_at(issuer, 0, &other);
    else if (!esp_pki_same(&crt->subject_raw, &crt->issuer_raw))
        err = esp_pki_read_at(text, index + 1, &other);
    const mbedtls_x509_crt *by = other ? &other->crt : crt;
    if (!err && !esp_pki_same(&by->subject_raw, &crt->issuer_raw))
        err = ROOST_ERR_NOT_FOUND;
    if (!err)
        err = key_bits(by, &bits, &bits_len);
    if (!err)
        err = hash_hex(hash, crt->issuer_raw.p, crt->issuer_raw.len, out->issuer_name_hash);
    if (!err)
        err = hash_hex(hash, bits, bits_len, out->issuer_key_hash);
    if (!err)
        copy_serial(out->serial, &crt->serial);
    else
        *out = (struct roost_certificate_id){0};
    esp_pki_free(other);
    esp_pki_free(certificate);
    return err;
}
