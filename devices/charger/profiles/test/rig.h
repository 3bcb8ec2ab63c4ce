/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the profiles have in common: a key-value store that loses power or fails at a
 * chosen change, and short words for profiles. Included after <cmocka.h>, by one file a program.
 *
 *     start();
 *     struct charger_profile p = profile(7, CHARGER_PROFILE_DEFAULT, 1, 0);
 *     period(&p, 0, 60000);
 *     assert_int_equal(set(&p), 0);
 */
#ifndef ROOST_DEVICES_CHARGER_PROFILES_TEST_RIG_H
#define ROOST_DEVICES_CHARGER_PROFILES_TEST_RIG_H

#include <string.h>

#include "core/err.h"
#include "devices/charger/profiles/profiles.h"
#include "port/port.h"

enum {
    CONNECTORS = 2,
    KEYS = 24,
    VALUE_MAX = 256,
    NO_CUT = -1,
    NOMINAL_MV = 80000,
    MAX_TENTHS_A = 3000,
    MAX_TENTHS_W = 240000,
};

static struct store {
    struct {
        char key[ROOST_KV_KEY_MAX + 1];
        uint8_t value[VALUE_MAX];
        int len;
    } keys[KEYS];
    int count, changes;
    int cut_at;     /* the change that loses power */
    bool cut_after; /* it had been made by then */
    bool off, fails;
} store;

static struct charger_profiles profiles;
static const struct charger_refusal *why;
/* 2026-11-30 12:00:00 UTC. */
static struct charger_instant now;

static int rig_find(const char *key)
{
    for (int i = 0; i < store.count; i++)
        if (strcmp(store.keys[i].key, key) == 0)
            return i;
    return store.count;
}

static int rig_get(void *ctx, const char *key, void *value, size_t size)
{
    int i = rig_find(key);

    (void)ctx;
    if (store.off || store.fails)
        return ROOST_ERR_IO;
    if (i == store.count)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)store.keys[i].len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, store.keys[i].value, (size_t)store.keys[i].len);
    return store.keys[i].len;
}

static int rig_set(void *ctx, const char *key, const void *value, size_t len)
{
    int i = rig_find(key);

    (void)ctx;
    assert_true(i < KEYS && len <= VALUE_MAX && strlen(key) <= ROOST_KV_KEY_MAX);
    if (store.off || store.fails)
        return ROOST_ERR_IO;
    store.off = store.changes++ == store.cut_at;
    if (store.off && !store.cut_after)
        return ROOST_ERR_IO;
    memcpy(store.keys[i].key, key, strlen(key) + 1);
    memcpy(store.keys[i].value, value, len);
    store.keys[i].len = (int)len;
    store.count += i == store.count;
    return store.off ? ROOST_ERR_IO : 0;
}

static const struct roost_kv_ops rig_ops = {.get = rig_get, .set = rig_set};
static const struct roost_kv rig_kv = {.ops = &rig_ops};
static const struct charger_profiles_config rig_config = {
    .connectors = CONNECTORS,
    .nominal_mv = NOMINAL_MV,
    .max_tenths_a = MAX_TENTHS_A,
    .max_tenths_w = MAX_TENTHS_W,
};

static inline void boot(void)
{
    store.off = false;
    store.cut_at = NO_CUT;
    store.changes = 0;
    assert_int_equal(charger_profiles_init(&profiles, &rig_kv, &rig_config), 0);
}

static inline void start(void)
{
    memset(&store, 0, sizeof store);
    now = (struct charger_instant){.now_ms = 5000000, .unix_ms = 1796040000000};
    boot();
}

static inline int64_t unix_s(void)
{
    return now.unix_ms / 1000;
}

static inline void pass(int64_t seconds)
{
    now.now_ms += (uint64_t)seconds * 1000;
    now.unix_ms += seconds * 1000;
}

/* Absolute from now on for MAX and DEFAULT, relative for TX; in W. */
static inline struct charger_profile profile(int32_t id, uint8_t purpose, int32_t connector,
                                             int32_t level)
{
    struct charger_profile p;

    memset(&p, 0, sizeof p);
    p.id = id;
    p.purpose = purpose;
    p.connector = connector;
    p.stack_level = level;
    p.unit = CHARGER_WATT;
    p.kind = purpose == CHARGER_PROFILE_TX ? CHARGER_PROFILE_RELATIVE : CHARGER_PROFILE_ABSOLUTE;
    if (purpose != CHARGER_PROFILE_TX) {
        p.has = CHARGER_PROFILE_HAS_START;
        p.start_s = unix_s();
    }
    return p;
}

static inline void period(struct charger_profile *p, int32_t start_s, int32_t limit_tenths)
{
    p->periods[p->period_count++] = (struct charger_period){start_s, limit_tenths};
}

static inline struct charger_profile flat(int32_t id, uint8_t purpose, int32_t connector,
                                          int32_t level, int32_t limit_tenths)
{
    struct charger_profile p = profile(id, purpose, connector, level);

    period(&p, 0, limit_tenths);
    return p;
}

static inline void lasts(struct charger_profile *p, int32_t duration_s)
{
    p->has |= CHARGER_PROFILE_HAS_DURATION;
    p->duration_s = duration_s;
}

static inline int set(const struct charger_profile *p)
{
    return charger_profiles_set(&profiles, p, &now, &why);
}

static inline void take(struct charger_profile p)
{
    assert_int_equal(set(&p), 0);
}

static inline void refuse(struct charger_profile p, int err, bool malformed, const char *field)
{
    assert_int_equal(set(&p), err);
    assert_int_equal(why->err, err);
    assert_int_equal(why->malformed, malformed);
    assert_string_equal(why->field, field);
}

static inline int installed_count(void)
{
    int n = 0;

    for (unsigned i = 0; i < sizeof profiles.slots / sizeof profiles.slots[0]; i++)
        n += (profiles.used >> i & 1) != 0;
    return n;
}

static inline int32_t watts(int32_t connector)
{
    struct charger_limit limit;

    assert_int_equal(charger_profiles_limit(&profiles, connector, &now, &limit), 0);
    return limit.tenths_w == CHARGER_UNLIMITED ? CHARGER_UNLIMITED : limit.tenths_w / 10;
}

static inline bool same(const struct charger_profile *a, const struct charger_profile *b)
{
    bool equal = a->id == b->id && a->purpose == b->purpose && a->connector == b->connector &&
                 a->stack_level == b->stack_level && a->kind == b->kind && a->unit == b->unit &&
                 a->has == b->has && a->period_count == b->period_count;
    if (a->has & CHARGER_PROFILE_HAS_TRANSACTION)
        equal = equal && a->transaction_id == b->transaction_id;
    if (a->has & CHARGER_PROFILE_HAS_VALID_FROM)
        equal = equal && a->valid_from_s == b->valid_from_s;
    if (a->has & CHARGER_PROFILE_HAS_VALID_TO)
        equal = equal && a->valid_to_s == b->valid_to_s;
    if (a->has & CHARGER_PROFILE_HAS_START)
        equal = equal && a->start_s == b->start_s;
    if (a->has & CHARGER_PROFILE_HAS_DURATION)
        equal = equal && a->duration_s == b->duration_s;
    if (a->has & CHARGER_PROFILE_HAS_RECURRENCE)
        equal = equal && a->recurrence == b->recurrence;
    return equal && memcmp(a->periods, b->periods, a->period_count * sizeof a->periods[0]) == 0;
}

#endif
