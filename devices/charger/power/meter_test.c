/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/charger/power/meter.h"

static struct charger_meter meter;
static uint64_t dice = 88172645463325252u;

static uint32_t draw(uint32_t below)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 16) % below;
}

static void begin(uint64_t mwh)
{
    charger_meter_init(&meter, mwh);
    charger_meter_start(&meter, 0);
}

static void an_hour_is_an_hour(void **state)
{
    (void)state;
    begin(5000);
    assert_true(charger_meter_add(&meter, 80000, 50000, 0));
    for (uint64_t ms = 100; ms <= 3600000; ms += 100)
        assert_true(charger_meter_add(&meter, 80000, 50000, ms));
    assert_int_equal(meter.mwh, 5000 + 4000000);
    assert_int_equal(meter.rest_uj, 0);
    charger_meter_stop(&meter, 3600000);
    assert_false(charger_meter_add(&meter, 80000, 50000, 3600100)); /* nothing can flow */
    assert_int_equal(meter.mwh, 4005000);
}

/* A ramp is half of its rectangle, and the end counts up to the very moment. */
static void ramps_and_ends(void **state)
{
    (void)state;
    begin(0);
    assert_true(charger_meter_add(&meter, 80000, 0, 0));
    assert_true(charger_meter_add(&meter, 80000, 45000, 2000)); /* 3.6 kW at 2 s: 3600 J */
    assert_int_equal(meter.mwh, 1000);
    charger_meter_stop(&meter, 3000); /* 3600 J more */
    assert_int_equal(meter.mwh, 2000);
    charger_meter_stop(&meter, 4000);
    assert_int_equal(meter.mwh, 2000);
    charger_meter_start(&meter, 10000); /* from nothing, not from where it was */
    charger_meter_start(&meter, 10500);
    assert_true(charger_meter_add(&meter, 80000, 45000, 11000));
    assert_int_equal(meter.mwh, 2500);
}

static void what_cannot_be_is_left_out(void **state)
{
    (void)state;
    begin(0);
    assert_true(charger_meter_add(&meter, 80000, 45000, 0));
    assert_false(charger_meter_add(&meter, -100001, 45000, 100));
    assert_false(charger_meter_add(&meter, 80000, -350001, 200));
    assert_int_equal(meter.negative, 0);
    assert_false(charger_meter_add(&meter, 100001, 45000, 300));
    assert_false(charger_meter_add(&meter, 80000, 350001, 400));
    assert_int_equal(meter.outside, 4);
    assert_false(charger_meter_add(&meter, 80000, 300000, 500)); /* from 3.6 to 24 kW */
    assert_int_equal(meter.jumps, 1);
    assert_true(charger_meter_add(&meter, 80000, 45000, 1000)); /* spans all of that */
    assert_int_equal(meter.mwh, 1000);
    /* A jump that stays is none. */
    assert_false(charger_meter_add(&meter, 80000, 300000, 1100));
    assert_true(charger_meter_add(&meter, 80000, 300000, 1200));
    assert_int_equal(meter.jumps, 2);
    assert_int_equal(meter.power_mw, 24000000);
    /* Up within 100 ms, and 100 ms there: 1380 J and 2400 J. */
    assert_int_equal(meter.mwh, 1000 + 1050);
    /* Another one each time is never believed. */
    assert_true(charger_meter_add(&meter, 80000, 0, 1300)); /* down is what a cut looks like */
    assert_false(charger_meter_add(&meter, 80000, 100000, 1400));
    assert_false(charger_meter_add(&meter, 80000, 200000, 1500));
    assert_false(charger_meter_add(&meter, 80000, 300000, 1600));
}

/* A rise after a gap, and what confirms it three seconds on: the gap is not billed as if it had
 * been so all along. */
static void a_rise_is_billed_from_where_it_was_seen(void **state)
{
    (void)state;
    begin(0);
    assert_true(charger_meter_add(&meter, 80000, 45000, 0));
    assert_false(charger_meter_add(&meter, 80000, 135000, 2000)); /* 3.6 to 10.8 kW: 14400 J */
    assert_true(charger_meter_add(&meter, 80000, 135000, 5000));  /* 32400 J */
    assert_int_equal(meter.mwh, 4000 + 9000);
    /* One that is not confirmed is not billed. */
    assert_false(charger_meter_add(&meter, 80000, 300000, 5100));
    assert_true(charger_meter_add(&meter, 80000, 135000, 5200));
    charger_meter_stop(&meter, 6000);
    assert_int_equal(meter.mwh, 4000 + 9000 + 3000);
}

