/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/voice/door.h"

#include <string.h>

#include "core/err.h"
#include "core/number.h"
#include "core/utf8.h"

static const char device_rule[] = "device_id: 8 to 32 of A-Z a-z 0-9 _ -";
static const char child_rule[] = "child_id: 1 to 50 of A-Z a-z 0-9 _ -";
static const char name_rule[] = "child_name: 1 to 30 characters of UTF-8, no control characters";
static const char age_rule[] = "child_age: a whole number from 3 to 13";
static const char token_rule[] = "token: 64 lower-case hexadecimal digits";

static bool is_plain(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
           c == '-';
}

static int check_id(const char *id, size_t min, size_t max)
{
    size_t len = 0;

    if (!id)
        return ROOST_ERR_NOT_FOUND;
    while (len <= max && is_plain(id[len]))
        len++;
    if (len > max)
        return ROOST_ERR_TOO_LONG;
    return id[len] != '\0' || len < min ? ROOST_ERR_INVALID : 0;
}

int voice_child_id_check(const char *child_id)
{
    return check_id(child_id, 1, VOICE_CHILD_ID_MAX);
}

/* Control characters, and those that turn the direction of what is shown after them. */
static bool is_harmful(uint32_t c)
{
    return c < 0x20 || (c >= 0x7F && c <= 0x9F) || (c >= 0x202A && c <= 0x202E) ||
           (c >= 0x2066 && c <= 0x2069) || c == 0x2028 || c == 0x2029;
}

int voice_child_name_check(const char *name)
{
    if (!name)
        return ROOST_ERR_NOT_FOUND;
    const char *end = name + strlen(name);
    unsigned count = 0;
    for (size_t len; name < end; name += len, count++) {
        len = roost_utf8_len(name, end);
        if (len == 0 || is_harmful(roost_utf8_read(name, len)))
            return ROOST_ERR_INVALID;
        if (count == VOICE_CHILD_NAME_CHARS)
            return ROOST_ERR_TOO_LONG;
    }
    return count == 0 ? ROOST_ERR_INVALID : 0;
}

/* A JSON number that is whole has one spelling without sign, exponent or leading zeros. */
static int check_age(const char *text, unsigned *age)
{
    uint64_t value = 0;

    if (!text)
        return ROOST_ERR_NOT_FOUND;
    for (const char *p = text; *p; p++)
        if (*p < '0' || *p > '9')
            return ROOST_ERR_INVALID;
    int err = roost_parse_uint64(text, strlen(text), &value);
    if (err == 0 && (value < VOICE_CHILD_AGE_MIN || value > VOICE_CHILD_AGE_MAX))
        err = ROOST_ERR_RANGE;
    if (err == 0)
        *age = (unsigned)value;
    return err;
}

static int check_token(const char *token)
{
    size_t len = 0;

    if (!token)
        return ROOST_ERR_NOT_FOUND;
    while ((token[len] >= '0' && token[len] <= '9') || (token[len] >= 'a' && token[len] <= 'f'))
        len++;
    return len == VOICE_TOKEN_CHARS && token[len] == '\0' ? 0 : ROOST_ERR_INVALID;
}

int voice_door_check(const struct voice_door *door, unsigned *age, const char **why)
{
    int err = check_id(door->device_id, VOICE_DEVICE_ID_MIN, VOICE_DEVICE_ID_MAX);

    *why = device_rule;
    if (err == 0) {
        *why = child_rule;
        err = voice_child_id_check(door->child_id);
    }
    if (err == 0) {
        *why = name_rule;
        err = voice_child_name_check(door->child_name);
    }
    if (err == 0) {
        *why = age_rule;
        err = check_age(door->child_age, age);
    }
    if (err == 0) {
        *why = token_rule;
        err = check_token(door->token);
    }
    if (err == 0)
        *why = NULL;
    return err;
}

/* ---- the URL ---- */

struct url {
    char *out;
    size_t size, len;
    bool failed;
};

static void put(struct url *url, const char *text, size_t len)
{
    if (url->failed || len >= url->size - url->len) {
        url->failed = true;
        return;
    }
    memcpy(url->out + url->len, text, len);
    url->len += len;
    url->out[url->len] = '\0';
}

/* `name` with the character before it: "?device_id=". */
static void put_parameter(struct url *url, const char *name, const char *value)
{
    static const char digits[] = "0123456789ABCDEF";

    put(url, name, strlen(name));
    for (; *value; value++) {
        uint8_t byte = (uint8_t)*value;
        char code[3] = {'%', digits[byte >> 4], digits[byte & 15]};
        bool plain = is_plain(*value) || *value == '.' || *value == '~';
        put(url, plain ? value : code, plain ? 1 : sizeof code);
    }
}

/* Where the path of `base` begins; its end when it has none. NULL: no URL of a WebSocket. */
static const char *path_of(const char *base)
{
    size_t scheme = strncmp(base, "ws://", 5) == 0 ? 5 : strncmp(base, "wss://", 6) == 0 ? 6 : 0;
    size_t host = strcspn(base + scheme, "/?#");

    if (scheme == 0 || host == 0 || strpbrk(base, "?# \r\n"))
        return NULL;
    return base + scheme + host;
}

int voice_door_url(char *out, size_t size, const char *base, const struct voice_door *door)
{
    struct url url = {.out = out, .size = size};
    unsigned age;
    const char *why, *path = path_of(base);
    int err = path ? voice_door_check(door, &age, &why) : ROOST_ERR_INVALID;

    if (size > 0)
        out[0] = '\0';
    if (err < 0)
        return err;
    if (size == 0)
        return ROOST_ERR_TOO_LONG;
    bool has_path = path[0] == '/' && path[1] != '\0';
    put(&url, base, has_path ? strlen(base) : (size_t)(path - base));
    if (!has_path)
        put(&url, VOICE_PATH, sizeof VOICE_PATH - 1);
    put_parameter(&url, "?device_id=", door->device_id);
    put_parameter(&url, "&child_id=", door->child_id);
    put_parameter(&url, "&child_name=", door->child_name);
    put_parameter(&url, "&child_age=", door->child_age);
    put_parameter(&url, "&token=", door->token);
    if (url.failed) {
        out[0] = '\0';
        return ROOST_ERR_TOO_LONG;
    }
    return (int)url.len;
}
