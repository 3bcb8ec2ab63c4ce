/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Passwords of operators: argon2id (RFC 9106) in its encoded form, with the parameters OWASP gives
 * for a shared server (19 MiB, 2 passes, 1 lane). A call takes some 40 ms: never on the loop's
 * thread. Depends on libargon2, OpenSSL's random numbers, core/err.h.
 */
#ifndef ROOST_HUB_API_PASSWORD_H
#define ROOST_HUB_API_PASSWORD_H

#include <stddef.h>

enum { PASSWORD_MIN = 12, PASSWORD_MAX = 256, PASSWORD_HASH_MAX = 160 };

/* 0, ROOST_ERR_RANGE (shorter than PASSWORD_MIN), ROOST_ERR_TOO_LONG, ROOST_ERR_INVALID (fewer than
 * five different characters). */
int password_check(const char *password);

/* Writes the encoded hash with a fresh salt. 0 or ROOST_ERR_NO_MEMORY. */
int password_hash(const char *password, char out[PASSWORD_HASH_MAX]);

/* 0, ROOST_ERR_AUTH when it does not match, ROOST_ERR_NO_MEMORY, ROOST_ERR_CORRUPT (bad hash).
 * encoded NULL: takes as long as a real check and answers ROOST_ERR_AUTH, so that a caller cannot
 * tell an unknown operator by the time. */
int password_verify(const char *encoded, const char *password);

#endif
