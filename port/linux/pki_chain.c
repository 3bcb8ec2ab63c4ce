/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a chain leads to a root. The path is OpenSSL's; what a good key is, time and host are
 * judged here, so that it is the same on every port.
 */
#include "port/linux/pki.h"

#include <string.h>

#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "core/err.h"
#include "port/pki/host_name.h"

enum { RSA_BITS_MIN = 2048 };

/* What OpenSSL found wrong anywhere in the path. */
struct found {
    bool no_path, other;
};

/* ---- names ---- */

static bool name_matches(const GENERAL_NAME *name, const char *host, const uint8_t *address,
                         size_t address_len)
{
    int type;
    const ASN1_STRING *value = GENERAL_NAME_get0_value(name, &type);

    if (type == GEN_IPADD)
        return address_len && (size_t)ASN1_STRING_length(value) == address_len &&
               memcmp(ASN1_STRING_get0_data(value), address, address_len) == 0;
    return type == GEN_DNS && !address_len &&
           roost_host_matches(host, (const char *)ASN1_STRING_get0_data(value),
                              (size_t)ASN1_STRING_length(value));
}

static bool common_name_matches(const X509 *leaf, const char *host)
{
    const X509_NAME *subject = X509_get_subject_name(leaf);
    int at = X509_NAME_get_index_by_NID(subject, NID_commonName, -1);

    if (at < 0)
        return false;
    const ASN1_STRING *value = X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at));
    return roost_host_matches(host, (const char *)ASN1_STRING_get0_data(value),
                              (size_t)ASN1_STRING_length(value));
}

static bool is_for(const X509 *leaf, const struct roost_pki_check *check)
{
    uint8_t address[16];
    size_t len = 0;
    bool matches = false;

    if (!roost_host_address(check->host, address, &len))
        len = 0;
    if (X509_get_ext_by_NID(leaf, NID_subject_alt_name, -1) < 0)
        return check->host_in_common_name && !len && common_name_matches(leaf, check->host);
    GENERAL_NAMES *names = X509_get_ext_d2i(leaf, NID_subject_alt_name, NULL, NULL);
    for (int i = 0; i < sk_GENERAL_NAME_num(names) && !matches; i++)
        matches = name_matches(sk_GENERAL_NAME_value(names, i), check->host, address, len);
    GENERAL_NAMES_free(names);
    return matches;
}

static bool is_for_use(X509 *leaf, enum roost_pki_usage usage)
{
    uint32_t allowed = X509_get_extended_key_usage(leaf); /* all ones: it does not say */

    if (usage == ROOST_PKI_ANY_USAGE || allowed & XKU_ANYEKU)
        return true;
    return allowed & (usage == ROOST_PKI_TLS_SERVER ? XKU_SSL_SERVER : XKU_SSL_CLIENT);
}

/* ---- the path ---- */

static int note(int good, X509_STORE_CTX *context)
{
    struct found *found = X509_STORE_CTX_get_app_data(context);

    if (good)
        return 1;
    switch (X509_STORE_CTX_get_error(context)) {
    case X509_V_ERR_OUT_OF_MEM:
    case X509_V_ERR_UNSPECIFIED:
        found->other = true;
        return 0;
    default:
        found->no_path = true;
        return 0;
    }
}

static bool key_ok(X509 *certificate)
{
    EVP_PKEY *key = X509_get0_pubkey(certificate);
    enum roost_pki_key kind = linux_pki_kind(key);

    return kind == ROOST_PKI_RSA ? EVP_PKEY_get_bits(key) >= RSA_BITS_MIN
                                 : kind != ROOST_PKI_KEY_OTHER;
}

static bool signature_ok(X509 *certificate)
{
    int digest = NID_undef;

    return X509_get_signature_info(certificate, &digest, NULL, NULL, NULL) == 1 &&
           (digest == NID_sha256 || digest == NID_sha384 || digest == NID_sha512);
}

/* Of the root itself the key counts, not its signature. */
static bool is_strong(STACK_OF(X509) * path)
{
    int count = sk_X509_num(path);

    for (int i = 0; i < count; i++) {
        X509 *certificate = sk_X509_value(path, i);
        if (!key_ok(certificate) || (i < count - 1 && !signature_ok(certificate)))
            return false;
    }
    return true;
}

/* Without the constraint OpenSSL takes a key usage or a Netscape type for one. */
static bool issuers_may(STACK_OF(X509) * path)
{
    for (int i = 1; i < sk_X509_num(path) - 1; i++)
        if (!(X509_get_extension_flags(sk_X509_value(path, i)) & EXFLAG_CA))
            return false;
    return true;
}

