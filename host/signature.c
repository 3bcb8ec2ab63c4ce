/* SPDX-License-Identifier: Apache-2.0 */
#include "host/signature.h"

#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <stdbool.h>
#include <stdlib.h>

#include "core/err.h"

enum { DER_MAX = 80 };

struct signature {
    EVP_PKEY *key;
    EVP_MD_CTX *digest;
    bool failed;
};

static EVP_PKEY *make_key(const uint8_t public_key[SIGNATURE_KEY_BYTES])
{
    char group[] = "prime256v1";
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)public_key,
                                          SIGNATURE_KEY_BYTES),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1 &&
        EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(ctx);
    return key;
}

static void destroy(struct signature *s)
{
    EVP_MD_CTX_free(s->digest);
    EVP_PKEY_free(s->key);
    free(s);
}

struct signature *signature_begin(const uint8_t public_key[SIGNATURE_KEY_BYTES])
{
    struct signature *s = calloc(1, sizeof *s);

    if (!s)
        return NULL;
    s->key = make_key(public_key);
    s->digest = EVP_MD_CTX_new();
    if (s->key && s->digest &&
        EVP_DigestVerifyInit(s->digest, NULL, EVP_sha256(), NULL, s->key) == 1)
        return s;
    destroy(s);
    return NULL;
}

void signature_add(struct signature *s, const void *bytes, size_t len)
{
    s->failed |= EVP_DigestVerifyUpdate(s->digest, bytes, len) != 1;
}

/* OpenSSL wants r and s as DER. */
static int to_der(uint8_t out[DER_MAX], const uint8_t raw[SIGNATURE_BYTES])
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw, SIGNATURE_BYTES / 2, NULL);
    BIGNUM *s = BN_bin2bn(raw + SIGNATURE_BYTES / 2, SIGNATURE_BYTES / 2, NULL);
    int len = -1;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        uint8_t *end = out;
        len = i2d_ECDSA_SIG(pair, NULL) <= DER_MAX ? i2d_ECDSA_SIG(pair, &end) : -1;
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len;
}

int signature_end(struct signature *s, const uint8_t raw[SIGNATURE_BYTES])
{
    uint8_t der[DER_MAX];
    int len = to_der(der, raw);
    bool good = !s->failed && len > 0 && EVP_DigestVerifyFinal(s->digest, der, (size_t)len) == 1;

    destroy(s);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

int signature_check(const uint8_t public_key[SIGNATURE_KEY_BYTES], const void *bytes, size_t len,
                    const uint8_t raw[SIGNATURE_BYTES])
{
    struct signature *s = signature_begin(public_key);

    if (!s)
        return ROOST_ERR_CRYPTO;
    signature_add(s, bytes, len);
    return signature_end(s, raw);
}
