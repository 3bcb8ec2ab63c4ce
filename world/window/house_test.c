/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "world/window/house.h"

#define HOUR_MS    3600000LL
#define DAY_MS     (24 * HOUR_MS)
#define JANUARY_MS 1767225600000LL /* 2026-01-01T00:00:00Z */
#define JULY_MS    (JANUARY_MS + 181 * DAY_MS)

static double weather_mean_degc(uint64_t seed, int64_t from_ms, int days)
{
    double sum = 0.0;
    for (int hour = 0; hour < days * 24; hour++)
        sum += world_weather_at(seed, from_ms + hour * HOUR_MS).temperature_degc;
    return sum / (days * 24);
}

static void weather_has_seasons_and_days(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 20; seed++) {
        double winter = weather_mean_degc(seed, JANUARY_MS, 40);
        double summer = weather_mean_degc(seed, JULY_MS, 40);
        assert_true(winter > -6.0 && winter < 8.0);
        assert_true(summer > 15.0 && summer < 27.0);

        double noon = 0.0, night = 0.0;
        for (int day = 0; day < 40; day++) {
            noon += world_weather_at(seed, JULY_MS + day * DAY_MS + 14 * HOUR_MS).temperature_degc;
            night += world_weather_at(seed, JULY_MS + day * DAY_MS + 3 * HOUR_MS).temperature_degc;
        }
        assert_true(noon - night > 40 * 4.0);
    }
}

static void weather_stays_in_bounds_and_is_continuous(void **state)
{
    (void)state;
    struct world_weather before = world_weather_at(7, JANUARY_MS - 60000);
    for (int64_t minute = 0; minute < 60 * 24 * 60; minute++) {
        struct world_weather now = world_weather_at(7, JANUARY_MS + minute * 60000);
        assert_true(now.temperature_degc > -25.0 && now.temperature_degc < 45.0);
        assert_true(now.humidity_pct >= 5.0 && now.humidity_pct <= 100.0);
        assert_true(now.solar_w_m2 >= 0.0 && now.solar_w_m2 < 1080.0);
        assert_true(now.wind_m_s >= 0.0 && now.wind_m_s < 12.0);
        assert_true(fabs(now.temperature_degc - before.temperature_degc) < 0.1);
        assert_true(fabs(now.humidity_pct - before.humidity_pct) < 1.0);
        assert_true(fabs(now.solar_w_m2 - before.solar_w_m2) < 15.0);
        assert_true(fabs(now.wind_m_s - before.wind_m_s) < 0.2);
        before = now;
    }
}

static void weather_is_dark_at_night_and_brighter_in_summer(void **state)
{
    (void)state;
    double winter = 0.0, summer = 0.0;
    for (int day = 0; day < 30; day++) {
        assert_true(world_weather_at(3, JULY_MS + day * DAY_MS).solar_w_m2 <= 0.0);
        winter += world_weather_at(3, JANUARY_MS + day * DAY_MS + 12 * HOUR_MS).solar_w_m2;
        summer += world_weather_at(3, JULY_MS + day * DAY_MS + 12 * HOUR_MS).solar_w_m2;
    }
    assert_true(summer > 2.0 * winter);
}

static void times_before_1970_work(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 5, -1000 * DAY_MS - 1);
    world_house_step(&house, 86400.0, 10.0);
    assert_true(house.unix_ms == -999 * DAY_MS - 1);
    assert_true(house.temperature_degc > 0.0 && house.temperature_degc < 45.0);
}

static void equal_seeds_equal_results_bit_for_bit(void **state)
{
    (void)state;
    struct world_house a, b, c;
    world_house_init(&a, 42, JANUARY_MS);
    world_house_init(&b, 42, JANUARY_MS);
    world_house_init(&c, 43, JANUARY_MS);
    for (int i = 0; i < 5000; i++) {
        world_house_step(&a, 10.0, i % 101);
        world_house_step(&b, 10.0, i % 101);
        world_house_step(&c, 10.0, i % 101);
    }
    assert_memory_equal(&a.temperature_degc, &b.temperature_degc, sizeof a.temperature_degc);
    assert_memory_equal(&a.vapour_kg_m3, &b.vapour_kg_m3, sizeof a.vapour_kg_m3);
    assert_true(fabs(a.outdoor.temperature_degc - c.outdoor.temperature_degc) > 1e-6);
}

