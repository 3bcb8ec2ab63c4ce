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
#include "port/pki/trust.h"

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

/* ---- use ---- */

static bool extended_ok(const mbedtls_x509_crt *crt, enum roost_pki_usage usage)
{
    static const char *const wanted[] = {[ROOST_PKI_TLS_SERVER] = MBEDTLS_OID_SERVER_AUTH,
                                         [ROOST_PKI_TLS_CLIENT] = MBEDTLS_OID_CLIENT_AUTH,
                                         [ROOST_PKI_CODE_SIGNING] = MBEDTLS_OID_CODE_SIGNING};
    const char *oid = wanted[usage];

    return mbedtls_x509_crt_check_extended_key_usage(crt, oid, strlen(oid)) == 0;
}

static bool signs(const mbedtls_x509_crt *leaf, enum roost_pki_usage usage)
{
    return mbedtls_x509_crt_check_key_usage(leaf, MBEDTLS_X509_KU_DIGITAL_SIGNATURE) == 0 ||
           (usage == ROOST_PKI_TLS_SERVER &&
            mbedtls_x509_crt_check_key_usage(leaf, MBEDTLS_X509_KU_KEY_ENCIPHERMENT) == 0);
}

/* The path is linked. */
static bool is_for_use(const mbedtls_x509_crt *leaf, const mbedtls_x509_crt *root,
                       enum roost_pki_usage usage)
{
    if (usage == ROOST_PKI_ANY_USAGE)
        return true;
    for (const mbedtls_x509_crt *crt = leaf; crt; crt = crt->next)
        if (!extended_ok(crt, usage))
            return false;
    return extended_ok(root, usage) && signs(leaf, usage);
}

/* mbedTLS asks no keyCertSign of what it finds among the trusted. */
static bool issuers_may(const mbedtls_x509_crt *leaf)
{
    for (const mbedtls_x509_crt *crt = leaf->next; crt; crt = crt->next)
        if (!esp_pki_may_sign(crt, false))
            return false;
    return true;
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

static enum roost_pki_verdict judge(mbedtls_x509_crt *leaf, mbedtls_x509_crt *root,
                                    const struct roost_pki_check *check)
{
    int64_t at_ms = check->at_ms;
    uint32_t flags = 0;
    int err = mbedtls_x509_crt_verify_with_profile(leaf, root, NULL, &profile, NULL, &flags,
                                                   judge_time, &at_ms);

    if (err && err != MBEDTLS_ERR_X509_CERT_VERIFY_FAILED)
        return ROOST_PKI_FAILED;
    if (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED || !issuers_may(leaf))
        return ROOST_PKI_UNTRUSTED;
    if (flags &
        (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY))
        return ROOST_PKI_WEAK;
    if (!is_for_use(leaf, root, check->usage))
        return ROOST_PKI_USAGE;
    if (flags & MBEDTLS_X509_BADCERT_EXPIRED)
        return ROOST_PKI_EXPIRED;
    if (flags & MBEDTLS_X509_BADCERT_FUTURE)
        return ROOST_PKI_NOT_YET_VALID;
    if (check->host && !is_for(leaf, check))
        return ROOST_PKI_NAME;
    return flags || err ? ROOST_PKI_FAILED : ROOST_PKI_GOOD;
}

/* ---- which path ---- */

struct trial {
    const struct roost_pki_check *check;
    struct chain chain;
    struct esp_certificate *root;
};

/* The path and nothing else is what mbedTLS is given to find one in. */
static enum roost_pki_verdict judge_path(void *ctx, const struct roost_trust_path *path)
{
    const struct trial *trial = ctx;
    struct esp_certificate *const *all = trial->chain.certificates;

    for (unsigned i = 0; i < path->len; i++)
        all[path->at[i]]->crt.next = i + 1u < path->len ? &all[path->at[i + 1]]->crt : NULL;
    return judge(&all[path->at[0]]->crt, &trial->root->crt, trial->check);
}

static bool issued_by(const struct esp_certificate *certificate,
                      const struct esp_certificate *issuer)
{
    return esp_pki_same(&certificate->crt.issuer_raw, &issuer->crt.subject_raw);
}

static int open_root(void *ctx, struct roost_pem *pem, uint8_t *by_root)
{
    struct trial *trial = ctx;

    esp_pki_free(trial->root);
    int err = esp_pki_read(pem, &trial->root);
    *by_root = 0;
    if (err)
        return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_INTERNAL : err;
    if (!issued_by(trial->root, trial->root) || !esp_pki_may_sign(&trial->root->crt, true))
        return ROOST_ERR_NOT_FOUND;
    for (size_t i = 0; i < trial->chain.count; i++)
        if (issued_by(trial->chain.certificates[i], trial->root))
            *by_root = (uint8_t)(*by_root | 1u << i);
    return 0;
}

static struct roost_trust_names names_of(const struct chain *chain)
{
    struct roost_trust_names names = {.count = (uint8_t)chain->count};

    for (size_t i = 0; i < chain->count; i++)
        for (size_t j = 0; j < chain->count; j++)
            if (issued_by(chain->certificates[i], chain->certificates[j]))
                names.issuers[i] = (uint8_t)(names.issuers[i] | 1u << j);
    return names;
}

int esp_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                         enum roost_pki_verdict *verdict)
{
    static const struct roost_trust_ops ops = {.root = open_root, .judge = judge_path};
    struct trial trial = {.check = check};

    (void)ctx;
    int err = read_chain(&trial.chain, check->chain);
    if (err) {
        *verdict = err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO ? ROOST_PKI_FAILED
                                                                     : ROOST_PKI_UNREADABLE;
    } else {
        struct roost_trust_names names = names_of(&trial.chain);
        err = roost_trust(&ops, &trial, check, &names, verdict);
    }
    esp_pki_free(trial.root);
    free_chain(&trial.chain);
    return err;
}
