/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Streaming JSON writer into a fixed buffer: commas and escapes are its business, matching begin
 * and end is the caller's. It never writes past the buffer; the first failure sticks and `finish`
 * reports it. Text may hold any bytes: what is not UTF-8 is written as U+FFFD, so that the document
 * is always valid. Depends on core/assert.h, core/err.h, core/number.h, core/utf8.h.
 *
 *     struct roost_json_writer w;
 *     roost_json_begin(&w, buffer, sizeof buffer);
 *     roost_json_object(&w);
 *     roost_json_put_milli(&w, "position", 42500);
 *     roost_json_end(&w);
 *     int len = roost_json_finish(&w);       -> {"position":42.5}
 */
#ifndef ROOST_CORE_JSON_WRITE_H
#define ROOST_CORE_JSON_WRITE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roost_json_writer {
    char *out;
    size_t size, len;
    uint32_t arrays; /* bit d set: level d is an array */
    uint8_t depth;
    bool comma, failed; /* failed: did not fit, nested deeper than 31, or not a number of ours */
};

void roost_json_begin(struct roost_json_writer *w, char *out, size_t size);
void roost_json_object(struct roost_json_writer *w);
void roost_json_array(struct roost_json_writer *w);
void roost_json_end(struct roost_json_writer *w); /* closes the innermost object or array */
void roost_json_key(struct roost_json_writer *w, const char *key);
void roost_json_str(struct roost_json_writer *w, const char *text); /* NULL writes null */
void roost_json_strn(struct roost_json_writer *w, const char *text, size_t len);

/* A string in pieces of whole characters. */
void roost_json_str_begin(struct roost_json_writer *w);
void roost_json_str_piece(struct roost_json_writer *w, const char *text, size_t len);
void roost_json_str_end(struct roost_json_writer *w);

void roost_json_int(struct roost_json_writer *w, int64_t value);
void roost_json_uint(struct roost_json_writer *w, uint64_t value);
void roost_json_milli(struct roost_json_writer *w, int64_t thousandths); /* 25500 -> 25.5 */
/* |value| < 9e12, 0..6 decimals. */
void roost_json_double(struct roost_json_writer *w, double value, unsigned decimals);
void roost_json_bool(struct roost_json_writer *w, bool value);
void roost_json_null(struct roost_json_writer *w);
void roost_json_raw(struct roost_json_writer *w, const char *json, size_t len); /* one value */

/* A member: its key, then the value as above (object and array: its opening bracket). */
void roost_json_put_object(struct roost_json_writer *w, const char *key);
void roost_json_put_array(struct roost_json_writer *w, const char *key);
void roost_json_put_str(struct roost_json_writer *w, const char *key, const char *text);
void roost_json_put_strn(struct roost_json_writer *w, const char *key, const char *text,
                         size_t len);
void roost_json_put_int(struct roost_json_writer *w, const char *key, int64_t value);
void roost_json_put_uint(struct roost_json_writer *w, const char *key, uint64_t value);
void roost_json_put_milli(struct roost_json_writer *w, const char *key, int64_t thousandths);
void roost_json_put_double(struct roost_json_writer *w, const char *key, double value,
                           unsigned decimals);
void roost_json_put_bool(struct roost_json_writer *w, const char *key, bool value);
void roost_json_put_null(struct roost_json_writer *w, const char *key);
void roost_json_put_raw(struct roost_json_writer *w, const char *key, const char *json, size_t len);

/* NUL-terminates. Returns the length, or ROOST_ERR_TOO_LONG with an empty text. */
int roost_json_finish(struct roost_json_writer *w);

#endif
