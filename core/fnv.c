/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fnv.h"

uint32_t roost_fnv32(uint32_t hash, const void *bytes, size_t len)
{
    for (const uint8_t *byte = bytes; len > 0; byte++, len--)
        hash = (hash ^ *byte) * UINT32_C(16777619);
    return hash;
}

uint64_t roost_fnv64(uint64_t hash, const void *bytes, size_t len)
{
    for (const uint8_t *byte = bytes; len > 0; byte++, len--)
        hash = (hash ^ *byte) * UINT64_C(1099511628211);
    return hash;
}
