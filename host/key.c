/* SPDX-License-Identifier: Apache-2.0 */
#include "host/key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/err.h"
#include "core/hex.h"
#include "host/file.h"

enum { KEY_FILE_MAX = 16384, PUBLIC_DIGITS = 2 * SIGNATURE_KEY_BYTES };

int key_id(uint8_t id[KEY_ID_BYTES], const uint8_t public_key[SIGNATURE_KEY_BYTES])
{
    uint8_t digest[32];

    if (EVP_Digest(public_key, SIGNATURE_KEY_BYTES, digest, NULL, EVP_sha256(), NULL) != 1)
        return ROOST_ERR_CRYPTO;
    memcpy(id, digest, KEY_ID_BYTES);
    return 0;
}

/* Takes the pair over, on failure too. */
static int init(struct key *key, EVP_PKEY *pair, const char *path, struct why *why)
{
    char group[32] = "";
    size_t len = 0;

    *key = (struct key){.pair = pair};
    bool good = EVP_PKEY_get_group_name(pair, group, sizeof group, NULL) == 1 &&
                strcmp(group, "prime256v1") == 0 &&
                EVP_PKEY_set_utf8_string_param(pair, OSSL_PKEY_PARAM_EC_POINT_CONVERSION_FORMAT,
                                               "uncompressed") == 1 &&
                EVP_PKEY_get_octet_string_param(pair, OSSL_PKEY_PARAM_PUB_KEY, key->public_key,
                                                sizeof key->public_key, &len) == 1 &&
                len == sizeof key->public_key && key_id(key->id, key->public_key) == 0;
    if (good)
        return 0;
    key_deinit(key);
    return why_not(why, ROOST_ERR_CRYPTO, "%s: is not a P-256 key", path);
}

void key_deinit(struct key *key)
{
    EVP_PKEY_free(key->pair);
    *key = (struct key){0};
}

static int write_public(const struct key *key, const char *path, struct why *why)
{
    char line[PUBLIC_DIGITS + 2];

    roost_hex_write(line, key->public_key, sizeof key->public_key);
    line[PUBLIC_DIGITS] = '\n';
    return file_write_new(path, line, PUBLIC_DIGITS + 1, 0644, why);
}

static int write_private(const struct key *key, const char *path, struct why *why)
{
    BIO *memory = BIO_new(BIO_s_secmem());
    char *pem = NULL;
    long len = 0;

    if (memory && PEM_write_bio_PKCS8PrivateKey(memory, key->pair, NULL, NULL, 0, NULL, NULL) == 1)
        len = BIO_get_mem_data(memory, &pem);
    int err = len > 0 ? file_write_new(path, pem, (size_t)len, 0600, why)
                      : why_not(why, ROOST_ERR_CRYPTO, "%s: the key could not be encoded", path);
    BIO_free(memory); /* clears it */
    return err;
}

int key_generate(const char *path, const char *public_path, struct why *why)
{
    struct key key;
    EVP_PKEY *pair = EVP_EC_gen("P-256");

    if (!pair)
        return why_not(why, ROOST_ERR_CRYPTO, "%s: no key could be made", path);
    int err = init(&key, pair, path, why);
    if (err)
        return err;
    if (public_path)
        err = write_public(&key, public_path, why);
    if (!err) {
        err = write_private(&key, path, why);
        if (err && public_path)
            (void)unlink(public_path); /* a public half of nothing */
    }
    key_deinit(&key);
    return err;
}

int key_load(struct key *key, const char *path, struct why *why)
{
    char *pem;
    size_t len;

    *key = (struct key){0};
    int err = file_read(&pem, &len, path, KEY_FILE_MAX, why);
    if (err)
        return err;
    BIO *memory = BIO_new_mem_buf(pem, (int)len);
    EVP_PKEY *pair = memory ? PEM_read_bio_PrivateKey(memory, NULL, NULL, NULL) : NULL;
    BIO_free(memory);
    OPENSSL_cleanse(pem, len);
    free(pem);
    if (!pair)
        return why_not(why, ROOST_ERR_CRYPTO, "%s: is not a private key in PEM", path);
    return init(key, pair, path, why);
}

/* r and s out of the DER that OpenSSL signs with. */
static bool plain_signature(uint8_t signature[SIGNATURE_BYTES], const uint8_t *der, size_t len)
{
    ECDSA_SIG *pair = d2i_ECDSA_SIG(NULL, &der, (long)len);
    bool good = pair && BN_bn2binpad(ECDSA_SIG_get0_r(pair), signature, 32) == 32 &&
                BN_bn2binpad(ECDSA_SIG_get0_s(pair), signature + 32, 32) == 32;
    ECDSA_SIG_free(pair);
    return good;
}

int key_sign(const struct key *key, const void *data, size_t len,
             uint8_t signature[SIGNATURE_BYTES], struct why *why)
{
    uint8_t der[80];
    size_t der_len = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool good = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key->pair) == 1 &&
                EVP_DigestSign(context, der, &der_len, data, len) == 1 &&
                plain_signature(signature, der, der_len);

    EVP_MD_CTX_free(context);
    return good ? 0 : why_not(why, ROOST_ERR_CRYPTO, "the signature could not be made");
}
