/* SPDX-License-Identifier: Apache-2.0 */
#include "core/url.h"

#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"

int roost_url_decode(char *text)
{
    char *out = text;

    for (const char *in = text; *in; in++) {
        if (*in != '%') {
            *out++ = *in;
            continue;
        }
        int high = roost_hex_digit(in[1]);
        int low = high < 0 ? -1 : roost_hex_digit(in[2]);
        if (low < 0 || (high == 0 && low == 0))
            return ROOST_ERR_INVALID;
        *out++ = (char)(high * 16 + low);
        in += 2;
    }
    *out = '\0';
    return 0;
}

static int parse_port(const char *text, uint16_t *port)
{
    uint32_t value = 0;

    for (const char *c = text; *c; c++) {
        if (*c < '0' || *c > '9' || c - text >= 5)
            return ROOST_ERR_INVALID;
        value = value * 10 + (uint32_t)(*c - '0');
    }
    if (text[0] == '\0' || value == 0 || value > UINT16_MAX)
        return ROOST_ERR_INVALID;
    *port = (uint16_t)value;
    return 0;
}

/* Splits host[:port] in place; the port stays 0 when there is none. */
static int split_host_port(char *text, const char **host, uint16_t *port)
{
    char *after;

    *port = 0;
    if (text[0] == '[') {
        char *end = strchr(text, ']');
        if (!end || end == text + 1)
            return ROOST_ERR_INVALID;
        *host = text + 1;
        *end = '\0';
        after = end + 1;
        if (strspn(*host, "0123456789abcdefABCDEF:.%") != strlen(*host))
            return ROOST_ERR_INVALID;
    } else {
        *host = text;
        after = text + strcspn(text, ":");
        for (const char *c = text; c < after; c++)
            if ((unsigned char)*c <= ' ' || strchr("/?#@\\[]\"<>", *c))
                return ROOST_ERR_INVALID;
        if (after == text)
            return ROOST_ERR_INVALID;
    }
    if (*after == '\0')
        return 0;
    if (*after != ':')
        return ROOST_ERR_INVALID;
    *after = '\0';
    return parse_port(after + 1, port);
}

int roost_url_parse_host_port(const char **host, uint16_t *port, const char *text, char *memory,
                              size_t size)
{
    size_t len = strlen(text);

    if (len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(memory, text, len + 1);
    int err = split_host_port(memory, host, port);
    return err == 0 && *port == 0 ? ROOST_ERR_INVALID : err;
}

static bool scheme_is_valid(const char *scheme)
{
    if (scheme[0] < 'a' || scheme[0] > 'z')
        return false;
    return strspn(scheme, "abcdefghijklmnopqrstuvwxyz0123456789+-.") == strlen(scheme);
}

int roost_url_parse(struct roost_url *url, const char *text, char *memory, size_t size)
{
    size_t len = strlen(text);

    if (len >= size)
        return ROOST_ERR_TOO_LONG;
    memcpy(memory, text, len + 1);
    *url = (struct roost_url){.scheme = memory, .user = "", .password = "", .host = "", .path = ""};

    char *authority = strstr(memory, "://");
    if (!authority)
        return ROOST_ERR_INVALID;
    *authority = '\0';
    if (!scheme_is_valid(memory))
        return ROOST_ERR_INVALID;
    /* The authority moves down over the "//", so that its end does not overwrite the path's slash.
     */
    authority++;
    char *path = authority + 2 + strcspn(authority + 2, "/?#");
    size_t authority_len = (size_t)(path - (authority + 2));
    memmove(authority, authority + 2, authority_len);
    authority[authority_len] = '\0';
    url->path = path;

    char *at = strrchr(authority, '@');
    char *host = authority;
    if (at) {
        *at = '\0';
        host = at + 1;
        char *colon = strchr(authority, ':');
        if (colon) {
            *colon = '\0';
            url->password = colon + 1;
            if (roost_url_decode(colon + 1) != 0)
                return ROOST_ERR_INVALID;
        }
        url->user = authority;
        if (roost_url_decode(authority) != 0)
            return ROOST_ERR_INVALID;
    }
    return split_host_port(host, &url->host, &url->port);
}

/* Appends what there is room for; the text stays terminated. */
static void add(char *out, size_t size, const char *text, size_t len)
{
    size_t used = strlen(out);

    if (len > size - 1 - used)
        len = size - 1 - used;
    memcpy(out + used, text, len);
    out[used + len] = '\0';
}

void roost_url_mask(char *out, size_t size, const char *text)
{
    const char *start = strstr(text, "://");
    const char *end = start ? start + 3 + strcspn(start + 3, "/?#") : NULL;
    const char *at = NULL;

    if (size == 0)
        return;
    out[0] = '\0';
    for (const char *c = start; c && c < end; c++)
        if (*c == '@')
            at = c;
    if (!at) {
        const char *shown = !start && strchr(text, '@') ? "***" : text;
        add(out, size, shown, strlen(shown));
        return;
    }
    const char *colon = memchr(start + 3, ':', (size_t)(at - start - 3));
    add(out, size, text, (size_t)((colon ? colon + 1 : at) - text));
    add(out, size, "***", colon ? 3 : 0);
    add(out, size, at, strlen(at));
}
