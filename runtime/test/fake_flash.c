/* SPDX-License-Identifier: Apache-2.0 */
/* Flash regions and the key-value store; each operation can be the one that loses power. */
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "runtime/test/fake_parts.h"

/* Counts one operation; true when it is the one that loses power. */
static bool cuts(struct fake_port *fake)
{
    if (fake->operations++ != fake->cut_at)
        return false;
    fake->power = false;
    return true;
}

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    const struct fake_region *region = ctx;

    ROOST_ASSERT(offset + len <= region->sectors * region->sector_bytes);
    if (*region->fails)
        return ROOST_ERR_IO;
    memcpy(out, region->bytes + offset, len);
    return 0;
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    const struct fake_region *region = ctx;
    const uint8_t *bytes = data;
    bool cut;

    ROOST_ASSERT(offset % FAKE_PROGRAM_BYTES == 0 && len % FAKE_PROGRAM_BYTES == 0);
    ROOST_ASSERT(len > 0 && offset + len <= region->sectors * region->sector_bytes);
    ROOST_ASSERT(offset / region->sector_bytes == (offset + len - 1) / region->sector_bytes);
    if (!region->fake->power || *region->fails)
        return ROOST_ERR_IO;
    cut = cuts(region->fake);
    size_t done = cut ? len / 2 : len;
    for (size_t i = 0; i < done; i++)
        region->bytes[offset + i] &= bytes[i];
    if (cut && len > 0)
        region->bytes[offset + done] &= (uint8_t)(bytes[done] | 0x5A); /* a torn byte */
    return cut ? ROOST_ERR_IO : 0;
}

static int flash_erase(void *ctx, uint32_t sector)
{
    const struct fake_region *region = ctx;

    ROOST_ASSERT(sector < region->sectors);
    if (!region->fake->power || *region->fails)
        return ROOST_ERR_IO;
    uint8_t *bytes = region->bytes + sector * region->sector_bytes;
    if (cuts(region->fake)) {
        memset(bytes, 0xFF, region->sector_bytes / 3);
        return ROOST_ERR_IO;
    }
    memset(bytes, 0xFF, region->sector_bytes);
    return 0;
}

static struct fake_key *find_key(struct fake_port *fake, const char *key)
{
    for (int i = 0; i < FAKE_KEYS; i++)
        if (fake->keys[i].len >= 0 && strcmp(fake->keys[i].key, key) == 0)
            return &fake->keys[i];
    return NULL;
}

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    struct fake_port *fake = ctx;
    const struct fake_key *found = find_key(fake, key);

    ROOST_ASSERT(strlen(key) <= ROOST_KV_KEY_MAX);
    if (fake->kv_fails)
        return ROOST_ERR_IO;
    if (!found)
        return ROOST_ERR_NOT_FOUND;
    if ((size_t)found->len > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(value, found->value, (size_t)found->len);
    return found->len;
}

/* The cut falls before the new value holds on every other operation, after it on the others. */
static int kv_change(struct fake_port *fake, const char *key, const void *value, int len)
{
    if (!fake->power || fake->kv_fails)
        return ROOST_ERR_IO;
    if (cuts(fake) && fake->operations % 2)
        return ROOST_ERR_IO;
    struct fake_key *slot = find_key(fake, key);
    for (int i = 0; !slot && i < FAKE_KEYS; i++)
        if (fake->keys[i].len < 0)
            slot = &fake->keys[i];
    ROOST_ASSERT(slot);
    memcpy(slot->key, key, strlen(key) + 1);
    slot->len = len;
    if (len > 0)
        memcpy(slot->value, value, (size_t)len);
    return fake->power ? 0 : ROOST_ERR_IO;
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    if (strlen(key) > ROOST_KV_KEY_MAX || len > FAKE_VALUE_MAX)
        return ROOST_ERR_TOO_LONG;
    return kv_change(ctx, key, value, (int)len);
}

static int kv_erase(void *ctx, const char *key)
{
    return find_key(ctx, key) ? kv_change(ctx, key, NULL, -1) : 0;
}

static int kv_erase_all(void *ctx)
{
    struct fake_port *fake = ctx;

    for (int i = 0; i < FAKE_KEYS; i++)
        fake->keys[i].len = -1;
    return 0;
}

const struct roost_flash_ops fake_flash_ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase};
const struct roost_kv_ops fake_kv_ops = {
    .get = kv_get, .set = kv_set, .erase = kv_erase, .erase_all = kv_erase_all};
