/* SPDX-License-Identifier: Apache-2.0 */
/* Bytes as lower-case hexadecimal digits, and back by the digit. Depends on nothing. */
#ifndef ROOST_CORE_HEX_H
#define ROOST_CORE_HEX_H

#include <stddef.h>
#include <stdint.h>

/* Writes 2 * len digits and a NUL. */
void roost_hex_write(char *out, const void *bytes, size_t len);

/* What a digit stands for, in either case; -1 when it is none. */
int roost_hex_digit(char c);

#endif
