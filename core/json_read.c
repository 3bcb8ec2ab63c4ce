/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_read.h"

#include <string.h>

#include "core/err.h"
#include "core/json_escape.h"
#include "core/number.h"
#include "core/utf8.h"

/* What has to come next. */
enum due {
    DUE_VALUE,       /* at the start, and after a colon */
    DUE_FIRST,       /* after an opening bracket: a value or key, or the closing bracket */
    DUE_NEXT,        /* after a comma: a value or key */
    DUE_COLON,       /* after a key */
    DUE_COMMA,       /* after a value: a comma, or the closing bracket */
    DUE_NOTHING_MORE /* after the whole document */
};

/* The one pass. While a container is open its token's `end` is the index of the one around it. */
struct reader {
    struct roost_json *doc;
    struct roost_json_token *tokens;
    size_t token_count;
    const char *p, *end;
    struct roost_json_token *open; /* the innermost container, when depth > 0 */
    int depth;
    enum due due;
};

/* ---- scalars ---- */

static bool is_plain(char c)
{
    return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

/* As many bytes as a machine word has, all of them ASCII, and no quote, backslash or control
 * character among them: the bulk of a long base64 string. */
static bool word_is_plain(const char *p)
{
    const size_t ones = SIZE_MAX / 0xFF, high = ones << 7;
    size_t word, quote, slash;
    memcpy(&word, p, sizeof word);
    quote = word ^ ones * '"';
    slash = word ^ ones * '\\';
    return ((word | (word - ones * ' ') | (quote - ones) | (slash - ones)) & high) == 0;
}

/* From after the opening quote to the closing one. */
static int take_string(struct reader *r, struct roost_json_token *t)
{
    const char *p = r->p, *end = r->end;
    for (;;) {
        uint32_t character;
        size_t len;
        while ((size_t)(end - p) >= sizeof(size_t) && word_is_plain(p))
            p += sizeof(size_t);
        while (p < end && is_plain(*p))
            p++;
        r->p = p;
        if (p == end)
            return ROOST_ERR_TRUNCATED;
        if (*p == '"')
            return ROOST_OK;
        if ((unsigned char)*p < ' ')
            return ROOST_ERR_INVALID;
        if (*p == '\\') {
            t->escaped = true;
            len = roost_json_take_escape(p, end, &character);
        } else {
            len = roost_utf8_len(p, end);
        }
        if (len == 0)
            return memchr(p, '"', (size_t)(end - p)) ? ROOST_ERR_INVALID : ROOST_ERR_TRUNCATED;
        p += len;
    }
}

/* The end of the word, or NULL. */
static const char *word_end(const char *p, const char *end, const char *word)
{
    size_t len = strlen(word);
    return (size_t)(end - p) >= len && memcmp(p, word, len) == 0 ? p + len : NULL;
}

/* A number, true, false or null. One that is cut at the end of the text is told from a bad one only
 * inside a container: alone, it has no end but the text's. */
static int take_primitive(struct reader *r, struct roost_json_token *t)
{
    const char *stop;
    t->type = ROOST_JSON_BOOL;
    switch (*r->p) {
    case 't':
        stop = word_end(r->p, r->end, "true");
        break;
    case 'f':
        stop = word_end(r->p, r->end, "false");
        break;
    case 'n':
        t->type = ROOST_JSON_NULL;
        stop = word_end(r->p, r->end, "null");
        break;
    default:
        t->type = ROOST_JSON_NUMBER;
        stop = roost_number_end(r->p, r->end);
    }
    if (stop) {
        r->p = stop;
        return ROOST_OK;
    }
    while (r->p < r->end && !strchr(",]} \t\r\n", *r->p))
        r->p++;
    return r->p == r->end && r->depth > 0 ? ROOST_ERR_TRUNCATED : ROOST_ERR_INVALID;
}

/* ---- structure ---- */

static void skip_space(struct reader *r)
{
    while (r->p < r->end && (*r->p == ' ' || *r->p == '\t' || *r->p == '\n' || *r->p == '\r'))
        r->p++;
}

static uint32_t offset(const struct reader *r)
{
    return (uint32_t)(r->p - r->doc->text);
}

static void value_ends(struct reader *r)
{
    r->due = r->depth > 0 ? DUE_COMMA : DUE_NOTHING_MORE;
}

static int open_container(struct reader *r, struct roost_json_token *t)
{
    if (r->depth == ROOST_JSON_DEPTH_MAX)
        return ROOST_ERR_INVALID;
    t->type = *r->p == '{' ? ROOST_JSON_OBJECT : ROOST_JSON_ARRAY;
    t->end = (uint32_t)(r->open - r->tokens);
    r->open = t;
    r->depth++;
    r->due = DUE_FIRST;
    r->p++;
    return ROOST_OK;
}

static int close_container(struct reader *r)
{
    struct roost_json_token *t = r->open;
    if (*r->p != (t->type == ROOST_JSON_OBJECT ? '}' : ']'))
        return ROOST_ERR_INVALID;
    r->p++;
    r->open = r->tokens + t->end;
    r->depth--;
    t->end = offset(r);
    value_ends(r);
    return ROOST_OK;
}

static int take_string_token(struct reader *r, struct roost_json_token *t, bool key)
{
    t->type = ROOST_JSON_STRING;
    r->p++;
    t->start = offset(r);
    int err = take_string(r, t);
    if (err)
        return err;
    t->end = offset(r);
    r->p++;
    value_ends(r);
    if (key)
        r->due = DUE_COLON;
    return ROOST_OK;
}

/* A key, or a value with all that is in it but a container's inside. */
static int take_token(struct reader *r)
{
    bool key = r->due != DUE_VALUE && r->open->type == ROOST_JSON_OBJECT;
    if (key && *r->p != '"')
        return ROOST_ERR_INVALID;
    if (r->doc->count == r->token_count)
        return ROOST_ERR_TOO_LONG;
    struct roost_json_token *t = &r->tokens[r->doc->count++];
    memset(t, 0, sizeof *t);
    t->start = offset(r);
    if (r->depth > 0)
        r->open->inside++;
    if (*r->p == '"')
        return take_string_token(r, t, key);
    if (*r->p == '{' || *r->p == '[')
        return open_container(r, t);
    int err = take_primitive(r, t);
    t->end = offset(r);
    value_ends(r);
    return err;
}

static int take(struct reader *r)
{
    switch (r->due) {
    case DUE_NOTHING_MORE:
        return ROOST_ERR_INVALID;
    case DUE_COLON:
        if (*r->p++ != ':')
            return ROOST_ERR_INVALID;
        r->due = DUE_VALUE;
        return ROOST_OK;
    case DUE_COMMA:
        if (*r->p != ',')
            return close_container(r);
        r->p++;
        r->due = DUE_NEXT;
        return ROOST_OK;
    case DUE_FIRST:
        if (*r->p == ']' || *r->p == '}')
            return close_container(r);
        return take_token(r);
    default:
        return take_token(r);
    }
}

int roost_json_parse(struct roost_json *doc, struct roost_json_token *tokens, size_t token_count,
                     const char *text, size_t len)
{
    struct reader r = {.doc = doc,
                       .tokens = tokens,
                       .token_count = token_count,
                       .p = text,
                       .end = text + len,
                       .open = tokens,
                       .due = DUE_VALUE};
    int err = len > ROOST_JSON_LEN_MAX ? ROOST_ERR_TOO_LONG : ROOST_OK;

    *doc = (struct roost_json){.text = text, .tokens = tokens};
    while (!err) {
        skip_space(&r);
        if (r.p < r.end)
            err = take(&r);
        else if (r.due == DUE_NOTHING_MORE)
            return ROOST_OK;
        else
            err = ROOST_ERR_TRUNCATED;
    }
    doc->count = 0;
    return err;
}
