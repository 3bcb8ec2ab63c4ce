/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The escapes of JSON strings (RFC 8259 section 7), inside core/json_read.h: its users call
 * roost_json_unescape. Depends on core/hex.h and core/utf8.h.
 *
 *     size_t taken = roost_json_take_escape("\\u20ac", end, &character);     -> 6, U+20AC
 */
#ifndef ROOST_CORE_JSON_ESCAPE_H
#define ROOST_CORE_JSON_ESCAPE_H

#include <stddef.h>
#include <stdint.h>

/* Reads the escape at p (a backslash, then "n", "u20ac" or a surrogate pair). Returns its bytes, or
 * 0 when it is bad or does not end before `end`. */
size_t roost_json_take_escape(const char *p, const char *end, uint32_t *character);

/* Takes the next byte of a checked string, or the whole character that an escape stands for, and
 * moves *p behind it. Returns its bytes. */
size_t roost_json_take_character(const char **p, const char *end, char bytes[4]);

#endif
