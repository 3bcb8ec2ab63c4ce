/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The newest readings of a numbered stream, each by its number and a short hash of what it said: a
 * number alone does not tell a repetition from the first reading of a device that counts in RAM and
 * began again. A ring that doubles as it fills, up to RECENT_MAX; beyond RECENT_LEAST the memory
 * comes out of one budget for all streams, and a stream that gets none keeps what it has and
 * forgets sooner. A numbering that starts over begins a new run; what was remembered before it
 * stays until newer readings push it out, since the broker may still repeat it. Depends on
 * hub/store/series.h.
 *
 *     struct recent_budget budget = {.left = 8 << 20};
 *     if (recent_find(&recent, seq, hash) == RECENT_UNKNOWN)
 *         err = recent_add(&recent, &budget, seq, hash);
 */
#ifndef ROOST_HUB_INGEST_RECENT_H
#define ROOST_HUB_INGEST_RECENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "hub/store/series.h"

enum { RECENT_LEAST = 32, RECENT_MAX = 4096 };

struct recent_budget {
    size_t left; /* bytes */
};

/* Zeroed: nothing remembered. */
struct recent {
    struct series_recent *items; /* a ring of `size` */
    uint16_t size, count, next;
    uint16_t run; /* how many of the newest are of the numbering that goes on */
};

enum recent_found {
    RECENT_UNKNOWN, /* no reading of that number is remembered */
    RECENT_OTHER,   /* readings of that number, and they said something else */
    RECENT_BEFORE,  /* the same, but of a numbering that was started over since */
    RECENT_SAME
};

/* The last of these that holds. */
enum recent_found recent_find(const struct recent *recent, uint64_t number, uint32_t hash);

/* How many were added since that very one, itself included; 0: it is not remembered. */
size_t recent_since(const struct recent *recent, uint64_t number, uint32_t hash);

/* Forgets the oldest when there is no room. Returns 0, or ROOST_ERR_NO_MEMORY (not even the first
 * few: nothing changed). */
int recent_add(struct recent *recent, struct recent_budget *budget, uint64_t number, uint32_t hash);

/* The numbering has started over, and `number` is the first that shows it. What came just before in
 * ascending order below it belongs to the new one already: `run` says how many those are. */
void recent_start_over(struct recent *recent, uint64_t number);

/* Another stream of the device showed it. This one may have started over before, which its numbers
 * falling back tell: `run` is what came since then. Otherwise it starts over now. */
void recent_start_over_too(struct recent *recent, uint64_t number);

/* The number that was added `back` before the newest, as one that is near to `number`. */
uint64_t recent_number(const struct recent *recent, size_t back, uint64_t number);

/* Something of an earlier numbering is remembered. */
static inline bool recent_has_before(const struct recent *recent)
{
    return recent->count > recent->run;
}

/* Frees, too, and gives its share of the budget back. */
void recent_clear(struct recent *recent, struct recent_budget *budget);

/* Copies the newest `count` of them, oldest first; count <= recent->count. */
void recent_newest(const struct recent *recent, size_t count, struct series_recent *out);

/* What was stored: oldest first, the last `run` of them of the numbering that goes on. */
int recent_set(struct recent *recent, struct recent_budget *budget,
               const struct series_recent *items, size_t count, size_t run);

#endif
