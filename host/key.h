/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The P-256 keys that sign firmware and factory images. A private key is a PEM file (PKCS#8, mode
 * 0600); its public half is a text file of one line, the uncompressed point (SEC 1) as 130
 * hexadecimal digits. Signatures are those of host/signature.h. Depends on host/file.h, OpenSSL.
 *
 *     err = key_load(&key, "firmware.pem", why);
 *     if (!err)
 *         err = key_sign(&key, lines, len, signature, why);
 *     key_deinit(&key);
 */
#ifndef ROOST_HOST_KEY_H
#define ROOST_HOST_KEY_H

#include <stddef.h>
#include <stdint.h>

#include "host/signature.h"
#include "host/why.h"

enum { KEY_ID_BYTES = 8 };

struct key {
    void *pair; /* EVP_PKEY */
    uint8_t public_key[SIGNATURE_KEY_BYTES];
    uint8_t id[KEY_ID_BYTES]; /* the first bytes of the public key's SHA-256 */
};

/* Makes a key and writes it to `path`, and its public half to public_path unless that is NULL.
 * Returns ROOST_ERR_EXISTS rather than overwrite either. */
int key_generate(const char *path, const char *public_path, struct why *why);

/* A key that is protected by a passphrase asks for it on the terminal. */
int key_load(struct key *key, const char *path, struct why *why);
void key_deinit(struct key *key); /* zeroed or loaded */

int key_sign(const struct key *key, const void *data, size_t len,
             uint8_t signature[SIGNATURE_BYTES], struct why *why);

int key_id(uint8_t id[KEY_ID_BYTES], const uint8_t public_key[SIGNATURE_KEY_BYTES]);

#endif
