/* SPDX-License-Identifier: Apache-2.0 */
#define JSMN_STATIC
#define JSMN_STRICT
#define JSMN_PARENT_LINKS
#include <jsmn.h>

#include "core/json_read.h"

#include <limits.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/number.h"
#include "core/utf8.h"

_Static_assert(sizeof(struct roost_json_token) == sizeof(jsmntok_t),
               "an array of one is one of both");

/* ---- strict check -----------------------------------------------------------------------------
 */

/* The walk over the tokens: what stands between them has to be exactly the punctuation RFC 8259
 * asks for, and each has to be well-formed inside. */
struct check {
    const struct roost_json *doc;
    size_t pos, len;
    int open[ROOST_JSON_DEPTH_MAX]; /* containers around pos, innermost last */
    int depth;
    bool first;     /* right after an opening bracket: no comma is due */
    bool value_due; /* after a key */
};

static const jsmntok_t *token(const struct roost_json *doc, int index)
{
    return &doc->tokens[index].jsmn;
}

static void skip_space(struct check *c)
{
    const char *text = c->doc->text;
    while (c->pos < c->len && (text[c->pos] == ' ' || text[c->pos] == '\t' ||
                               text[c->pos] == '\n' || text[c->pos] == '\r'))
        c->pos++;
}

static bool expect(struct check *c, char wanted)
{
    skip_space(c);
    if (c->pos == c->len || c->doc->text[c->pos] != wanted)
        return false;
    c->pos++;
    return true;
}

static int32_t hex4(const char *p, const char *end)
{
    int32_t value = 0;
    if (end - p < 4)
        return -1;
    for (int i = 0; i < 4; i++) {
        int digit = roost_hex_digit(p[i]);
        if (digit < 0)
            return -1;
        value = value << 4 | digit;
    }
    return value;
}

/* Reads the escape at p ("\n", "\u20ac", a surrogate pair). Returns its bytes, or 0 when it is bad.
 */
static size_t take_escape(const char *p, const char *end, uint32_t *character)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (end - p < 2)
        return 0;
    if (p[1] != 'u') {
        const char *letter = p[1] ? strchr(letters, p[1]) : NULL;
        if (letter == NULL)
            return 0;
        *character = (unsigned char)meanings[letter - letters];
        return 2;
    }
    int32_t high = hex4(p + 2, end);
    if (high < 0 || (high & 0xFC00) == 0xDC00)
        return 0;
    *character = (uint32_t)high;
    if ((high & 0xFC00) != 0xD800)
        return 6;
    if (end - p < 12 || p[6] != '\\' || p[7] != 'u')
        return 0;
    int32_t low = hex4(p + 8, end);
    if (low < 0 || (low & 0xFC00) != 0xDC00)
        return 0;
    *character = 0x10000 + (((uint32_t)high & 0x3FF) << 10 | ((uint32_t)low & 0x3FF));
    return 12;
}

/* Eight bytes that are all printable ASCII and no backslash: the bulk of a long base64 string. */
static bool plain8(const char *p)
{
    const uint64_t ones = UINT64_C(0x0101010101010101), high = ones << 7;
    uint64_t word, slash;
    memcpy(&word, p, sizeof word);
    slash = word ^ ones * '\\';
    return ((word | (word - ones * ' ') | (slash - ones)) & high) == 0;
}

static bool string_is_good(const char *p, const char *end)
{
    while (p < end) {
        size_t len;
        uint32_t character;
        while (end - p >= 8 && plain8(p))
            p += 8;
        if (p == end)
            break;
        if (*p == '\\')
            len = take_escape(p, end, &character);
        else if ((unsigned char)*p < ' ')
            len = 0;
        else
            len = roost_utf8_len(p, end);
        if (len == 0)
            return false;
        p += len;
    }
    return true;
}

static bool is_word(const char *text, size_t len, const char *word)
{
    return strlen(word) == len && memcmp(text, word, len) == 0;
}

static bool primitive_is_good(const char *text, size_t len)
{
    double number;
    return is_word(text, len, "true") || is_word(text, len, "false") ||
           is_word(text, len, "null") ||
           roost_parse_double(text, len, &number) != ROOST_ERR_INVALID;
}

