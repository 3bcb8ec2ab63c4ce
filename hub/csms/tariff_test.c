/* SPDX-License-Identifier: Apache-2.0 */
/* Prices: what one would reckon by hand, and what must hold for any session however it is sampled.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/csms/tariff.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

/* By day 0.40 and 2 cents a minute, from 22 to 6 o'clock 0.2995; idle 10 cents a minute. */
static const struct tariff tariff = {
    .id = "t1",
    .currency = "EUR",
    .start_amount = 50,
    .idle_grace_s = 600,
    .parts = {{TARIFF_ALL_DAYS, 1320, 360, 29950, 0, 5000},
              {0x60, 600, 1200, 50000, 3000, 10000}, /* weekend */
              {TARIFF_ALL_DAYS, 0, 1440, 40000, 2000, 10000}},
    .part_count = 3,
};
static struct zone zone;
/* 2026-11-30T00:00:00+01:00, a Monday. */
static const int64_t monday_ms = INT64_C(1764457200000) + INT64_C(31536000000);

static int setup(void **state)
{
    (void)state;
    return zone_parse(&zone, "CET-1CEST,M3.5.0,M10.5.0/3");
}

static void parts_of_the_week(void **state)
{
    (void)state;
    assert_ptr_equal(tariff_part_at(&tariff, &zone, monday_ms), &tariff.parts[0]);
    assert_ptr_equal(tariff_part_at(&tariff, &zone, monday_ms + 6 * HOUR - 1), &tariff.parts[0]);
    assert_ptr_equal(tariff_part_at(&tariff, &zone, monday_ms + 6 * HOUR), &tariff.parts[2]);
    assert_ptr_equal(tariff_part_at(&tariff, &zone, monday_ms + (5 * 24 + 12) * (int64_t)HOUR),
                     &tariff.parts[1]);
    assert_int_equal(tariff_part_until_ms(&tariff, &zone, monday_ms), monday_ms + 6 * HOUR);
    assert_int_equal(tariff_part_until_ms(&tariff, &zone, monday_ms + 6 * HOUR),
                     monday_ms + 10 * HOUR); /* of the weekend, and no harm */
}

/* 21:00 to 23:00 at 10 kW: half by day, half by night. */
static void split_at_the_hour(void **state)
{
    struct tariff_bill bill;
    struct tariff_lines lines;

    (void)state;
    tariff_bill_begin(&bill, &tariff, &zone, monday_ms + 21 * HOUR, 5000000);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + 23 * HOUR, 25000000), 0);
    tariff_bill_lines(&bill, &lines);
    assert_int_equal(lines.energy_wh, 20000);
    assert_int_equal(lines.energy, 400 + 300); /* 299.5 half up, once for the line */
    assert_int_equal(lines.minutes, 120);
    assert_int_equal(lines.start, 50);
    assert_int_equal(lines.total, 870);
}

static void idle_after_the_grace(void **state)
{
    struct tariff_bill bill;
    struct tariff_lines lines;

    (void)state;
    tariff_bill_begin(&bill, &tariff, &zone, monday_ms + 12 * HOUR, 0);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + 13 * HOUR, 10000000), 0);
    for (int i = 1; i <= 25; i++) /* a Wh now and then is no charging */
        assert_int_equal(
            tariff_bill_at(&bill, monday_ms + 13 * HOUR + i * MINUTE, 10000000 + i * 1000), 0);
    tariff_bill_lines(&bill, &lines);
    assert_int_equal(lines.charging_s, 3600);
    assert_int_equal(lines.idle_s, 25 * 60);
    assert_int_equal(lines.idle_billed_s, 15 * 60);
    assert_int_equal(lines.idle, 150);
    assert_int_equal(lines.minutes, 120);
}

static void who_got_nothing_pays_nothing(void **state)
{
    struct tariff_bill bill;
    struct tariff_lines lines;

    (void)state;
    tariff_bill_begin(&bill, &tariff, &zone, monday_ms, 7000);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + 5 * HOUR, 7000), 0);
    tariff_bill_lines(&bill, &lines);
    assert_int_equal(lines.total, 0);
}

static void back_in_time_or_energy(void **state)
{
    struct tariff_bill bill;

    (void)state;
    tariff_bill_begin(&bill, &tariff, &zone, monday_ms, 7000);
    assert_int_equal(tariff_bill_at(&bill, monday_ms - 1, 7000), ROOST_ERR_INVALID);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + 1, 6999), ROOST_ERR_INVALID);
    assert_int_equal(tariff_bill_at(&bill, monday_ms, 7001), ROOST_ERR_INVALID);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + 32 * 24 * (int64_t)HOUR, 7001),
                     ROOST_ERR_RANGE);
    assert_int_equal(tariff_bill_at(&bill, monday_ms + HOUR, INT64_C(50000000000) + 7001),
                     ROOST_ERR_RANGE);
    assert_int_equal(bill.energy_mwh, 0);
}

/* One sample at the end, one every few seconds, and the pieces by themselves: the same parts, where
 * the power is even. */
