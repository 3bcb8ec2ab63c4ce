/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/factory/seal.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rand.h>
#include <stdbool.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

enum { FORM = 1, NONCE = 12, TAG = 16, HEAD = 1 + NONCE };

void seal_key(uint8_t key[SEAL_KEY_BYTES], const char *secret, const char *purpose)
{
    unsigned len = SEAL_KEY_BYTES;

    ROOST_ASSERT(HMAC(EVP_sha256(), secret, (int)strlen(secret), (const uint8_t *)purpose,
                      strlen(purpose), key, &len) != NULL);
}

int seal_close(uint8_t *out, const uint8_t key[SEAL_KEY_BYTES], const char *context,
               const void *plain, size_t len)
{
    int n;

    if (len > SEAL_PLAIN_MAX)
        return ROOST_ERR_TOO_LONG;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    out[0] = FORM;
    bool good =
        ctx && RAND_bytes(out + 1, NONCE) == 1 &&
        EVP_EncryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, out + 1) == 1 &&
        EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)context, (int)strlen(context)) == 1 &&
        EVP_EncryptUpdate(ctx, out + HEAD, &n, plain, (int)len) == 1 &&
        EVP_EncryptFinal_ex(ctx, out + HEAD + len, &n) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_GET_TAG, TAG, out + HEAD + len) == 1;
    EVP_CIPHER_CTX_free(ctx);
    return good ? 0 : ROOST_ERR_CRYPTO;
}

int seal_open(uint8_t *out, const uint8_t key[SEAL_KEY_BYTES], const char *context,
              const void *sealed, size_t len)
{
    const uint8_t *in = sealed;
    int n;

    if (len < SEAL_EXTRA || len > SEAL_EXTRA + SEAL_PLAIN_MAX || in[0] != FORM)
        return ROOST_ERR_CRYPTO;
    size_t plain_len = len - SEAL_EXTRA;
    EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
    bool good =
        ctx && EVP_DecryptInit_ex(ctx, EVP_aes_256_gcm(), NULL, key, in + 1) == 1 &&
        EVP_DecryptUpdate(ctx, NULL, &n, (const uint8_t *)context, (int)strlen(context)) == 1 &&
        EVP_DecryptUpdate(ctx, out, &n, in + HEAD, (int)plain_len) == 1 &&
        EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_GCM_SET_TAG, TAG, (void *)(in + HEAD + plain_len)) == 1 &&
        EVP_DecryptFinal_ex(ctx, out + plain_len, &n) == 1;
    EVP_CIPHER_CTX_free(ctx);
    /* The plaintext is written before the tag is checked: it must not be used by mistake. */
    if (!good)
        OPENSSL_cleanse(out, plain_len);
    return good ? 0 : ROOST_ERR_CRYPTO;
}
