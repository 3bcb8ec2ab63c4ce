/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/uuid.h"

void uuid_new(char out[UUID_LEN + 1], const struct host_clock *clock)
{
    uint8_t random[16];
    clock->ops->random(clock->ctx, random, sizeof random);
    roost_uuid_write(out, random);
}
