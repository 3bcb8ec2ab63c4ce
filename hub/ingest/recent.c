/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/ingest/recent.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* What of a stream's memory counts against the budget. */
static size_t charged(size_t size)
{
    return size > RECENT_LEAST ? size * sizeof(struct series_recent) : 0;
}

/* The item that was added `back` before the newest. The size is a power of two. */
static const struct series_recent *at(const struct recent *recent, size_t back)
{
    return &recent->items[(recent->next - 1u - back) & (recent->size - 1u)];
}

enum recent_found recent_find(const struct recent *recent, uint64_t number, uint32_t hash)
{
    enum recent_found found = RECENT_UNKNOWN;
    for (size_t back = 0; back < recent->count; back++) {
        const struct series_recent *item = at(recent, back);
        if (item->number != (uint32_t)number)
            continue;
        if (item->hash == hash)
            return back < recent->run ? RECENT_SAME : RECENT_BEFORE;
        found = RECENT_OTHER;
    }
    return found;
}

size_t recent_since(const struct recent *recent, uint64_t number, uint32_t hash)
{
    for (size_t back = 0; back < recent->count; back++)
        if (at(recent, back)->number == (uint32_t)number && at(recent, back)->hash == hash)
            return back + 1;
    return 0;
}

/* A ring of that size with the same items. ROOST_ERR_FULL: beyond the budget. */
static int resize(struct recent *recent, struct recent_budget *budget, size_t size)
{
    size_t more = charged(size) - charged(recent->size);
    if (size > RECENT_MAX || more > budget->left)
        return ROOST_ERR_FULL;
    struct series_recent *items = malloc(size * sizeof *items);
    if (!items)
        return ROOST_ERR_NO_MEMORY;
    recent_newest(recent, recent->count, items);
    free(recent->items);
    budget->left -= more;
    recent->items = items;
    recent->size = (uint16_t)size;
    recent->next = (uint16_t)(recent->count % size);
    return 0;
}

int recent_add(struct recent *recent, struct recent_budget *budget, uint64_t number, uint32_t hash)
{
    if (recent->count == recent->size) {
        size_t size = recent->size ? 2 * (size_t)recent->size : RECENT_LEAST / 4;
        int err = resize(recent, budget, size);
        if (err && recent->size == 0)
            return err;
    }
    recent->items[recent->next] = (struct series_recent){(uint32_t)number, hash};
    recent->next = (uint16_t)((recent->next + 1) % recent->size);
    if (recent->count < recent->size)
        recent->count++;
    if (recent->run < recent->size)
        recent->run++;
    return 0;
}

uint64_t recent_number(const struct recent *recent, size_t back, uint64_t number)
{
    return (number & ~(uint64_t)UINT32_MAX) | at(recent, back)->number;
}

void recent_start_over(struct recent *recent, uint64_t number)
{
    recent->run = 0;
    while (recent->run < recent->count && recent_number(recent, recent->run, number) < number)
        number = recent_number(recent, recent->run++, number);
}

void recent_start_over_too(struct recent *recent, uint64_t number)
{
    recent_start_over(recent, UINT64_MAX);
    bool fell_back = recent->run < recent->count;
    if (!fell_back && recent->run > 0 && recent_number(recent, 0, number) > number)
        recent->run = 0;
}

void recent_clear(struct recent *recent, struct recent_budget *budget)
{
    budget->left += charged(recent->size);
    free(recent->items);
    *recent = (struct recent){0};
}

void recent_newest(const struct recent *recent, size_t count, struct series_recent *out)
{
    ROOST_ASSERT(count <= recent->count);
    for (size_t i = 0; i < count; i++)
        out[i] = *at(recent, count - 1 - i);
}

int recent_set(struct recent *recent, struct recent_budget *budget,
               const struct series_recent *items, size_t count, size_t run)
{
    recent_clear(recent, budget);
    for (size_t i = 0; i < count; i++) {
        int err = recent_add(recent, budget, items[i].number, items[i].hash);
        if (err)
            return err;
    }
    recent->run = (uint16_t)(run < recent->count ? run : recent->count);
    return 0;
}
