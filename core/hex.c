/* SPDX-License-Identifier: Apache-2.0 */
#include "core/hex.h"

void roost_hex_write(char *out, const void *bytes, size_t len)
{
    static const char digits[] = "0123456789abcdef";
    for (const uint8_t *byte = bytes; len > 0; byte++, len--) {
        *out++ = digits[*byte >> 4];
        *out++ = digits[*byte & 15];
    }
    *out = '\0';
}

int roost_hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

bool roost_hex_read(void *out, const char *digits, size_t len)
{
    for (uint8_t *byte = out; len > 0; byte++, digits += 2, len--) {
        int high = roost_hex_digit(digits[0]);
        int low = high < 0 ? -1 : roost_hex_digit(digits[1]);
        if (low < 0)
            return false;
        *byte = (uint8_t)(high << 4 | low);
    }
    return true;
}
