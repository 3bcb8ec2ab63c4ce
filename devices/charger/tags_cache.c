/* SPDX-License-Identifier: Apache-2.0 */
/* The cache: an entry a key, and in memory what finds it and tells which is the oldest. */
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "devices/charger/tags_parts.h"
#include "port/port.h"

enum { HEAD = 8, VALUE_MAX = HEAD + TAGS_ENTRY_MAX }; /* epoch and age stand before the entry */

_Static_assert((int)CHARGER_TAGS_CACHE_MAX <= 256, "a place has two digits");

static const char epoch_key[] = "tc";

/* ---- entries ---- */

/* Whether what is at a place belongs to this epoch; NOT_FOUND when it does not or is nothing. Any
 * other error leaves it open whose entry it was. */
static int read_place(struct charger_tags *tags, unsigned place, struct charger_tag *tag,
                      uint32_t *age)
{
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t value[VALUE_MAX];
    tags_key(key, "tc.", place);
    int len = tags->kv->ops->get(tags->kv->ctx, key, value, sizeof value);
    if (len == ROOST_ERR_IO || len == ROOST_ERR_NOT_FOUND)
        return len;
    if (len < HEAD || tags_unpack(value + HEAD, (size_t)(len - HEAD), tag) != len - HEAD) {
        tags->damaged++;
        return ROOST_ERR_CORRUPT;
    }
    *age = roost_le_get32(value + 4);
    return roost_le_get32(value) == tags->epoch && *age > 0 ? ROOST_OK : ROOST_ERR_NOT_FOUND;
}

static void remember(struct charger_tags *tags, unsigned place, const struct charger_tag *tag,
                     uint32_t age)
{
    tags->cache[place] = (struct charger_cached){.hash = tags_hash(tag->id),
                                                 .age = age,
                                                 .expires_s = tag->expires_s,
                                                 .accepted = tag->status == CHARGER_TAG_ACCEPTED};
    if (age > tags->youngest)
        tags->youngest = age;
}

static int write_place(struct charger_tags *tags, unsigned place, const struct charger_tag *tag)
{
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t value[VALUE_MAX];
    tags_key(key, "tc.", place);
    roost_le_put(value, tags->epoch, 4);
    roost_le_put(value + 4, tags->youngest + 1, 4);
    size_t len = HEAD + tags_pack(tag, 0, value + HEAD);
    int err = tags->kv->ops->set(tags->kv->ctx, key, value, len);
    if (!err)
        remember(tags, place, tag, tags->youngest + 1);
    return err;
}

static int erase_place(struct charger_tags *tags, unsigned place)
{
    char key[ROOST_KV_KEY_MAX + 1];
    tags_key(key, "tc.", place);
    tags->cache[place].age = 0;
    return tags->kv->ops->erase(tags->kv->ctx, key);
}

int tags_cache_init(struct charger_tags *tags)
{
    uint8_t epoch[4];
    int len = tags->kv->ops->get(tags->kv->ctx, epoch_key, epoch, sizeof epoch);
    int result = ROOST_OK;
    if (len == sizeof epoch)
        tags->epoch = roost_le_get32(epoch);
    else if (len != ROOST_ERR_NOT_FOUND) {
        /* Which entries were cleared is not known: none can be used, and none be added. */
        tags->cache_error = len == ROOST_ERR_IO ? ROOST_ERR_IO : ROOST_ERR_CORRUPT;
        return ROOST_ERR_IO;
    }
    for (unsigned i = 0; i < CHARGER_TAGS_CACHE_MAX; i++) {
        struct charger_tag tag;
        uint32_t age;
        int err = read_place(tags, i, &tag, &age);
        if (err == ROOST_OK)
            remember(tags, i, &tag, age);
        else if (err != ROOST_ERR_NOT_FOUND)
            tags->cache_doubt = true;
        if (err == ROOST_ERR_IO)
            result = err;
    }
    return result;
}

/* The place of an identifier, or an error. */
static int find_place(struct charger_tags *tags, const char *id, struct charger_tag *tag)
{
    uint32_t hash = tags_hash(id), age;
    for (unsigned i = 0; i < CHARGER_TAGS_CACHE_MAX; i++) {
        if (tags->cache[i].age == 0 || tags->cache[i].hash != hash)
            continue;
        int err = read_place(tags, i, tag, &age);
        if (err == ROOST_ERR_IO)
            return err;
        if (err) {
            tags->cache[i].age = 0;
            tags->cache_doubt = tags->cache_doubt || err == ROOST_ERR_CORRUPT;
        } else if (charger_tags_same(tag->id, id))
            return (int)i;
    }
    return ROOST_ERR_NOT_FOUND;
}