static bool close_container(struct check *c)
{
    const jsmntok_t *t = token(c->doc, c->open[c->depth - 1]);
    if (c->value_due || !expect(c, t->type == JSMN_OBJECT ? '}' : ']') || c->pos != (size_t)t->end)
        return false;
    c->depth--;
    c->first = false;
    return true;
}

/* The punctuation before token `index`: nothing, a comma or a colon. */
static bool separator_is_good(struct check *c, int index)
{
    if (index == ROOST_JSON_ROOT)
        return true;
    if (c->depth == 0)
        return false;
    if (c->value_due)
        return expect(c, ':');
    return c->first || expect(c, ',');
}

static bool token_is_good(struct check *c, int index)
{
    const jsmntok_t *t = token(c->doc, index);
    const char *text = c->doc->text;
    bool in_object = c->depth > 0 && token(c->doc, c->open[c->depth - 1])->type == JSMN_OBJECT;

    if (!separator_is_good(c, index))
        return false;
    skip_space(c);
    if (c->pos + (t->type == JSMN_STRING) != (size_t)t->start)
        return false;
    c->first = false;
    c->value_due = in_object && !c->value_due;
    if (c->value_due && t->type != JSMN_STRING)
        return false;

    switch (t->type) {
    case JSMN_STRING:
        c->pos = (size_t)t->end + 1;
        return string_is_good(text + t->start, text + t->end);
    case JSMN_PRIMITIVE:
        c->pos = (size_t)t->end;
        return primitive_is_good(text + t->start, (size_t)(t->end - t->start));
    default:
        if (c->depth == ROOST_JSON_DEPTH_MAX)
            return false;
        c->open[c->depth++] = index;
        c->first = true;
        c->pos++;
        return true;
    }
}

static bool document_is_good(const struct roost_json *doc, size_t len)
{
    struct check c = {.doc = doc, .len = len};
    for (int i = 0; i < (int)doc->count; i++) {
        while (c.depth > 0 && token(doc, i)->start >= token(doc, c.open[c.depth - 1])->end)
            if (!close_container(&c))
                return false;
        if (!token_is_good(&c, i))
            return false;
    }
    while (c.depth > 0)
        if (!close_container(&c))
            return false;
    skip_space(&c);
    return c.pos == len;
}

/* ---- parsing ------------------------------------------------------------------------------------
 */

/* jsmn takes a number or word only inside an array or object. */
static int tokenise_bare_value(jsmntok_t *t, const char *text, size_t start, size_t len)
{
    size_t end = len;
    while (end > start && (text[end - 1] == ' ' || text[end - 1] == '\t' || text[end - 1] == '\n' ||
                           text[end - 1] == '\r'))
        end--;
    jsmn_fill_token(t, JSMN_PRIMITIVE, (int)start, (int)end);
    return 1;
}

int roost_json_parse(struct roost_json *doc, struct roost_json_token *tokens, size_t token_count,
                     const char *text, size_t len)
{
    jsmn_parser parser;
    struct check start = {.doc = doc, .len = len};
    int count;

    doc->text = text;
    doc->tokens = tokens;
    doc->count = 0;
    if (len > INT_MAX - 1 || token_count == 0)
        return ROOST_ERR_TOO_LONG;
    skip_space(&start);
    if (start.pos == len)
        return ROOST_ERR_TRUNCATED;
    jsmn_init(&parser);
    if (strchr("{[\"", text[start.pos]) != NULL)
        count = jsmn_parse(&parser, text, len, &tokens->jsmn, (unsigned)token_count);
    else
        count = tokenise_bare_value(&tokens->jsmn, text, start.pos, len);
    if (count == JSMN_ERROR_NOMEM)
        return ROOST_ERR_TOO_LONG;
    if (count == JSMN_ERROR_PART) {
        /* jsmn takes a NUL for the end, and a number after a whole document for an unfinished one.
         */
        bool whole = parser.toknext > 0 && tokens->jsmn.end >= 0;
        return whole || memchr(text, 0, len) ? ROOST_ERR_INVALID : ROOST_ERR_TRUNCATED;
    }
    if (count < 0)
        return ROOST_ERR_INVALID;
    doc->count = (size_t)count;
    if (!document_is_good(doc, len)) {
        doc->count = 0;
        return ROOST_ERR_INVALID;
    }
    return ROOST_OK;
}

