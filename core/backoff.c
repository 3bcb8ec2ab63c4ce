/* SPDX-License-Identifier: Apache-2.0 */
#include "core/backoff.h"

#include "core/assert.h"

void roost_backoff_init(struct roost_backoff *backoff, uint32_t base_ms, uint32_t cap_ms)
{
    ROOST_ASSERT(base_ms > 0 && cap_ms >= base_ms);
    *backoff = (struct roost_backoff){.base_ms = base_ms, .cap_ms = cap_ms};
}

void roost_backoff_reset(struct roost_backoff *backoff)
{
    backoff->attempts = 0;
}

uint32_t roost_backoff_next(struct roost_backoff *backoff, uint32_t random)
{
    uint32_t low = backoff->base_ms / 2, high = backoff->cap_ms;
    if (backoff->attempts < 32 && high >> backoff->attempts > backoff->base_ms)
        high = backoff->base_ms << backoff->attempts;
    if (backoff->attempts < UINT32_MAX)
        backoff->attempts++;
    uint64_t span = (uint64_t)(high - low) + 1;
    return low + (uint32_t)(span * random >> 32);
}