int tags_cache_find(struct charger_tags *tags, const char *id, struct charger_tag *tag)
{
    if (tags->cache_error)
        return tags->cache_error;
    int place = find_place(tags, id, tag);
    if (place == ROOST_ERR_NOT_FOUND && tags->cache_doubt)
        return ROOST_ERR_CORRUPT;
    return place < 0 ? place : ROOST_OK;
}

/* ---- who goes ---- */

static bool useless(const struct charger_cached *cached, int64_t now_s)
{
    return !cached->accepted || (cached->expires_s != 0 && now_s >= (int64_t)cached->expires_s);
}

/* A free place, else the oldest of the useless ones, else the oldest. -1: a card that is not
 * accepted would displace one that is. */
static int choose_place(const struct charger_tags *tags, const struct charger_tag *tag,
                        int64_t now_s)
{
    int oldest = -1, oldest_useless = -1;
    for (int i = 0; i < CHARGER_TAGS_CACHE_MAX; i++) {
        const struct charger_cached *cached = &tags->cache[i];
        if (cached->age == 0)
            return i;
        int *best = useless(cached, now_s) ? &oldest_useless : &oldest;
        if (*best < 0 || cached->age < tags->cache[*best].age)
            *best = i;
    }
    if (oldest_useless >= 0)
        return oldest_useless;
    return tag->status == CHARGER_TAG_ACCEPTED ? oldest : -1;
}

int tags_cache_put(struct charger_tags *tags, const struct charger_tag *tag, int64_t now_s)
{
    struct charger_tag known;
    if (tags->cache_error)
        return tags->cache_error;
    int place = find_place(tags, tag->id, &known);
    if (place == ROOST_ERR_IO)
        return place;
    if (place >= 0) {
        if (strcmp(known.id, tag->id) == 0 && strcmp(known.parent, tag->parent) == 0 &&
            known.status == tag->status && known.expires_s == tag->expires_s) {
            tags->cache[place].age = ++tags->youngest; /* on flash when it next changes */
            return ROOST_OK;
        }
        int err = write_place(tags, (unsigned)place, tag);
        if (err) { /* what is on flash is known to be wrong */
            (void)erase_place(tags, (unsigned)place);
            tags->cache_doubt = tags->cache_doubt || tag->status != CHARGER_TAG_ACCEPTED;
        }
        return err;
    }
    place = choose_place(tags, tag, now_s);
    return place < 0 ? ROOST_OK : write_place(tags, (unsigned)place, tag);
}

int tags_cache_forget(struct charger_tags *tags, const struct charger_tag *tag)
{
    struct charger_tag known;
    int place = find_place(tags, tag->id, &known);
    if (place < 0)
        return place == ROOST_ERR_NOT_FOUND ? ROOST_OK : place;
    return erase_place(tags, (unsigned)place);
}

static int erase_places(struct charger_tags *tags)
{
    int result = ROOST_OK;
    for (unsigned i = 0; i < CHARGER_TAGS_CACHE_MAX; i++) {
        int err = erase_place(tags, i);
        result = result ? result : err;
    }
    return result;
}

int tags_cache_clear(struct charger_tags *tags)
{
    uint8_t epoch[4];
    if (tags->cache_error == ROOST_ERR_IO)
        return tags->cache_error;
    if (tags->cache_error) { /* no epoch tells what is there: nothing may be */
        int err = erase_places(tags);
        if (err)
            return err;
    }
    roost_le_put(epoch, tags->epoch + 1, sizeof epoch);
    int err = tags->kv->ops->set(tags->kv->ctx, epoch_key, epoch, sizeof epoch);
    if (err)
        return err;
    tags->epoch++;
    tags->cache_error = ROOST_OK;
    if (tags->cache_doubt)
        (void)erase_places(tags); /* what cannot be read would be doubted at the next boot */
    tags->cache_doubt = false;
    memset(tags->cache, 0, sizeof tags->cache);
    return ROOST_OK;
}

int tags_cache_purge(struct charger_tags *tags)
{
    return tags_list_walk(tags, tags_cache_forget);
}

size_t charger_tags_cached(const struct charger_tags *tags)
{
    size_t count = 0;
    for (size_t i = 0; i < CHARGER_TAGS_CACHE_MAX; i++)
        count += tags->cache[i].age != 0;
    return count;
}
