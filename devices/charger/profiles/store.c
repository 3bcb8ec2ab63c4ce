/* SPDX-License-Identifier: Apache-2.0 */
/*
 *   "profiles"    | u8 version | u32 slots that count |
 *   "profile<N>"  | u8 version | u8 purpose, kind, recurrence, unit, has, connector, level |
 *                 | i32 id, duration_s | i64 valid_from_s, valid_to_s, start_s | i32 start_s, limit
 * | ..
 */
#include "devices/charger/profiles/parts.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "port/port.h"

enum {
    VERSION = 1,
    HEAD = 40,
    PERIOD = 8,
    RECORD_MAX = HEAD + PERIOD * CHARGER_PROFILES_PERIODS_MAX,
    INDEX = 5,
    EVERY_SLOT = (1 << PROFILES_SLOTS) - 1,
};

static const char index_key[] = "profiles";

_Static_assert((int)RECORD_MAX <= (int)ROOST_KV_VALUE_MAX, "a profile is one value");
_Static_assert(PROFILES_SLOTS <= 100, "a slot has two digits");

static void key_of(char key[ROOST_KV_KEY_MAX + 1], unsigned slot)
{
    static const char stem[] = "profile";

    memcpy(key, stem, sizeof stem - 1);
    key[sizeof stem - 1] = (char)('0' + slot / 10);
    key[sizeof stem] = (char)('0' + slot % 10);
    key[sizeof stem + 1] = '\0';
}

static size_t encode(uint8_t *out, const struct charger_profile *profile)
{
    const uint8_t head[] = {VERSION,
                            profile->purpose,
                            profile->kind,
                            profile->recurrence,
                            profile->unit,
                            profile->has,
                            (uint8_t)profile->connector,
                            (uint8_t)profile->stack_level};

    memcpy(out, head, sizeof head);
    roost_le_put(out + 8, (uint32_t)profile->id, 4);
    roost_le_put(out + 12, (uint32_t)profile->duration_s, 4);
    roost_le_put(out + 16, (uint64_t)profile->valid_from_s, 8);
    roost_le_put(out + 24, (uint64_t)profile->valid_to_s, 8);
    roost_le_put(out + 32, (uint64_t)profile->start_s, 8);
    uint8_t *at = out + HEAD;
    for (unsigned i = 0; i < profile->period_count; i++, at += PERIOD) {
        roost_le_put(at, (uint32_t)profile->periods[i].start_s, 4);
        roost_le_put(at + 4, (uint32_t)profile->periods[i].limit_tenths, 4);
    }
    return (size_t)(at - out);
}

static bool decode(struct charger_profile *out, const uint8_t *in, size_t len)
{
    if (len < HEAD || (len - HEAD) % PERIOD != 0 || in[0] != VERSION)
        return false;
    *out = (struct charger_profile){
        .purpose = in[1],
        .kind = in[2],
        .recurrence = in[3],
        .unit = in[4],
        .has = in[5],
        .connector = in[6],
        .stack_level = in[7],
        .id = (int32_t)roost_le_get32(in + 8),
        .duration_s = (int32_t)roost_le_get32(in + 12),
        .valid_from_s = (int64_t)roost_le_get(in + 16, 8),
        .valid_to_s = (int64_t)roost_le_get(in + 24, 8),
        .start_s = (int64_t)roost_le_get(in + 32, 8),
        .period_count = (uint8_t)((len - HEAD) / PERIOD),
    };
    for (unsigned i = 0; i < out->period_count; i++) {
        const uint8_t *at = in + HEAD + i * PERIOD;
        out->periods[i].start_s = (int32_t)roost_le_get32(at);
        out->periods[i].limit_tenths = (int32_t)roost_le_get32(at + 4);
    }
    return true;
}

int profiles_store(const struct charger_profiles *profiles, unsigned slot)
{
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t record[RECORD_MAX];
    size_t len = encode(record, &profiles->slots[slot]);

    key_of(key, slot);
    return profiles->kv->ops->set(profiles->kv->ctx, key, record, len) ? ROOST_ERR_IO : ROOST_OK;
}

static uint32_t lasting(const struct charger_profiles *profiles, uint32_t slots)
{
    for (unsigned i = 0; i < PROFILES_SLOTS; i++)
        if (profiles->slots[i].purpose == CHARGER_PROFILE_TX)
            slots &= ~((uint32_t)1 << i);
    return slots;
}

int profiles_commit(struct charger_profiles *profiles, uint32_t used)
{
    uint32_t counting = lasting(profiles, used);

    if (counting != profiles->on_flash) {
        uint8_t index[INDEX] = {VERSION};
        roost_le_put(index + 1, counting, 4);
        bool failed = profiles->kv->ops->set(profiles->kv->ctx, index_key, index, sizeof index);
        profiles->on_flash = failed ? profiles->on_flash | counting : counting;
        /* What was left over from a failure before may wait for the next change. */
        if (failed && counting != lasting(profiles, profiles->used))
            return ROOST_ERR_IO;
    }
    profiles->used = used;
    return ROOST_OK;
}

static bool load(struct charger_profiles *profiles, unsigned slot)
{
    char key[ROOST_KV_KEY_MAX + 1];
    uint8_t record[RECORD_MAX];
    struct charger_profile *out = &profiles->slots[slot];

    key_of(key, slot);
    int len = profiles->kv->ops->get(profiles->kv->ctx, key, record, sizeof record);
    return len > 0 && decode(out, record, (size_t)len) && out->purpose != CHARGER_PROFILE_TX &&
           profiles_check(&profiles->config, out) == PROFILES_TAKEN;
}

int charger_profiles_init(struct charger_profiles *profiles, const struct roost_kv *kv,
                          const struct charger_profiles_config *config)
{
    uint8_t index[INDEX];

    memset(profiles, 0, sizeof *profiles);
    if (config->connectors < 1 || config->connectors > CHARGER_PROFILES_CONNECTORS_MAX ||
        config->nominal_mv == 0 || config->max_tenths_a <= 0 || config->max_tenths_w <= 0)
        return ROOST_ERR_INVALID;
    profiles->kv = kv;
    profiles->config = *config;
    int len = kv->ops->get(kv->ctx, index_key, index, sizeof index);
    if (len == ROOST_ERR_NOT_FOUND)
        return ROOST_OK;
    if (len != INDEX || index[0] != VERSION) {
        profiles->on_flash = EVERY_SLOT; /* for all that is known */
        profiles->damaged++;
        return len == ROOST_ERR_IO ? ROOST_ERR_IO : ROOST_OK;
    }
    profiles->on_flash = roost_le_get32(index + 1);
    for (unsigned i = 0; i < PROFILES_SLOTS; i++) {
        if (!(profiles->on_flash >> i & 1))
            continue;
        if (load(profiles, i))
            profiles->used |= (uint32_t)1 << i;
        else
            profiles->damaged++;
    }
    return ROOST_OK;
}
