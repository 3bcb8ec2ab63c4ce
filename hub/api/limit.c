/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/limit.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/fnv.h"

struct entry {
    char key[LIMIT_KEY_MAX];
    uint64_t seen_ms;
    double tokens;
    uint32_t failures;
    uint64_t locked_until_ms;
};

enum { WAYS = 8, SETS = LIMIT_ENTRIES / WAYS, UNUSED_BUCKET = -1 };

/* Set-associative: a key lives in one of the WAYS places of its set, so a look-up is bounded and a
 * flood of invented keys displaces only the oldest of each set. */
struct limit {
    struct entry entries[SETS][WAYS];
};

struct limit *limit_new(void)
{
    return calloc(1, sizeof(struct limit));
}

void limit_free(struct limit *limit)
{
    free(limit);
}

static uint32_t hash_of(const char *key)
{
    uint32_t hash = roost_fnv32(ROOST_FNV32, key, strlen(key));
    /* Its low bits choose the set, and FNV mixes upwards only. */
    return hash ^ hash >> 15;
}

static struct entry *find(struct limit *limit, const char *key)
{
    struct entry *set = limit->entries[hash_of(key) % SETS];
    for (struct entry *entry = set; entry < set + WAYS; entry++)
        if (entry->key[0] != '\0' && strncmp(entry->key, key, LIMIT_KEY_MAX - 1) == 0)
            return entry;
    return NULL;
}

/* Free places have seen_ms 0, so they are the oldest. One who is locked out is not forgotten for a
 * newcomer while there is another. */
static struct entry *find_or_make(struct limit *limit, const char *key, uint64_t now_ms)
{
    struct entry *entry = find(limit, key);
    if (entry)
        return entry;
    struct entry *set = limit->entries[hash_of(key) % SETS];
    uint64_t oldest_ms = UINT64_MAX;
    for (struct entry *other = set; other < set + WAYS; other++) {
        uint64_t age_ms = other->locked_until_ms > now_ms ? now_ms : other->seen_ms;
        if (age_ms < oldest_ms) {
            oldest_ms = age_ms;
            entry = other;
        }
    }
    memset(entry, 0, sizeof *entry);
    strncpy(entry->key, key, LIMIT_KEY_MAX - 1);
    entry->seen_ms = now_ms;
    entry->tokens = UNUSED_BUCKET;
    return entry;
}

uint32_t limit_take(struct limit *limit, const char *key, double rate_per_s, double burst,
                    uint64_t now_ms)
{
    struct entry *entry = find_or_make(limit, key, now_ms);
    double earned = (double)(now_ms - entry->seen_ms) * rate_per_s / 1000.0;
    entry->tokens = entry->tokens == UNUSED_BUCKET ? burst : fmin(burst, entry->tokens + earned);
    entry->seen_ms = now_ms;
    if (entry->tokens >= 1) {
        entry->tokens -= 1;
        return 0;
    }
    return (uint32_t)ceil((1 - entry->tokens) * 1000.0 / rate_per_s);
}

uint32_t limit_locked_ms(struct limit *limit, const char *key, uint64_t now_ms)
{
    const struct entry *entry = find(limit, key);
    if (!entry || entry->locked_until_ms <= now_ms)
        return 0;
    return (uint32_t)(entry->locked_until_ms - now_ms);
}

void limit_failed(struct limit *limit, const char *key, uint64_t now_ms)
{
    struct entry *entry = find_or_make(limit, key, now_ms);
    entry->seen_ms = now_ms;
    entry->failures++;
    if (entry->failures < LIMIT_FREE_FAILURES)
        return;
    /* 2^10 s are above the limit; further ones would shift the bits out. */
    uint32_t doublings = entry->failures - LIMIT_FREE_FAILURES;
    uint64_t wait_ms = doublings < 10 ? UINT64_C(1000) << doublings : LIMIT_LOCKOUT_MAX_MS;
    entry->locked_until_ms =
        now_ms + (wait_ms < LIMIT_LOCKOUT_MAX_MS ? wait_ms : LIMIT_LOCKOUT_MAX_MS);
}

void limit_succeeded(struct limit *limit, const char *key)
{
    struct entry *entry = find(limit, key);
    if (!entry)
        return;
    entry->failures = 0;
    entry->locked_until_ms = 0;
}
