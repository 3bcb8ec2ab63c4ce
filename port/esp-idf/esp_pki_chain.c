/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a chain leads to a root. The path is mbedTLS's; time and host are judged here, because
 * mbedTLS has neither a time but the system's, nor names without the subject's.
 */
#include "port/esp-idf/esp_pki.h"

#include <string.h>

#include "mbedtls/asn1.h"
#include "mbedtls/oid.h"

#include "core/err.h"
#include "port/pki/host_name.h"

enum { SAN_DNS = 2, SAN_ADDRESS = 7 }; /* GeneralName (RFC 5280, 4.2.1.6) */

static const mbedtls_x509_crt_profile profile = {
    .allowed_mds = MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA256) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA384) |
                   MBEDTLS_X509_ID_FLAG(MBEDTLS_MD_SHA512),
    .allowed_pks = 0xFFFFFFF,
    .allowed_curves = MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP256R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP384R1) |
                      MBEDTLS_X509_ID_FLAG(MBEDTLS_ECP_DP_SECP521R1),
    .rsa_min_bitlen = 2048,
};

struct chain {
    struct esp_certificate *certificates[ROOST_PKI_CERTIFICATES_MAX];
    size_t count;
};

/* ---- reading ---- */

static void free_chain(struct chain *chain)
{
    for (size_t i = 0; i < chain->count; i++)
        esp_pki_free(chain->certificates[i]);
    chain->count = 0;
}

static int read_chain(struct chain *chain, const struct roost_pki_text *text)
{
    struct roost_pem pem;
    size_t total = 0;
    int more;

    roost_pem_init(&pem, text);
    while ((more = roost_pem_next(&pem)) > 0) {
        struct esp_certificate *certificate;
        if (chain->count == ROOST_PKI_CERTIFICATES_MAX)
            return ROOST_ERR_TOO_LONG;
        int err = esp_pki_read(&pem, &certificate);
        if (err)
            return err;
        chain->certificates[chain->count++] = certificate;
        total += certificate->crt.raw.len;
        if (total > ROOST_PKI_DER_MAX)
            return ROOST_ERR_TOO_LONG;
    }
    return more == 0 && chain->count == 0 ? ROOST_ERR_INVALID : more;
}

/* Each certificate before its issuer, as mbedTLS looks for them; it is taken in any order. */
static void put_in_order(struct chain *chain)
{
    struct esp_certificate **all = chain->certificates;

    for (size_t i = 0; i + 1 < chain->count; i++)
        for (size_t j = i + 1; j < chain->count; j++)
            if (esp_pki_same(&all[j]->crt.subject_raw, &all[i]->crt.issuer_raw)) {
                struct esp_certificate *issuer = all[j];
                memmove(&all[i + 2], &all[i + 1], (j - i - 1) * sizeof(struct esp_certificate *));
                all[i + 1] = issuer;
                break;
            }
    for (size_t i = 0; i < chain->count; i++)
        all[i]->crt.next = i + 1 < chain->count ? &all[i + 1]->crt : NULL;
}

/* ---- names ---- */

static bool address_matches(const mbedtls_x509_buf *name, const uint8_t address[16], size_t len)
{
    return name->len == len && memcmp(name->p, address, len) == 0;
}

static bool common_name_matches(const mbedtls_x509_crt *crt, const char *host)
{
    for (const mbedtls_x509_name *name = &crt->subject; name; name = name->next)
        if (name->oid.len == MBEDTLS_OID_SIZE(MBEDTLS_OID_AT_CN) &&
            memcmp(name->oid.p, MBEDTLS_OID_AT_CN, name->oid.len) == 0)
            return roost_host_matches(host, (const char *)name->val.p, name->val.len);
    return false;
}

static bool is_for(const mbedtls_x509_crt *crt, const struct roost_pki_check *check)
{
    uint8_t address[16];
    size_t len = 0;
    bool is_address = roost_host_address(check->host, address, &len);

    if (!(crt->MBEDTLS_PRIVATE(ext_types) & MBEDTLS_X509_EXT_SUBJECT_ALT_NAME))
        return check->host_in_common_name && !is_address && common_name_matches(crt, check->host);
    for (const mbedtls_x509_sequence *name = &crt->subject_alt_names; name; name = name->next) {
        int kind = name->buf.tag & (int)MBEDTLS_ASN1_TAG_VALUE_MASK;
        if (is_address && kind == SAN_ADDRESS && address_matches(&name->buf, address, len))
            return true;
        if (!is_address && kind == SAN_DNS &&
            roost_host_matches(check->host, (const char *)name->buf.p, name->buf.len))
            return true;
    }
    return false;
}

