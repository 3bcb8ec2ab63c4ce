/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files that say whom a program trusts: certificates of authorities, and the public keys that may
 * sign. Read before the program starts, so that a wrong one is refused by the option's name.
 * Depends on host/signature.h, OpenSSL.
 *
 *     err = trust_ca_check("--ca", path, why, sizeof why);
 *     err = trust_key_read(key, "--firmware-key", path, why, sizeof why);
 */
#ifndef ROOST_HOST_TRUST_H
#define ROOST_HOST_TRUST_H

#include <stddef.h>
#include <stdint.h>

#include "host/signature.h"

/* Whether the file can be read and holds at least one certificate (PEM). Returns 0, or an error
 * with `why` set. */
int trust_ca_check(const char *option, const char *path, char *why, size_t why_size);

/* A public key on P-256: one line of 130 hexadecimal digits (SEC 1, uncompressed), or PEM
 * ("PUBLIC KEY"). Returns 0, or an error with `why` set. */
int trust_key_read(uint8_t key[SIGNATURE_KEY_BYTES], const char *option, const char *path,
                   char *why, size_t why_size);

#endif
