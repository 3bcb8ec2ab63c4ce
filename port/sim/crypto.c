/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/board.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

#include "core/err.h"

static int crypto_sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    (void)ctx;
    return EVP_Digest(data, len, out, NULL, EVP_sha256(), NULL) == 1 ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_hmac(void *ctx, const void *key, size_t key_len, const void *data, size_t len,
                       uint8_t out[32])
{
    unsigned out_len = 32;

    (void)ctx;
    return HMAC(EVP_sha256(), key, (int)key_len, data, len, out, &out_len) ? 0 : ROOST_ERR_CRYPTO;
}

static EVP_PKEY *p256_key(const uint8_t public_key[65])
{
    OSSL_PARAM params[] = {
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)"P-256", 0),
        OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, (void *)public_key, 65),
        OSSL_PARAM_construct_end(),
    };
    EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    EVP_PKEY *key = NULL;

    if (ctx && EVP_PKEY_fromdata_init(ctx) == 1)
        (void)EVP_PKEY_fromdata(ctx, &key, EVP_PKEY_PUBLIC_KEY, params);
    EVP_PKEY_CTX_free(ctx);
    return key;
}

/* r and s as OpenSSL wants them; returns the length or 0. */
static int signature_der(const uint8_t signature[64], uint8_t *der, size_t size)
{
    ECDSA_SIG *pair = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(signature, 32, NULL);
    BIGNUM *s = BN_bin2bn(signature + 32, 32, NULL);
    int len = 0;

    if (pair && r && s && ECDSA_SIG_set0(pair, r, s) == 1) {
        uint8_t *at = der;

        if (i2d_ECDSA_SIG(pair, NULL) <= (int)size)
            len = i2d_ECDSA_SIG(pair, &at);
    } else {
        BN_free(r);
        BN_free(s);
    }
    ECDSA_SIG_free(pair);
    return len;
}

static int crypto_p256_verify(void *ctx, const uint8_t public_key[65], const uint8_t digest[32],
                              const uint8_t signature[64])
{
    EVP_PKEY *key = p256_key(public_key);
    EVP_PKEY_CTX *verify = key ? EVP_PKEY_CTX_new(key, NULL) : NULL;
    uint8_t der[80];
    int len = signature_der(signature, der, sizeof der);
    bool good = verify && len > 0 && EVP_PKEY_verify_init(verify) == 1 &&
                EVP_PKEY_verify(verify, der, (size_t)len, digest, 32) == 1;

    (void)ctx;
    EVP_PKEY_CTX_free(verify);
    EVP_PKEY_free(key);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_seal(void *ctx, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                       size_t aad_len, const void *in, size_t len, void *out, uint8_t tag[16])
{
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = gcm && EVP_EncryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                (aad_len == 0 || EVP_EncryptUpdate(gcm, NULL, &n, aad, (int)aad_len) == 1) &&
                (len == 0 || EVP_EncryptUpdate(gcm, out, &n, in, (int)len) == 1) &&
                EVP_EncryptFinal_ex(gcm, (uint8_t *)out + len, &n) == 1 &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_GET_TAG, 16, tag) == 1;

    (void)ctx;
    EVP_CIPHER_CTX_free(gcm);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

static int crypto_open(void *ctx, const uint8_t key[32], const uint8_t nonce[12], const void *aad,
                       size_t aad_len, const void *in, size_t len, const uint8_t tag[16], void *out)
{
    EVP_CIPHER_CTX *gcm = EVP_CIPHER_CTX_new();
    int n = 0;
    bool good = gcm && EVP_DecryptInit_ex(gcm, EVP_aes_256_gcm(), NULL, key, nonce) == 1 &&
                (aad_len == 0 || EVP_DecryptUpdate(gcm, NULL, &n, aad, (int)aad_len) == 1) &&
                (len == 0 || EVP_DecryptUpdate(gcm, out, &n, in, (int)len) == 1) &&
                EVP_CIPHER_CTX_ctrl(gcm, EVP_CTRL_GCM_SET_TAG, 16, (void *)tag) == 1 &&
                EVP_DecryptFinal_ex(gcm, (uint8_t *)out + len, &n) == 1;

    (void)ctx;
    EVP_CIPHER_CTX_free(gcm);
    if (!good)
        memset(out, 0, len);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

const struct roost_crypto_ops sim_crypto_ops = {
    .sha256 = crypto_sha256,
    .hmac_sha256 = crypto_hmac,
    .ecdsa_p256_verify = crypto_p256_verify,
    .aes_gcm_seal = crypto_seal,
    .aes_gcm_open = crypto_open,
};
