/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A key-value store in memory for the charger's tests: it loses power at a chosen write, before or
 * after that write happened (each key is atomic, so there is nothing between), and has room for so
 * many bytes. Counts writes. Without power every operation is an error and changes nothing. For
 * tests only.
 *
 *     kv_cut_init(&store);
 *     for (store.cut_at = 0; ...; store.cut_at++) { ...; kv_cut_boot(&store); ... }
 */
#ifndef ROOST_DEVICES_CHARGER_TEST_KV_CUT_H
#define ROOST_DEVICES_CHARGER_TEST_KV_CUT_H

#include <stdbool.h>
#include <string.h>

#include "core/err.h"
#include "port/port.h"

#ifndef KV_CUT_VALUE_BYTES /* tests of what keeps more in a value say so */
#define KV_CUT_VALUE_BYTES 544
#endif

enum { KV_CUT_SLOTS = 128, KV_CUT_VALUE = KV_CUT_VALUE_BYTES };

struct kv_cut {
    struct roost_kv kv;
    struct {
        char key[ROOST_KV_KEY_MAX + 1];
        unsigned char value[KV_CUT_VALUE];
        int len; /* -1: free */
    } slots[KV_CUT_SLOTS];
    int writes, cut_at;                  /* -1: never */
    int room;                            /* slots that may be in use */
    bool cut_after, stays, power, fails; /* stays: only that one write reports an error */
};

static inline int kv_cut_slot(const struct kv_cut *store, const char *key)
{
    for (int i = 0; i < KV_CUT_SLOTS; i++)
        if (store->slots[i].len >= 0 && strcmp(store->slots[i].key, key) == 0)
            return i;
    return -1;
}

static inline int kv_cut_used(const struct kv_cut *store)
{
    int used = 0;
    for (int i = 0; i < KV_CUT_SLOTS; i++)
        used += store->slots[i].len >= 0;
    return used;
}

static inline int kv_cut_get(void *ctx, const char *key, void *value, size_t size)
{
    struct kv_cut *store = ctx;
    int i = kv_cut_slot(store, key);
    if (!store->power || store->fails)
        return ROOST_ERR_IO;
    if (i < 0)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)store->slots[i].len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, store->slots[i].value, (size_t)store->slots[i].len);
    return store->slots[i].len;
}

/* One write, of which the power is lost or not. */
static inline int kv_cut_write(struct kv_cut *store, const char *key, const void *value, int len)
{
    int i = kv_cut_slot(store, key);
    if (!store->power || store->fails)
        return ROOST_ERR_IO;
    bool cut = store->writes++ == store->cut_at;
    if (cut)
        store->power = store->stays;
    if (cut && !store->cut_after)
        return ROOST_ERR_IO;
    for (int n = 0; i < 0 && len >= 0 && n < KV_CUT_SLOTS && kv_cut_used(store) < store->room; n++)
        if (store->slots[n].len < 0)
            i = n;
    if (i < 0)
        return len < 0 ? ROOST_OK : ROOST_ERR_NO_SPACE;
    memcpy(store->slots[i].key, key, strlen(key) + 1);
    if (len > 0)
        memcpy(store->slots[i].value, value, (size_t)len);
    store->slots[i].len = len;
    return cut ? ROOST_ERR_IO : ROOST_OK;
}

static inline int kv_cut_set(void *ctx, const char *key, const void *value, size_t len)
{
    if (strlen(key) > ROOST_KV_KEY_MAX || len > KV_CUT_VALUE)
        return ROOST_ERR_TOO_LONG;
    return kv_cut_write(ctx, key, value, (int)len);
}

/* What is not there costs nothing, as on the chip. */
static inline int kv_cut_erase(void *ctx, const char *key)
{
    struct kv_cut *store = ctx;
    if (store->power && !store->fails && kv_cut_slot(store, key) < 0)
        return ROOST_OK;
    return kv_cut_write(store, key, NULL, -1);
}

static inline int kv_cut_erase_all(void *ctx)
{
    struct kv_cut *store = ctx;
    for (int i = 0; i < KV_CUT_SLOTS; i++)
        store->slots[i].len = -1;
    return ROOST_OK;
}

static const struct roost_kv_ops kv_cut_ops = {kv_cut_get, kv_cut_set, kv_cut_erase,
                                               kv_cut_erase_all};

static inline void kv_cut_boot(struct kv_cut *store)
{
    store->power = true;
    store->writes = 0;
    store->stays = false;
    store->cut_at = -1;
}

static inline void kv_cut_init(struct kv_cut *store)
{
    memset(store, 0, sizeof *store);
    store->kv = (struct roost_kv){.ops = &kv_cut_ops, .ctx = store};
    store->room = KV_CUT_SLOTS;
    (void)kv_cut_erase_all(store);
    kv_cut_boot(store);
}

#endif
