/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Finds things by device id: a hash table of pointers to structs whose first member is their id, a
 * NUL-terminated char array. The table does not own them. Ids come from the network, so the hash is
 * seeded at random. Depends on core/err.h.
 *
 *     struct thing { char id[65]; ... };
 *     id_table_add(&table, thing);
 *     struct thing *found = id_table_find(&table, "device-1");
 */
#ifndef ROOST_HUB_FLEET_ID_TABLE_H
#define ROOST_HUB_FLEET_ID_TABLE_H

#include <stddef.h>
#include <stdint.h>

struct id_slot {
    uint64_t hash;
    void *item; /* NULL: free */
};

struct id_table {
    struct id_slot *slots; /* a power of two of them, at most three quarters used */
    size_t size, count;
    uint64_t seed;
};

void id_table_init(struct id_table *table, uint64_t seed);
void id_table_deinit(struct id_table *table);

void *id_table_find(const struct id_table *table, const char *id);

/* The id must not be there yet. Returns 0 or ROOST_ERR_NO_MEMORY. */
int id_table_add(struct id_table *table, void *item);

/* Returns what was removed, or NULL. */
void *id_table_remove(struct id_table *table, const char *id);

#endif
