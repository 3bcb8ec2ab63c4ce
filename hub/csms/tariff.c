/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/csms/tariff.h"

#include <string.h>

#include "core/err.h"

enum { DAY_MIN = 1440, MINUTE_MS = 60000 };

/* An energy amount is so many mWh x thousandths a kWh; one of time, ms x thousandths a minute. */
static const int64_t per_energy = INT64_C(1000000) * 1000;
static const int64_t per_minute = (int64_t)MINUTE_MS * 1000;
/* Sums stay below INT64_MAX: 50 MWh at the highest price; a month takes less by far. */
static const int64_t most_mwh = INT64_C(50000000000);

/* ---- the tariff ---- */

static bool is_price(int32_t milli)
{
    return milli >= 0 && milli <= TARIFF_PRICE_MAX;
}

static bool is_currency(const char *text)
{
    for (int i = 0; i < 3; i++)
        if (text[i] < 'A' || text[i] > 'Z')
            return false;
    return text[3] == '\0';
}

static bool is_always(const struct tariff_part *part)
{
    return part->days == TARIFF_ALL_DAYS && part->from_min == 0 && part->to_min == DAY_MIN;
}

static const char *bad_part(const struct tariff_part *part, bool last)
{
    if (part->days == 0 || part->days > TARIFF_ALL_DAYS)
        return "parts.days";
    if (part->from_min >= DAY_MIN)
        return "parts.from_min";
    if (part->to_min > DAY_MIN)
        return "parts.to_min";
    if (!is_price(part->kwh_milli))
        return "parts.kwh_milli";
    if (!is_price(part->minute_milli))
        return "parts.minute_milli";
    if (!is_price(part->idle_milli))
        return "parts.idle_milli";
    return last && !is_always(part) ? "parts" : NULL;
}

int tariff_check(const struct tariff *tariff, const char **field)
{
    *field = NULL;
    if (!tariff->id[0])
        *field = "tariff_id";
    else if (!is_currency(tariff->currency))
        *field = "currency";
    else if (tariff->start_amount < 0 || tariff->start_amount > TARIFF_AMOUNT_MAX)
        *field = "start_amount";
    else if (tariff->idle_grace_s > 86400)
        *field = "idle_grace_s";
    else if (tariff->part_count == 0 || tariff->part_count > TARIFF_PARTS_MAX)
        *field = "parts";
    for (size_t i = 0; !*field && i < tariff->part_count; i++)
        *field = bad_part(&tariff->parts[i], i + 1 == tariff->part_count);
    return *field ? ROOST_ERR_RANGE : 0;
}

static bool holds(const struct tariff_part *part, int weekday, int32_t minute)
{
    bool today = (part->days >> weekday) & 1, before = (part->days >> ((weekday + 6) % 7)) & 1;

    if (part->to_min > part->from_min)
        return today && minute >= part->from_min && minute < part->to_min;
    return (today && minute >= part->from_min) || (before && minute < part->to_min);
}

static int64_t floor_s(int64_t ms)
{
    return ms >= 0 ? ms / 1000 : -((999 - ms) / 1000);
}

const struct tariff_part *tariff_part_at(const struct tariff *tariff, const struct zone *zone,
                                         int64_t at_ms)
{
    int weekday;
    int32_t second;
    size_t i = 0;

    zone_local(zone, floor_s(at_ms), &weekday, &second);
    while (i + 1 < tariff->part_count && !holds(&tariff->parts[i], weekday, second / 60))
        i++;
    return &tariff->parts[i];
}

/* The next bound of any part, midnight, or the change of the clock. */
int64_t tariff_part_until_ms(const struct tariff *tariff, const struct zone *zone, int64_t at_ms)
{
    int weekday;
    int32_t second, next = DAY_MIN * 60;
    int64_t at_s = floor_s(at_ms);

    zone_local(zone, at_s, &weekday, &second);
    for (size_t i = 0; i < tariff->part_count; i++) {
        const int32_t bounds[] = {tariff->parts[i].from_min * 60, tariff->parts[i].to_min * 60};
        for (size_t k = 0; k < 2; k++)
            if (bounds[k] > second && bounds[k] < next)
                next = bounds[k];
    }
    int64_t until_s = at_s + next - second, change_s = zone_next_change_s(zone, at_s);
    return (change_s < until_s ? change_s : until_s) * 1000;
}

