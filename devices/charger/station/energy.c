/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the transaction that runs wants energy, how much, and what becomes of it:
 *
 *     wants = terms and limit and allowance and no end          else HELD, but while only the
 *                                                               answer to the Start is awaited
 *     the battery takes something                               FLOWS
 *     it forbids, is silent, gone or full for CHARGER_FULL_MS   FULL
 */
#include "devices/charger/station/parts.h"

enum { LIMITS_MS = 1000 };

/* ---- limits ---- */

static int32_t lower(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static bool charges(const struct charger_connector *at)
{
    return at->transaction != 0 && at->wants && at->plugged && !at->idle;
}

/* What the whole station may take is shared in equal parts by those who take it. */
static void share(const struct charger_station *station, unsigned takers,
                  struct charger_limit *limit)
{
    struct charger_limit whole;

    if (takers < 2 ||
        charger_profiles_limit(station->config.profiles, 0, &station->now, &whole) != 0)
        return;
    if (whole.tenths_a != CHARGER_UNLIMITED)
        limit->tenths_a = lower(limit->tenths_a, whole.tenths_a / (int32_t)takers);
    if (whole.tenths_w != CHARGER_UNLIMITED)
        limit->tenths_w = lower(limit->tenths_w, whole.tenths_w / (int32_t)takers);
}

static uint32_t voltage_mv(const struct charger_station *station, unsigned c)
{
    struct charger_sample sample;

    charger_power_sample(charger_power_at(station, c), &sample);
    return sample.measured && sample.voltage_mv >= CHARGER_VOLTAGE_MIN_MV
               ? (uint32_t)sample.voltage_mv
               : station->config.profiles->config.nominal_mv;
}

void charger_limits_run(struct charger_station *station)
{
    unsigned takers = 0;

    if (station->now.now_ms < station->limits_ms) {
        charger_due(station, station->limits_ms);
        return;
    }
    station->limits_ms = station->now.now_ms + LIMITS_MS;
    charger_due(station, station->limits_ms);
    for (unsigned c = 1; c <= station->config.connectors; c++)
        takers += charges(charger_at(station, c));
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        struct charger_connector *at = charger_at(station, c);
        struct charger_limit limit;

        at->limit_ma = 0;
        if (charger_profiles_limit(station->config.profiles, (int32_t)c, &station->now, &limit) !=
            0)
            continue;
        share(station, takers + (charges(at) ? 0 : 1), &limit);
        uint32_t mv = voltage_mv(station, c);
        at->limit_ma = lower(charger_limit_ma(&limit, mv), charger_allowance_ma(station, c, mv));
    }
}

/* ---- may it have some ---- */

static enum charger_term term_of(const struct charger_station *station,
                                 const struct charger_connector *at, uint64_t mwh)
{
    enum charger_term term =
        charger_terms((enum charger_terms)station->config.terms, (enum charger_verdict)at->verdict,
                      charger_key_of(station, CHARGER_KEY_STOP_ON_INVALID));
    uint64_t more_mwh = (uint64_t)charger_key_of(station, CHARGER_KEY_ENERGY_ON_INVALID) * 1000;

    /* A refused one may be left some, and the transaction then goes on without. */
    if (term == CHARGER_TERM_HELD && at->verdict == CHARGER_VERDICT_REFUSED &&
        mwh - at->refused_mwh < more_mwh)
        return CHARGER_TERM_FLOWS;
    return term;
}

static void weigh(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    uint64_t mwh = charger_power_at(station, c)->meter.mwh;

    if (at->verdict != CHARGER_VERDICT_REFUSED && charger_allowance_spent(station, c))
        at->verdict = CHARGER_VERDICT_SPENT;
    enum charger_term term = term_of(station, at, mwh);
    if (term == CHARGER_TERM_ENDS)
        charger_stop(station, c,
                     at->verdict == CHARGER_VERDICT_REFUSED ? ROOST_LEDGER_DEAUTHORIZED
                                                            : ROOST_LEDGER_OTHER,
                     "");
    at->wants = !at->stopping.on && term == CHARGER_TERM_FLOWS && at->limit_ma > 0;
}

/* ---- what becomes of it ---- */

static bool takes(const struct charger_power *power)
{
    struct charger_sample sample;

    charger_power_sample(power, &sample);
    return power->lines & CHARGER_LINE_CONTACTOR && sample.measured &&
           sample.current_ma >= CHARGER_TAKES_MA;
}

/* The vehicle's own doing, known at once. */
static bool forbids(const struct charger_connector *at, const struct charger_power *power)
{
    return !charger_power_flows(power) &&
           (!at->plugged || power->missing & CHARGER_NEEDS_PERMISSION ||
            (at->fault >= 0 && !at->faulted));
}

/* The answer to its Start is on its way, and nothing else holds it: no suspension to be told. */
static bool is_awaited(const struct charger_station *station, const struct charger_connector *at)
{
    return at->beneath == CHARGER_IS_PREPARING && at->verdict == CHARGER_VERDICT_WAITS &&
           at->limit_ma > 0 && station->now.now_ms - at->begun_ms < CHARGER_AWAITED_MS;
}

static void follow(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    const struct charger_power *power = charger_power_at(station, c);
    uint64_t now_ms = station->now.now_ms;

    if (!at->wants) {
        at->idle = false;
        at->idle_ms = now_ms;
        if (is_awaited(station, at))
            charger_due(station, at->begun_ms + CHARGER_AWAITED_MS);
        else
            charger_happens(station, c, CHARGER_HAPPENS_HELD);
    } else if (takes(power)) {
        at->idle = false;
        at->idle_ms = now_ms;
        charger_happens(station, c, CHARGER_HAPPENS_FLOWS);
    } else if (now_ms - at->idle_ms >= CHARGER_FULL_MS ||
               (at->beneath == CHARGER_IS_CHARGING && forbids(at, power))) {
        at->idle = true;
        charger_happens(station, c, CHARGER_HAPPENS_FULL);
    } else {
        charger_due(station, at->idle_ms + CHARGER_FULL_MS);
    }
}

void charger_energy_run(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    if (at->transaction == 0) {
        at->wants = false;
        return;
    }
    weigh(station, c);
    /* A fault lies over the state; what it was before comes back with its end. */
    if (at->faulted)
        at->idle_ms = station->now.now_ms;
    else if (!at->stopping.on && station->now.now_ms != at->begun_ms)
        follow(station, c); /* not yet: a PREPARING is to be seen before */
}