static void any_sampling_costs_the_same(void **state)
{
    uint64_t rng = 88172645463325252u;

    (void)state;
    for (int round = 0; round < 300; round++) {
        rng ^= rng << 13, rng ^= rng >> 7, rng ^= rng << 17;
        int64_t begin = monday_ms + (int64_t)(rng % 604800) * SECOND;
        int64_t seconds = (int64_t)(rng >> 32) % 200000 + 60;
        int64_t power = (int64_t)(rng >> 20) % 50 + 1; /* mWh a ms */
        struct tariff_bill whole, fine;
        tariff_bill_begin(&whole, &tariff, &zone, begin, 11);
        tariff_bill_begin(&fine, &tariff, &zone, begin, 11);
        assert_int_equal(
            tariff_bill_at(&whole, begin + seconds * SECOND, 11 + power * seconds * SECOND), 0);
        for (int64_t s = 0; s < seconds;) {
            s += 1 + (int64_t)((rng >> (s % 40)) % 977);
            s = s > seconds ? seconds : s;
            assert_int_equal(tariff_bill_at(&fine, begin + s * SECOND, 11 + power * s * SECOND), 0);
        }
        assert_int_equal(whole.energy_mwh, power * seconds * SECOND);
        assert_int_equal(fine.energy_mwh, whole.energy_mwh);
        assert_int_equal(fine.energy_parts, whole.energy_parts);
        assert_int_equal(fine.minute_parts, whole.minute_parts);
    }
}

static struct csms_sample reg(int64_t at_ms, int64_t wh)
{
    return (struct csms_sample){.at_ms = at_ms,
                                .value_milli = wh * 1000,
                                .measurand = OCPP_Energy_Active_Import_Register,
                                .unit = OCPP_Wh,
                                .format = OCPP_Raw};
}

static void a_transaction(void **state)
{
    const int64_t begin = monday_ms + 21 * HOUR;
    struct csms_tx tx = {.state = CSMS_TX_CLOSED,
                         .started_ms = begin,
                         .stopped_ms = begin + 2 * HOUR,
                         .meter_start_wh = 1000,
                         .meter_stop_wh = 16000};
    struct csms_sample samples[] = {reg(begin - HOUR, 5), reg(begin, 1000),
                                    reg(begin + HOUR, 11000), reg(begin + 2 * HOUR, 16000)};
    struct tariff_lines lines;

    (void)state;
    assert_int_equal(tariff_of_tx(&tariff, &zone, &tx, samples, 4, &lines), 0);
    assert_int_equal(lines.energy, 400 + 150); /* 149.75 */
    samples[2] = reg(begin + HOUR, 17000);     /* more than at the Stop */
    assert_int_equal(tariff_of_tx(&tariff, &zone, &tx, samples, 4, &lines), ROOST_ERR_UNTRUSTED);
    samples[2].doubtful = true;
    assert_int_equal(tariff_of_tx(&tariff, &zone, &tx, samples, 4, &lines), 0);
    assert_int_equal(lines.energy, 300 + 225); /* half and half; 224.625 */
    for (uint32_t flag = 1; flag <= CSMS_TX_ID_SEEN; flag <<= 1) {
        tx.flags = flag;
        assert_int_equal(tariff_of_tx(&tariff, &zone, &tx, samples, 4, &lines),
                         flag & CSMS_TX_NOT_BILLED ? ROOST_ERR_UNTRUSTED : 0);
    }
    tx.state = CSMS_TX_OPEN;
    assert_int_equal(tariff_of_tx(&tariff, &zone, &tx, samples, 4, &lines), ROOST_ERR_STATE);
}

static void what_is_no_tariff(void **state)
{
    struct tariff bad = tariff;
    const char *field;

    (void)state;
    assert_int_equal(tariff_check(&bad, &field), 0);
    bad.part_count = 2; /* at most hours nothing would hold */
    assert_int_equal(tariff_check(&bad, &field), ROOST_ERR_RANGE);
    assert_string_equal(field, "parts");
    bad = tariff;
    memcpy(bad.currency, "eur", 4);
    assert_int_equal(tariff_check(&bad, &field), ROOST_ERR_RANGE);
    assert_string_equal(field, "currency");
    bad = tariff;
    bad.parts[1].kwh_milli = TARIFF_PRICE_MAX + 1;
    assert_int_equal(tariff_check(&bad, &field), ROOST_ERR_RANGE);
    assert_string_equal(field, "parts.kwh_milli");
    bad = tariff;
    bad.parts[0].days = 0;
    assert_int_equal(tariff_check(&bad, &field), ROOST_ERR_RANGE);
    assert_string_equal(field, "parts.days");
}

static void what_an_amount_is_enough_for(void **state)
{
    (void)state;
    assert_int_equal(tariff_wh_for(&tariff, &zone, monday_ms + 12 * HOUR, 50), 0);
    assert_int_equal(tariff_wh_for(&tariff, &zone, monday_ms + 12 * HOUR, 450), 10000);
    assert_int_equal(tariff_wh_for(&tariff, &zone, monday_ms, 51), 33);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(parts_of_the_week),
        cmocka_unit_test(split_at_the_hour),
        cmocka_unit_test(idle_after_the_grace),
        cmocka_unit_test(who_got_nothing_pays_nothing),
        cmocka_unit_test(back_in_time_or_energy),
        cmocka_unit_test(any_sampling_costs_the_same),
        cmocka_unit_test(a_transaction),
        cmocka_unit_test(what_is_no_tariff),
        cmocka_unit_test(what_an_amount_is_enough_for),
    };

    return cmocka_run_group_tests(tests, setup, NULL);
}
