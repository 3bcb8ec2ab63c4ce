/* SPDX-License-Identifier: Apache-2.0 */
/* Random UUIDs (RFC 9562, version 4) as text: ids of commands, traces and sign-ins. Depends on
 * core/hex.h, hub/service.h. */
#ifndef ROOST_HUB_UUID_H
#define ROOST_HUB_UUID_H

#include <stdint.h>

#include "hub/service.h"

enum { UUID_LEN = 36 };

/* A new one, drawn from the clock's random numbers. */
void uuid_new(char out[UUID_LEN + 1], const struct host_clock *clock);

/* "9b2f6c1e-4d0a-4c5b-8f3e-0a1b2c3d4e5f" of 16 random bytes. */
void uuid_write(char out[UUID_LEN + 1], const uint8_t random[16]);

#endif
