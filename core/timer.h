/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fixed set of one-shot timers on monotonic milliseconds. Ties break by start order, so that a
 * run in virtual time replays exactly. The owner names timers by small integers. Depends on
 * core/assert.h.
 *
 *     roost_timers_start(&t, TIMER_SAMPLE, now + 10000);
 *     while ((id = roost_timers_pop(&t, now)) >= 0) handle(id);
 *     return roost_timers_next(&t);
 */
#ifndef ROOST_CORE_TIMER_H
#define ROOST_CORE_TIMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOST_NEVER UINT64_MAX /* a deadline that does not come */

/* Of two deadlines the one to wake for; ROOST_NEVER loses to any other. */
static inline uint64_t roost_earlier(uint64_t a_ms, uint64_t b_ms)
{
    return a_ms < b_ms ? a_ms : b_ms;
}

struct roost_timer {
    uint64_t due_ms;
    uint64_t order;
    bool armed;
};

struct roost_timers {
    struct roost_timer *slots;
    size_t count;
    uint64_t next_order;
};

/* `slots` is the caller's array of `count` timers, all stopped by this call. */
void roost_timers_init(struct roost_timers *timers, struct roost_timer *slots, size_t count);

/* Starts or restarts timer `id`; starting moves it behind the others due at the same instant. */
void roost_timers_start(struct roost_timers *timers, size_t id, uint64_t due_ms);
void roost_timers_stop(struct roost_timers *timers, size_t id);
bool roost_timers_armed(const struct roost_timers *timers, size_t id);

/* Disarms the earliest timer due at or before `now_ms` and returns its id, or -1. */
int roost_timers_pop(struct roost_timers *timers, uint64_t now_ms);

/* Due time of the earliest armed timer, or ROOST_NEVER. */
uint64_t roost_timers_next(const struct roost_timers *timers);

#endif
