/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What was paid for. On flash "al.<connector>" from when it is told until its transaction begins:
 * whoever was let start with a limit never starts without.
 *
 * The register lags behind what flows by as long as the module takes to answer and to obey, some
 * seconds. So the current falls with what is left, as if it were to last for TAPER_S, down to
 * LEAST_MA; at that the lag is less than what is kept back.
 */
#include "core/err.h"
#include "devices/charger/station/parts.h"

enum {
    TAPER_S = 10,
    LEAST_MA = 2 * CHARGER_TAKES_MA,
    MUCH_MWH = 100000, /* more than all a charger can do in TAPER_S: nothing is near its end */
};
_Static_assert((int64_t)CHARGER_CURRENT_MAX_MA *CHARGER_VOLTAGE_MAX_MV / 3600000 * TAPER_S <
                   (int64_t)MUCH_MWH * 1000,
               "as it says");

int charger_allowance_load(struct charger_station *station, unsigned c)
{
    struct charger_promise *next = &charger_at(station, c)->next;
    int err = charger_kept_load(station, "al.", c, next, sizeof *next);

    next->tag[CHARGER_TAG_MAX] = '\0';
    return err;
}

void charger_allowance_take(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);

    if (!charger_tags_same(at->next.tag, at->tag))
        return;
    at->allowance = at->next.allowance;
    at->next.tag[0] = '\0';
    /* One that stays is a limit too many, of this card alone, and only after a boot. */
    (void)charger_kept_save(station, "al.", c, &at->next, 0);
}

int charger_station_allow(struct charger_station *station, uint8_t connector, const char *tag,
                          const struct charger_allowance *allowance)
{
    struct charger_connector *at = charger_at(station, connector);
    struct charger_promise next = {.allowance = *allowance};

    if (connector == 0 || connector > station->config.connectors)
        return ROOST_ERR_RANGE;
    if (!charger_tag_good(tag) || (allowance->energy_mwh == 0 && allowance->duration_s == 0))
        return ROOST_ERR_INVALID;
    if (at->transaction != 0 && !at->stopping.on && charger_tags_same(at->tag, tag)) {
        at->allowance = *allowance;
        station->limits_ms = 0;
        return ROOST_OK;
    }
    charger_tag_set(next.tag, tag);
    int err = charger_kept_save(station, "al.", connector, &next, sizeof next);
    if (err == 0)
        at->next = next;
    return err == 0 ? ROOST_OK : ROOST_ERR_IO;
}

/* ---- how far ---- */

/* Up to MUCH_MWH. */
static uint32_t left_mwh(const struct charger_station *station, unsigned c)
{
    const struct charger_connector *at = &station->connectors[c];
    uint64_t until_mwh = at->begun_mwh + at->allowance.energy_mwh;
    uint64_t now_mwh = charger_power_at(station, c)->meter.mwh;

    if (at->allowance.energy_mwh == 0 || until_mwh > now_mwh + MUCH_MWH)
        return MUCH_MWH;
    return until_mwh > now_mwh ? (uint32_t)(until_mwh - now_mwh) : 0;
}

bool charger_allowance_spent(const struct charger_station *station, unsigned c)
{
    const struct charger_connector *at = &station->connectors[c];

    return left_mwh(station, c) <= CHARGER_ALLOWANCE_LEFT_MWH ||
           (at->allowance.duration_s != 0 &&
            station->now.now_ms - at->begun_ms >= (uint64_t)at->allowance.duration_s * 1000);
}

int32_t charger_allowance_ma(const struct charger_station *station, unsigned c, uint32_t voltage_mv)
{
    uint32_t ma = left_mwh(station, c) * (36000 / TAPER_S) / (voltage_mv / 100);

    if (ma > CHARGER_NO_LIMIT)
        return CHARGER_NO_LIMIT;
    return ma < LEAST_MA ? LEAST_MA : (int32_t)ma;
}
