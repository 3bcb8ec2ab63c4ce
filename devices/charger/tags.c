/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/tags.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/fnv.h"
#include "devices/charger/tags_parts.h"

_Static_assert(sizeof(struct charger_tags) <= CHARGER_TAGS_RAM_MAX, "as the header says");

/* ---- identifiers ---- */

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

bool charger_tags_same(const char *a, const char *b)
{
    while (*a != '\0' && lower(*a) == lower(*b))
        a++, b++;
    return *a == '\0' && *b == '\0';
}

uint32_t tags_hash(const char *id)
{
    uint32_t hash = ROOST_FNV32;
    for (; *id != '\0'; id++) {
        char c = lower(*id);
        hash = roost_fnv32(hash, &c, 1);
    }
    return hash;
}

/* ---- entries on flash ---- */

enum { HAS_EXPIRY = 8, STATUS = 7 };

size_t tags_pack(const struct charger_tag *tag, unsigned flags, uint8_t out[TAGS_ENTRY_MAX])
{
    size_t id_len = strlen(tag->id), parent_len = strlen(tag->parent);
    uint8_t *at = out;
    *at++ = (uint8_t)(tag->status | flags | (tag->expires_s ? HAS_EXPIRY : 0));
    *at++ = (uint8_t)id_len;
    memcpy(at, tag->id, id_len);
    at += id_len;
    *at++ = (uint8_t)parent_len;
    memcpy(at, tag->parent, parent_len);
    at += parent_len;
    if (tag->expires_s) {
        roost_le_put(at, tag->expires_s, 4);
        at += 4;
    }
    return (size_t)(at - out);
}

/* A text with its length before it; how many bytes both take, 0 when they do not fit. */
static size_t unpack_text(const uint8_t *bytes, size_t len, char out[CHARGER_TAG_MAX + 1])
{
    if (len == 0 || bytes[0] > CHARGER_TAG_MAX || bytes[0] >= len)
        return 0;
    memcpy(out, bytes + 1, bytes[0]);
    out[bytes[0]] = '\0';
    return 1U + bytes[0];
}

int tags_unpack(const uint8_t *bytes, size_t len, struct charger_tag *tag)
{
    size_t at = 1, part;
    *tag = (struct charger_tag){.id = ""};
    if (len < 4 || (part = unpack_text(bytes + at, len - at, tag->id)) == 0)
        return ROOST_ERR_CORRUPT;
    at += part;
    if ((part = unpack_text(bytes + at, len - at, tag->parent)) == 0)
        return ROOST_ERR_CORRUPT;
    at += part;
    if ((bytes[0] & HAS_EXPIRY) != 0) {
        if (at + 4 > len)
            return ROOST_ERR_CORRUPT;
        tag->expires_s = roost_le_get32(bytes + at);
        at += 4;
    }
    tag->status = bytes[0] & STATUS;
    return tags_good(tag) ? (int)at : ROOST_ERR_CORRUPT;
}

static bool text_good(const char *text)
{
    const char *end = memchr(text, '\0', CHARGER_TAG_MAX + 1);
    for (; end && text < end; text++)
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return false;
    return end != NULL;
}

bool tags_good(const struct charger_tag *tag)
{
    return tag->id[0] != '\0' && text_good(tag->id) && text_good(tag->parent) &&
           tag->status < CHARGER_TAG_STATUS_COUNT;
}

uint8_t tags_status(const struct charger_tag *tag, int64_t now_s)
{
    bool past = tag->expires_s != 0 && (now_s <= 0 || now_s >= (int64_t)tag->expires_s);
    return tag->status == CHARGER_TAG_ACCEPTED && past ? CHARGER_TAG_EXPIRED : tag->status;
}

void tags_key(char *out, const char *prefix, unsigned number)
{
    static const char digits[] = "0123456789abcdef";
    size_t len = strlen(prefix);
    memcpy(out, prefix, len);
    out[len] = digits[number >> 4 & 15];
    out[len + 1] = digits[number & 15];
    out[len + 2] = '\0';
}

/* ---- both together ---- */

