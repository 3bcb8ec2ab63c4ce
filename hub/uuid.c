/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/uuid.h"

#include <string.h>

#include "core/hex.h"

void uuid_new(char out[UUID_LEN + 1], const struct host_clock *clock)
{
    uint8_t random[16];
    clock->ops->random(clock->ctx, random, sizeof random);
    uuid_write(out, random);
}

void uuid_write(char out[UUID_LEN + 1], const uint8_t random[16])
{
    static const size_t groups[] = {4, 2, 2, 2, 6}; /* bytes between two hyphens */
    uint8_t bytes[16];
    const uint8_t *next = bytes;
    memcpy(bytes, random, sizeof bytes);
    bytes[6] = (uint8_t)((bytes[6] & 0x0f) | 0x40); /* version 4 */
    bytes[8] = (uint8_t)((bytes[8] & 0x3f) | 0x80); /* variant 10 */
    for (size_t i = 0; i < sizeof groups / sizeof groups[0]; i++) {
        roost_hex_write(out, next, groups[i]);
        next += groups[i];
        out += 2 * groups[i];
        *out++ = '-';
    }
    out[-1] = '\0';
}
