/* SPDX-License-Identifier: Apache-2.0 */
#include "core/utf8.h"

#include "core/assert.h"

uint32_t roost_utf8_read(const char *p, size_t len)
{
    uint32_t character = (unsigned char)p[0];
    if (len > 1)
        character &= 0x7Fu >> len;
    for (size_t i = 1; i < len; i++)
        character = character << 6 | ((unsigned char)p[i] & 0x3F);
    return character;
}

size_t roost_utf8_len(const char *p, const char *end)
{
    /* By length: the least character that needs it. */
    static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
    if (p >= end)
        return 0;
    uint32_t lead = (unsigned char)*p;
    if (lead < 0x80)
        return 1;
    size_t len = lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : 2;
    if (lead < 0xC0 || lead >= 0xF8 || (size_t)(end - p) < len)
        return 0;
    uint32_t character = lead & (0x7Fu >> len);
    for (size_t i = 1; i < len; i++) {
        uint32_t next = (unsigned char)p[i];
        if ((next & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (next & 0x3F);
    }
    if (character < least[len] || character > 0x10FFFF || (character & 0xFFFFF800) == 0xD800)
        return 0;
    return len;
}

size_t roost_utf8_write(char out[4], uint32_t character)
{
    size_t len = character < 0x80 ? 1 : character < 0x800 ? 2 : character < 0x10000 ? 3 : 4;
    ROOST_ASSERT(character <= 0x10FFFF);
    for (size_t i = len - 1; i > 0; i--, character >>= 6)
        out[i] = (char)(0x80 | (character & 0x3F));
    out[0] = (char)(len == 1 ? character : (0xF00u >> len & 0xFF) | character);
    return len;
}
