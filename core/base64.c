/* SPDX-License-Identifier: Apache-2.0 */
#include "core/base64.h"

#include <limits.h>

#include "core/err.h"

static const char alphabet[64] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/* Value of character c at [c - '+'], or 255. */
static const uint8_t values['z' - '+' + 1] = {
    62,  255, 255, 255, 63, 52, 53, 54, 55,  56,  57,  58,  59,  60,  61, 255, 255, 255, 255, 255,
    255, 255, 0,   1,   2,  3,  4,  5,  6,   7,   8,   9,   10,  11,  12, 13,  14,  15,  16,  17,
    18,  19,  20,  21,  22, 23, 24, 25, 255, 255, 255, 255, 255, 255, 26, 27,  28,  29,  30,  31,
    32,  33,  34,  35,  36, 37, 38, 39, 40,  41,  42,  43,  44,  45,  46, 47,  48,  49,  50,  51,
};

size_t roost_base64_encode(char *out, const void *bytes, size_t len)
{
    const uint8_t *in = bytes;
    char *start = out;
    for (; len >= 3; len -= 3, in += 3, out += 4) {
        uint32_t bits = (uint32_t)in[0] << 16 | (uint32_t)in[1] << 8 | in[2];
        out[0] = alphabet[bits >> 18];
        out[1] = alphabet[bits >> 12 & 63];
        out[2] = alphabet[bits >> 6 & 63];
        out[3] = alphabet[bits & 63];
    }
    if (len > 0) {
        uint32_t bits = (uint32_t)in[0] << 16 | (len > 1 ? (uint32_t)in[1] << 8 : 0);
        out[0] = alphabet[bits >> 18];
        out[1] = alphabet[bits >> 12 & 63];
        out[2] = len > 1 ? alphabet[bits >> 6 & 63] : '=';
        out[3] = '=';
        out += 4;
    }
    return (size_t)(out - start);
}

static unsigned value_of(char c)
{
    unsigned at = (unsigned)(unsigned char)c - '+';
    return at < sizeof values ? values[at] : 255;
}

int roost_base64_decode(void *out, size_t size, const char *text, size_t len)
{
    uint8_t *bytes = out;
    if (len % 4 != 0)
        return ROOST_ERR_INVALID;
    if (len == 0)
        return 0;
    size_t padding = text[len - 1] != '=' ? 0 : text[len - 2] != '=' ? 1 : 2;
    size_t total = len / 4 * 3 - padding;
    if (total > size || total > INT_MAX)
        return ROOST_ERR_TOO_LONG;

    size_t whole = padding ? len - 4 : len;
    for (size_t i = 0; i < whole; i += 4, bytes += 3) {
        unsigned a = value_of(text[i]), b = value_of(text[i + 1]);
        unsigned c = value_of(text[i + 2]), d = value_of(text[i + 3]);
        if ((a | b | c | d) > 63)
            return ROOST_ERR_INVALID;
        bytes[0] = (uint8_t)(a << 2 | b >> 4);
        bytes[1] = (uint8_t)(b << 4 | c >> 2);
        bytes[2] = (uint8_t)(c << 6 | d);
    }
    if (padding) {
        unsigned a = value_of(text[whole]), b = value_of(text[whole + 1]);
        unsigned c = padding == 1 ? value_of(text[whole + 2]) : 0;
        unsigned unused = padding == 1 ? c & 3 : b & 15; /* bits that stand for nothing */
        if ((a | b | c) > 63 || unused != 0)
            return ROOST_ERR_INVALID;
        bytes[0] = (uint8_t)(a << 2 | b >> 4);
        if (padding == 1)
            bytes[1] = (uint8_t)(b << 4 | c >> 2);
    }
    return (int)total;
}
