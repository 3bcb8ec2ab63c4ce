/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/flash.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* ---- power ---- */

/* How an operation goes: not at all (no power), whole, or cut. */
enum progress { DEAD, WHOLE, CUT };

void sim_power_init(struct sim_power *power, uint64_t seed, uint64_t index)
{
    *power = (struct sim_power){0};
    sim_random_init(&power->random, seed, "power", index);
}

void sim_power_cut_at(struct sim_power *power, uint64_t count, enum sim_cut cut)
{
    power->cut_at = power->operations + count;
    power->cut = cut;
}

void sim_power_off(struct sim_power *power)
{
    power->off = true;
    power->cut_at = 0;
}

void sim_power_on(struct sim_power *power)
{
    power->off = false;
    power->cut_at = 0;
}

static enum progress begin(struct sim_power *power)
{
    if (power->off)
        return DEAD;
    power->operations++;
    if (power->cut_at == 0 || power->operations < power->cut_at)
        return WHOLE;
    sim_power_off(power);
    if (power->on_cut)
        power->on_cut(power->ctx);
    return CUT;
}

bool sim_power_atomic(struct sim_power *power, int *result)
{
    enum progress progress = begin(power);

    *result = progress == WHOLE ? 0 : ROOST_ERR_IO;
    if (progress != CUT)
        return progress == WHOLE;
    return power->cut == SIM_CUT_AFTER ||
           (power->cut == SIM_CUT_TORN && sim_random_below(&power->random, 2) == 0);
}

/* ---- raw flash ---- */

static int flash_read(void *ctx, uint32_t offset, void *out, size_t len)
{
    struct sim_flash *flash = ctx;
    size_t size = (size_t)flash->port.sector_bytes * flash->port.sector_count;

    if (flash->power->off)
        return ROOST_ERR_IO;
    if (offset > size || len > size - offset) {
        flash->misuses++;
        return ROOST_ERR_RANGE;
    }
    memcpy(out, flash->bytes + offset, len);
    return 0;
}

/* Programming can only clear bits: what stays is the AND of old and new. */
static void clear_bits(struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (data[i] & ~flash->bytes[offset + i])
            flash->misuses++;
        flash->bytes[offset + i] &= data[i];
    }
}

/* A prefix of whole units, then one unit of which only some bits made it. */
static void program_torn(struct sim_flash *flash, uint32_t offset, const uint8_t *data, size_t len)
{
    struct sim_random *random = &flash->power->random;
    size_t unit = flash->port.program_bytes;
    size_t done = sim_random_below(random, len / unit) * unit;

    clear_bits(flash, offset, data, done);
    for (size_t i = done; i < done + unit; i++)
        flash->bytes[offset + i] &= (uint8_t)(data[i] | sim_random_next(random));
}

static int flash_program(void *ctx, uint32_t offset, const void *data, size_t len)
{
    struct sim_flash *flash = ctx;
    const struct roost_flash *port = &flash->port;
    uint32_t sector = offset / port->sector_bytes;

    if (flash->power->off)
        return ROOST_ERR_IO;
    if (len == 0 || sector >= port->sector_count || offset % port->program_bytes != 0 ||
        len % port->program_bytes != 0 || offset % port->sector_bytes + len > port->sector_bytes) {
        flash->misuses++;
        return ROOST_ERR_RANGE;
    }
    if (flash->broken)
        return ROOST_ERR_IO;
    switch (begin(flash->power)) {
    case DEAD:
        return ROOST_ERR_IO;
    case WHOLE:
        clear_bits(flash, offset, data, len);
        flash->programs++;
        return 0;
    case CUT:
        if (flash->power->cut == SIM_CUT_TORN)
            program_torn(flash, offset, data, len);
        else if (flash->power->cut == SIM_CUT_AFTER)
            clear_bits(flash, offset, data, len);
        return ROOST_ERR_IO;
    }
    return ROOST_ERR_INTERNAL;
}

/* An erase that was cut leaves some bits erased, others as they were, others in between. */
static void erase_torn(struct sim_flash *flash, uint8_t *sector)
{
    struct sim_random *random = &flash->power->random;
    uint32_t bytes = flash->port.sector_bytes;
    uint64_t form = sim_random_below(random, 3);
    uint32_t done = (uint32_t)sim_random_below(random, bytes + 1);

    if (form == 0) { /* one end erased, the other still readable: the dangerous kind */
        memset(sector + done, 0xFF, bytes - done);
    } else if (form == 1) {
        memset(sector, 0xFF, done);
    } else {
        for (uint32_t i = 0; i < bytes; i++)
            sector[i] |= (uint8_t)sim_random_next(random);
    }
}

static int flash_erase(void *ctx, uint32_t sector)
{
    struct sim_flash *flash = ctx;
    uint32_t bytes = flash->port.sector_bytes;
    uint8_t *start = flash->bytes + (size_t)sector * bytes;

    if (flash->power->off)
        return ROOST_ERR_IO;
    if (sector >= flash->port.sector_count) {
        flash->misuses++;
        return ROOST_ERR_RANGE;
    }
    if (flash->broken)
        return ROOST_ERR_IO;
    switch (begin(flash->power)) {
    case DEAD:
        return ROOST_ERR_IO;
    case WHOLE:
        memset(start, 0xFF, bytes);
        flash->erases[sector]++;
        return 0;
    case CUT:
        if (flash->power->cut != SIM_CUT_BEFORE)
            flash->erases[sector]++;
        if (flash->power->cut == SIM_CUT_TORN)
            erase_torn(flash, start);
        else if (flash->power->cut == SIM_CUT_AFTER)
            memset(start, 0xFF, bytes);
        return ROOST_ERR_IO;
    }
    return ROOST_ERR_INTERNAL;
}

