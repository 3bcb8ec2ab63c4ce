/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/profiles/profiles.h"

#include "core/err.h"
#include "devices/charger/profiles/parts.h"

static const struct charger_refusal refusals[] = {{0, false, "", ""},
#define X(name, code, malformed, field, text) {ROOST_ERR_##code, malformed, field, text},
                                                  PROFILES_REFUSALS(X)
#undef X
};

_Static_assert(PROFILES_SLOTS <= 32, "a slot is a bit");
_Static_assert(sizeof(struct charger_profiles) <= CHARGER_PROFILES_RAM_MAX,
               "grew beyond its limit");
_Static_assert(CHARGER_PROFILES_LEVEL_MAX == 8 && CHARGER_PROFILES_PERIODS_MAX == 24 &&
                   CHARGER_PROFILES_INSTALLED_MAX == 16,
               "the refusals name these");

static bool installed(const struct charger_profiles *profiles, unsigned slot)
{
    return (profiles->used >> slot & 1) != 0;
}

static bool on_connector(const struct charger_profiles *profiles, int32_t connector)
{
    return connector > 0 && connector <= profiles->config.connectors;
}

/* The slots of all TX profiles of a connector. */
static uint32_t tx_slots(const struct charger_profiles *profiles, int32_t connector)
{
    uint32_t slots = 0;

    for (unsigned i = 0; i < PROFILES_SLOTS; i++)
        if (installed(profiles, i) && profiles->slots[i].purpose == CHARGER_PROFILE_TX &&
            profiles->slots[i].connector == connector)
            slots |= (uint32_t)1 << i;
    return slots;
}

/* The slots that give way to this profile. */
static uint32_t replaced(const struct charger_profiles *profiles,
                         const struct charger_profile *profile)
{
    uint32_t slots = 0;

    for (unsigned i = 0; i < PROFILES_SLOTS; i++) {
        const struct charger_profile *there = &profiles->slots[i];
        bool same_place = there->purpose == profile->purpose &&
                          there->stack_level == profile->stack_level &&
                          there->connector == profile->connector;
        if (installed(profiles, i) && (there->id == profile->id || same_place))
            slots |= (uint32_t)1 << i;
    }
    return slots;
}

static unsigned count(uint32_t slots)
{
    unsigned n = 0;

    for (; slots; slots &= slots - 1)
        n++;
    return n;
}

/* Drops what does not belong to it, so that a start is there exactly when it is counted from. */
static void tidy(struct charger_profile *profile, const struct charger_instant *now)
{
    if (profile->purpose != CHARGER_PROFILE_TX)
        profile->has &= (uint8_t)~CHARGER_PROFILE_HAS_TRANSACTION;
    if (profile->kind != CHARGER_PROFILE_RECURRING)
        profile->has &= (uint8_t)~CHARGER_PROFILE_HAS_RECURRENCE;
    if (profile->kind == CHARGER_PROFILE_RELATIVE)
        profile->has &= (uint8_t)~CHARGER_PROFILE_HAS_START;
    if (profile->purpose == CHARGER_PROFILE_MAX && !(profile->has & CHARGER_PROFILE_HAS_START)) {
        profile->has |= CHARGER_PROFILE_HAS_START;
        profile->start_s = now->unix_ms / 1000;
    }
}

/* One that is neither used nor taken for used by what is on flash: there is always one of the first
 * kind, and after a failure of the flash the second has to be seen to. */
static int free_slot(struct charger_profiles *profiles)
{
    for (int tries = 0; tries < 2; tries++) {
        for (int i = 0; i < PROFILES_SLOTS; i++)
            if (!((profiles->used | profiles->on_flash) >> i & 1))
                return i;
        (void)profiles_commit(profiles, profiles->used);
    }
    return ROOST_ERR_IO;
}

/* `gone` gives way beside what the profile replaces. */
static enum profiles_refusal install(struct charger_profiles *profiles,
                                     const struct charger_profile *profile, uint32_t gone,
                                     const struct charger_instant *now)
{
    if (profile->purpose == CHARGER_PROFILE_MAX && !(profile->has & CHARGER_PROFILE_HAS_START) &&
        now->unix_ms <= 0)
        return PROFILES_NO_CLOCK;
    uint32_t stay = profiles->used & ~(gone | replaced(profiles, profile));
    if (count(stay) >= CHARGER_PROFILES_INSTALLED_MAX)
        return PROFILES_FULL;

    int slot = free_slot(profiles);
    if (slot < 0)
        return PROFILES_STORAGE;
    profiles->slots[slot] = *profile;
    tidy(&profiles->slots[slot], now);
    if (profile->purpose != CHARGER_PROFILE_TX && profiles_store(profiles, (unsigned)slot))
        return PROFILES_STORAGE;
    return profiles_commit(profiles, stay | (uint32_t)1 << slot) ? PROFILES_STORAGE
                                                                 : PROFILES_TAKEN;
}