int charger_tags_init(struct charger_tags *tags, const struct roost_kv *kv,
                      const struct charger_tag_rules *rules)
{
    memset(tags, 0, sizeof *tags);
    tags->kv = kv;
    int list_err = tags_list_init(tags);
    int cache_err = tags_cache_init(tags);
    int err = charger_tags_rules(tags, rules);
    return list_err || cache_err || err ? ROOST_ERR_IO : ROOST_OK;
}

int charger_tags_rules(struct charger_tags *tags, const struct charger_tag_rules *rules)
{
    int err = ROOST_OK;
    tags->rules = *rules;
    if (!rules->cache && (charger_tags_cached(tags) > 0 || tags->cache_doubt)) {
        err = tags_cache_clear(tags);
        memset(tags->cache, 0, sizeof tags->cache);
    }
    /* The list may have come, or been switched on, before a cut kept the cache from hearing. */
    if (rules->list && tags->list.count > 0) {
        int purged = tags_cache_purge(tags);
        err = err ? err : purged;
    }
    return err;
}

int charger_tags_find(struct charger_tags *tags, const char *id, int64_t now_s,
                      struct charger_tag *tag, enum charger_tag_source *source)
{
    int err = ROOST_ERR_NOT_FOUND;
    *source = CHARGER_TAG_LISTED;
    if (tags->rules.list)
        err = tags_list_find(tags, id, tag);
    if (err == ROOST_ERR_NOT_FOUND && tags->rules.cache) {
        *source = CHARGER_TAG_CACHED;
        err = tags_cache_find(tags, id, tag);
    }
    if (err)
        *source = CHARGER_TAG_UNKNOWN;
    else
        tag->status = tags_status(tag, now_s);
    return err;
}

void charger_tags_decide(struct charger_tags *tags, const char *id, bool online, int64_t now_s,
                         struct charger_tag_decision *decision)
{
    struct charger_tag tag;
    enum charger_tag_source source;
    int err = charger_tags_find(tags, id, now_s, &tag, &source);
    bool known = err == ROOST_OK;
    bool good = known && tag.status == CHARGER_TAG_ACCEPTED;
    bool start;
    if (online)
        start = good && tags->rules.pre_authorize;
    else
        start = (good && tags->rules.authorize_offline) ||
                ((good || err == ROOST_ERR_NOT_FOUND) && tags->rules.allow_unknown);
    memset(decision, 0, sizeof *decision);
    decision->action = start ? CHARGER_TAG_START : online ? CHARGER_TAG_ASK : CHARGER_TAG_REFUSE;
    decision->source = (uint8_t)source;
    decision->status = known ? tag.status : CHARGER_TAG_INVALID;
    if (known)
        memcpy(decision->parent, tag.parent, sizeof decision->parent);
}

int charger_tags_learn(struct charger_tags *tags, const struct charger_tag *told, int64_t now_s,
                       bool *conflict)
{
    struct charger_tag listed;
    *conflict = false;
    if (!tags_good(told))
        return ROOST_ERR_INVALID;
    if (tags->rules.list) {
        int err = tags_list_find(tags, told->id, &listed);
        if (err == ROOST_OK) {
            *conflict = told->status != CHARGER_TAG_CONCURRENT &&
                        tags_status(&listed, now_s) != tags_status(told, now_s);
            return ROOST_OK;
        }
        if (err != ROOST_ERR_NOT_FOUND)
            return err; /* it may be on the list: then it must not get into the cache */
    }
    if (!tags->rules.cache || told->status == CHARGER_TAG_CONCURRENT)
        return ROOST_OK;
    return tags_cache_put(tags, told, now_s);
}

int charger_tags_clear(struct charger_tags *tags)
{
    return tags->rules.cache ? tags_cache_clear(tags) : ROOST_ERR_UNSUPPORTED;
}

int32_t charger_tags_version(const struct charger_tags *tags)
{
    return tags->rules.list ? tags->version : -1;
}

size_t charger_tags_listed(const struct charger_tags *tags)
{
    return tags->rules.list ? tags->list.count : 0;
}
