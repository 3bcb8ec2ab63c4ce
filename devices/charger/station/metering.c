/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "devices/charger/station/parts.h"

enum { DAY_S = 86400, LATE_S = 2 };

/* ---- what is measured ---- */

static void values_of(const struct charger_sample *sample, struct roost_ledger_values *values)
{
    *values = (struct roost_ledger_values){.energy_mwh = sample->energy_mwh,
                                           .has = ROOST_LEDGER_HAS_OFFERED,
                                           .offered_ma = sample->offered_ma};
    if (sample->measured) {
        values->has |= ROOST_LEDGER_HAS_POWER | ROOST_LEDGER_HAS_VOLTAGE | ROOST_LEDGER_HAS_CURRENT;
        values->power_w = sample->power_w;
        values->current_ma = sample->current_ma;
        values->voltage_mv = (uint32_t)sample->voltage_mv;
    }
    if (sample->soc_permille >= 0) {
        values->has |= ROOST_LEDGER_HAS_SOC;
        values->soc_percent = (uint8_t)((sample->soc_permille + 5) / 10);
    }
    if (sample->warm) {
        values->has |= ROOST_LEDGER_HAS_TEMPERATURE;
        values->temperature_tenths_c = (int16_t)(sample->temperature_mdegc / 100);
    }
}

/* Of the whole station: what can be added up. */
static void values_of_all(const struct charger_station *station, struct roost_ledger_values *values)
{
    *values = (struct roost_ledger_values){
        .has = ROOST_LEDGER_HAS_POWER | ROOST_LEDGER_HAS_CURRENT | ROOST_LEDGER_HAS_OFFERED};
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        struct charger_sample sample;

        charger_power_sample(charger_power_at(station, c), &sample);
        values->energy_mwh += sample.energy_mwh;
        values->offered_ma += sample.offered_ma;
        if (sample.measured) {
            values->power_w += sample.power_w;
            values->current_ma += sample.current_ma;
        } else {
            values->has &= (uint8_t) ~(ROOST_LEDGER_HAS_POWER | ROOST_LEDGER_HAS_CURRENT);
        }
    }
}

void charger_values(const struct charger_station *station, unsigned c,
                    struct roost_ledger_values *values)
{
    struct charger_sample sample;

    if (c == 0) {
        values_of_all(station, values);
        return;
    }
    charger_power_sample(charger_power_at(station, c), &sample);
    values_of(&sample, values);
}

static int keep(struct charger_station *station, unsigned c, enum roost_ledger_context context)
{
    struct roost_ledger_values values;

    charger_values(station, c, &values);
    int err = roost_ledger_sample(station->config.ledger, (uint8_t)c, (uint8_t)context, &values,
                                  station->now.now_ms);
    station->samples_lost += err != 0;
    return err;
}

int charger_station_trigger(struct charger_station *station, uint8_t connector)
{
    int err = ROOST_OK;

    if (connector > station->config.connectors)
        return ROOST_ERR_RANGE;
    for (unsigned c = connector ? connector : 1u;
         c <= (connector ? connector : station->config.connectors); c++) {
        int failed = keep(station, c, ROOST_LEDGER_TRIGGER);
        err = err ? err : failed;
    }
    return err ? ROOST_ERR_IO : ROOST_OK;
}

/* ---- from the begin ---- */

static bool anybody_wants(const struct charger_station *station, enum charger_key values,
                          enum charger_key at_stop)
{
    return charger_keys_word(station->config.keys, values, 0) >= 0 ||
           charger_keys_word(station->config.keys, at_stop, 0) >= 0;
}

/* The first instant begin + k * interval behind now. */
static void plan_periodic(const struct charger_station *station, struct charger_connector *at,
                          uint32_t interval_s)
{
    uint64_t interval_ms = (uint64_t)interval_s * 1000;

    at->sample_s = interval_s;
    at->sample_ms =
        interval_s == 0
            ? ROOST_NEVER
            : at->begun_ms + ((station->now.now_ms - at->begun_ms) / interval_ms + 1) * interval_ms;
}

static void periodic(struct charger_station *station, unsigned c)
{
    struct charger_connector *at = charger_at(station, c);
    uint32_t interval_s = (uint32_t)charger_key_of(station, CHARGER_KEY_SAMPLE_INTERVAL);

    if (at->transaction == 0)
        return;
    if (!anybody_wants(station, CHARGER_KEY_VALUES_SAMPLED, CHARGER_KEY_STOP_SAMPLED))
        interval_s = 0;
    if (at->sample_s == 0 || at->sample_s != interval_s)
        plan_periodic(station, at, interval_s);
    if (station->now.now_ms >= at->sample_ms) {
        (void)keep(station, c, ROOST_LEDGER_PERIODIC);
        plan_periodic(station, at, interval_s);
    }
    charger_due(station, at->sample_ms);
}

/* ---- by the clock ---- */

/* The next multiple of the interval since midnight; midnight itself always is one. */
static int64_t next_aligned_s(int64_t now_s, int64_t interval_s)
{
    int64_t day_s = now_s - now_s % DAY_S;
    int64_t next_s = day_s + ((now_s - day_s) / interval_s + 1) * interval_s;

    return next_s < day_s + DAY_S ? next_s : day_s + DAY_S;
}

static void aligned(struct charger_station *station)
{
    uint32_t interval_s = (uint32_t)charger_key_of(station, CHARGER_KEY_ALIGNED_INTERVAL);
    int64_t now_s = charger_now_s(station);

    if (interval_s == 0 || now_s <= 0 ||
        !anybody_wants(station, CHARGER_KEY_VALUES_ALIGNED, CHARGER_KEY_STOP_ALIGNED)) {
        station->aligned_s = 0;
        return;
    }
    /* Planned, and not by another interval; one that a set clock has jumped over is left out. */
    if (station->aligned_s != 0 && station->aligned_interval_s == interval_s &&
        now_s >= station->aligned_s && now_s - station->aligned_s < LATE_S)
        for (unsigned c = 0; c <= station->config.connectors; c++)
            (void)keep(station, c, ROOST_LEDGER_CLOCK);
    station->aligned_interval_s = interval_s;
    station->aligned_s = next_aligned_s(now_s, interval_s);
    charger_due(station,
                station->now.now_ms + (uint64_t)(station->aligned_s * 1000 - station->now.unix_ms));
}

void charger_metering_run(struct charger_station *station)
{
    aligned(station);
    for (unsigned c = 1; c <= station->config.connectors; c++) {
        periodic(station, c);
        (void)roost_ledger_register(station->config.ledger, (uint8_t)c,
                                    charger_power_at(station, c)->meter.mwh, station->now.now_ms);
    }
}