static int answer(enum profiles_refusal refusal, const struct charger_refusal **why)
{
    *why = &refusals[refusal];
    return refusals[refusal].err;
}

int charger_profiles_set(struct charger_profiles *profiles, const struct charger_profile *profile,
                         const struct charger_instant *now, const struct charger_refusal **why)
{
    enum profiles_refusal refusal = profiles_check(&profiles->config, profile);

    if (!refusal && profile->purpose == CHARGER_PROFILE_TX) {
        int32_t at = profile->connector;
        if (!profiles->transactions[at].runs)
            refusal = PROFILES_NO_TRANSACTION;
        else if ((profile->has & CHARGER_PROFILE_HAS_TRANSACTION) &&
                 (!profiles->transactions[at].identified ||
                  profiles->transactions[at].id != profile->transaction_id))
            refusal = PROFILES_OTHER_TRANSACTION;
    }
    if (!refusal)
        refusal = install(profiles, profile, 0, now);
    return answer(refusal, why);
}

int charger_profiles_set_for_start(struct charger_profiles *profiles,
                                   const struct charger_profile *profile,
                                   const struct charger_instant *now,
                                   const struct charger_refusal **why)
{
    enum profiles_refusal refusal = profiles_check(&profiles->config, profile);

    if (!refusal && profile->purpose != CHARGER_PROFILE_TX)
        refusal = PROFILES_NOT_TX;
    if (!refusal && (profile->has & CHARGER_PROFILE_HAS_TRANSACTION))
        refusal = PROFILES_START_TRANSACTION;
    if (!refusal && profiles->transactions[profile->connector].runs)
        refusal = PROFILES_RUNS;
    /* What came with an earlier start that came to nothing is not for this one. */
    if (!refusal)
        refusal = install(profiles, profile, tx_slots(profiles, profile->connector), now);
    return answer(refusal, why);
}

static bool matches(const struct charger_profile *profile,
                    const struct charger_profile_filter *filter)
{
    if (filter->by_id)
        return profile->id == filter->id;
    return (!filter->by_connector || profile->connector == filter->connector) &&
           (!filter->by_purpose || profile->purpose == filter->purpose) &&
           (!filter->by_level || profile->stack_level == filter->level);
}

int charger_profiles_clear(struct charger_profiles *profiles,
                           const struct charger_profile_filter *filter)
{
    uint32_t gone = 0;

    for (unsigned i = 0; i < PROFILES_SLOTS; i++)
        if (installed(profiles, i) && matches(&profiles->slots[i], filter))
            gone |= (uint32_t)1 << i;
    int err = profiles_commit(profiles, profiles->used & ~gone);
    return err < 0 ? err : (int)count(gone);
}

const struct charger_profile *charger_profiles_find(const struct charger_profiles *profiles,
                                                    int32_t id)
{
    for (unsigned i = 0; i < PROFILES_SLOTS; i++)
        if (installed(profiles, i) && profiles->slots[i].id == id)
            return &profiles->slots[i];
    return NULL;
}

int charger_profiles_begin(struct charger_profiles *profiles, int32_t connector,
                           const struct charger_instant *now)
{
    if (!on_connector(profiles, connector))
        return ROOST_ERR_RANGE;
    if (profiles->transactions[connector].runs)
        return ROOST_ERR_STATE;
    profiles->transactions[connector].runs = true;
    profiles->transactions[connector].identified = false;
    profiles->transactions[connector].begun_ms = now->now_ms;
    return ROOST_OK;
}

int charger_profiles_identify(struct charger_profiles *profiles, int32_t connector,
                              int32_t transaction_id)
{
    if (!on_connector(profiles, connector))
        return ROOST_ERR_RANGE;
    if (!profiles->transactions[connector].runs)
        return ROOST_ERR_STATE;
    profiles->transactions[connector].identified = true;
    profiles->transactions[connector].id = transaction_id;
    return ROOST_OK;
}

int charger_profiles_end(struct charger_profiles *profiles, int32_t connector)
{
    if (!on_connector(profiles, connector))
        return ROOST_ERR_RANGE;
    profiles->transactions[connector].runs = false;
    profiles->transactions[connector].identified = false;
    profiles->used &= ~tx_slots(profiles, connector); /* nothing of them is on flash */
    return ROOST_OK;
}