/* ---- a session ---- */

void tariff_bill_begin(struct tariff_bill *bill, const struct tariff *tariff,
                       const struct zone *zone, int64_t start_ms, int64_t register_mwh)
{
    *bill = (struct tariff_bill){
        .tariff = tariff, .zone = zone, .at_ms = start_ms, .register_mwh = register_mwh};
}

/* What of [from, to) lies behind the grace. */
static int64_t behind_grace_ms(const struct tariff_bill *bill, int64_t from_ms, int64_t to_ms)
{
    int64_t free_ms = bill->idle_since_ms + (int64_t)bill->tariff->idle_grace_s * 1000;

    if (from_ms < free_ms)
        from_ms = free_ms;
    return to_ms > from_ms ? to_ms - from_ms : 0;
}

/* A stretch within one part. */
static void add(struct tariff_bill *bill, int64_t to_ms, int64_t mwh, bool idle)
{
    const struct tariff_part *part = tariff_part_at(bill->tariff, bill->zone, bill->at_ms);
    int64_t ms = to_ms - bill->at_ms;

    bill->energy_mwh += mwh;
    bill->energy_parts += mwh * part->kwh_milli;
    if (idle) {
        int64_t billed_ms = behind_grace_ms(bill, bill->at_ms, to_ms);
        bill->idle_ms += ms;
        bill->idle_billed_ms += billed_ms;
        bill->idle_parts += billed_ms * part->idle_milli;
    } else {
        bill->charging_ms += ms;
        bill->minute_parts += ms * part->minute_milli;
    }
    bill->at_ms = to_ms;
    bill->register_mwh += mwh;
}

/* Of `mwh` over span_ms, what falls into the first of it. A month of ms times 50 MWh is past 64
 * bits: whole parts first. */
static int64_t share_mwh(int64_t mwh, int64_t ms, int64_t span_ms)
{
    return mwh / span_ms * ms + mwh % span_ms * ms / span_ms;
}

int tariff_bill_at(struct tariff_bill *bill, int64_t at_ms, int64_t register_mwh)
{
    int64_t span_ms = at_ms - bill->at_ms, mwh = register_mwh - bill->register_mwh;
    int64_t began_ms = bill->at_ms, done_mwh = 0;

    if (span_ms < 0 || mwh < 0 || (span_ms == 0 && mwh > 0))
        return ROOST_ERR_INVALID;
    if (bill->charging_ms + bill->idle_ms + span_ms > TARIFF_SESSION_MAX_S * INT64_C(1000) ||
        mwh > most_mwh - bill->energy_mwh)
        return ROOST_ERR_RANGE;
    /* mWh in ms: mW = mWh * 3600000 / ms */
    bool idle = mwh * 3600 < (int64_t)TARIFF_IDLE_W * span_ms;
    if (!idle)
        bill->idle_since_ms = 0;
    else if (bill->idle_since_ms == 0)
        bill->idle_since_ms = began_ms;
    while (bill->at_ms < at_ms) {
        int64_t to_ms = tariff_part_until_ms(bill->tariff, bill->zone, bill->at_ms);
        if (to_ms > at_ms)
            to_ms = at_ms;
        int64_t upto_mwh = share_mwh(mwh, to_ms - began_ms, span_ms);
        add(bill, to_ms, upto_mwh - done_mwh, idle);
        done_mwh = upto_mwh;
    }
    return 0;
}

static int64_t round_half_up(int64_t parts, int64_t per)
{
    return (parts + per / 2) / per;
}

