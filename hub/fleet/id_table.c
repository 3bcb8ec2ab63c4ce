/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/fleet/id_table.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/fnv.h"

enum { SIZE_FIRST = 64 };

/* FNV-1a from a random start, with a finisher that spreads it over the low bits. */
static uint64_t hash_of(uint64_t seed, const char *id)
{
    uint64_t hash = roost_fnv64(ROOST_FNV64 ^ seed, id, strlen(id));
    hash ^= hash >> 32;
    hash *= 0xd6e8feb86659fd93u;
    return hash ^ hash >> 32;
}

void id_table_init(struct id_table *table, uint64_t seed)
{
    *table = (struct id_table){.seed = seed};
}

void id_table_deinit(struct id_table *table)
{
    free(table->slots);
    *table = (struct id_table){0};
}

/* The slot of `id`, or the free one where it belongs. */
static struct id_slot *probe(const struct id_table *table, uint64_t hash, const char *id)
{
    size_t mask = table->size - 1;
    size_t at = (size_t)hash & mask;
    while (table->slots[at].item &&
           (table->slots[at].hash != hash || strcmp(table->slots[at].item, id) != 0))
        at = (at + 1) & mask;
    return &table->slots[at];
}

void *id_table_find(const struct id_table *table, const char *id)
{
    return table->count ? probe(table, hash_of(table->seed, id), id)->item : NULL;
}

static int grow(struct id_table *table)
{
    struct id_table grown = *table;
    grown.size = table->size ? 2 * table->size : SIZE_FIRST;
    grown.slots = calloc(grown.size, sizeof *grown.slots);
    if (!grown.slots)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < table->size; i++)
        if (table->slots[i].item)
            *probe(&grown, table->slots[i].hash, table->slots[i].item) = table->slots[i];
    free(table->slots);
    *table = grown;
    return 0;
}

int id_table_add(struct id_table *table, void *item)
{
    if (4 * (table->count + 1) > 3 * table->size) {
        int err = grow(table);
        if (err)
            return err;
    }
    uint64_t hash = hash_of(table->seed, item);
    *probe(table, hash, item) = (struct id_slot){hash, item};
    table->count++;
    return 0;
}

void *id_table_remove(struct id_table *table, const char *id)
{
    if (!table->count)
        return NULL;
    size_t mask = table->size - 1;
    struct id_slot *slot = probe(table, hash_of(table->seed, id), id);
    void *item = slot->item;
    if (!item)
        return NULL;
    /* Later ones of the same run move up, so that no search stops at the hole too early. */
    size_t hole = (size_t)(slot - table->slots);
    for (size_t at = (hole + 1) & mask; table->slots[at].item; at = (at + 1) & mask) {
        size_t home = (size_t)table->slots[at].hash & mask;
        if (((at - home) & mask) < ((at - hole) & mask))
            continue;
        table->slots[hole] = table->slots[at];
        hole = at;
    }
    table->slots[hole].item = NULL;
    table->count--;
    return item;
}