/* What flows back is nothing, and not as much as flowed before. */
static void what_flows_back_is_not_billed(void **state)
{
    (void)state;
    begin(0);
    assert_true(charger_meter_add(&meter, 80000, 45000, 0));
    assert_true(charger_meter_add(&meter, 80000, -20000, 100)); /* 180 J on the way */
    for (uint64_t ms = 200; ms <= 3000; ms += 100)
        assert_true(charger_meter_add(&meter, 80000, -20000, ms));
    assert_true(charger_meter_add(&meter, -1, 45000, 3100));
    assert_int_equal(meter.negative, 31);
    assert_true(charger_meter_add(&meter, 80000, 45000, 3200)); /* 180 J */
    assert_true(charger_meter_add(&meter, 80000, -1, 3300));    /* 180 J */
    charger_meter_stop(&meter, 7000);
    assert_int_equal(meter.mwh, 150);
}

/* Sessions of a power that goes up and down by 20 A a second as limits come, and leaps once,
 * measured ten times a second with frames that get lost: register and truth stay together. */
static void a_leap_and_lost_frames(void **state)
{
    (void)state;
    for (int session = 0; session < 50; session++) {
        double true_j = 0, power_w = 0, target_w = 0, step_w = 1.6;
        uint64_t leap_ms = 300000 + draw(200);

        begin(0);
        for (uint64_t ms = 0; ms < 600000; ms++) {
            if (ms == leap_ms) {
                target_w = step_w = 24000;
            } else if (draw(10000) == 0) {
                target_w = draw(24000);
                step_w = 1.6;
            }
            double left_w = target_w - power_w;
            power_w += left_w > step_w ? step_w : left_w < -step_w ? -step_w : left_w;
            true_j += power_w / 1000;
            if (ms % 100 == 0 && draw(10) > 0)
                (void)charger_meter_add(&meter, 80000, (int32_t)(power_w * 12.5), ms);
        }
        charger_meter_stop(&meter, 600000);
        double error_wh = true_j / 3600 - (double)meter.mwh / 1000;
        if (error_wh > 0.5 || error_wh < -0.5)
            print_message("%f Wh\n", error_wh);
        assert_true(error_wh < 0.5 && error_wh > -0.5);
    }
}

static void a_long_gap_is_not_counted(void **state)
{
    (void)state;
    begin(0);
    assert_true(charger_meter_add(&meter, 80000, 45000, 0));
    assert_true(charger_meter_add(&meter, 80000, 45000, CHARGER_METER_GAP_MS));
    assert_int_equal(meter.mwh, 4000);
    assert_true(charger_meter_add(&meter, 80000, 45000, 2 * CHARGER_METER_GAP_MS + 1));
    assert_int_equal(meter.mwh, 4000);
    assert_int_equal(meter.gaps_ms, CHARGER_METER_GAP_MS + 1);
}

/* Whatever is measured, the register never falls, and nothing is lost between two registers. */
static void it_never_falls(void **state)
{
    uint64_t now_ms = 0, before_mwh, kept_mwh = 0;

    (void)state;
    for (int session = 0; session < 50; session++) {
        charger_meter_init(&meter, kept_mwh);
        charger_meter_start(&meter, now_ms);
        before_mwh = kept_mwh;
        for (int i = 0; i < 200; i++) {
            now_ms += draw(6000);
            (void)charger_meter_add(&meter, (int32_t)draw(200000) - 50000,
                                    (int32_t)draw(800000) - 200000, now_ms);
            assert_true(meter.mwh >= before_mwh);
            assert_true(meter.rest_uj < 3600000 && meter.rest_nj < 1000);
            before_mwh = meter.mwh;
        }
        charger_meter_stop(&meter, now_ms);
        kept_mwh = meter.mwh;
    }
    assert_true(kept_mwh > 0);
}

/* Far beyond the life of a charger: a gigawatt hour. */
static void it_does_not_wrap(void **state)
{
    (void)state;
    begin(1000000000000);
    assert_true(charger_meter_add(&meter, 85500, 50000, 0));
    assert_true(charger_meter_add(&meter, 85500, 50000, 4000));
    assert_int_equal(meter.mwh, 1000000000000 + 4750);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_hour_is_an_hour),
        cmocka_unit_test(ramps_and_ends),
        cmocka_unit_test(what_cannot_be_is_left_out),
        cmocka_unit_test(a_rise_is_billed_from_where_it_was_seen),
        cmocka_unit_test(what_flows_back_is_not_billed),
        cmocka_unit_test(a_leap_and_lost_frames),
        cmocka_unit_test(a_long_gap_is_not_counted),
        cmocka_unit_test(it_never_falls),
        cmocka_unit_test(it_does_not_wrap),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
