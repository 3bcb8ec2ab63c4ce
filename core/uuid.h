/* SPDX-License-Identifier: Apache-2.0 */
/* UUIDs as text (RFC 9562). Depends on core/hex.h. */
#ifndef ROOST_CORE_UUID_H
#define ROOST_CORE_UUID_H

#include <stdbool.h>
#include <stdint.h>

enum { ROOST_UUID_CHARS = 36 };

/* Whether it is 8-4-4-4-12 hexadecimal digits, in either case; of any version. */
bool roost_uuid_check(const char *text);

/* One of version 4 from random bytes: "9b2f6c1e-4d0a-4c5b-8f3e-0a1b2c3d4e5f". */
void roost_uuid_write(char out[ROOST_UUID_CHARS + 1], const uint8_t random[16]);

#endif
