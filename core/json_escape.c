/* SPDX-License-Identifier: Apache-2.0 */
#include "core/json_escape.h"

#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/utf8.h"

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

size_t roost_json_take_escape(const char *p, const char *end, uint32_t *character)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    if (end - p < 2)
        return 0;
    if (p[1] != 'u') {
        const char *letter = p[1] ? strchr(letters, p[1]) : NULL;
        if (!letter)
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

size_t roost_json_take_character(const char **p, const char *end, char bytes[4])
{
    uint32_t character = 0;
    if (**p != '\\') {
        bytes[0] = *(*p)++;
        return 1;
    }
    *p += roost_json_take_escape(*p, end, &character);
    return roost_utf8_write(bytes, character);
}

/* Unescapes into out (NULL: only measures). Returns the length, or ROOST_ERR_INVALID for \u0000. */
static int unescape(const char *p, const char *end, char *out)
{
    int len = 0;
    while (p < end) {
        char bytes[4];
        size_t n = roost_json_take_character(&p, end, bytes);
        if (bytes[0] == '\0')
            return ROOST_ERR_INVALID;
        if (out)
            memcpy(out + len, bytes, n);
        len += (int)n;
    }
    return len;
}

int roost_json_unescape(char *out, size_t size, const char *text, size_t len)
{
    int count = unescape(text, text + len, NULL);
    if (count < 0)
        return count;
    return (size_t)count > size ? ROOST_ERR_TOO_LONG : unescape(text, text + len, out);
}
