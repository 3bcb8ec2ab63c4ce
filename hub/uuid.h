/* SPDX-License-Identifier: Apache-2.0 */
/* Random UUIDs (RFC 9562, version 4) as text: ids of commands, traces and sign-ins. Depends on
 * core/uuid.h, hub/service.h. */
#ifndef ROOST_HUB_UUID_H
#define ROOST_HUB_UUID_H

#include "core/uuid.h"
#include "hub/service.h"

enum { UUID_LEN = ROOST_UUID_CHARS };

/* A new one, drawn from the clock's random numbers. */
void uuid_new(char out[UUID_LEN + 1], const struct host_clock *clock);

#endif
