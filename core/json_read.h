/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Reading JSON without a heap: one pass checks the whole document against RFC 8259 and notes where
 * each value stands in a caller's array (json_read.c), then members are looked up (json_find.c).
 * Duplicate keys: the first one counts. Parsing takes time linear in the text. Depends on
 * core/err.h, core/hex.h, core/number.h, core/utf8.h.
 *
 *     struct roost_json doc;
 *     struct roost_json_token tokens[24];
 *     int err = roost_json_parse(&doc, tokens, 24, payload, len);
 *     if (!err) err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "position", &position);
 */
#ifndef ROOST_CORE_JSON_READ_H
#define ROOST_CORE_JSON_READ_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum roost_json_type {
    ROOST_JSON_NULL,
    ROOST_JSON_BOOL,
    ROOST_JSON_NUMBER,
    ROOST_JSON_STRING,
    ROOST_JSON_ARRAY,
    ROOST_JSON_OBJECT
};

enum {
    ROOST_JSON_ROOT = 0,
    ROOST_JSON_DEPTH_MAX = 8,
    ROOST_JSON_LEN_MAX = (1 << 28) - 1 /* so that a token can count all that is in it */
};

/* Where one value or key stands; read it through the functions below. A string's text is without
 * its quotes, a container's with its brackets. */
struct roost_json_token {
    uint32_t start, end;
    uint32_t type : 3;    /* enum roost_json_type */
    uint32_t escaped : 1; /* a string with a backslash in it */
    uint32_t inside : 28; /* what stands directly in a container: values, and keys */
};

struct roost_json {
    const char *text;
    const struct roost_json_token *tokens;
    size_t count;
};

/* Text and tokens are borrowed for as long as `doc` is used. Returns 0; ROOST_ERR_INVALID (bad
 * syntax, bad UTF-8, lone surrogates, control characters, text after the value, nested deeper than
 * ROOST_JSON_DEPTH_MAX), ROOST_ERR_TRUNCATED (ends inside a value), ROOST_ERR_TOO_LONG (more than
 * token_count values, keys included, or than ROOST_JSON_LEN_MAX bytes): the first of them in the
 * text. A parsed `doc` is safe to read with any index and key. */
int roost_json_parse(struct roost_json *doc, struct roost_json_token *tokens, size_t token_count,
                     const char *text, size_t len);

/* Index of the member `key` of object `object`, or ROOST_ERR_NOT_FOUND. */
int roost_json_find(const struct roost_json *doc, int object, const char *key);

/* Index of element `n` of array (or of key n of an object; its value is the index after), or
 * ROOST_ERR_NOT_FOUND. */
int roost_json_at(const struct roost_json *doc, int array, size_t n);

/* What stands after the value at `index` and all inside it: the next element or key, where there is
 * one more. To walk through a container: roost_json_at of 0, then this for each value. */
int roost_json_next(const struct roost_json *doc, int index);

enum roost_json_type roost_json_type(const struct roost_json *doc, int index);
size_t roost_json_size(const struct roost_json *doc, int index); /* elements or members */

/* The value at `index`: its text as written (a string's without the quotes, escapes not resolved;
 * NULL, 0 for an index that does not exist) and a string unescaped as by roost_json_get_string. */
const char *roost_json_text(const struct roost_json *doc, int index, size_t *len);
int roost_json_string(const struct roost_json *doc, int index, char *out, size_t size);

/* The typed getters return 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_INVALID for the wrong type, or the
 * error of the conversion (ROOST_ERR_RANGE, ROOST_ERR_TOO_LONG). On error *out is untouched. */
int roost_json_get_double(const struct roost_json *doc, int object, const char *key, double *out);
int roost_json_get_int64(const struct roost_json *doc, int object, const char *key, int64_t *out);
int roost_json_get_uint64(const struct roost_json *doc, int object, const char *key, uint64_t *out);
int roost_json_get_bool(const struct roost_json *doc, int object, const char *key, bool *out);

/* Unescaped UTF-8 into out, NUL-terminated; a string with \u0000 in it is ROOST_ERR_INVALID. */
int roost_json_get_string(const struct roost_json *doc, int object, const char *key, char *out,
                          size_t size);

/* Resolves the escapes of `text`, the raw text of a string of a parsed document, into out (at most
 * size bytes, no NUL). Returns their count, ROOST_ERR_TOO_LONG, or ROOST_ERR_INVALID for \u0000. */
int roost_json_unescape(char *out, size_t size, const char *text, size_t len);

/* The raw text of a value as written (strings without quotes, escapes not resolved). */
int roost_json_get_raw(const struct roost_json *doc, int object, const char *key, const char **text,
                       size_t *len);

#endif