/* ---- looking up ---- */

static bool exists(const struct roost_json *doc, int index)
{
    return index >= 0 && (size_t)index < doc->count;
}

/* The token after the value at `index` and all inside it. */
static int after(const struct roost_json *doc, int index)
{
    int end = token(doc, index)->end, next = index + 1;
    while ((size_t)next < doc->count && token(doc, next)->start < end)
        next++;
    return next;
}

/* Takes the next character of a checked string, its escape resolved. Returns its bytes. */
static size_t take_character(const char **p, const char *end, char bytes[4])
{
    uint32_t character = 0;
    if (**p != '\\') {
        bytes[0] = *(*p)++;
        return 1;
    }
    *p += take_escape(*p, end, &character);
    return roost_utf8_write(bytes, character);
}

/* Unescapes into out (NULL: only measures). Returns the length, or ROOST_ERR_INVALID for \u0000. */
static int unescape(const char *p, const char *end, char *out)
{
    int len = 0;
    while (p < end) {
        char bytes[4];
        size_t n = take_character(&p, end, bytes);
        if (bytes[0] == '\0')
            return ROOST_ERR_INVALID;
        if (out)
            memcpy(out + len, bytes, n);
        len += (int)n;
    }
    return len;
}

/* Does the key token spell `key` once its escapes are resolved? */
static bool key_is(const struct roost_json *doc, int index, const char *key, size_t key_len)
{
    const jsmntok_t *t = token(doc, index);
    const char *p = doc->text + t->start, *end = doc->text + t->end;
    if (memchr(p, '\\', (size_t)(end - p)) == NULL)
        return (size_t)(end - p) == key_len && memcmp(p, key, key_len) == 0;
    while (p < end) {
        char bytes[4];
        size_t n = take_character(&p, end, bytes);
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
    if (!exists(doc, object) || token(doc, object)->type != JSMN_OBJECT)
        return ROOST_ERR_NOT_FOUND;
    int end = token(doc, object)->end;
    for (int i = object + 1; exists(doc, i) && token(doc, i)->start < end; i = after(doc, i + 1))
        if (key_is(doc, i, key, key_len))
            return i + 1;
    return ROOST_ERR_NOT_FOUND;
}

int roost_json_at(const struct roost_json *doc, int array, size_t n)
{
    if (n >= roost_json_size(doc, array))
        return ROOST_ERR_NOT_FOUND;
    bool object = token(doc, array)->type == JSMN_OBJECT;
    int i = array + 1;
    for (; n > 0; n--)
        i = after(doc, object ? i + 1 : i);
    return i;
}

enum roost_json_type roost_json_type(const struct roost_json *doc, int index)
{
    if (!exists(doc, index))
        return ROOST_JSON_NULL;
    const jsmntok_t *t = token(doc, index);
    if (t->type == JSMN_OBJECT)
        return ROOST_JSON_OBJECT;
    if (t->type == JSMN_ARRAY)
        return ROOST_JSON_ARRAY;
    if (t->type == JSMN_STRING)
        return ROOST_JSON_STRING;
    switch (doc->text[t->start]) {
    case 'n':
        return ROOST_JSON_NULL;
    case 't':
    case 'f':
        return ROOST_JSON_BOOL;
    default:
        return ROOST_JSON_NUMBER;
    }
}

size_t roost_json_size(const struct roost_json *doc, int index)
{
    enum roost_json_type type = roost_json_type(doc, index);
    if (type != ROOST_JSON_ARRAY && type != ROOST_JSON_OBJECT)
        return 0;
    return (size_t)token(doc, index)->size;
}

const char *roost_json_text(const struct roost_json *doc, int index, size_t *len)
{
    *len = 0;
    if (!exists(doc, index))
        return NULL;
    *len = (size_t)(token(doc, index)->end - token(doc, index)->start);
    return doc->text + token(doc, index)->start;
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

int roost_json_unescape(char *out, size_t size, const char *text, size_t len)
{
    int count = unescape(text, text + len, NULL);
    if (count < 0)
        return count;
    return (size_t)count > size ? ROOST_ERR_TOO_LONG : unescape(text, text + len, out);
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
