/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/crypto.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <string.h>

#include "core/err.h"

static int crypto_sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    (void)ctx;
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_sha256_begin(void *ctx)
{
    struct linux_crypto *crypto = ctx;

    /* NULL: the digest it was made with, which is then not looked up again. */
    crypto->begun = EVP_DigestInit_ex(crypto->sum, NULL, NULL) == 1;
    return crypto->begun ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_sha256_add(void *ctx, const void *data, size_t len)
{
    const struct linux_crypto *crypto = ctx;

    if (!crypto->begun)
        return ROOST_ERR_STATE;
    return EVP_DigestUpdate(crypto->sum, data, len) == 1 ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_sha256_end(void *ctx, uint8_t out[32])
{
    struct linux_crypto *crypto = ctx;

    if (!crypto->begun)
        return ROOST_ERR_STATE;
    crypto->begun = false;
    return EVP_DigestFinal_ex(crypto->sum, out, NULL) == 1 ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_hmac_sha256(void *ctx, const void *key, size_t key_len, const void *data,
                              size_t len, uint8_t out[32])
{
    (void)ctx;
    if (key_len > INT_MAX)
        return ROOST_ERR_CRYPTO;
    /* OpenSSL takes a NULL key as "the one of before". */
    const void *bytes = key_len ? key : "";
    return HMAC(EVP_sha256(), bytes, (int)key_len, data, len, out, NULL) ? 0 : ROOST_ERR_CRYPTO;
}

static EVP_PKEY *p256_key(const uint8_t public_key[65])
{
    char group[] = "prime256v1";
    uint8_t point[65];
    memcpy(point, public_key, sizeof point);
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (!context || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

/* r and s as the DER that OpenSSL verifies. Returns its length or 0. */
static int signature_der(const uint8_t signature[64], uint8_t *out)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL), *s = BN_bin2bn(signature + 32, 32, NULL);
    int len = 0;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        r = s = NULL; /* the pair's now */
        len = i2d_ECDSA_SIG(pair, &out);
    }
    BN_free(r);
    BN_free(s);
    ECDSA_SIG_free(pair);
    return len < 0 ? 0 : len;
}

static int crypto_ecdsa_p256_verify(void *ctx, const uint8_t public_key[65],
                                    const uint8_t digest[32], const uint8_t signature[64])
{
    uint8_t der[80];
    int der_len = signature_der(signature, der);
    EVP_PKEY *key = p256_key(public_key);
    EVP_PKEY_CTX *context = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;

    (void)ctx;
    bool good = context && der_len && EVP_PKEY_verify_init(context) == 1 &&
                EVP_PKEY_verify(context, der, (size_t)der_len, digest, 32) == 1;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(key);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_aes_gcm_seal(void *ctx, const uint8_t key[32], const uint8_t nonce[12],
                               const void *aad, size_t aad_len, const void *in, size_t len,
                               void *out, uint8_t tag[16])
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t rest[16];
    int done = 0;

    (void)ctx;
    bool good = cipher && aad_len <= INT_MAX && len <= INT_MAX &&
                EVP_EncryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                (!aad_len || EVP_EncryptUpdate(cipher, NULL, &done, aad, (int)aad_len) == 1) &&
                (!len || EVP_EncryptUpdate(cipher, out, &done, in, (int)len) == 1) &&
                EVP_EncryptFinal_ex(cipher, rest, &done) == 1 &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;
    EVP_CIPHER_CTX_free(cipher);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_aes_gcm_open(void *ctx, const uint8_t key[32], const uint8_t nonce[12],
                               const void *aad, size_t aad_len, const void *in, size_t len,
                               const uint8_t tag[16], void *out)
{
    EVP_CIPHER_CTX *cipher = EVP_CIPHER_CTX_new();
    uint8_t rest[16], wanted[16];
    int done = 0;

    (void)ctx;
    memcpy(wanted, tag, sizeof wanted);
    bool good = cipher && aad_len <= INT_MAX && len <= INT_MAX &&
                EVP_DecryptInit_ex(cipher, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                (!aad_len || EVP_DecryptUpdate(cipher, NULL, &done, aad, (int)aad_len) == 1) &&
                (!len || EVP_DecryptUpdate(cipher, out, &done, in, (int)len) == 1) &&
                EVP_CIPHER_CTX_ctrl(cipher, EVP_CTRL_GCM_SET_TAG, 16, wanted) == 1 &&
                EVP_DecryptFinal_ex(cipher, rest, &done) == 1;
    EVP_CIPHER_CTX_free(cipher);
    if (!good && len)
        memset(out, 0, len);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

static const struct roost_crypto_ops crypto_ops = {.sha256 = crypto_sha256,
                                                   .sha256_begin = crypto_sha256_begin,
                                                   .sha256_add = crypto_sha256_add,
                                                   .sha256_end = crypto_sha256_end,
                                                   .hmac_sha256 = crypto_hmac_sha256,
                                                   .ecdsa_p256_verify = crypto_ecdsa_p256_verify,
                                                   .aes_gcm_seal = crypto_aes_gcm_seal,
                                                   .aes_gcm_open = crypto_aes_gcm_open};

int linux_crypto_init(struct linux_crypto *crypto, struct roost_crypto *out)
{
    *crypto = (struct linux_crypto){.sum = EVP_MD_CTX_new()};
    if (!crypto->sum || EVP_DigestInit_ex(crypto->sum, EVP_sha256(), NULL) != 1) {
        linux_crypto_deinit(crypto);
        return ROOST_ERR_NO_MEMORY;
    }
    *out = (struct roost_crypto){&crypto_ops, crypto};
    return 0;
}

void linux_crypto_deinit(struct linux_crypto *crypto)
{
    EVP_MD_CTX_free(crypto->sum);
    crypto->sum = NULL;
}
