/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Circuit breaker: after `threshold` failures in a row calls are refused for `open_ms`, then one
 * probe is let through; its success closes the breaker, its failure opens it again. Depends on
 * core/assert.h.
 *
 *     if (roost_breaker_allow(&breaker, now)) err = call();
 *     if (err) roost_breaker_failure(&breaker, now); else roost_breaker_success(&breaker);
 */
#ifndef ROOST_CORE_BREAKER_H
#define ROOST_CORE_BREAKER_H

#include <stdbool.h>
#include <stdint.h>

enum roost_breaker_state { ROOST_BREAKER_CLOSED, ROOST_BREAKER_OPEN, ROOST_BREAKER_HALF_OPEN };

struct roost_breaker {
    uint32_t threshold, open_ms, failures;
    uint32_t opened; /* times it opened since init */
    uint64_t until_ms;
    enum roost_breaker_state state;
};

void roost_breaker_init(struct roost_breaker *breaker, uint32_t threshold, uint32_t open_ms);

/* May a call be made now? Moves OPEN to HALF_OPEN when its time is over; in HALF_OPEN only the
 * first asker gets true (and, should nobody report on that probe, one more each open_ms). */
bool roost_breaker_allow(struct roost_breaker *breaker, uint64_t now_ms);
void roost_breaker_success(struct roost_breaker *breaker);
void roost_breaker_failure(struct roost_breaker *breaker, uint64_t now_ms);

/* When to ask again: now_ms while closed, the end of the open time otherwise (while a probe is out,
 * the time at which it counts as lost). */
uint64_t roost_breaker_retry_at(const struct roost_breaker *breaker, uint64_t now_ms);

#endif
