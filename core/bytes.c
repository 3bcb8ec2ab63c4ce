/* SPDX-License-Identifier: Apache-2.0 */
#include "core/bytes.h"

void roost_le_put(void *out, uint64_t value, size_t bytes)
{
    for (uint8_t *at = out; bytes > 0; bytes--, value >>= 8)
        *at++ = (uint8_t)value;
}

uint64_t roost_le_get(const void *in, size_t bytes)
{
    const uint8_t *at = in;
    uint64_t value = 0;
    while (bytes > 0)
        value = value << 8 | at[--bytes];
    return value;
}

void roost_be_put(void *out, uint64_t value, size_t bytes)
{
    for (uint8_t *at = out; bytes > 0; value >>= 8)
        at[--bytes] = (uint8_t)value;
}

uint64_t roost_be_get(const void *in, size_t bytes)
{
    uint64_t value = 0;
    for (const uint8_t *at = in; bytes > 0; bytes--)
        value = value << 8 | *at++;
    return value;
}