static const struct roost_flash_ops flash_ops = {
    .read = flash_read, .program = flash_program, .erase = flash_erase};

int sim_flash_init(struct sim_flash *flash, struct sim_power *power, uint32_t sector_bytes,
                   uint32_t sector_count, uint32_t program_bytes)
{
    size_t size = (size_t)sector_bytes * sector_count;

    ROOST_ASSERT(sector_count <= SIM_FLASH_SECTORS_MAX && program_bytes > 0);
    *flash = (struct sim_flash){
        .port = {.ops = &flash_ops,
                 .ctx = flash,
                 .sector_bytes = sector_bytes,
                 .sector_count = sector_count,
                 .program_bytes = program_bytes},
        .power = power,
        .bytes = malloc(size),
    };
    if (!flash->bytes)
        return ROOST_ERR_NO_MEMORY;
    sim_random_fill(&power->random, flash->bytes, size);
    return 0;
}

void sim_flash_deinit(struct sim_flash *flash)
{
    free(flash->bytes);
    flash->bytes = NULL;
}

void sim_flash_blank(struct sim_flash *flash)
{
    memset(flash->bytes, 0xFF, (size_t)flash->port.sector_bytes * flash->port.sector_count);
}

/* ---- key-value store ---- */

static struct sim_kv_entry *kv_find(struct sim_kv *kv, const char *key)
{
    for (size_t i = 0; i < SIM_KV_KEYS_MAX; i++)
        if (kv->entries[i].used && strcmp(kv->entries[i].key, key) == 0)
            return &kv->entries[i];
    return NULL;
}

static struct sim_kv_entry *kv_free_entry(struct sim_kv *kv)
{
    for (size_t i = 0; i < SIM_KV_KEYS_MAX; i++)
        if (!kv->entries[i].used)
            return &kv->entries[i];
    return NULL;
}

static bool kv_key_fits(const char *key)
{
    size_t len = strlen(key);

    return len > 0 && len <= ROOST_KV_KEY_MAX;
}

static int kv_get(void *ctx, const char *key, void *value, size_t size)
{
    struct sim_kv *kv = ctx;
    struct sim_kv_entry *entry;

    if (kv->power->off)
        return ROOST_ERR_IO;
    entry = kv_find(kv, key);
    if (!entry)
        return ROOST_ERR_NOT_FOUND;
    if (entry->len > size)
        return ROOST_ERR_TOO_LONG;
    if (entry->len > 0)
        memcpy(value, entry->value, entry->len);
    return entry->len;
}

/* Runs one counted operation; true when its effect is to be applied. */
static bool kv_begin(struct sim_kv *kv, int *result)
{
    *result = ROOST_ERR_IO;
    return !kv->broken && sim_power_atomic(kv->power, result);
}

static int kv_set(void *ctx, const char *key, const void *value, size_t len)
{
    struct sim_kv *kv = ctx;
    struct sim_kv_entry *entry;
    int result;

    if (!kv_key_fits(key) || len > ROOST_KV_VALUE_MAX)
        return ROOST_ERR_TOO_LONG;
    if (kv->power->off)
        return ROOST_ERR_IO;
    entry = kv_find(kv, key);
    if (!entry)
        entry = kv_free_entry(kv);
    if (!entry)
        return ROOST_ERR_NO_SPACE;
    if (!kv_begin(kv, &result))
        return result;
    kv->sets++;
    entry->used = true;
    memcpy(entry->key, key, strlen(key) + 1);
    if (len > 0)
        memcpy(entry->value, value, len);
    entry->len = (uint16_t)len;
    return result;
}

static int kv_erase(void *ctx, const char *key)
{
    struct sim_kv *kv = ctx;
    struct sim_kv_entry *entry;
    int result;

    if (kv->power->off)
        return ROOST_ERR_IO;
    entry = kv_find(kv, key);
    if (!entry)
        return 0;
    if (kv_begin(kv, &result))
        entry->used = false;
    return result;
}

/* Key by key, as the chip does it: a cut inside leaves some. */
static int kv_erase_all(void *ctx)
{
    struct sim_kv *kv = ctx;
    int result = kv->power->off ? ROOST_ERR_IO : 0;

    for (size_t i = 0; i < SIM_KV_KEYS_MAX && result == 0; i++)
        if (kv->entries[i].used && kv_begin(kv, &result))
            kv->entries[i].used = false;
    return result;
}

static const struct roost_kv_ops kv_ops = {
    .get = kv_get, .set = kv_set, .erase = kv_erase, .erase_all = kv_erase_all};

int sim_kv_init(struct sim_kv *kv, struct sim_power *power)
{
    *kv = (struct sim_kv){.port = {.ops = &kv_ops, .ctx = kv}, .power = power};
    kv->entries = calloc(SIM_KV_KEYS_MAX, sizeof *kv->entries);
    return kv->entries ? 0 : ROOST_ERR_NO_MEMORY;
}

void sim_kv_deinit(struct sim_kv *kv)
{
    free(kv->entries);
    kv->entries = NULL;
}
