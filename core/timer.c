/* SPDX-License-Identifier: Apache-2.0 */
#include "core/timer.h"

#include <string.h>

#include "core/assert.h"

void roost_timers_init(struct roost_timers *timers, struct roost_timer *slots, size_t count)
{
    memset(slots, 0, count * sizeof *slots);
    *timers = (struct roost_timers){.slots = slots, .count = count};
}

void roost_timers_start(struct roost_timers *timers, size_t id, uint64_t due_ms)
{
    ROOST_ASSERT(id < timers->count);
    timers->slots[id] =
        (struct roost_timer){.due_ms = due_ms, .order = timers->next_order++, .armed = true};
}

void roost_timers_stop(struct roost_timers *timers, size_t id)
{
    ROOST_ASSERT(id < timers->count);
    timers->slots[id].armed = false;
}

bool roost_timers_armed(const struct roost_timers *timers, size_t id)
{
    ROOST_ASSERT(id < timers->count);
    return timers->slots[id].armed;
}

/* A device has a handful of timers: a walk over them beats a heap in code and in time. */
static const struct roost_timer *earliest(const struct roost_timers *timers)
{
    const struct roost_timer *best = NULL;
    for (size_t i = 0; i < timers->count; i++) {
        const struct roost_timer *t = &timers->slots[i];
        if (t->armed && (!best || t->due_ms < best->due_ms ||
                         (t->due_ms == best->due_ms && t->order < best->order)))
            best = t;
    }
    return best;
}

int roost_timers_pop(struct roost_timers *timers, uint64_t now_ms)
{
    const struct roost_timer *t = earliest(timers);
    if (!t || t->due_ms > now_ms || t->due_ms == ROOST_NEVER)
        return -1;
    size_t id = (size_t)(t - timers->slots);
    timers->slots[id].armed = false;
    return (int)id;
}

uint64_t roost_timers_next(const struct roost_timers *timers)
{
    const struct roost_timer *t = earliest(timers);
    return t ? t->due_ms : ROOST_NEVER;
}