void tariff_bill_lines(const struct tariff_bill *bill, struct tariff_lines *lines)
{
    *lines = (struct tariff_lines){
        .energy_wh = round_half_up(bill->energy_mwh, 1000),
        .charging_s = bill->charging_ms / 1000,
        .idle_s = bill->idle_ms / 1000,
        .idle_billed_s = bill->idle_billed_ms / 1000,
        .energy = round_half_up(bill->energy_parts, per_energy),
        .minutes = round_half_up(bill->minute_parts, per_minute),
        .idle = round_half_up(bill->idle_parts, per_minute),
        .start = bill->energy_mwh > 0 ? bill->tariff->start_amount : 0,
    };
    /* Who got nothing pays nothing. */
    if (bill->energy_mwh == 0)
        lines->minutes = lines->idle = 0;
    lines->total = lines->start + lines->energy + lines->minutes + lines->idle;
}

/* ---- a transaction ---- */

/* The register of the whole connector. */
static bool is_register(const struct csms_sample *sample)
{
    return sample->measurand == OCPP_Energy_Active_Import_Register &&
           sample->phase == OCPP_NO_WORD && sample->text_len == 0 && !sample->odd &&
           (sample->location == OCPP_NO_WORD || sample->location == OCPP_Outlet);
}

/* ROOST_ERR_UNTRUSTED: more than any number of mWh. */
static int mwh_of(const struct csms_sample *sample, int64_t *mwh)
{
    int64_t factor = sample->unit == OCPP_kWh ? 1000 : 1;

    if (sample->value_milli < 0 || sample->value_milli > INT64_MAX / 1000)
        return ROOST_ERR_UNTRUSTED;
    *mwh = sample->value_milli * factor;
    return 0;
}

int64_t tariff_register_mwh(const struct csms_sample *sample)
{
    int64_t mwh = 0;

    return is_register(sample) && mwh_of(sample, &mwh) == 0 ? mwh : -1;
}

int tariff_of_tx(const struct tariff *tariff, const struct zone *zone, const struct csms_tx *tx,
                 const struct csms_sample *samples, size_t count, struct tariff_lines *lines)
{
    struct tariff_bill bill;
    int64_t stop_mwh = (int64_t)tx->meter_stop_wh * 1000, mwh;

    if (tx->state != CSMS_TX_CLOSED)
        return ROOST_ERR_STATE;
    if (tx->flags & CSMS_TX_NOT_BILLED)
        return ROOST_ERR_UNTRUSTED;
    tariff_bill_begin(&bill, tariff, zone, tx->started_ms, (int64_t)tx->meter_start_wh * 1000);
    for (size_t i = 0; i < count; i++) {
        const struct csms_sample *sample = &samples[i];
        if (!is_register(sample) || sample->at_ms < tx->started_ms ||
            sample->at_ms > tx->stopped_ms)
            continue;
        if (sample->doubtful)
            continue; /* by the next one the energy is there, its time is not */
        int err = mwh_of(sample, &mwh);
        /* Finer than a Wh it may be a part of one past the Stop's, or before the Start's. */
        if (!err && mwh > stop_mwh && mwh - stop_mwh < 1000)
            mwh = stop_mwh;
        if (!err && mwh < bill.register_mwh && bill.register_mwh - mwh < 1000)
            mwh = bill.register_mwh;
        if (!err && sample->at_ms == bill.at_ms)
            continue; /* what Start or another one said */
        if (!err)
            err = tariff_bill_at(&bill, sample->at_ms, mwh);
        if (err)
            return ROOST_ERR_UNTRUSTED;
    }
    if (tariff_bill_at(&bill, tx->stopped_ms, stop_mwh) < 0 && bill.register_mwh != stop_mwh)
        return ROOST_ERR_UNTRUSTED;
    tariff_bill_lines(&bill, lines);
    return 0;
}

int32_t tariff_wh_for(const struct tariff *tariff, const struct zone *zone, int64_t at_ms,
                      int64_t amount)
{
    const struct tariff_part *part = tariff_part_at(tariff, zone, at_ms);
    int64_t left = amount - tariff->start_amount;

    if (left <= 0)
        return 0;
    if (part->kwh_milli == 0)
        return INT32_MAX;
    if (left > TARIFF_AMOUNT_MAX)
        left = TARIFF_AMOUNT_MAX;
    int64_t wh = left * 1000 * 1000 / part->kwh_milli;
    return wh < INT32_MAX ? (int32_t)wh : INT32_MAX;
}
