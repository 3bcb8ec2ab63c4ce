/* SPDX-License-Identifier: Apache-2.0 */
#include "core/uuid.h"

#include <string.h>

#include "core/hex.h"

static bool is_dash(size_t at)
{
    return at == 8 || at == 13 || at == 18 || at == 23;
}

bool roost_uuid_check(const char *text)
{
    for (size_t at = 0; at < ROOST_UUID_CHARS; at++)
        if (is_dash(at) ? text[at] != '-' : roost_hex_digit(text[at]) < 0)
            return false; /* a NUL is neither */
    return text[ROOST_UUID_CHARS] == '\0';
}

void roost_uuid_write(char out[ROOST_UUID_CHARS + 1], const uint8_t random[16])
{
    uint8_t bytes[16];
    char digits[2 * sizeof bytes + 1], *digit = digits;

    memcpy(bytes, random, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0F) | 0x40); /* version 4, RFC 9562 section 5.4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3F) | 0x80);
    roost_hex_write(digits, bytes, sizeof bytes);
    for (size_t at = 0; at < ROOST_UUID_CHARS; at++)
        out[at] = is_dash(at) ? '-' : *digit++;
    out[ROOST_UUID_CHARS] = '\0';
}
