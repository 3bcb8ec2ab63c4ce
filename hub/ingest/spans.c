/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/spans.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

void spans_clear(struct spans *spans)
{
    free(spans->items);
    *spans = (struct spans){0};
}

/* The first span that ends at or above the number; `count` when all end below. Looks from the end,
 * where nearly every number belongs. */
static size_t lower_bound(const struct spans *spans, uint64_t number)
{
    size_t at = spans->count;
    while (at > 0 && spans->items[at - 1].last >= number)
        at--;
    return at;
}

bool spans_has(const struct spans *spans, uint64_t number)
{
    size_t at = lower_bound(spans, number);
    return at < spans->count && spans->items[at].first <= number;
}

size_t spans_index(const struct spans *spans, uint64_t number)
{
    return lower_bound(spans, number);
}

static int reserve(struct spans *spans, size_t count)
{
    if (count <= spans->size)
        return 0;
    if (count > SPANS_MAX)
        return ROOST_ERR_FULL;
    size_t size = spans->size ? spans->size : 1;
    while (size < count)
        size *= 2;
    struct series_span *grown = realloc(spans->items, size * sizeof *grown);
    if (!grown)
        return ROOST_ERR_NO_MEMORY;
    spans->items = grown;
    spans->size = (uint16_t)size;
    return 0;
}

static void remove_at(struct spans *spans, size_t index)
{
    memmove(&spans->items[index], &spans->items[index + 1],
            (spans->count - index - 1) * sizeof *spans->items);
    spans->count--;
}

int spans_add(struct spans *spans, uint64_t number)
{
    size_t at = lower_bound(spans, number);
    bool below = at > 0 && spans->items[at - 1].last + 1 == number;
    bool above = at < spans->count && spans->items[at].first == number + 1;
    if (below)
        spans->items[at - 1].last = number;
    else if (above)
        spans->items[at].first = number;
    if (below && above)
        spans_join(spans, at);
    if (below || above)
        return 0;
    int err = reserve(spans, (size_t)spans->count + 1);
    if (err)
        return err;
    memmove(&spans->items[at + 1], &spans->items[at], (spans->count - at) * sizeof *spans->items);
    spans->items[at] = (struct series_span){number, number};
    spans->count++;
    return 0;
}

int spans_set(struct spans *spans, const struct series_span *items, size_t count)
{
    int err = reserve(spans, count);
    if (err)
        return err;
    if (count > 0)
        memcpy(spans->items, items, count * sizeof *items);
    spans->count = (uint16_t)count;
    return 0;
}

uint64_t spans_missing(const struct spans *const *sets, size_t count, uint64_t first, uint64_t last)
{
    uint64_t missing = 0;
    while (first <= last) {
        uint64_t known_to = first - 1; /* first..known_to are in a set */
        uint64_t next = last + 1;      /* where the next span of any begins */
        for (size_t i = 0; i < count; i++) {
            size_t at = lower_bound(sets[i], first);
            if (at == sets[i]->count)
                continue;
            const struct series_span *span = &sets[i]->items[at];
            if (span->first > first)
                next = span->first < next ? span->first : next;
            else if (span->last > known_to)
                known_to = span->last;
        }
        if (known_to >= last)
            return missing;
        if (known_to < first)
            missing += next - first;
        first = known_to < first ? next : known_to + 1;
    }
    return missing;
}

struct series_span spans_gap(const struct spans *spans, size_t index)
{
    ROOST_ASSERT(index >= 1 && index < spans->count);
    return (struct series_span){spans->items[index - 1].last + 1, spans->items[index].first - 1};
}

void spans_join(struct spans *spans, size_t index)
{
    ROOST_ASSERT(index >= 1 && index < spans->count);
    spans->items[index - 1].last = spans->items[index].last;
    remove_at(spans, index);
}

uint64_t spans_total(const struct spans *spans)
{
    uint64_t total = 0;
    for (size_t i = 0; i < spans->count; i++)
        total += spans->items[i].last - spans->items[i].first + 1;
    return total;
}

void spans_forget(struct spans *spans, size_t index)
{
    ROOST_ASSERT(index < spans->count);
    remove_at(spans, index);
}
