/* SPDX-License-Identifier: Apache-2.0 */
/* Devices by id. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_internal.h"

/* The order is kept: sorted[0..sorted_count) are in it, those behind came since. One that comes or
 * goes moves pointers, a hundred thousand of them in some 50 us. */
static int by_id(const void *a, const void *b)
{
    return strcmp((*(struct entry *const *)a)->device.id, (*(struct entry *const *)b)->device.id);
}

/* The first whose id is above `after`. */
static size_t first_above(const struct fleet *fleet, const char *after)
{
    size_t low = 0;
    size_t high = fleet->sorted_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (strcmp(fleet->sorted[middle]->device.id, after) > 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* Room for one more than there are. */
int fleet_sorted_reserve(struct fleet *fleet)
{
    size_t count = fleet->table.count + 1;
    if (count <= fleet->sorted_size)
        return 0;
    size_t wanted = count + count / 4;
    struct entry **grown = realloc(fleet->sorted, wanted * sizeof(struct entry *));
    if (!grown)
        return ROOST_ERR_NO_MEMORY;
    fleet->sorted = grown;
    fleet->sorted_size = wanted;
    return 0;
}

void fleet_sorted_remove(struct fleet *fleet, const struct entry *entry)
{
    size_t at = first_above(fleet, entry->device.id);
    if (at > 0 && fleet->sorted[at - 1] == entry)
        at--;
    else
        at = fleet->sorted_count;
    while (fleet->sorted[at] != entry) /* among those that came since */
        at++;
    fleet->sorted_count -= at < fleet->sorted_count;
    size_t behind = fleet->table.count - at - 1;
    memmove(&fleet->sorted[at], &fleet->sorted[at + 1], behind * sizeof(struct entry *));
}

/* Puts those that came since into their places, from the last one on: each pointer moves once. */
int fleet_sort_entries(struct fleet *fleet)
{
    size_t came = fleet->table.count - fleet->sorted_count;
    if (came == 0)
        return 0;
    struct entry **late = malloc(came * sizeof(struct entry *));
    if (!late)
        return ROOST_ERR_NO_MEMORY;
    memcpy(late, &fleet->sorted[fleet->sorted_count], came * sizeof(struct entry *));
    qsort(late, came, sizeof(struct entry *), by_id);
    size_t end = fleet->sorted_count; /* of those not moved yet */
    for (size_t left = came; left > 0; left--) {
        fleet->sorted_count = end;
        size_t at = first_above(fleet, late[left - 1]->device.id);
        memmove(&fleet->sorted[at + left], &fleet->sorted[at], (end - at) * sizeof(struct entry *));
        fleet->sorted[at + left - 1] = late[left - 1];
        end = at;
    }
    fleet->sorted_count = fleet->table.count;
    free(late);
    return 0;
}

void fleet_each(struct fleet *fleet, const char *after,
                int (*fn)(void *arg, struct fleet_device *device), void *arg)
{
    if (fleet_sort_entries(fleet) != 0)
        return;
    for (size_t low = first_above(fleet, after); low < fleet->sorted_count; low++)
        if (fn(arg, &fleet->sorted[low]->device) != 0)
            return;
}
