/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/api/lockout.h"

#include <stdlib.h>

#include "hub/api/keyed.h"

struct entry {
    struct keyed_id id;
    bool taken;
    uint16_t failures, trying;
    uint64_t seen_ms;   /* the last try */
    uint64_t failed_ms; /* since when the failures are forgotten one by one */
    uint64_t locked_until_ms;
};

enum { WAYS = 8, SETS = LOCKOUT_PLACES / WAYS };

struct lockout {
    struct keyed keyed;
    struct entry entries[LOCKOUT_KINDS][SETS][WAYS];
};

struct lockout *lockout_new(void)
{
    struct lockout *lockout = calloc(1, sizeof *lockout);
    if (lockout)
        keyed_init(&lockout->keyed);
    return lockout;
}

void lockout_free(struct lockout *lockout)
{
    free(lockout);
}

/* ---- the tables ---- */

static struct entry *find(const struct lockout *lockout, enum lockout_kind kind, const char *key)
{
    const struct keyed_id id = keyed_id(&lockout->keyed, key);
    const struct entry *set = lockout->entries[kind][id.low % SETS];
    for (const struct entry *entry = set; entry < set + WAYS; entry++)
        if (entry->taken && keyed_same(entry->id, id))
            return (struct entry *)entry;
    return NULL;
}

/* Who gives way first: a free place, one that is not locked out, one that is; of equals the one not
 * heard of for the longest. */
static bool goes_before(const struct entry *a, const struct entry *b, uint64_t now_ms)
{
    if (a->taken != b->taken)
        return !a->taken;
    bool a_holds = a->trying > 0 || a->locked_until_ms > now_ms;
    bool b_holds = b->trying > 0 || b->locked_until_ms > now_ms;
    if (a_holds != b_holds)
        return !a_holds;
    return a->seen_ms < b->seen_ms;
}

static struct entry *find_or_make(struct lockout *lockout, enum lockout_kind kind, const char *key,
                                  uint64_t now_ms)
{
    struct entry *entry = find(lockout, kind, key);
    if (entry)
        return entry;
    const struct keyed_id id = keyed_id(&lockout->keyed, key);
    struct entry *set = lockout->entries[kind][id.low % SETS];
    entry = set;
    for (struct entry *other = set + 1; other < set + WAYS; other++)
        if (goes_before(other, entry, now_ms))
            entry = other;
    *entry = (struct entry){.id = id, .taken = true, .seen_ms = now_ms};
    return entry;
}

/* ---- counting ---- */

static unsigned failures_at(const struct entry *entry, uint64_t now_ms)
{
    uint64_t forgotten = (now_ms - entry->failed_ms) / LOCKOUT_FORGET_MS;
    return entry->failures > forgotten ? entry->failures - (unsigned)forgotten : 0;
}

uint32_t lockout_wait_ms(const struct lockout *lockout, enum lockout_kind kind, const char *key,
                         uint64_t now_ms)
{
    const struct entry *entry = find(lockout, kind, key);
    if (!entry)
        return 0;
    if (entry->locked_until_ms > now_ms)
        return (uint32_t)(entry->locked_until_ms - now_ms);
    if (entry->trying > 0 && failures_at(entry, now_ms) + entry->trying >= LOCKOUT_FREE)
        return LOCKOUT_CROWD_MS;
    return 0;
}

void lockout_begin(struct lockout *lockout, enum lockout_kind kind, const char *key,
                   uint64_t now_ms)
{
    struct entry *entry = find_or_make(lockout, kind, key, now_ms);
    entry->trying++;
    entry->seen_ms = now_ms;
}

static void fail(struct entry *entry, uint64_t now_ms)
{
    enum { DOUBLINGS_MAX = 10 }; /* 2^10 s are above the limit */
    unsigned failures = failures_at(entry, now_ms) + 1;
    entry->failures = failures < UINT16_MAX ? (uint16_t)failures : UINT16_MAX;
    entry->failed_ms = now_ms;
    if (failures < LOCKOUT_FREE)
        return;
    unsigned doublings = failures - LOCKOUT_FREE;
    uint64_t wait_ms =
        doublings < DOUBLINGS_MAX ? UINT64_C(1000) << doublings : (uint64_t)LOCKOUT_MAX_MS;
    entry->locked_until_ms = now_ms + (wait_ms < LOCKOUT_MAX_MS ? wait_ms : LOCKOUT_MAX_MS);
}

void lockout_end(struct lockout *lockout, enum lockout_kind kind, const char *key,
                 enum lockout_result result, uint64_t now_ms)
{
    struct entry *entry = result == LOCKOUT_WRONG ? find_or_make(lockout, kind, key, now_ms)
                                                  : find(lockout, kind, key);
    if (!entry)
        return;
    if (entry->trying > 0)
        entry->trying--;
    if (result == LOCKOUT_WRONG)
        fail(entry, now_ms);
    if (result == LOCKOUT_RIGHT) {
        entry->failures = 0;
        entry->locked_until_ms = 0;
    }
}

void lockout_keep(struct lockout *lockout, enum lockout_kind kind, const char *key, uint64_t now_ms)
{
    find_or_make(lockout, kind, key, now_ms)->seen_ms = now_ms;
}

bool lockout_has(const struct lockout *lockout, enum lockout_kind kind, const char *key)
{
    return find(lockout, kind, key) != NULL;
}
