/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/voice/alarms.h"

#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "core/timer.h"

static int before(const struct alarm *a, const struct alarm *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->order < b->order;
}

static void put(struct alarms *alarms, size_t place, struct alarm *alarm)
{
    alarms->heap[place - 1] = alarm;
    alarm->place = place;
}

static void rise(struct alarms *alarms, size_t place, struct alarm *alarm)
{
    for (; place > 1 && before(alarm, alarms->heap[place / 2 - 1]); place /= 2)
        put(alarms, place, alarms->heap[place / 2 - 1]);
    put(alarms, place, alarm);
}

static void sink(struct alarms *alarms, size_t place, struct alarm *alarm)
{
    for (;;) {
        size_t child = 2 * place;
        if (child < alarms->count && before(alarms->heap[child], alarms->heap[child - 1]))
            child++;
        if (child > alarms->count || !before(alarms->heap[child - 1], alarm))
            break;
        put(alarms, place, alarms->heap[child - 1]);
        place = child;
    }
    put(alarms, place, alarm);
}

static void take_out(struct alarms *alarms, struct alarm *alarm)
{
    size_t place = alarm->place;
    struct alarm *last = alarms->heap[--alarms->count];

    alarm->place = 0;
    if (last == alarm)
        return;
    sink(alarms, place, last);
    rise(alarms, last->place, last);
}

int alarms_reserve(struct alarms *alarms, size_t owners)
{
    if (owners <= alarms->size)
        return 0;
    size_t size = owners + owners / 2 + 16;
    struct alarm **grown = realloc(alarms->heap, size * sizeof(struct alarm *));
    if (!grown)
        return ROOST_ERR_NO_MEMORY;
    alarms->heap = grown;
    alarms->size = size;
    return 0;
}

void alarms_set(struct alarms *alarms, struct alarm *alarm, uint64_t due_ms)
{
    if (alarm->place && alarm->due_ms == due_ms)
        return;
    if (alarm->place)
        take_out(alarms, alarm);
    alarm->due_ms = due_ms;
    if (due_ms == ROOST_NEVER)
        return;
    ROOST_ASSERT(alarms->count < alarms->size);
    alarm->order = ++alarms->order;
    rise(alarms, ++alarms->count, alarm);
}

struct alarm *alarms_pop(struct alarms *alarms, uint64_t now_ms)
{
    if (alarms_next(alarms) > now_ms || alarms->count == 0)
        return NULL;
    struct alarm *alarm = alarms->heap[0];
    take_out(alarms, alarm);
    return alarm;
}

uint64_t alarms_next(const struct alarms *alarms)
{
    return alarms->count ? alarms->heap[0]->due_ms : ROOST_NEVER;
}

void alarms_deinit(struct alarms *alarms)
{
    free(alarms->heap);
    *alarms = (struct alarms){.heap = NULL};
}
