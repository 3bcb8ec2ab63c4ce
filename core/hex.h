/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as lower-case hexadecimal digits, and back. Depends on nothing. */
#ifndef ROOST_CORE_HEX_H
#define ROOST_CORE_HEX_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits and a NUL. */
void roost_hex_write(char *out, const void *bytes, size_t len);

/* What a digit stands for, in either case; -1 when it is none. */
int roost_hex_digit(char c);

/* Reads 2 * len digits, in either case, into len bytes. False at the first character that is none,
 * of which a NUL is one; *out is then undefined. */
bool roost_hex_read(void *out, const char *digits, size_t len);

#endif
