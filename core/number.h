/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Text <-> numbers without libc: JSON's number grammar in, shortest fixed decimals out. Finite
 * values only. Depends on core/err.h and core/assert.h only.
 *
 *     char text[ROOST_NUMBER_MAX];
 *     roost_write_scaled(text, 25500, 3);                        -> "25.5"
 *     err = roost_parse_scaled(text, strlen(text), 3, &milli);   -> 25500
 */
#ifndef ROOST_CORE_NUMBER_H
#define ROOST_CORE_NUMBER_H

#include <stddef.h>
#include <stdint.h>

enum { ROOST_NUMBER_MAX = 32 }; /* bytes that always hold any number written here, with the NUL */

/* The whole of text[0..len) must be a JSON number (RFC 8259 section 6). Returns 0,
 * ROOST_ERR_INVALID for bad grammar (NaN and Infinity included), ROOST_ERR_RANGE when the value
 * does not fit: a double above 1e300 in magnitude, an integer that is fractional or overflows.
 * Integers are exact; a double is exact up to 2^53 times 10^22 and within 1e-14 of it beyond. */
int roost_parse_double(const char *text, size_t len, double *out);
int roost_parse_int64(const char *text, size_t len, int64_t *out);
int roost_parse_uint64(const char *text, size_t len, uint64_t *out);

/* The end of the JSON number that begins at text, as far as it goes before `end` ("1" of "1x", "0"
 * of "01"); NULL when none does. */
const char *roost_number_end(const char *text, const char *end);

/* As roost_parse_double, for text that is no JSON: also "+25.5", "025.5", ".5" and "25.". */
int roost_parse_plain_double(const char *text, size_t len, double *out);

/* As roost_parse_int64, but *out = value * 10^decimals: "25.5" with 3 decimals is 25500. A value
 * with more decimals than that is ROOST_ERR_RANGE, never rounded. */
int roost_parse_scaled(const char *text, size_t len, unsigned decimals, int64_t *out);

/* Writes value / 10^decimals (0..18) with trailing zeros removed but one decimal kept ("25.5",
 * "60.0") when decimals > 0, or an integer when 0. Returns the length; out is NUL-terminated and
 * needs ROOST_NUMBER_MAX bytes. */
size_t roost_write_scaled(char *out, int64_t value, unsigned decimals);
size_t roost_write_uint64(char *out, uint64_t value);

/* Rounds to the given decimals (0..6), half away from zero, and writes as above. |value| < 9e12 and
 * not NaN is asserted: what comes from outside was range-checked long before. */
size_t roost_write_double(char *out, double value, unsigned decimals);

#endif
