/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Well-formed UTF-8 by RFC 3629: no overlong forms, no surrogates, nothing above U+10FFFF. Depends
 * on core/assert.h.
 *
 *     for (n = roost_utf8_len(p, end); p < end; p += n ? n : 1) ...
 */
#ifndef ROOST_CORE_UTF8_H
#define ROOST_CORE_UTF8_H

#include <stddef.h>
#include <stdint.h>

/* Bytes of the character at p (1..4), or 0 when it is not well-formed or p == end. */
size_t roost_utf8_len(const char *p, const char *end);

/* The character of `len` bytes at p, len as roost_utf8_len has it; with 0 the byte that is none. */
uint32_t roost_utf8_read(const char *p, size_t len);

/* Writes the character (at most U+10FFFF, no surrogate); returns its bytes (1..4). */
size_t roost_utf8_write(char out[4], uint32_t character);

#endif
