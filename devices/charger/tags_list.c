/* SPDX-License-Identifier: Apache-2.0 */
/* The local list: banks of chunks of entries, and the one record that says which bank counts. */
#include <string.h>

#include "core/bytes.h"
#include "core/crc32.h"
#include "core/err.h"
#include "devices/charger/tags_parts.h"
#include "port/port.h"

enum { BANKS = 3, HEAD_BYTES = 16, FORMAT = 1 };

/* What each of the three buffers holds: of the list, of the message, and what is being written. */
enum { OLD, STAGED, OUT };

_Static_assert((int)CHARGER_TAGS_CHUNKS *((int)CHARGER_TAGS_CHUNK_BYTES / (int)TAGS_ENTRY_MAX) >=
                   (int)CHARGER_TAGS_MAX,
               "the longest entries fit");

static const char head_key[] = "tl";

/* ---- chunks ---- */

static void chunk_key(char out[ROOST_KV_KEY_MAX + 1], unsigned bank, unsigned number)
{
    char prefix[] = "tl.0.";
    prefix[3] = (char)('0' + bank);
    tags_key(out, prefix, number);
}

static int read_chunk(struct charger_tags *tags, unsigned bank, unsigned number, int buffer)
{
    char key[ROOST_KV_KEY_MAX + 1];
    chunk_key(key, bank, number);
    int len = tags->kv->ops->get(tags->kv->ctx, key, tags->chunk[buffer], CHARGER_TAGS_CHUNK_BYTES);
    return len == ROOST_ERR_NOT_FOUND || len == ROOST_ERR_TOO_LONG ? ROOST_ERR_CORRUPT : len;
}

static int flush(struct charger_tags *tags, struct charger_tag_bank *bank)
{
    char key[ROOST_KV_KEY_MAX + 1];
    if (bank->used == 0)
        return ROOST_OK;
    if (bank->chunks == CHARGER_TAGS_CHUNKS)
        return ROOST_ERR_FULL;
    chunk_key(key, bank->bank, bank->chunks);
    int err = tags->kv->ops->set(tags->kv->ctx, key, tags->chunk[OUT], bank->used);
    if (err)
        return err;
    bank->crc = roost_crc32(bank->crc, tags->chunk[OUT], bank->used);
    bank->chunks++;
    bank->used = 0;
    return ROOST_OK;
}

static int append(struct charger_tags *tags, struct charger_tag_bank *bank, const uint8_t *entry,
                  size_t len)
{
    int err = bank->count == CHARGER_TAGS_MAX ? ROOST_ERR_FULL : ROOST_OK;
    if (!err && bank->used + len > CHARGER_TAGS_CHUNK_BYTES)
        err = flush(tags, bank);
    if (err)
        return err;
    memcpy(tags->chunk[OUT] + bank->used, entry, len);
    bank->used += len;
    bank->count++;
    return ROOST_OK;
}

/* Everything that is no part of the list. It only takes room: errors are for the next time. */
static void clean(struct charger_tags *tags)
{
    char key[ROOST_KV_KEY_MAX + 1];
    for (unsigned bank = 0; bank < BANKS; bank++)
        for (unsigned n = 0; n < CHARGER_TAGS_CHUNKS; n++)
            if (bank != tags->list.bank || n >= tags->list.chunks) {
                chunk_key(key, bank, n);
                (void)tags->kv->ops->erase(tags->kv->ctx, key);
            }
}

/* ---- the record that counts ---- */

static void pack_head(uint8_t out[HEAD_BYTES], const struct charger_tag_bank *bank, int32_t version)
{
    memset(out, 0, HEAD_BYTES);
    out[0] = FORMAT;
    out[1] = bank->bank;
    out[2] = bank->chunks;
    roost_le_put(out + 4, bank->count, 2);
    roost_le_put(out + 8, (uint32_t)version, 4);
    roost_le_put(out + 12, bank->crc, 4);
}

static int unpack_head(const uint8_t *head, int len, struct charger_tag_bank *bank,
                       int32_t *version)
{
    if (len != HEAD_BYTES || head[0] != FORMAT || head[1] >= BANKS ||
        head[2] > CHARGER_TAGS_CHUNKS || roost_le_get16(head + 4) > CHARGER_TAGS_MAX)
        return ROOST_ERR_CORRUPT;
    *bank = (struct charger_tag_bank){.bank = head[1],
                                      .chunks = head[2],
                                      .count = roost_le_get16(head + 4),
                                      .crc = roost_le_get32(head + 12)};
    *version = (int32_t)roost_le_get32(head + 8);
    return ROOST_OK;
}

/* Whether the chunks are what the head was written for. */
static int check_chunks(struct charger_tags *tags, const struct charger_tag_bank *bank)
{
    struct charger_tag tag;
    uint32_t crc = 0;
    unsigned count = 0;
    for (unsigned n = 0; n < bank->chunks; n++) {
        int len = read_chunk(tags, bank->bank, n, OLD), part;
        if (len < 0)
            return len;
        crc = roost_crc32(crc, tags->chunk[OLD], (size_t)len);
        for (int at = 0; at < len; at += part, count++) {
            part = tags_unpack(tags->chunk[OLD] + at, (size_t)(len - at), &tag);
            if (part < 0)
                return part;
        }
    }
    return crc == bank->crc && count == bank->count ? ROOST_OK : ROOST_ERR_CORRUPT;
}