static bool is_for_use(const mbedtls_x509_crt *crt, enum roost_pki_usage usage)
{
    if (usage == ROOST_PKI_ANY_USAGE)
        return true;
    const char *oid =
        usage == ROOST_PKI_TLS_SERVER ? MBEDTLS_OID_SERVER_AUTH : MBEDTLS_OID_CLIENT_AUTH;
    return mbedtls_x509_crt_check_extended_key_usage(crt, oid, strlen(oid)) == 0;
}

/* ---- the path ---- */

/* Called for each certificate of the path. */
static int judge_time(void *ctx, mbedtls_x509_crt *crt, int depth, uint32_t *flags)
{
    const int64_t *at_ms = ctx;

    (void)depth;
    *flags &= ~(uint32_t)(MBEDTLS_X509_BADCERT_EXPIRED | MBEDTLS_X509_BADCERT_FUTURE);
    if (*at_ms >= esp_pki_time_ms(&crt->valid_to) + 1000)
        *flags |= MBEDTLS_X509_BADCERT_EXPIRED;
    if (*at_ms < esp_pki_time_ms(&crt->valid_from))
        *flags |= MBEDTLS_X509_BADCERT_FUTURE;
    return 0;
}

static enum roost_pki_verdict judge(const struct chain *chain, struct esp_certificate *root,
                                    const struct roost_pki_check *check)
{
    mbedtls_x509_crt *leaf = &chain->certificates[0]->crt;
    int64_t at_ms = check->at_ms;
    uint32_t flags = 0;
    int err = mbedtls_x509_crt_verify_with_profile(leaf, &root->crt, NULL, &profile, NULL, &flags,
                                                   judge_time, &at_ms);

    if (err && err != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        return ROOST_PKI_FAILED;
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED)
        return ROOST_PKI_UNTRUSTED;
    if (flags &
        (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY))
        return ROOST_PKI_WEAK;
    if (!is_for_use(leaf, check->usage))
        return ROOST_PKI_USAGE;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return ROOST_PKI_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        return ROOST_PKI_NOT_YET_VALID;
    if (check->host && !is_for(leaf, check))
        return ROOST_PKI_NAME;
    return flags || err ? ROOST_PKI_FAILED : ROOST_PKI_GOOD;
}

static bool is_wanted(const struct chain *chain, const mbedtls_x509_crt *root)
{
    if (!esp_pki_same(&root->subject_raw, &root->issuer_raw))
        return false;
    for (size_t i = 0; i < chain->count; i++)
        if (esp_pki_same(&chain->certificates[i]->crt.issuer_raw, &root->subject_raw))
            return true;
    return false;
}

/* One root after the other, so that one stands in memory and two of one name cannot hide each
 * other. What cannot be read is no root. Ends with the first one that is good; of the others the
 * last that has a path says what is wrong. */
static int try_roots(const struct chain *chain, const struct roost_pki_text *text,
                     const struct roost_pki_check *check, enum roost_pki_verdict *verdict)
{
    struct roost_pem pem;

    roost_pem_init(&pem, text);
    while (*verdict != ROOST_PKI_GOOD && roost_pem_next(&pem) > 0) {
        struct esp_certificate *root;
        int err = esp_pki_read(&pem, &root);
        if (err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO)
            return err;
        if (err)
            continue;
        if (is_wanted(chain, &root->crt)) {
            enum roost_pki_verdict found = judge(chain, root, check);
            if (found != ROOST_PKI_UNTRUSTED)
                *verdict = found;
        }
        esp_pki_free(root);
    }
    return 0;
}

int esp_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                         enum roost_pki_verdict *verdict)
{
    struct chain chain = {.count = 0};

    (void)ctx;
    int err = read_chain(&chain, check->chain);
    *verdict = err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO ? ROOST_PKI_FAILED
               : err                                             ? ROOST_PKI_UNREADABLE
                                                                 : ROOST_PKI_UNTRUSTED;
    if (!err) {
        put_in_order(&chain);
        for (size_t i = 0; i < check->root_count && !err && *verdict != ROOST_PKI_GOOD; i++)
            err = try_roots(&chain, &check->roots[i], check, verdict);
        if (err)
            *verdict = ROOST_PKI_FAILED;
    }
    free_chain(&chain);
    return err ? err : *verdict == ROOST_PKI_GOOD ? 0 : ROOST_ERR_CRYPTO;
}
