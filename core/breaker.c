/* SPDX-License-Identifier: Apache-2.0 */
#include "core/breaker.h"

#include "core/assert.h"

void roost_breaker_init(struct roost_breaker *breaker, uint32_t threshold, uint32_t open_ms)
{
    ROOST_ASSERT(threshold > 0 && open_ms > 0);
    *breaker = (struct roost_breaker){
        .threshold = threshold, .open_ms = open_ms, .state = ROOST_BREAKER_CLOSED};
}

bool roost_breaker_allow(struct roost_breaker *breaker, uint64_t now_ms)
{
    if (breaker->state == ROOST_BREAKER_CLOSED)
        return true;
    if (now_ms < breaker->until_ms)
        return false;
    breaker->state = ROOST_BREAKER_HALF_OPEN;
    breaker->until_ms = now_ms + breaker->open_ms; /* a probe nobody reports on is tried again */
    return true;
}

void roost_breaker_success(struct roost_breaker *breaker)
{
    breaker->state = ROOST_BREAKER_CLOSED;
    breaker->failures = 0;
}

void roost_breaker_failure(struct roost_breaker *breaker, uint64_t now_ms)
{
    if (breaker->failures < UINT32_MAX)
        breaker->failures++;
    if (breaker->state == ROOST_BREAKER_OPEN) /* the end of a call made before it opened */
        return;
    if (breaker->state == ROOST_BREAKER_CLOSED && breaker->failures < breaker->threshold)
        return;
    breaker->state = ROOST_BREAKER_OPEN;
    breaker->opened++;
    breaker->until_ms = now_ms + breaker->open_ms;
}

uint64_t roost_breaker_retry_at(const struct roost_breaker *breaker, uint64_t now_ms)
{
    return breaker->state == ROOST_BREAKER_CLOSED ? now_ms : breaker->until_ms;
}
