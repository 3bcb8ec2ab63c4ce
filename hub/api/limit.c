/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/limit.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>

#include "hub/api/keyed.h"

struct entry {
    struct keyed_id id;
    bool taken;
    uint64_t seen_ms;
    double tokens;
};

enum { WAYS = 8, SETS = LIMIT_ENTRIES / WAYS };

/* Set-associative: a key lives in one of the WAYS places of its set, so a look-up is bounded and a
 * flood of invented keys displaces only the oldest of each set. */
struct limit {
    struct keyed keyed;
    struct entry entries[SETS][WAYS];
};

struct limit *limit_new(void)
{
    struct limit *limit = calloc(1, sizeof *limit);
    if (limit)
        keyed_init(&limit->keyed);
    return limit;
}

void limit_free(struct limit *limit)
{
    free(limit);
}

/* Free places have seen_ms 0, so they are the oldest. */
static struct entry *find_or_make(struct limit *limit, const char *key, double burst,
                                  uint64_t now_ms)
{
    const struct keyed_id id = keyed_id(&limit->keyed, key);
    struct entry *set = limit->entries[id.low % SETS], *oldest = set;
    for (struct entry *entry = set; entry < set + WAYS; entry++) {
        if (entry->taken && keyed_same(entry->id, id))
            return entry;
        if (entry->seen_ms < oldest->seen_ms)
            oldest = entry;
    }
    *oldest = (struct entry){.id = id, .taken = true, .seen_ms = now_ms, .tokens = burst};
    return oldest;
}

uint32_t limit_take(struct limit *limit, const char *key, double rate_per_s, double burst,
                    uint64_t now_ms)
{
    struct entry *entry = find_or_make(limit, key, burst, now_ms);
    double earned = (double)(now_ms - entry->seen_ms) * rate_per_s / 1000.0;
    entry->tokens = fmin(burst, entry->tokens + earned);
    entry->seen_ms = now_ms;
    if (entry->tokens >= 1) {
        entry->tokens -= 1;
        return 0;
    }
    return (uint32_t)ceil((1 - entry->tokens) * 1000.0 / rate_per_s);
}
