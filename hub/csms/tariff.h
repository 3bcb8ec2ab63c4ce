/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What charging costs. Pure: a tariff, a clock on the wall (zone.h) and samples come in, the lines
 * of a bill come out. Depends on zone.h, book.h, core/err.h.
 *
 * Amounts are whole minor units (cents); prices are thousandths of one, per kWh and per minute, so
 * that 0.2995 EUR per kWh is 29950. Everything between is exact: energy in mWh and time in ms are
 * multiplied by their price and added up, and each line is rounded once, half of a minor unit up.
 * What a session costs is the sum of its lines, and does not depend on how often it was sampled
 * within one price.
 *
 *   - A part holds on some weekdays from one minute of the day to another, by the site's clock (to
 *     <= from: past midnight, of the day that it began on). The first that holds counts; the last
 *     one always holds.
 *   - Energy between two samples that lie in different parts is split by time.
 *   - A stretch whose mean power is below TARIFF_IDLE_W is idle: it costs idle minutes in place of
 *     minutes, from idle_grace_s after the idleness began on.
 *
 *     tariff_bill_begin(&bill, &tariff, &zone, start_ms, register_mwh);
 *     tariff_bill_at(&bill, at_ms, register_mwh);                            each sample, in order
 *     tariff_bill_lines(&bill, &lines);                                      so far
 */
#ifndef ROOST_HUB_CSMS_TARIFF_H
#define ROOST_HUB_CSMS_TARIFF_H

#include "hub/csms/book.h"
#include "hub/csms/zone.h"

enum {
    TARIFF_ID_BYTES = 33,
    TARIFF_NAME_BYTES = 50 * 4 + 1,
    TARIFF_PARTS_MAX = 16,
    TARIFF_PRICE_MAX = 10000000, /* thousandths: 100.00 a kWh, or a minute */
    TARIFF_AMOUNT_MAX = 100000000,
    TARIFF_IDLE_W = 100,
    TARIFF_ALL_DAYS = 0x7F,
    TARIFF_SESSION_MAX_S = 31 * 86400 /* longer is no session: a person looks */
};

struct tariff_part {
    uint8_t days; /* bits, 1: Monday */
    uint16_t from_min, to_min;
    int32_t kwh_milli, minute_milli, idle_milli;
};

struct tariff {
    char id[TARIFF_ID_BYTES], name[TARIFF_NAME_BYTES];
    char currency[4];     /* ISO 4217 */
    int64_t start_amount; /* of each session that took energy */
    uint32_t idle_grace_s;
    struct tariff_part parts[TARIFF_PARTS_MAX];
    size_t part_count;
};

/* 0; ROOST_ERR_RANGE with the member's name in *field ("parts.days"). */
int tariff_check(const struct tariff *tariff, const char **field);
const struct tariff_part *tariff_part_at(const struct tariff *tariff, const struct zone *zone,
                                         int64_t at_ms);
/* When another part may hold: after at_ms. */
int64_t tariff_part_until_ms(const struct tariff *tariff, const struct zone *zone, int64_t at_ms);

/* A session on its way. Borrows tariff and zone. */
struct tariff_bill {
    const struct tariff *tariff;
    const struct zone *zone;
    int64_t at_ms, register_mwh;
    int64_t idle_since_ms;                          /* 0: it is not idle */
    int64_t energy_mwh, charging_ms, idle_ms;       /* idle_ms: all of it, and */
    int64_t idle_billed_ms;                         /* what is behind the grace */
    int64_t energy_parts, minute_parts, idle_parts; /* mWh, ms x thousandths */
};

struct tariff_lines {
    int64_t energy_wh; /* rounded as amounts are; the amounts are of the mWh */
    int64_t charging_s, idle_s, idle_billed_s;
    int64_t start, energy, minutes, idle, total; /* amounts */
};

void tariff_bill_begin(struct tariff_bill *bill, const struct tariff *tariff,
                       const struct zone *zone, int64_t start_ms, int64_t register_mwh);
/* ROOST_ERR_INVALID: back in time or energy; ROOST_ERR_RANGE: too long, or more than a charger can.
 * Nothing is changed then. */
int tariff_bill_at(struct tariff_bill *bill, int64_t at_ms, int64_t register_mwh);
void tariff_bill_lines(const struct tariff_bill *bill, struct tariff_lines *lines);

/* The mWh of a sample that is the register of a whole connector; -1: it is none, or more than any
 * register has. */
int64_t tariff_register_mwh(const struct csms_sample *sample);

/* Of a transaction that is over; samples by time. ROOST_ERR_STATE: it is not; ROOST_ERR_UNTRUSTED:
 * it is doubtful (CSMS_TX_NOT_BILLED), or its samples are: a person has to look, nothing is billed
 * by itself. */
int tariff_of_tx(const struct tariff *tariff, const struct zone *zone, const struct csms_tx *tx,
                 const struct csms_sample *samples, size_t count, struct tariff_lines *lines);

/* The Wh, or the seconds, that an amount is enough for when it begins now and goes on by the price
 * of now, after the start fee; INT32_MAX: they cost nothing. */
int32_t tariff_wh_for(const struct tariff *tariff, const struct zone *zone, int64_t at_ms,
                      int64_t amount);

#endif
