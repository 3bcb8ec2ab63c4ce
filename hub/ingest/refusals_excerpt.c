/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "hub/ingest/refusals.h"

enum { RUN_MAX = 24, LOOK_MAX = 512, NAME_MAX_BYTES = 64 };

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

static bool is_word(char c)
{
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
           c == '-' || c == '.' || c == '\\';
}

static size_t word_len(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && is_word(text[n]))
        n++;
    return n;
}

/* Names that people give to secrets, as parts of a longer one: wifiPassword, api-key. What is
 * hidden without need is seen at the device; a letter that is written as an escape could be any. */
static bool holds_name(const char *word, size_t len)
{
    static const char *const parts[] = {"pass", "pwd",  "psk",  "secret", "token", "key",
                                        "hmac", "auth", "cred", "child",  "jwt"};

    for (size_t at = 0; at < len; at++) {
        if (word[at] == '\\' && at + 1 < len && word[at + 1] == 'u')
            return true;
        for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
            size_t part = strlen(parts[i]);
            if (part <= len - at && strncasecmp(word + at, parts[i], part) == 0)
                return true;
        }
    }
    return false;
}

/* The same for a word that a value follows: any escape in it makes it suspect. */
static bool names_secret(const char *word, size_t len)
{
    return memchr(word, '\\', len) || holds_name(word, len);
}

static size_t blanks(const char *text, size_t len)
{
    size_t n = 0;

    while (n < len && (text[n] == ' ' || (text[n] >= '\t' && text[n] <= '\r')))
        n++;
    return n;
}

/* The length of what stands between a name and its value, to the sign included; 0: it has none. */
static size_t sign_len(const char *text, size_t len)
{
    size_t at = len > 0 && (text[0] == '"' || text[0] == '\'');

    at += blanks(text + at, len - at);
    return at < len && (text[at] == ':' || text[at] == '=') ? at + 1 : 0;
}

/* A value to its end; of a list, an object or a text of several lines all that follows. */
static size_t value_len(const char *text, size_t len)
{
    size_t at = blanks(text, len);

    if (at == len || strchr("[{|>", text[at]))
        return len;
    char quote = text[at] == '"' || text[at] == '\'' ? text[at] : '\0';
    for (at += quote != '\0'; at < len; at++) {
        if (quote ? text[at] == quote : strchr(",}&;\n", text[at]) && text[at])
            break;
        at += text[at] == '\\' && at + 1 < len;
    }
    return quote && at < len ? at + 1 : at;
}

/* User and password of a URL that goes on here, to the @ included; 0: none. */
static size_t user_len(const char *text, size_t len)
{
    size_t user = 0;

    if (len < 3 || memcmp(text, "://", 3) != 0)
        return 0;
    for (size_t at = 3; at < len && text[at] > ' ' && text[at] != '"' && text[at] != '\''; at++)
        user = text[at] == '@' ? at + 1 : user;
    return user;
}

/* ---- names without a sign: ["password","x"], password x, {"name":"password","value":"x"} ---- */

/* Whether the payload has a word here that names a secret and no value of its own. What is longer
 * than names are is bulk, and holds any letters. */
static bool is_mention(const char *payload, size_t at, size_t len, size_t *word)
{
    if (at > 0 && is_word(payload[at - 1]))
        return false;
    *word = word_len(payload + at, len - at);
    return *word > 0 && *word <= NAME_MAX_BYTES && holds_name(payload + at, *word) &&
           sign_len(payload + at + *word, len - at - *word) == 0;
}

/* Whether such a word is all of a value, so that the secret may as well stand before it. */
static bool stands_alone(const char *payload, size_t at, size_t word, size_t len)
{
    size_t end = at + word;

    while (at > 0 && blanks(payload + at - 1, 1))
        at--;
    end += blanks(payload + end, len - end);
    return at > 0 && strchr("\"'=:,;[(>", payload[at - 1]) && payload[at - 1] != '\0' &&
           (end == len || strchr("\"'&,;)]}<", payload[end]));
}

static bool has_name_as_value(const char *payload, size_t len)
{
    size_t word;

    for (size_t at = 0; at < len; at++)
        if (is_mention(payload, at, len, &word) && stands_alone(payload, at, word, len))
            return true;
    return false;
}

/* Whether nothing is said from here on. */
static bool is_over(const char *text, size_t len)
{
    for (size_t at = 0; at < len; at++)
        if (!blanks(text + at, 1) && (!strchr("\"'}]).!?", text[at]) || text[at] == '\0'))
            return false;
    return true;
}

/* Puts such a word, and nothing of what is behind it; 0: there is none, or nothing is. */
static size_t put_mention(struct excerpt *e, const char *payload, size_t at, size_t len, bool *fits)
{
    size_t word;

    if (!is_mention(payload, at, len, &word) || is_over(payload + at + word, len - at - word))
        return 0;
    for (size_t i = 0; i < word && *fits; i++)
        *fits = put_byte(e, payload[at + i]);
    *fits = *fits && put(e, "***", 3);
    return len - at;
}

/* Puts a secret that begins here by its name, or by the URL it is in; 0: none does. */
static size_t put_secret(struct excerpt *e, const char *payload, size_t at, size_t len, bool *fits)
{
    const char *text = payload + at;
    size_t left = len - at, user = user_len(text, left);

    if (user > 0) {
        *fits = put(e, "://***@", 7);
        return user;
    }
    size_t word = at == 0 || !is_word(payload[at - 1]) ? word_len(text, left) : 0;
    size_t sign = word > 0 ? sign_len(text + word, left - word) : 0;
    if (sign == 0 || !names_secret(text, word))
        return put_mention(e, payload, at, len, fits);
    for (size_t i = 0; i < word && *fits; i++)
        *fits = put_byte(e, text[i]);
    if (*fits && sign > 1 && !blanks(text + word, 1))
        *fits = put_byte(e, text[word]);
    *fits = *fits && put_byte(e, text[word + sign - 1]) && put(e, "***", 3);
    word += sign;
    return word + value_len(text + word, left - word);
}

void refusals_excerpt(char out[REFUSALS_EXCERPT_MAX + 1], const char *payload, size_t len)
{
    struct excerpt e = {.out = out};
    bool fits = true;

    if (!payload)
        len = 0;
    if (len > LOOK_MAX)
        len = LOOK_MAX; /* what lies behind cannot be shown anyway */
    if (has_name_as_value(payload, len)) {
        len = 0;
        (void)put(&e, "***", 3);
    }
    for (size_t at = 0, step; at < len && fits; at += step) {
        size_t run = run_len(payload + at, len - at);
        step = put_secret(&e, payload, at, len, &fits);
        if (step > 0)
            continue;
        size_t word = word_len(payload + at, len - at);
        step = run > RUN_MAX ? run : word < run ? word : run;
        if (run > RUN_MAX)
            fits = put(&e, "...", 3);
        else if (step > 0)
            fits = put(&e, payload + at, step);
        else
            fits = put_byte(&e, payload[at++]);
    }
    out[e.len] = '\0';
}
