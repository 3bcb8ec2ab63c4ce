/* SPDX-License-Identifier: Apache-2.0 */
/* mbedTLS, with the chip's SHA and AES units below it. Every context is freed before the call
 * returns, but for the one sum that comes in pieces. */
#include "port/esp-idf/esp_parts.h"

#include <string.h>

#include "mbedtls/ecdsa.h"
#include "mbedtls/ecp.h"
#include "mbedtls/gcm.h"
#include "mbedtls/md.h"
#include "mbedtls/sha256.h"

#include "core/err.h"

enum { GCM_KEY_BITS = 256, GCM_NONCE_BYTES = 12, GCM_TAG_BYTES = 16 };

static struct {
    mbedtls_sha256_context context;
    bool open;
} sum;

static int crypto_error(int err)
{
    return err ? ROOST_ERR_CRYPTO : 0;
}

/* Of nothing, a pointer must still be one. */
static const unsigned char *bytes(const void *data)
{
    return data ? data : (const void *)"";
}

static int crypto_sha256(void *ctx, const void *data, size_t len, uint8_t out[32])
{
    (void)ctx;
    return crypto_error(mbedtls_sha256(bytes(data), len, out, 0));
}

static void forget_sum(void)
{
    if (sum.open)
        mbedtls_sha256_free(&sum.context);
    sum.open = false;
}

static int crypto_sha256_begin(void *ctx)
{
    (void)ctx;
    forget_sum();
    mbedtls_sha256_init(&sum.context);
    sum.open = true;
    return crypto_error(mbedtls_sha256_starts(&sum.context, 0));
}

static int crypto_sha256_add(void *ctx, const void *data, size_t len)
{
    (void)ctx;
    if (!sum.open)
        return ROOST_ERR_CRYPTO;
    return len ? crypto_error(mbedtls_sha256_update(&sum.context, data, len)) : 0;
}

static int crypto_sha256_end(void *ctx, uint8_t out[32])
{
    (void)ctx;
    if (!sum.open)
        return ROOST_ERR_CRYPTO;
    int err = mbedtls_sha256_finish(&sum.context, out);
    forget_sum();
    return crypto_error(err);
}

static int crypto_hmac_sha256(void *ctx, const void *key, size_t key_len, const void *data,
                              size_t len, uint8_t out[32])
{
    (void)ctx;
    return crypto_error(mbedtls_md_hmac(mbedtls_md_info_from_type(MBEDTLS_MD_SHA256), bytes(key),
                                        key_len, bytes(data), len, out));
}

static int crypto_ecdsa_p256_verify(void *ctx, const uint8_t public_key[65],
                                    const uint8_t digest[32], const uint8_t signature[64])
{
    mbedtls_ecp_group group;
    mbedtls_ecp_point point;
    mbedtls_mpi r, s;

    (void)ctx;
    mbedtls_ecp_group_init(&group);
    mbedtls_ecp_point_init(&point);
    mbedtls_mpi_init(&r);
    mbedtls_mpi_init(&s);
    int err = mbedtls_ecp_group_load(&group, MBEDTLS_ECP_DP_SECP256R1);
    if (!err)
        err = mbedtls_ecp_point_read_binary(&group, &point, public_key, 65);
    if (!err) /* reading takes any two numbers for a point */
        err = mbedtls_ecp_check_pubkey(&group, &point);
    if (!err)
        err = mbedtls_mpi_read_binary(&r, signature, 32);
    if (!err)
        err = mbedtls_mpi_read_binary(&s, signature + 32, 32);
    if (!err)
        err = mbedtls_ecdsa_verify(&group, digest, 32, &point, &r, &s);
    mbedtls_mpi_free(&s);
    mbedtls_mpi_free(&r);
    mbedtls_ecp_point_free(&point);
    mbedtls_ecp_group_free(&group);
    return crypto_error(err);
}

static int crypto_aes_gcm_seal(void *ctx, const uint8_t key[32], const uint8_t nonce[12],
                               const void *aad, size_t aad_len, const void *in, size_t len,
                               void *out, uint8_t tag[16])
{
    unsigned char none = 0;
    mbedtls_gcm_context gcm;

    (void)ctx;
    mbedtls_gcm_init(&gcm);
    int err = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, GCM_KEY_BITS);
    if (!err)
        err = mbedtls_gcm_crypt_and_tag(&gcm, MBEDTLS_GCM_ENCRYPT, len, nonce, GCM_NONCE_BYTES,
                                        bytes(aad), aad_len, len ? in : &none, len ? out : &none,
                                        GCM_TAG_BYTES, tag);
    mbedtls_gcm_free(&gcm);
    return crypto_error(err);
}

static int crypto_aes_gcm_open(void *ctx, const uint8_t key[32], const uint8_t nonce[12],
                               const void *aad, size_t aad_len, const void *in, size_t len,
                               const uint8_t tag[16], void *out)
{
    unsigned char none = 0;
    mbedtls_gcm_context gcm;

    (void)ctx;
    mbedtls_gcm_init(&gcm);
    int err = mbedtls_gcm_setkey(&gcm, MBEDTLS_CIPHER_ID_AES, key, GCM_KEY_BITS);
    if (!err)
        err = mbedtls_gcm_auth_decrypt(&gcm, len, nonce, GCM_NONCE_BYTES, bytes(aad), aad_len, tag,
                                       GCM_TAG_BYTES, len ? in : &none, len ? out : &none);
    mbedtls_gcm_free(&gcm);
    if (err && len) /* mbedTLS clears it after a wrong tag only */
        memset(out, 0, len);
    return crypto_error(err);
}

static const struct roost_crypto_ops crypto_ops = {.sha256 = crypto_sha256,
                                                   .sha256_begin = crypto_sha256_begin,
                                                   .sha256_add = crypto_sha256_add,
                                                   .sha256_end = crypto_sha256_end,
                                                   .hmac_sha256 = crypto_hmac_sha256,
                                                   .ecdsa_p256_verify = crypto_ecdsa_p256_verify,
                                                   .aes_gcm_seal = crypto_aes_gcm_seal,
                                                   .aes_gcm_open = crypto_aes_gcm_open};

struct roost_crypto esp_port_crypto(void)
{
    return (struct roost_crypto){&crypto_ops, NULL};
}
