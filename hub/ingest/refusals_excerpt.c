/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "hub/ingest/refusals.h"

enum { RUN_MAX = 24, NAME_MAX_BYTES = 32, LOOK_MAX = 512 };

struct excerpt {
    char *out;
    size_t len;
};

static bool put(struct excerpt *e, const char *text, size_t len)
{
    if (e->len + len > REFUSALS_EXCERPT_MAX)
        return false;
    memcpy(e->out + e->len, text, len);
    e->len += len;
    return true;
}

static bool put_byte(struct excerpt *e, char c)
{
    char escaped[5];

    if (c >= ' ' && c < 0x7F)
        return put(e, &c, 1);
    snprintf(escaped, sizeof escaped, "\\x%02X", (unsigned)(unsigned char)c);
    return put(e, escaped, 4);
}

/* How many bytes from here on could be of base64 or hexadecimal: sound, keys, tokens. */
static size_t run_len(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len &&
           ((text[n] >= '0' && text[n] <= '9') || (text[n] >= 'a' && text[n] <= 'z') ||
            (text[n] >= 'A' && text[n] <= 'Z') || strchr("+/=_-", text[n])) &&
           text[n] != '\0')
        n++;
    return n;
}

/* Whether a member name that ends before this quote is a secret's: its value is the next text. */
static bool names_secret(const char *payload, size_t quote)
{
    char name[NAME_MAX_BYTES + 1];
    size_t start = quote;

    while (start > 0 && payload[start - 1] != '"')
        start--;
    size_t len = quote - start;
    if (start == 0 || len == 0 || len > NAME_MAX_BYTES)
        return false;
    memcpy(name, payload + start, len);
    name[len] = '\0';
    return roost_log_is_secret(name) != 0;
}

/* The length of what stands between a secret's name and the end of its value; 0: there is none. */
static size_t value_len(const char *text, size_t len)
{
    size_t at = 0;

    while (at < len && (text[at] == ' ' || text[at] == '\t'))
        at++;
    if (at == len || text[at] != ':')
        return 0;
    for (at++; at < len && (text[at] == ' ' || text[at] == '\t');)
        at++;
    bool quoted = at < len && text[at] == '"';
    for (at += quoted; at < len; at++) {
        if (quoted ? text[at] == '"' : text[at] == ',' || text[at] == '}')
            break;
        at += text[at] == '\\' && at + 1 < len;
    }
    return quoted && at < len ? at + 1 : at;
}

void refusals_excerpt(char out[REFUSALS_EXCERPT_MAX + 1], const char *payload, size_t len)
{
    struct excerpt e = {.out = out};
    size_t at = 0;

    if (!payload)
        len = 0;
    if (len > LOOK_MAX)
        len = LOOK_MAX; /* what lies behind cannot be shown anyway */
    while (at < len) {
        size_t run = run_len(payload + at, len - at);
        bool fits;
        if (run > RUN_MAX) {
            fits = put(&e, "...", 3);
            at += run;
        } else if (run > 0) {
            fits = put(&e, payload + at, run);
            at += run;
        } else {
            bool secret = payload[at] == '"' && names_secret(payload, at);
            fits = put_byte(&e, payload[at++]);
            size_t skipped = secret ? value_len(payload + at, len - at) : 0;
            if (skipped > 0)
                fits = fits && put(&e, ":***", 4);
            at += skipped;
        }
        if (!fits)
            break;
    }
    out[e.len] = '\0';
}
