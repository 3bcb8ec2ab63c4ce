/* SPDX-License-Identifier: Apache-2.0 */
/* Base64 with padding, RFC 4648 section 4, strict. Depends on core/err.h only. */
#ifndef ROOST_CORE_BASE64_H
#define ROOST_CORE_BASE64_H

#include <stddef.h>
#include <stdint.h>

#define ROOST_BASE64_LEN(bytes) (((bytes) + 2) / 3 * 4) /* characters, without a NUL */

/* Writes ROOST_BASE64_LEN(len) characters and no NUL; returns that count. In place too:
 * the bytes may stand at the end of the output's own ROOST_BASE64_LEN(len) characters. */
size_t roost_base64_encode(char *out, const void *bytes, size_t len);

/* Decodes into out (at most size bytes). Returns the byte count, ROOST_ERR_INVALID for a character
 * outside the alphabet, bad padding or non-zero trailing bits, or ROOST_ERR_TOO_LONG. out may be
 * the same memory as text. */
int roost_base64_decode(void *out, size_t size, const char *text, size_t len);

#endif
