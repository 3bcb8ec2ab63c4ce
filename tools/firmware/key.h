/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The P-256 keys that sign firmware and factory images. A private key is a PEM file (PKCS#8, mode
 * 0600); its public half is a text file of one line, the uncompressed point (SEC 1) as 130
 * hexadecimal digits. Signatures are ECDSA over SHA-256, r and s (FIPS 186-4). Depends on OpenSSL.
 *
 *     err = key_load(&key, "firmware.pem", why);
 *     if (!err)
 *         err = key_sign(&key, lines, len, signature, why);
 *     key_deinit(&key);
 */
#ifndef ROOST_TOOLS_FIRMWARE_KEY_H
#define ROOST_TOOLS_FIRMWARE_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "host/why.h"

enum { KEY_PUBLIC_BYTES = 65, KEY_ID_BYTES = 8, KEY_SIGNATURE_BYTES = 64 };

struct key {
    void *pair; /* EVP_PKEY */
    uint8_t public_key[KEY_PUBLIC_BYTES];
    uint8_t id[KEY_ID_BYTES]; /* the first bytes of the public key's SHA-256 */
};

/* Makes a key and writes it to `path`, and its public half to public_path unless that is NULL.
 * Returns ROOST_ERR_EXISTS rather than overwrite either. */
int key_generate(const char *path, const char *public_path, struct why *why);

/* A key that is protected by a passphrase asks for it on the terminal. */
int key_load(struct key *key, const char *path, struct why *why);
void key_deinit(struct key *key); /* zeroed or loaded */

int key_sign(const struct key *key, const void *data, size_t len,
             uint8_t signature[KEY_SIGNATURE_BYTES], struct why *why);

int key_public_load(uint8_t public_key[KEY_PUBLIC_BYTES], const char *path, struct why *why);
int key_id(uint8_t id[KEY_ID_BYTES], const uint8_t public_key[KEY_PUBLIC_BYTES]);

/* Returns 0 or ROOST_ERR_CRYPTO. */
int key_verify(const uint8_t public_key[KEY_PUBLIC_BYTES], const void *data, size_t len,
               const uint8_t signature[KEY_SIGNATURE_BYTES]);

#endif
