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
#include "port/pki/trust.h"

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

/* ---- use ---- */

static bool extended_ok(X509 *certificate, enum roost_pki_usage usage)
{
    static const uint32_t wanted[] = {[ROOST_PKI_TLS_SERVER] = XKU_SSL_SERVER,
                                      [ROOST_PKI_TLS_CLIENT] = XKU_SSL_CLIENT,
                                      [ROOST_PKI_CODE_SIGNING] = XKU_CODE_SIGN};
    /* All ones: it does not say. */
    return X509_get_extended_key_usage(certificate) & (wanted[usage] | XKU_ANYEKU);
}

static bool is_for_use(STACK_OF(X509) * path, enum roost_pki_usage usage)
{
    uint32_t signs =
        KU_DIGITAL_SIGNATURE | (usage == ROOST_PKI_TLS_SERVER ? KU_KEY_ENCIPHERMENT : 0u);

    if (usage == ROOST_PKI_ANY_USAGE)
        return true;
    for (int i = 0; i < sk_X509_num(path); i++)
        if (!extended_ok(sk_X509_value(path, i), usage))
            return false;
    return X509_get_key_usage(sk_X509_value(path, 0)) & signs; /* all ones likewise */
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

/* Of a root behind others the key counts, not its signature. */
static bool is_strong(STACK_OF(X509) * path)
{
    int count = sk_X509_num(path);

    for (int i = 0; i < count; i++) {
        X509 *certificate = sk_X509_value(path, i);
        bool is_root = i > 0 && i == count - 1;
        if (!key_ok(certificate) || (!is_root && !signature_ok(certificate)))
            return false;
    }
    return true;
}

/* Without the constraint OpenSSL takes a key usage or a Netscape type for one. */
static bool issuers_may(STACK_OF(X509) * path)
{
    int count = sk_X509_num(path);

    for (int i = 1; i < count; i++)
        if (!linux_pki_may_sign(sk_X509_value(path, i), i == count - 1))
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
    if (!is_for_use(path, check->usage))
        return ROOST_PKI_USAGE;
    enum roost_pki_verdict timely = judge_time(path, check->at_ms);
    if (timely != ROOST_PKI_GOOD)
        return timely;
    return check->host && !is_for(leaf, check) ? ROOST_PKI_NAME : ROOST_PKI_GOOD;
}

/* ---- which path ---- */

struct trial {
    const struct roost_pki_check *check;
    STACK_OF(X509) * chain;
    X509 *root;
};

/* The path and nothing else is what OpenSSL is given to find one in. */
static enum roost_pki_verdict judge_path(void *ctx, const struct roost_trust_path *path)
{
    const struct trial *trial = ctx;
    enum roost_pki_verdict verdict = ROOST_PKI_FAILED;
    X509_STORE *store = X509_STORE_new();
    X509_STORE_CTX *context = X509_STORE_CTX_new();
    STACK_OF(X509) *given = sk_X509_new_null();
    bool ready = store && context && given && X509_STORE_add_cert(store, trial->root) == 1;

    for (unsigned i = 0; i < path->len && ready; i++)
        ready = sk_X509_push(given, sk_X509_value(trial->chain, path->at[i])) > 0;
    if (ready && X509_STORE_CTX_init(context, store, sk_X509_value(given, 0), given) == 1)
        verdict = judge(context, trial->check);
    X509_STORE_CTX_free(context);
    X509_STORE_free(store);
    sk_X509_free(given);
    ERR_clear_error();
    return verdict;
}

static bool issued_by(const X509 *certificate, const X509 *issuer)
{
    return X509_NAME_cmp(X509_get_issuer_name(certificate), X509_get_subject_name(issuer)) == 0;
}

static int open_root(void *ctx, struct roost_pem *pem, uint8_t *by_root)
{
    struct trial *trial = ctx;

    X509_free(trial->root);
    int err = linux_pki_read(pem, &trial->root);
    *by_root = 0;
    if (err)
        return err == ROOST_ERR_NOT_FOUND ? ROOST_ERR_INTERNAL : err;
    if (!linux_pki_self_issued(trial->root) || !linux_pki_may_sign(trial->root, true))
        return ROOST_ERR_NOT_FOUND;
    for (int i = 0; i < sk_X509_num(trial->chain); i++)
        if (issued_by(sk_X509_value(trial->chain, i), trial->root))
            *by_root = (uint8_t)(*by_root | 1u << i);
    return 0;
}

static struct roost_trust_names names_of(STACK_OF(X509) * chain)
{
    struct roost_trust_names names = {.count = (uint8_t)sk_X509_num(chain)};

    for (int i = 0; i < sk_X509_num(chain); i++)
        for (int j = 0; j < sk_X509_num(chain); j++)
            if (issued_by(sk_X509_value(chain, i), sk_X509_value(chain, j)))
                names.issuers[i] = (uint8_t)(names.issuers[i] | 1u << j);
    return names;
}

int linux_pki_verify_chain(void *ctx, const struct roost_pki_check *check,
                           enum roost_pki_verdict *verdict)
{
    static const struct roost_trust_ops ops = {.root = open_root, .judge = judge_path};
    struct trial trial = {.check = check};

    (void)ctx;
    int err = linux_pki_read_all(check->chain, &trial.chain);
    if (err) {
        *verdict = err == ROOST_ERR_NO_MEMORY || err == ROOST_ERR_IO ? ROOST_PKI_FAILED
                                                                     : ROOST_PKI_UNREADABLE;
        return err;
    }
    struct roost_trust_names names = names_of(trial.chain);
    err = roost_trust(&ops, &trial, check, &names, verdict);
    X509_free(trial.root);
    sk_X509_pop_free(trial.chain, X509_free);
    return err;
}
