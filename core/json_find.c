/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_read.h"

#include <string.h>

#include "core/err.h"
#include "core/json_escape.h"
#include "core/number.h"

static bool exists(const struct roost_json *doc, int index)
{
    return index >= 0 && (size_t)index < doc->count;
}

/* The token after the value at `index` and all inside it. */
static int after(const struct roost_json *doc, int index)
{
    uint32_t end = doc->tokens[index].end;
    do
        index++;
    while ((size_t)index < doc->count && doc->tokens[index].start < end);
    return index;
}

int roost_json_next(const struct roost_json *doc, int index)
{
    return exists(doc, index) ? after(doc, index) : ROOST_ERR_NOT_FOUND;
}

/* Does the key token spell `key` once its escapes are resolved? */
static bool key_is(const struct roost_json *doc, int index, const char *key, size_t key_len)
{
    const struct roost_json_token *t = &doc->tokens[index];
    const char *p = doc->text + t->start, *end = doc->text + t->end;
    if (!t->escaped)
        return (size_t)(end - p) == key_len && memcmp(p, key, key_len) == 0;
    while (p < end) {
        char bytes[4];
        size_t n = roost_json_take_character(&p, end, bytes);
        if (n > key_len || memcmp(bytes, key, n) != 0)
            return false;
        key += n;
        key_len -= n;
    }
    return key_len == 0;
}

int roost_json_find(const struct roost_json *doc, int object, const char *key)
{
    size_t key_len = strlen(key);
    if (roost_json_type(doc, object) != ROOST_JSON_OBJECT)
        return ROOST_ERR_NOT_FOUND;
    int i = object + 1;
    for (size_t n = roost_json_size(doc, object); n > 0; n--, i = after(doc, i + 1))
        if (key_is(doc, i, key, key_len))
            return i + 1;
    return ROOST_ERR_NOT_FOUND;
}

int roost_json_at(const struct roost_json *doc, int array, size_t n)
{
    if (n >= roost_json_size(doc, array))
        return ROOST_ERR_NOT_FOUND;
    bool object = roost_json_type(doc, array) == ROOST_JSON_OBJECT;
    int i = array + 1;
    for (; n > 0; n--)
        i = after(doc, object ? i + 1 : i);
    return i;
}

enum roost_json_type roost_json_type(const struct roost_json *doc, int index)
{
    return exists(doc, index) ? (enum roost_json_type)doc->tokens[index].type : ROOST_JSON_NULL;
}

size_t roost_json_size(const struct roost_json *doc, int index)
{
    if (!exists(doc, index))
        return 0;
    const struct roost_json_token *t = &doc->tokens[index];
    return t->type == ROOST_JSON_OBJECT ? t->inside / 2 : t->inside;
}

const char *roost_json_text(const struct roost_json *doc, int index, size_t *len)
{
    *len = 0;
    if (!exists(doc, index))
        return NULL;
    const struct roost_json_token *t = &doc->tokens[index];
    *len = t->end - t->start;
    return doc->text + t->start;
}

/* ---- typed members ---- */

/* The text of member `key` when it has the wanted type. */
static int member(const struct roost_json *doc, int object, const char *key,
                  enum roost_json_type type, const char **text, size_t *len)
{
    int index = roost_json_find(doc, object, key);
    if (index < 0)
        return index;
    if (roost_json_type(doc, index) != type)
        return ROOST_ERR_INVALID;
    *text = roost_json_text(doc, index, len);
    return ROOST_OK;
}

int roost_json_get_double(const struct roost_json *doc, int object, const char *key, double *out)
{
    const char *text;
    size_t len;
    int err = member(doc, object, key, ROOST_JSON_NUMBER, &text, &len);
    return err ? err : roost_parse_double(text, len, out);
}

int roost_json_get_int64(const struct roost_json *doc, int object, const char *key, int64_t *out)
{
    const char *text;
    size_t len;
    int err = member(doc, object, key, ROOST_JSON_NUMBER, &text, &len);
    return err ? err : roost_parse_int64(text, len, out);
}

int roost_json_get_uint64(const struct roost_json *doc, int object, const char *key, uint64_t *out)
{
    const char *text;
    size_t len;
    int err = member(doc, object, key, ROOST_JSON_NUMBER, &text, &len);
    return err ? err : roost_parse_uint64(text, len, out);
}

int roost_json_get_bool(const struct roost_json *doc, int object, const char *key, bool *out)
{
    const char *text;
    size_t len;
    int err = member(doc, object, key, ROOST_JSON_BOOL, &text, &len);
    if (!err)
        *out = *text == 't';
    return err;
}

int roost_json_string(const struct roost_json *doc, int index, char *out, size_t size)
{
    size_t raw_len;
    const char *text = roost_json_text(doc, index, &raw_len);
    if (roost_json_type(doc, index) != ROOST_JSON_STRING)
        return text ? ROOST_ERR_INVALID : ROOST_ERR_NOT_FOUND;
    if (size == 0)
        return ROOST_ERR_TOO_LONG;
    int len = roost_json_unescape(out, size - 1, text, raw_len);
    if (len < 0)
        return len;
    out[len] = '\0';
    return ROOST_OK;
}

int roost_json_get_string(const struct roost_json *doc, int object, const char *key, char *out,
                          size_t size)
{
    int index = roost_json_find(doc, object, key);
    return index < 0 ? index : roost_json_string(doc, index, out, size);
}

int roost_json_get_raw(const struct roost_json *doc, int object, const char *key, const char **text,
                       size_t *len)
{
    int index = roost_json_find(doc, object, key);
    if (index < 0)
        return index;
    *text = roost_json_text(doc, index, len);
    return ROOST_OK;
}
