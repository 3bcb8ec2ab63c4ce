/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Exponential back-off with full jitter: delay k is drawn evenly from
 * [base/2, min(cap, base * 2^k)], so that a fleet that lost its server does not return in one
 * instant. The caller brings the random number. Depends on core/assert.h.
 *
 *     due = now + roost_backoff_next(&backoff, random);     // after a failure
 *     roost_backoff_reset(&backoff);                        // after a success that lasted
 */
#ifndef ROOST_CORE_BACKOFF_H
#define ROOST_CORE_BACKOFF_H

#include <stdint.h>

struct roost_backoff {
    uint32_t base_ms, cap_ms;
    uint32_t attempts;
};

void roost_backoff_init(struct roost_backoff *backoff, uint32_t base_ms, uint32_t cap_ms);
void roost_backoff_reset(struct roost_backoff *backoff);

/* Delay before the next attempt, in ms; counts the attempt. */
uint32_t roost_backoff_next(struct roost_backoff *backoff, uint32_t random);

#endif