/* Written down once: every machine and compiler has to come to these very bits. */
static void results_are_those_of_every_machine(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 42, JANUARY_MS);
    for (int i = 0; i < 2000; i++)
        world_house_step(&house, 150.0, i % 101);
    const double air_degc = 0x1.f1ccdc33c527ap+3;
    const double mass_degc = 0x1.e9a44dc74b81fp+3;
    const double vapour_kg_m3 = 0x1.9f60f3dcf5437p-9;
    assert_memory_equal(&house.temperature_degc, &air_degc, sizeof air_degc);
    assert_memory_equal(&house.mass_temperature_degc, &mass_degc, sizeof mass_degc);
    assert_memory_equal(&house.vapour_kg_m3, &vapour_kg_m3, sizeof vapour_kg_m3);
}

/* One day, cut into steps of any length, ends in the same place within the method's error. */
static void any_step_length_is_stable_and_agrees(void **state)
{
    (void)state;
    static const double steps_s[] = {0.1, 0.37, 1.0, 10.0, 59.0, 61.0, 600.0, 86400.0};
    struct world_house reference;
    world_house_init(&reference, 9, JULY_MS);
    for (int i = 0; i < 86400; i++)
        world_house_step(&reference, 1.0, 40.0);
    for (size_t n = 0; n < sizeof steps_s / sizeof steps_s[0]; n++) {
        struct world_house house;
        world_house_init(&house, 9, JULY_MS);
        int64_t end_ms = JULY_MS + DAY_MS;
        while (house.unix_ms < end_ms) {
            double left_s = (double)(end_ms - house.unix_ms) / 1000.0;
            world_house_step(&house, steps_s[n] < left_s ? steps_s[n] : left_s, 40.0);
        }
        assert_true(fabs(house.temperature_degc - reference.temperature_degc) < 0.1);
        assert_true(fabs(house.humidity_pct - reference.humidity_pct) < 0.5);
    }
}

static void fractions_of_a_millisecond_add_up(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 1, JANUARY_MS);
    for (int i = 0; i < 4096; i++)
        world_house_step(&house, 1.0 / 4096, 0.0); /* exact in binary */
    assert_true(house.unix_ms == JANUARY_MS + 1000);
}

static void open_window_cools_towards_outdoors(void **state)
{
    (void)state;
    struct world_house shut, open;
    world_house_init(&shut, 2, JULY_MS);
    world_house_hold_outdoor_temperature(&shut, 12.0);
    open = shut;
    world_house_step(&shut, 4 * 3600.0, 0.0);
    world_house_step(&open, 4 * 3600.0, 100.0);
    assert_true(open.temperature_degc < shut.temperature_degc - 2.0);
    assert_true(open.temperature_degc > 12.0);
    assert_true(open.temperature_degc < open.mass_temperature_degc);
}

static void heating_holds_its_target_while_it_can(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 4, JANUARY_MS);
    world_house_hold_outdoor_temperature(&house, 0.0);
    for (int day = 0; day < 10; day++)
        world_house_step(&house, 86400.0, 0.0);
    assert_true(house.temperature_degc > 19.5 && house.temperature_degc < 22.5);
    assert_true(house.heating_w > 100.0 && house.heating_w < 1000.0);

    world_house_step(&house, 12 * 3600.0, 100.0);
    double held_degc = house.temperature_degc;
    assert_true(house.heating_w >= 1499.0); /* at its limit, and losing */
    assert_true(held_degc < 16.0);
    world_house_hold_outdoor_temperature(&house, 60.0);
    world_house_step(&house, 12 * 3600.0, 100.0);
    assert_true(house.heating_w <= 0.0);
}

static void airing_carries_moisture_both_ways(void **state)
{
    (void)state;
    struct world_house dry, damp;
    world_house_init(&dry, 6, JULY_MS);
    world_house_hold_outdoor_temperature(&dry, 22.0);
    damp = dry;
    world_house_hold_outdoor_humidity(&dry, 10.0);
    world_house_hold_outdoor_humidity(&damp, 100.0);
    world_house_step(&dry, 6 * 3600.0, 100.0);
    world_house_step(&damp, 6 * 3600.0, 100.0);
    assert_true(dry.humidity_pct < 25.0);
    assert_true(damp.humidity_pct > 75.0);
    assert_true(damp.humidity_pct <= 100.0);
}

