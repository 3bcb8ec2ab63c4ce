/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Seals a secret for the registry: AES-256-GCM (NIST SP 800-38D) with a random nonce, bound to a
 * context, such as the device's id, so that a sealed secret cannot be moved to another row. The
 * form is one byte 1, 12 bytes of nonce, the ciphertext, 16 bytes of tag. Depends on OpenSSL,
 * core/err.h.
 */
#ifndef ROOST_HUB_FACTORY_SEAL_H
#define ROOST_HUB_FACTORY_SEAL_H

#include <stddef.h>
#include <stdint.h>

enum { SEAL_KEY_BYTES = 32, SEAL_EXTRA = 1 + 12 + 16, SEAL_PLAIN_MAX = 1024 };

/* A key of a secret in the form of a text, one for each purpose (RFC 2104 with SHA-256). */
void seal_key(uint8_t key[SEAL_KEY_BYTES], const char *secret, const char *purpose);

/* Writes len + SEAL_EXTRA bytes. Returns 0, ROOST_ERR_TOO_LONG, ROOST_ERR_CRYPTO (no random
 * numbers, out of memory). */
int seal_close(uint8_t *out, const uint8_t key[SEAL_KEY_BYTES], const char *context,
               const void *plain, size_t len);

/* Writes len - SEAL_EXTRA bytes. ROOST_ERR_CRYPTO: another key or context, or damaged; out is
 * cleared then. */
int seal_open(uint8_t *out, const uint8_t key[SEAL_KEY_BYTES], const char *context,
              const void *sealed, size_t len);

#endif