int tags_list_init(struct charger_tags *tags)
{
    struct charger_tag_bank bank = {.bank = 0};
    uint8_t head[HEAD_BYTES];
    int32_t version = 0;
    int len = tags->kv->ops->get(tags->kv->ctx, head_key, head, sizeof head);
    int err = ROOST_OK;
    if (len == ROOST_ERR_IO)
        err = len;
    else if (len != ROOST_ERR_NOT_FOUND)
        err = unpack_head(head, len, &bank, &version);
    if (!err)
        err = check_chunks(tags, &bank);
    tags->list_error = err;
    tags->list.bank = bank.bank; /* what is there stays until a full list is */
    if (err) {
        tags->damaged += err != ROOST_ERR_IO;
        return err == ROOST_ERR_IO ? err : ROOST_OK;
    }
    tags->list = bank;
    tags->version = version;
    clean(tags);
    return ROOST_OK;
}

/* ---- reading ---- */

int tags_list_find(struct charger_tags *tags, const char *id, struct charger_tag *tag)
{
    if (tags->list_error)
        return tags->list_error;
    for (unsigned n = 0; n < tags->list.chunks; n++) {
        int len = read_chunk(tags, tags->list.bank, n, OLD), part;
        if (len < 0)
            return len;
        for (int at = 0; at < len; at += part) {
            part = tags_unpack(tags->chunk[OLD] + at, (size_t)(len - at), tag);
            if (part < 0 || charger_tags_same(tag->id, id))
                return part < 0 ? part : ROOST_OK;
        }
    }
    return ROOST_ERR_NOT_FOUND;
}

int tags_list_walk(struct charger_tags *tags,
                   int (*take)(struct charger_tags *tags, const struct charger_tag *tag))
{
    struct charger_tag tag;
    for (unsigned n = 0; n < tags->list.chunks; n++) {
        int len = read_chunk(tags, tags->list.bank, n, OLD), part;
        if (len < 0)
            return len;
        for (int at = 0; at < len; at += part) {
            part = tags_unpack(tags->chunk[OLD] + at, (size_t)(len - at), &tag);
            int err = part < 0 ? part : take(tags, &tag);
            if (err)
                return err;
        }
    }
    return ROOST_OK;
}

/* ---- an update ---- */

void charger_tags_update_begin(struct charger_tags *tags)
{
    memset(&tags->update, 0, sizeof tags->update);
    tags->update.open = true;
    tags->update.staged.bank = (uint8_t)((tags->list.bank + 1) % BANKS);
    if (!tags->rules.list)
        tags->update.answer = CHARGER_LIST_NOT_SUPPORTED;
}

static int chunk_has(const uint8_t *chunk, size_t len, const char *id)
{
    struct charger_tag tag;
    int part;
    for (size_t at = 0; at < len; at += (size_t)part) {
        part = tags_unpack(chunk + at, len - at, &tag);
        if (part < 0 || charger_tags_same(tag.id, id))
            return part < 0 ? part : 1;
    }
    return 0;
}

/* 1 when the message named it before, else 0 or an error. */
static int staged_has(struct charger_tags *tags, const char *id)
{
    const struct charger_tag_bank *staged = &tags->update.staged;
    int has = chunk_has(tags->chunk[OUT], staged->used, id);
    for (unsigned n = 0; has == 0 && n < staged->chunks; n++) {
        int len = read_chunk(tags, staged->bank, n, STAGED);
        has = len < 0 ? len : chunk_has(tags->chunk[STAGED], (size_t)len, id);
    }
    return has;
}

static void stage(struct charger_tags *tags, const struct charger_tag *tag, unsigned flags)
{
    uint8_t entry[TAGS_ENTRY_MAX];
    if (!tags->update.open || tags->update.answer != CHARGER_LIST_ACCEPTED)
        return;
    tags->update.removes = tags->update.removes || flags == TAGS_REMOVED;
    bool bad = tags->update.entries++ == CHARGER_TAGS_MESSAGE_MAX || !tags_good(tag) ||
               staged_has(tags, tag->id) != 0;
    if (bad || append(tags, &tags->update.staged, entry, tags_pack(tag, flags, entry)) != 0)
        tags->update.answer = CHARGER_LIST_FAILED;
}

void charger_tags_update_add(struct charger_tags *tags, const struct charger_tag *tag)
{
    stage(tags, tag, 0);
}

void charger_tags_update_remove(struct charger_tags *tags, const char *id)
{
    struct charger_tag tag = {.id = ""};
    size_t len = strlen(id);
    if (len <= CHARGER_TAG_MAX) /* else it stays empty, which is as bad */
        memcpy(tag.id, id, len);
    stage(tags, &tag, TAGS_REMOVED);
}