static void people_make_it_damp_when_shut(void **state)
{
    (void)state;
    struct world_house shut, airy;
    world_house_init(&shut, 2, JANUARY_MS);
    airy = shut;
    double shut_sum = 0.0, airy_sum = 0.0;
    for (int hour = 0; hour < 10 * 24; hour++) {
        world_house_step(&shut, 3600.0, 0.0);
        world_house_step(&airy, 3600.0, 10.0);
        assert_true(shut.people >= 0 && shut.people <= 3);
        shut_sum += shut.humidity_pct;
        airy_sum += airy.humidity_pct;
    }
    assert_true(shut_sum > airy_sum + 240 * 5.0);
}

static void held_weather_is_given_back(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 8, JULY_MS);
    double natural = house.outdoor.temperature_degc;
    world_house_hold_outdoor_temperature(&house, 31.0);
    world_house_hold_outdoor_humidity(&house, 77.0);
    world_house_step(&house, 7200.0, 0.0);
    assert_true(fabs(house.outdoor.temperature_degc - 31.0) < 1e-12);
    assert_true(fabs(house.outdoor.humidity_pct - 77.0) < 1e-12);
    world_house_hold_outdoor_temperature(&house, (double)NAN);
    world_house_hold_outdoor_humidity(&house, (double)NAN);
    assert_true(fabs(house.outdoor.temperature_degc - natural) < 8.0);
    assert_true(fabs(house.outdoor.temperature_degc - 31.0) > 1e-9);
    world_house_hold_outdoor_temperature(&house, 1e9); /* limited to what physics here covers */
    assert_true(house.outdoor.temperature_degc <= 60.0);
}

static void extremes_stay_finite(void **state)
{
    (void)state;
    struct world_house house;
    world_house_init(&house, 11, JANUARY_MS);
    for (int i = 0; i < 200; i++) {
        world_house_hold_outdoor_temperature(&house, i % 2 ? -60.0 : 60.0);
        world_house_hold_outdoor_humidity(&house, i % 2 ? 100.0 : 0.0);
        world_house_step(&house, 3600.0, i % 3 ? 1e6 : -1e6);
        assert_true(house.temperature_degc > -60.0 && house.temperature_degc < 60.0);
        assert_true(house.humidity_pct >= 0.0 && house.humidity_pct <= 100.0);
    }
}

static void discomfort_grows_away_from_the_band(void **state)
{
    (void)state;
    assert_true(world_discomfort_degc(22.0, 45.0, -80.0) <= 0.0);
    assert_true(world_discomfort_degc(25.0, 45.0, -80.0) > 0.9);
    assert_true(world_discomfort_degc(18.0, 45.0, -80.0) > 1.9);
    assert_true(world_discomfort_degc(22.0, 75.0, -80.0) > 0.0);
    assert_true(world_discomfort_degc(22.0, 20.0, -80.0) > 0.0);
    assert_true(world_discomfort_degc(22.0, 45.0, -20.0) > 0.0);
    assert_true(world_discomfort_degc(27.0, 75.0, -20.0) >
                world_discomfort_degc(27.0, 75.0, -90.0));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(weather_has_seasons_and_days),
        cmocka_unit_test(weather_stays_in_bounds_and_is_continuous),
        cmocka_unit_test(weather_is_dark_at_night_and_brighter_in_summer),
        cmocka_unit_test(times_before_1970_work),
        cmocka_unit_test(equal_seeds_equal_results_bit_for_bit),
        cmocka_unit_test(results_are_those_of_every_machine),
        cmocka_unit_test(any_step_length_is_stable_and_agrees),
        cmocka_unit_test(fractions_of_a_millisecond_add_up),
        cmocka_unit_test(open_window_cools_towards_outdoors),
        cmocka_unit_test(heating_holds_its_target_while_it_can),
        cmocka_unit_test(airing_carries_moisture_both_ways),
        cmocka_unit_test(people_make_it_damp_when_shut),
        cmocka_unit_test(held_weather_is_given_back),
        cmocka_unit_test(extremes_stay_finite),
        cmocka_unit_test(discomfort_grows_away_from_the_band),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