/* OpenSSL counts the last second as over. */
static enum roost_pki_verdict judge_time(STACK_OF(X509) * path, int64_t at_ms)
{
    bool early = false;

    for (int i = 0; i < sk_X509_num(path); i++) {
        const X509 *certificate = sk_X509_value(path, i);
        if (at_ms >= linux_pki_time_ms(X509_get0_notAfter(certificate)) + 1000)
            return ROOST_PKI_EXPIRED;
        early = early || at_ms < linux_pki_time_ms(X509_get0_notBefore(certificate));
    }
    return early ? ROOST_PKI_NOT_YET_VALID : ROOST_PKI_GOOD;
}

static enum roost_pki_verdict judge(X509_STORE_CTX *context, const struct roost_pki_check *check)
{
    struct found found = {0};

    X509_STORE_CTX_set_app_data(context, &found);
    X509_STORE_CTX_set_verify_cb(context, note);
    /* Auth level 0: what is strong enough is is_strong's to say, once the path is there. */
    X509_VERIFY_PARAM_set_auth_level(X509_STORE_CTX_get0_param(context), 0);
    X509_STORE_CTX_set_flags(context, X509_V_FLAG_NO_CHECK_TIME);
    int good = X509_verify_cert(context);
    STACK_OF(X509) *path = X509_STORE_CTX_get0_chain(context);
    if (found.other || good < 0)
        return ROOST_PKI_FAILED;
    if (found.no_path || good == 0 || !path || !issuers_may(path))
        return ROOST_PKI_UNTRUSTED;
    X509 *leaf = sk_X509_value(path, 0);
    if (!is_strong(path))
        return ROOST_PKI_WEAK;
    if (!is_for_use(leaf, check->usage))
        return ROOST_PKI_USAGE;
    enum roost_pki_verdict timely = judge_time(path, check->at_ms);
    if (timely != ROOST_PKI_GOOD)
        return timely;
    return check->host && !is_for(leaf, check) ? ROOST_PKI_NAME : ROOST_PKI_GOOD;
}

static enum roost_pki_verdict judge_by(STACK_OF(X509) * chain, X509 *root,
                                       const struct roost_pki_check *check)
{
    enum roost_pki_verdict verdict = ROOST_PKI_FAILED;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();

    if (store && context && X509_STORE_add_cert(store, root) == 1 &&
        X509_STORE_CTX_init(context, store, sk_X509_value(chain, 0), chain) == 1)
        verdict = judge(context, check);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    ERR_clear_error();
    return verdict;
}

static bool is_wanted(STACK_OF(X509) * chain, const X509 *root)
{
    if (!linux_pki_self_issued(root))
        return false;
    for (int i = 0; i < sk_X509_num(chain); i++)
        if (X509_NAME_cmp(X509_get_issuer_name(sk_X509_value(chain, i)),
                          X509_get_subject_name(root)) == 0)
            return true;
    return false;
}

/* One root after the other, so that two of one name cannot hide each other. What cannot be read is
 * no root. Ends with the first one that is good; of the others the last that has a path says what
 * is wrong. */
static int try_roots(STACK_OF(X509) * chain, const struct roost_pki_text *text,
                     const struct roost_pki_check *check, enum roost_pki_verdict *verdict)
{
    struct roost_pem pem;

    roost_pem_init(&pem, text);
    while (*verdict != ROOST_PKI_GOOD && roost_pem_next(&pem) > 0) {
        X509 *root;
        int err = linux_pki_read(&pem, &root);
        if (err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO)
            return err;
        if (err)
            continue;
        if (is_wanted(chain, root)) {
            enum roost_pki_verdict found = judge_by(chain, root, check);
            if (found != ROOST_PKI_UNTRUSTED)
                *verdict = found;
        }
        X509_free(root);
    }
    return 0;
}

int linux_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                           enum roost_pki_verdict *verdict)
{
    STACK_OF(X509) * chain;

    (void)ctx;
    int err = linux_pki_read_all(check->chain, &chain);
    *verdict = err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO ? ROOST_PKI_FAILED
               : err                                             ? ROOST_PKI_UNREADABLE
                                                                 : ROOST_PKI_UNTRUSTED;
    for (size_t i = 0; i < check->root_count && !err && *verdict != ROOST_PKI_GOOD; i++) {
        err = try_roots(chain, &check->roots[i], check, verdict);
        if (err)
            *verdict = ROOST_PKI_FAILED;
    }
    sk_X509_pop_free(chain, X509_free);
    return err ? err : *verdict == ROOST_PKI_GOOD ? 0 : ROOST_ERR_CRYPTO;
}