/* Marks in the old chunk what the message replaces or removes. */
static int strike(struct charger_tags *tags, int old_len)
{
    const struct charger_tag_bank *staged = &tags->update.staged;
    struct charger_tag tag, other;
    for (unsigned n = 0; n < staged->chunks; n++) {
        int len = read_chunk(tags, staged->bank, n, STAGED), part, old_part;
        if (len < 0)
            return len;
        for (int at = 0; at < len; at += part) {
            part = tags_unpack(tags->chunk[STAGED] + at, (size_t)(len - at), &tag);
            if (part < 0)
                return part;
            for (int old = 0; old < old_len; old += old_part) {
                uint8_t *entry = tags->chunk[OLD] + old;
                old_part = tags_unpack(entry, (size_t)(old_len - old), &other);
                if (old_part < 0)
                    return old_part;
                if (charger_tags_same(tag.id, other.id))
                    *entry |= TAGS_REMOVED;
            }
        }
    }
    return ROOST_OK;
}

/* Appends what is not marked as removed. */
static int append_rest(struct charger_tags *tags, struct charger_tag_bank *out,
                       const uint8_t *chunk, int len)
{
    struct charger_tag tag;
    int part;
    for (int at = 0; at < len; at += part) {
        part = tags_unpack(chunk + at, (size_t)(len - at), &tag);
        if (part < 0)
            return part;
        int err = chunk[at] & TAGS_REMOVED ? 0 : append(tags, out, chunk + at, (size_t)part);
        if (err)
            return err;
    }
    return ROOST_OK;
}

/* The list with the message's changes, into the third bank. */
static int merge(struct charger_tags *tags, struct charger_tag_bank *out)
{
    const struct charger_tag_bank *staged = &tags->update.staged;
    int err = ROOST_OK;
    *out = (struct charger_tag_bank){.bank = (uint8_t)((tags->list.bank + 2) % BANKS)};
    for (unsigned n = 0; !err && n < tags->list.chunks; n++) {
        int len = read_chunk(tags, tags->list.bank, n, OLD);
        err = len < 0 ? len : strike(tags, len);
        if (!err)
            err = append_rest(tags, out, tags->chunk[OLD], len);
    }
    for (unsigned n = 0; !err && n < staged->chunks; n++) {
        int len = read_chunk(tags, staged->bank, n, STAGED);
        err = len < 0 ? len : append_rest(tags, out, tags->chunk[STAGED], len);
    }
    return err ? err : flush(tags, out);
}

/* The one write at which the new list counts. One that reports an error may have happened all the
 * same, so the flash is asked; when it cannot say, *unsure keeps both lists for the next boot. */
static int commit(struct charger_tags *tags, const struct charger_tag_bank *bank, int32_t version,
                  bool *unsure)
{
    uint8_t head[HEAD_BYTES], back[HEAD_BYTES];
    pack_head(head, bank, version);
    int err = tags->kv->ops->set(tags->kv->ctx, head_key, head, sizeof head);
    if (err) {
        int len = tags->kv->ops->get(tags->kv->ctx, head_key, back, sizeof back);
        *unsure = len < 0 && len != ROOST_ERR_NOT_FOUND;
        if (len != HEAD_BYTES || memcmp(head, back, HEAD_BYTES) != 0)
            return err;
    }
    tags->list = *bank;
    tags->version = version;
    tags->list_error = ROOST_OK;
    return ROOST_OK;
}

/* Whether what was staged, whole as it is, can be the list of this version. */
static enum charger_list_answer judge(const struct charger_tags *tags, int32_t version, bool full)
{
    if (tags->update.answer == CHARGER_LIST_NOT_SUPPORTED)
        return CHARGER_LIST_NOT_SUPPORTED;
    if (version < 0)
        return CHARGER_LIST_FAILED;
    if (!full && (version <= tags->version || tags->list_error))
        return CHARGER_LIST_VERSION_MISMATCH;
    if (full && (tags->update.removes || (version == 0 && tags->update.entries > 0)))
        return CHARGER_LIST_FAILED;
    return (enum charger_list_answer)tags->update.answer;
}

enum charger_list_answer charger_tags_update_end(struct charger_tags *tags, int32_t version,
                                                 bool full)
{
    struct charger_tag_bank *staged = &tags->update.staged, merged, *out = staged;
    bool unsure = false;
    if (!tags->update.open)
        return CHARGER_LIST_FAILED;
    tags->update.open = false;
    tags->update.answer = (uint8_t)judge(tags, version, full);
    if (tags->update.answer == CHARGER_LIST_ACCEPTED) {
        int err = flush(tags, staged);
        if (!err && !full) {
            err = merge(tags, &merged);
            out = &merged;
        }
        if (!err)
            err = commit(tags, out, out->count > 0 ? version : 0, &unsure);
        if (err)
            tags->update.answer = CHARGER_LIST_FAILED;
        else
            (void)tags_cache_purge(tags); /* else at the next boot; the list beats the cache */
    }
    if (!unsure && !tags->list_error)
        clean(tags);
    return (enum charger_list_answer)tags->update.answer;
}
