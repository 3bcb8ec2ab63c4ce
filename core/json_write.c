/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_write.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"

enum { DEPTH_MAX = 31 }; /* a bit of `arrays` for each level, and level 0 */

/* Once something did not fit nothing is added: a document with a hole may look like a whole one. */
static void put(struct roost_json_writer *w, const char *text, size_t len)
{
    if (w->failed || len >= w->size - w->len) { /* one byte stays for the NUL */
        w->failed = true;
        return;
    }
    memcpy(w->out + w->len, text, len);
    w->len += len;
}

static void put_char(struct roost_json_writer *w, char c)
{
    put(w, &c, 1);
}

/* A value, or a key, begins: what came before it decides on the comma. */
static void separate(struct roost_json_writer *w)
{
    if (w->comma)
        put_char(w, ',');
    w->comma = true;
}

void roost_json_begin(struct roost_json_writer *w, char *out, size_t size)
{
    memset(w, 0, sizeof *w);
    w->out = out;
    w->size = size;
    w->failed = size == 0;
}

static void begin_container(struct roost_json_writer *w, bool array)
{
    separate(w);
    put_char(w, array ? '[' : '{');
    w->comma = false;
    if (w->depth == DEPTH_MAX) {
        w->failed = true;
        return;
    }
    w->depth++;
    w->arrays = (w->arrays & ~(UINT32_C(1) << w->depth)) | (uint32_t)array << w->depth;
}

void roost_json_object(struct roost_json_writer *w)
{
    begin_container(w, false);
}

void roost_json_array(struct roost_json_writer *w)
{
    begin_container(w, true);
}

void roost_json_end(struct roost_json_writer *w)
{
    ROOST_ASSERT(w->depth > 0 || w->failed);
    if (w->depth == 0)
        return;
    put_char(w, w->arrays >> w->depth & 1 ? ']' : '}');
    w->depth--;
    w->comma = true;
}

/* One escaped character; a byte that is not UTF-8 becomes U+FFFD. Returns the bytes taken. */
static size_t put_special(struct roost_json_writer *w, const char *p, const char *end)
{
    static const char specials[] = "\"\\\b\f\n\r\t", letters[] = "\"\\bfnrt";
    static const char hex[] = "0123456789abcdef";
    unsigned char c = (unsigned char)*p;
    size_t len = roost_utf8_len(p, end);
    const char *special = c ? strchr(specials, *p) : NULL;
    if (special) {
        put_char(w, '\\');
        put_char(w, letters[special - specials]);
    } else if (c < ' ') {
        put(w, "\\u00", 4);
        put_char(w, hex[c >> 4]);
        put_char(w, hex[c & 15]);
    } else if (len == 0) {
        put(w, "\xEF\xBF\xBD", 3);
    } else {
        put(w, p, len);
    }
    return len ? len : 1;
}

void roost_json_str_piece(struct roost_json_writer *w, const char *text, size_t len)
{
    const char *p = text, *end = text + len;
    while (p < end) {
        const char *plain = p;
        while (p < end && *p >= ' ' && *p <= '~' && *p != '"' && *p != '\\')
            p++;
        if (p > plain)
            put(w, plain, (size_t)(p - plain));
        else
            p += put_special(w, p, end);
    }
}

void roost_json_str_begin(struct roost_json_writer *w)
{
    separate(w);
    put_char(w, '"');
}

void roost_json_str_end(struct roost_json_writer *w)
{
    put_char(w, '"');
}

void roost_json_key(struct roost_json_writer *w, const char *key)
{
    roost_json_strn(w, key, strlen(key));
    put_char(w, ':');
    w->comma = false;
}

void roost_json_strn(struct roost_json_writer *w, const char *text, size_t len)
{
    roost_json_str_begin(w);
    roost_json_str_piece(w, text, len);
    roost_json_str_end(w);
}

void roost_json_str(struct roost_json_writer *w, const char *text)
{
    if (text)
        roost_json_strn(w, text, strlen(text));
    else
        roost_json_null(w);
}

void roost_json_raw(struct roost_json_writer *w, const char *json, size_t len)
{
    separate(w);
    put(w, json, len);
}

void roost_json_int(struct roost_json_writer *w, int64_t value)
{
    char text[ROOST_NUMBER_MAX];
    roost_json_raw(w, text, roost_write_scaled(text, value, 0));
}

void roost_json_uint(struct roost_json_writer *w, uint64_t value)
{
    char text[ROOST_NUMBER_MAX];
    roost_json_raw(w, text, roost_write_uint64(text, value));
}

void roost_json_milli(struct roost_json_writer *w, int64_t thousandths)
{
    char text[ROOST_NUMBER_MAX];
    roost_json_raw(w, text, roost_write_scaled(text, thousandths, 3));
}

void roost_json_double(struct roost_json_writer *w, double value, unsigned decimals)
{
    char text[ROOST_NUMBER_MAX];
    if (value > -9e12 && value < 9e12) /* what roost_write_double takes; false for NaN */
        roost_json_raw(w, text, roost_write_double(text, value, decimals));
    else
        w->failed = true;
}

void roost_json_bool(struct roost_json_writer *w, bool value)
{
    roost_json_raw(w, value ? "true" : "false", value ? 4 : 5);
}

void roost_json_null(struct roost_json_writer *w)
{
    roost_json_raw(w, "null", 4);
}

/* ---- members ---- */

void roost_json_put_object(struct roost_json_writer *w, const char *key)
{
    roost_json_key(w, key);
    roost_json_object(w);
}

void roost_json_put_array(struct roost_json_writer *w, const char *key)
{
    roost_json_key(w, key);
    roost_json_array(w);
}

void roost_json_put_str(struct roost_json_writer *w, const char *key, const char *text)
{
    roost_json_key(w, key);
    roost_json_str(w, text);
}

void roost_json_put_strn(struct roost_json_writer *w, const char *key, const char *text, size_t len)
{
    roost_json_key(w, key);
    roost_json_strn(w, text, len);
}

void roost_json_put_int(struct roost_json_writer *w, const char *key, int64_t value)
{
    roost_json_key(w, key);
    roost_json_int(w, value);
}

void roost_json_put_uint(struct roost_json_writer *w, const char *key, uint64_t value)
{
    roost_json_key(w, key);
    roost_json_uint(w, value);
}

void roost_json_put_milli(struct roost_json_writer *w, const char *key, int64_t thousandths)
{
    roost_json_key(w, key);
    roost_json_milli(w, thousandths);
}

void roost_json_put_double(struct roost_json_writer *w, const char *key, double value,
                           unsigned decimals)
{
    roost_json_key(w, key);
    roost_json_double(w, value, decimals);
}

void roost_json_put_bool(struct roost_json_writer *w, const char *key, bool value)
{
    roost_json_key(w, key);
    roost_json_bool(w, value);
}

void roost_json_put_null(struct roost_json_writer *w, const char *key)
{
    roost_json_key(w, key);
    roost_json_null(w);
}

void roost_json_put_raw(struct roost_json_writer *w, const char *key, const char *json, size_t len)
{
    roost_json_key(w, key);
    roost_json_raw(w, json, len);
}

int roost_json_finish(struct roost_json_writer *w)
{
    ROOST_ASSERT(w->failed || w->depth == 0);
    if (w->failed) {
        if (w->size > 0)
            w->out[0] = '\0';
        return ROOST_ERR_TOO_LONG;
    }
    w->out[w->len] = '\0';
    return (int)w->len;
}
