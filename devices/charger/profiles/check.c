/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/profiles/parts.h"

#define YEAR_2200_S INT64_C(7258118400)

static bool has(const struct charger_profile *profile, unsigned bit)
{
    return (profile->has & bit) != 0;
}

static bool out_of_time(const struct charger_profile *profile, unsigned bit, int64_t unix_s)
{
    return has(profile, bit) && (unix_s < 0 || unix_s >= YEAR_2200_S);
}

/* What no message may say. */
static enum profiles_refusal check_form(const struct charger_profiles_config *config,
                                        const struct charger_profile *profile)
{
    if (profile->connector < 0 || profile->connector > config->connectors)
        return PROFILES_CONNECTOR;
    if (profile->purpose > CHARGER_PROFILE_TX)
        return PROFILES_PURPOSE;
    if (profile->kind > CHARGER_PROFILE_RELATIVE)
        return PROFILES_KIND;
    if (has(profile, CHARGER_PROFILE_HAS_RECURRENCE) &&
        profile->recurrence > CHARGER_PROFILE_WEEKLY)
        return PROFILES_RECURRENCE;
    if (profile->unit > CHARGER_WATT)
        return PROFILES_UNIT;
    if (profile->stack_level < 0)
        return PROFILES_NEGATIVE_LEVEL;
    if (has(profile, CHARGER_PROFILE_HAS_DURATION) && profile->duration_s < 0)
        return PROFILES_NEGATIVE_DURATION;
    if (out_of_time(profile, CHARGER_PROFILE_HAS_START, profile->start_s) ||
        out_of_time(profile, CHARGER_PROFILE_HAS_VALID_FROM, profile->valid_from_s) ||
        out_of_time(profile, CHARGER_PROFILE_HAS_VALID_TO, profile->valid_to_s))
        return PROFILES_TIME;
    if (profile->period_count == 0)
        return PROFILES_NO_PERIOD;
    return PROFILES_TAKEN;
}

static enum profiles_refusal check_periods(const struct charger_profile *profile)
{
    if (profile->period_count > CHARGER_PROFILES_PERIODS_MAX)
        return PROFILES_PERIODS;
    for (unsigned i = 0; i < profile->period_count; i++) {
        const struct charger_period *period = &profile->periods[i];
        if (period->limit_tenths < 0)
            return PROFILES_NEGATIVE_LIMIT;
        if (period->start_s < 0)
            return PROFILES_NEGATIVE_START;
        if (i == 0 && period->start_s != 0)
            return PROFILES_FIRST_START;
        if (i > 0 && period->start_s <= period[-1].start_s)
            return PROFILES_ORDER;
    }
    return PROFILES_TAKEN;
}

static enum profiles_refusal check_kind(const struct charger_profile *profile)
{
    if (profile->kind == CHARGER_PROFILE_RECURRING) {
        if (!has(profile, CHARGER_PROFILE_HAS_RECURRENCE))
            return PROFILES_NO_RECURRENCE;
        if (!has(profile, CHARGER_PROFILE_HAS_START))
            return PROFILES_NO_START;
    }
    if (profile->purpose == CHARGER_PROFILE_MAX) {
        if (profile->kind == CHARGER_PROFILE_RELATIVE)
            return PROFILES_MAX_RELATIVE;
        if (profile->connector != 0)
            return PROFILES_MAX_CONNECTOR;
    }
    if (profile->purpose == CHARGER_PROFILE_TX && profile->connector == 0)
        return PROFILES_TX_CONNECTOR;
    return PROFILES_TAKEN;
}

enum profiles_refusal profiles_check(const struct charger_profiles_config *config,
                                     const struct charger_profile *profile)
{
    enum profiles_refusal refusal = check_form(config, profile);

    if (!refusal)
        refusal = check_periods(profile);
    if (refusal)
        return refusal;
    if (profile->stack_level > CHARGER_PROFILES_LEVEL_MAX)
        return PROFILES_LEVEL;
    if (has(profile, CHARGER_PROFILE_HAS_DURATION) && profile->duration_s == 0)
        return PROFILES_NO_DURATION;
    if (has(profile, CHARGER_PROFILE_HAS_VALID_FROM) &&
        has(profile, CHARGER_PROFILE_HAS_VALID_TO) && profile->valid_to_s <= profile->valid_from_s)
        return PROFILES_VALIDITY;
    return check_kind(profile);
}
