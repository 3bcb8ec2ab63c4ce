/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Verifies an ECDSA signature on P-256 over the SHA-256 of bytes that come in pieces (FIPS 186-4).
 * Depends on OpenSSL, core/err.h.
 */
#ifndef ROOST_HOST_SIGNATURE_H
#define ROOST_HOST_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

enum { SIGNATURE_BYTES = 64 /* r, s */, SIGNATURE_KEY_BYTES = 65 /* SEC 1 uncompressed */ };

struct signature;

/* NULL when the key is no point of the curve, or memory is out. */
struct signature *signature_begin(const uint8_t public_key[SIGNATURE_KEY_BYTES]);
void signature_add(struct signature *signature, const void *bytes, size_t len);
/* Returns 0 or ROOST_ERR_CRYPTO, and frees it. */
int signature_end(struct signature *signature, const uint8_t raw[SIGNATURE_BYTES]);

/* The three in one call, for bytes that are there. Returns 0 or ROOST_ERR_CRYPTO. */
int signature_check(const uint8_t public_key[SIGNATURE_KEY_BYTES], const void *bytes, size_t len,
                    const uint8_t raw[SIGNATURE_BYTES]);

#endif
