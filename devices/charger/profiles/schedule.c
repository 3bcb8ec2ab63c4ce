/* SPDX-License-Identifier: Apache-2.0 */
/* Which limit holds at an instant, and how these follow each other. */
#include "core/err.h"
#include "devices/charger/profiles/parts.h"

enum { DAY_S = 86400, WEEK_S = 7 * DAY_S };

/* A second, as a connector sees it. */
struct moment {
    int64_t unix_s;    /* 0: not known */
    int64_t charged_s; /* since the transaction there began */
};

static const struct charger_limit unlimited = {CHARGER_UNLIMITED, CHARGER_UNLIMITED};

static int32_t lower(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static void narrow(struct charger_limit *limit, const struct charger_limit *by)
{
    limit->tenths_a = lower(limit->tenths_a, by->tenths_a);
    limit->tenths_w = lower(limit->tenths_w, by->tenths_w);
}

/* A change may come in `in_s`, so look again by then. */
static void look_again(int64_t *wait_s, int64_t in_s)
{
    if (in_s < *wait_s)
        *wait_s = in_s;
}

static struct charger_limit limit_of(const struct charger_profile *profile, int32_t tenths)
{
    struct charger_limit limit = unlimited;

    *(profile->unit == CHARGER_WATT ? &limit.tenths_w : &limit.tenths_a) = tenths;
    return limit;
}

static bool needs_clock(const struct charger_profile *profile)
{
    return (profile->has & (CHARGER_PROFILE_HAS_VALID_FROM | CHARGER_PROFILE_HAS_VALID_TO |
                            CHARGER_PROFILE_HAS_START)) != 0;
}

static bool is_valid(const struct charger_profile *profile, int64_t unix_s, int64_t *wait_s)
{
    if (profile->has & CHARGER_PROFILE_HAS_VALID_FROM && unix_s < profile->valid_from_s) {
        look_again(wait_s, profile->valid_from_s - unix_s);
        return false;
    }
    if (profile->has & CHARGER_PROFILE_HAS_VALID_TO) {
        if (unix_s >= profile->valid_to_s)
            return false;
        look_again(wait_s, profile->valid_to_s - unix_s);
    }
    return true;
}

/* Whether the profile runs; if so, its limit. *wait_s becomes no later than the next change. */
static bool runs(const struct charger_profile *profile, const struct moment *at,
                 struct charger_limit *limit, int64_t *wait_s)
{
    int64_t in_s = at->charged_s;

    if (!is_valid(profile, at->unix_s, wait_s))
        return false;
    if (profile->has & CHARGER_PROFILE_HAS_START)
        in_s = at->unix_s - profile->start_s;
    if (in_s < 0) {
        look_again(wait_s, -in_s);
        return false;
    }
    if (profile->kind == CHARGER_PROFILE_RECURRING) {
        int32_t cycle_s = profile->recurrence == CHARGER_PROFILE_WEEKLY ? WEEK_S : DAY_S;
        in_s %= cycle_s;
        look_again(wait_s, cycle_s - in_s);
    }
    if (profile->has & CHARGER_PROFILE_HAS_DURATION) {
        if (in_s >= profile->duration_s)
            return false;
        look_again(wait_s, profile->duration_s - in_s);
    }
    unsigned i = 1;
    while (i < profile->period_count && profile->periods[i].start_s <= in_s)
        i++;
    if (i < profile->period_count)
        look_again(wait_s, profile->periods[i].start_s - in_s);
    *limit = limit_of(profile, profile->periods[i - 1].limit_tenths);
    return true;
}

static int32_t lowest(const struct charger_profile *profile)
{
    int32_t tenths = profile->periods[0].limit_tenths;

    for (unsigned i = 1; i < profile->period_count; i++)
        tenths = lower(tenths, profile->periods[i].limit_tenths);
    return tenths;
}

/* The limit of one line of the header's table, if a profile of it runs. */
static bool prevails(const struct charger_profiles *profiles, unsigned purpose, int32_t connector,
                     const struct moment *at, struct charger_limit *limit, int64_t *wait_s)
{
    int32_t level = -1;

    for (unsigned i = 0; i < PROFILES_SLOTS; i++) {
        const struct charger_profile *profile = &profiles->slots[i];
        struct charger_limit own;
        if (!(profiles->used >> i & 1) || profile->purpose != purpose ||
            profile->connector != connector)
            continue;
        if (at->unix_s <= 0 && needs_clock(profile)) {
            if (purpose != CHARGER_PROFILE_MAX)
                continue;
            own = limit_of(profile, lowest(profile));
            if (level >= 0)
                narrow(&own, limit);
        } else if (!runs(profile, at, &own, wait_s) || profile->stack_level < level) {
            continue;
        }
        level = profile->stack_level;
        *limit = own;
    }
    return level >= 0;
}

/* The second that is `ahead_s` from now; without a transaction, as if one began now. */
static struct moment moment_of(const struct charger_profiles *profiles, int32_t connector,
                               const struct charger_instant *now, int64_t ahead_s)
{
    struct moment at = {.charged_s = ahead_s};

    if (now->unix_ms > 0)
        at.unix_s = now->unix_ms / 1000 + ahead_s;
    if (profiles->transactions[connector].runs)
        at.charged_s +=
            (int64_t)((now->now_ms - profiles->transactions[connector].begun_ms) / 1000);
    return at;
}

static struct charger_limit station_limit(const struct charger_profiles *profiles,
                                          const struct moment *at, int64_t *wait_s)
{
    struct charger_limit limit = unlimited;

    (void)prevails(profiles, CHARGER_PROFILE_MAX, 0, at, &limit, wait_s);
    return limit;
}

/* Without the station's. */
static struct charger_limit connector_limit(const struct charger_profiles *profiles,
                                            int32_t connector, const struct moment *at,
                                            int64_t *wait_s)
{
    struct charger_limit limit = unlimited;

    if (profiles->transactions[connector].runs &&
        prevails(profiles, CHARGER_PROFILE_TX, connector, at, &limit, wait_s))
        return limit;
    if (!prevails(profiles, CHARGER_PROFILE_DEFAULT, connector, at, &limit, wait_s))
        (void)prevails(profiles, CHARGER_PROFILE_DEFAULT, 0, at, &limit, wait_s);
    return limit;
}

int charger_profiles_limit(const struct charger_profiles *profiles, int32_t connector,
                           const struct charger_instant *now, struct charger_limit *out)
{
    int64_t wait_s = INT64_MAX;

    if (connector < 0 || connector > profiles->config.connectors)
        return ROOST_ERR_RANGE;
    struct moment at = moment_of(profiles, connector, now, 0);
    *out = station_limit(profiles, &at, &wait_s);
    if (connector > 0) {
        struct charger_limit own = connector_limit(profiles, connector, &at, &wait_s);
        narrow(out, &own);
    }
    return ROOST_OK;
}

/* tenths * times / by, rounded down. */
static int32_t scaled(int32_t tenths, uint32_t times, uint32_t by)
{
    if (tenths == CHARGER_UNLIMITED)
        return CHARGER_UNLIMITED;
    uint64_t value = (uint64_t)(uint32_t)tenths * times / by;
    return value < CHARGER_UNLIMITED ? (int32_t)value : CHARGER_UNLIMITED;
}

int32_t charger_limit_ma(const struct charger_limit *limit, uint32_t voltage_mv)
{
    int32_t by_current = scaled(limit->tenths_a, 100, 1);

    /* 0.1 W is 100 mW, and mW are 1000 times mA by mV. Without a voltage no power flows. */
    if (voltage_mv == 0)
        return limit->tenths_w == 0 ? 0 : by_current;
    return lower(by_current, scaled(limit->tenths_w, 100 * 1000, voltage_mv));
}

/* ---- composite schedule ---- */

static int32_t in_unit(const struct charger_profiles *profiles, const struct charger_limit *limit,
                       uint8_t unit)
{
    uint32_t nominal_mv = profiles->config.nominal_mv;

    if (unit == CHARGER_WATT)
        return lower(limit->tenths_w, scaled(limit->tenths_a, nominal_mv, 1000));
    return lower(limit->tenths_a, scaled(limit->tenths_w, 1000, nominal_mv));
}

/* What flows at most at that second, in tenths of the unit. */
static int32_t expected(const struct charger_profiles *profiles, int32_t connector, uint8_t unit,
                        const struct charger_instant *now, int64_t ahead_s, int64_t *wait_s)
{
    const struct charger_limit own = {profiles->config.max_tenths_a, profiles->config.max_tenths_w};
    struct moment at = moment_of(profiles, 0, now, ahead_s);
    struct charger_limit station = station_limit(profiles, &at, wait_s);
    int32_t first = connector ? connector : 1;
    int32_t last = connector ? connector : profiles->config.connectors;
    int64_t sum = 0;

    for (int32_t i = first; i <= last; i++) {
        at = moment_of(profiles, i, now, ahead_s);
        struct charger_limit limit = connector_limit(profiles, i, &at, wait_s);
        narrow(&limit, &own);
        sum += in_unit(profiles, &limit, unit);
    }
    int32_t most = in_unit(profiles, &station, unit);
    return sum < most ? (int32_t)sum : most;
}

/* A when everything that counts is in A. */
static uint8_t unit_for(const struct charger_profiles *profiles, int32_t connector)
{
    uint8_t unit = CHARGER_ANY_UNIT;

    for (unsigned i = 0; i < PROFILES_SLOTS; i++) {
        const struct charger_profile *profile = &profiles->slots[i];
        if (!(profiles->used >> i & 1) ||
            (connector && profile->connector && profile->connector != connector))
            continue;
        if (profile->unit == CHARGER_WATT)
            return CHARGER_WATT;
        unit = CHARGER_AMPERE;
    }
    return unit == CHARGER_AMPERE ? CHARGER_AMPERE : CHARGER_WATT;
}

int charger_profiles_composite(const struct charger_profiles *profiles, int32_t connector,
                               int32_t duration_s, uint8_t unit, const struct charger_instant *now,
                               struct charger_composite *out)
{
    if (connector < 0 || connector > profiles->config.connectors || duration_s < 1 ||
        unit > CHARGER_ANY_UNIT)
        return ROOST_ERR_RANGE;
    out->unit = unit == CHARGER_ANY_UNIT ? unit_for(profiles, connector) : unit;
    out->count = 0;
    int64_t ahead_s = 0;
    for (int steps = 0; ahead_s < duration_s && steps < CHARGER_COMPOSITE_STEPS_MAX; steps++) {
        int64_t wait_s = duration_s;
        int32_t limit = expected(profiles, connector, out->unit, now, ahead_s, &wait_s);
        if (out->count == 0 || out->periods[out->count - 1].limit_tenths != limit) {
            if (out->count == CHARGER_COMPOSITE_PERIODS_MAX)
                break;
            out->periods[out->count++] = (struct charger_period){(int32_t)ahead_s, limit};
        }
        ahead_s += wait_s;
    }
    out->duration_s = ahead_s < duration_s ? (int32_t)ahead_s : duration_s;
    return ROOST_OK;
}
