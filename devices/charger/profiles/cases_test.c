/* SPDX-License-Identifier: Apache-2.0 */
/* The cases by their ids, and what each line of the header promises. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "devices/charger/profiles/test/rig.h"

static struct charger_composite composite;

static void expect_composite(int32_t connector, int32_t duration_s, uint8_t unit,
                             const struct charger_period *expected, int count)
{
    assert_int_equal(
        charger_profiles_composite(&profiles, connector, duration_s, unit, &now, &composite), 0);
    assert_int_equal(composite.count, count);
    for (int i = 0; i < count; i++) {
        assert_int_equal(composite.periods[i].start_s, expected[i].start_s);
        assert_int_equal(composite.periods[i].limit_tenths, expected[i].limit_tenths);
    }
    assert_int_equal(composite.duration_s, duration_s);
}

static void p47_stacked_defaults_become_one_schedule(void **state)
{
    (void)state;
    start();
    struct charger_profile low = profile(1, CHARGER_PROFILE_DEFAULT, 1, 0);
    period(&low, 0, 60000);
    period(&low, 100, 80000);
    period(&low, 200, 100000);
    lasts(&low, 400);
    take(low);
    struct charger_profile high = profile(2, CHARGER_PROFILE_DEFAULT, 1, 1);
    period(&high, 0, 70000);
    period(&high, 100, 90000);
    lasts(&high, 150);
    take(high);

    static const struct charger_period expected[] = {
        {0, 70000}, {100, 90000}, {150, 80000}, {200, 100000}};
    expect_composite(1, 350, CHARGER_WATT, expected, 4);
    assert_int_equal(composite.unit, CHARGER_WATT);

    /* Beyond the last duration no profile limits: the charger's own maximum, never -1. */
    static const struct charger_period beyond[] = {
        {0, 70000}, {100, 90000}, {150, 80000}, {200, 100000}, {400, MAX_TENTHS_W}};
    expect_composite(1, 600, CHARGER_WATT, beyond, 5);
}

static void p49_refused_with_the_reason(void **state)
{
    (void)state;
    start();
    refuse(flat(1, CHARGER_PROFILE_TX, 1, 0, 50000), ROOST_ERR_STATE, false, "connectorId");
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);

    struct charger_profile p = flat(1, CHARGER_PROFILE_TX, 1, 0, 50000);
    p.has |= CHARGER_PROFILE_HAS_TRANSACTION;
    p.transaction_id = 43;
    refuse(p, ROOST_ERR_STATE, false, "transactionId"); /* nobody knows its id yet */
    assert_int_equal(charger_profiles_identify(&profiles, 1, 42), 0);
    refuse(p, ROOST_ERR_STATE, false, "transactionId");
    p.transaction_id = 42;
    take(p);
    p = flat(2, CHARGER_PROFILE_DEFAULT, 1, 0, 50000);
    p.unit = 2;
    refuse(p, ROOST_ERR_INVALID, true, "chargingRateUnit");
    refuse(flat(2, CHARGER_PROFILE_DEFAULT, 9, 0, 50000), ROOST_ERR_RANGE, true, "connectorId");
    assert_int_equal(installed_count(), 1);
}

static void p49_a_remote_start_brings_its_profile(void **state)
{
    (void)state;
    start();
    struct charger_profile brought = flat(1, CHARGER_PROFILE_TX, 1, 2, 50000);
    assert_int_equal(charger_profiles_set_for_start(&profiles, &brought, &now, &why), 0);
    assert_int_equal(watts(1), CHARGER_UNLIMITED); /* not before the transaction */
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
    assert_int_equal(watts(1), 5000);
    assert_int_equal(charger_profiles_identify(&profiles, 1, 7), 0);

    struct charger_profile second = flat(9, CHARGER_PROFILE_TX, 1, 2, 40000);
    second.has |= CHARGER_PROFILE_HAS_TRANSACTION;
    second.transaction_id = 7;
    take(second);
    assert_int_equal(watts(1), 4000);
    assert_null(charger_profiles_find(&profiles, 1));
    take(flat(10, CHARGER_PROFILE_TX, 1, 1, 30000)); /* another level stands beside it */
    assert_int_equal(installed_count(), 2);
    assert_int_equal(watts(1), 4000);

    assert_int_equal(charger_profiles_end(&profiles, 1), 0);
    assert_int_equal(installed_count(), 0);
    assert_int_equal(watts(1), CHARGER_UNLIMITED);
}

static void p49_what_a_remote_start_may_not_bring(void **state)
{
    (void)state;
    start();
    struct charger_profile p = flat(1, CHARGER_PROFILE_TX, 1, 2, 50000);
    p.has |= CHARGER_PROFILE_HAS_TRANSACTION;
    assert_int_equal(charger_profiles_set_for_start(&profiles, &p, &now, &why), ROOST_ERR_INVALID);
    assert_string_equal(why->field, "transactionId");
    p = flat(1, CHARGER_PROFILE_DEFAULT, 1, 2, 50000);
    assert_int_equal(charger_profiles_set_for_start(&profiles, &p, &now, &why), ROOST_ERR_INVALID);
    assert_string_equal(why->field, "chargingProfilePurpose");
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
    p = flat(1, CHARGER_PROFILE_TX, 1, 2, 50000);
    assert_int_equal(charger_profiles_set_for_start(&profiles, &p, &now, &why), ROOST_ERR_STATE);

    /* One that came to nothing is not for the next start. */
    p.connector = 2;
    assert_int_equal(charger_profiles_set_for_start(&profiles, &p, &now, &why), 0);
    struct charger_profile next = flat(2, CHARGER_PROFILE_TX, 2, 0, 10000);
    assert_int_equal(charger_profiles_set_for_start(&profiles, &next, &now, &why), 0);
    assert_null(charger_profiles_find(&profiles, 1));
    assert_int_equal(charger_profiles_end(&profiles, 2), 0); /* the start was given up */
    assert_int_equal(installed_count(), 0);
}

static void p49_and_it_is_gone_after_a_reboot(void **state)
{
    (void)state;
    start();
    take(flat(1, CHARGER_PROFILE_DEFAULT, 1, 0, 60000));
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
    take(flat(2, CHARGER_PROFILE_TX, 1, 0, 50000));
    int changes = store.changes;
    take(flat(2, CHARGER_PROFILE_TX, 1, 0, 40000));
    assert_int_equal(store.changes, changes); /* no wear for what ends by itself */
    assert_int_equal(watts(1), 4000);
    boot();
    assert_int_equal(installed_count(), 1);
    assert_int_equal(watts(1), 6000);
}

static void four(void)
{
    start();
    take(flat(1, CHARGER_PROFILE_MAX, 0, 0, 90000));
    take(flat(2, CHARGER_PROFILE_DEFAULT, 0, 0, 80000));
    take(flat(3, CHARGER_PROFILE_DEFAULT, 1, 0, 70000));
    take(flat(4, CHARGER_PROFILE_DEFAULT, 1, 1, 60000));
}

static int clear(struct charger_profile_filter filter)
{
    return charger_profiles_clear(&profiles, &filter);
}

static void p50_clearing(void **state)
{
    (void)state;
    four();
    assert_int_equal(
        clear((struct charger_profile_filter){
            .by_id = true, .id = 3, .by_purpose = true, .purpose = CHARGER_PROFILE_MAX}),
        1); /* the id alone counts */
    assert_null(charger_profiles_find(&profiles, 3));
    assert_int_equal(installed_count(), 3);

    four();
    struct charger_profile_filter both = {
        .by_purpose = true, .purpose = CHARGER_PROFILE_DEFAULT, .by_level = true, .level = 0};
    assert_int_equal(clear(both), 2);
    assert_non_null(charger_profiles_find(&profiles, 1));
    assert_non_null(charger_profiles_find(&profiles, 4));
    assert_int_equal(clear(both), 0);
    assert_int_equal(clear((struct charger_profile_filter){.by_id = true, .id = 99}), 0);

    four();
    both.by_connector = true;
    both.connector = 0;
    assert_int_equal(clear(both), 1); /* 0 is a connector like others */
    assert_null(charger_profiles_find(&profiles, 2));
    assert_int_equal(clear((struct charger_profile_filter){0}), 3);
    assert_int_equal(installed_count(), 0);
    boot();
    assert_int_equal(installed_count(), 0);
}

static void an_id_or_a_place_replaces(void **state)
{
    (void)state;
    four();
    take(flat(4, CHARGER_PROFILE_DEFAULT, 1, 0, 50000)); /* id of one, place of another */
    assert_int_equal(installed_count(), 3);
    assert_null(charger_profiles_find(&profiles, 3));
    assert_int_equal(watts(1), 5000);
    take(flat(5, CHARGER_PROFILE_DEFAULT, 2, 0, 40000)); /* another connector is another place */
    assert_int_equal(installed_count(), 4);

    /* One that is not valid yet replaces all the same: until then the default behaviour. */
    struct charger_profile later = flat(6, CHARGER_PROFILE_DEFAULT, 1, 0, 10000);
    later.has |= CHARGER_PROFILE_HAS_VALID_FROM;
    later.valid_from_s = unix_s() + 60;
    take(later);
    assert_int_equal(watts(1), 8000);
    pass(60);
    assert_int_equal(watts(1), 1000);
}

static void which_limit_holds(void **state)
{
    (void)state;
    four();
    assert_int_equal(watts(1), 6000); /* its own defaults beat connector 0's, whatever the level */
    assert_int_equal(watts(2), 8000);
    assert_int_equal(watts(0), 9000);
    take(flat(7, CHARGER_PROFILE_DEFAULT, 0, 8, 20000));
    assert_int_equal(watts(1), 6000);
    assert_int_equal(watts(2), 2000);
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
    struct charger_profile tx = flat(8, CHARGER_PROFILE_TX, 1, 0, 95000);
    lasts(&tx, 100);
    take(tx);
    assert_int_equal(watts(1), 9000); /* instead of its defaults, and never above the station's */
    pass(99);
    assert_int_equal(watts(1), 9000);
    pass(1);
    assert_int_equal(watts(1), 6000); /* over: the default again */
    struct charger_limit limit;
    assert_int_equal(charger_profiles_limit(&profiles, 3, &now, &limit), ROOST_ERR_RANGE);
    assert_int_equal(charger_profiles_limit(&profiles, -1, &now, &limit), ROOST_ERR_RANGE);
}

static void recurring_daily_and_weekly(void **state)
{
    (void)state;
    start();
    struct charger_profile p = profile(1, CHARGER_PROFILE_DEFAULT, 1, 0);
    p.kind = CHARGER_PROFILE_RECURRING;
    p.recurrence = CHARGER_PROFILE_DAILY;
    p.has |= CHARGER_PROFILE_HAS_RECURRENCE;
    p.start_s = unix_s() + 3600;
    period(&p, 0, 10000);
    period(&p, 7200, 20000);
    period(&p, 86400 + 10, 30000); /* beyond the day: never */
    lasts(&p, 10800);
    take(p);
    assert_int_equal(watts(1), CHARGER_UNLIMITED); /* the first start is the first */
    for (int day = 0; day < 15; day++, pass(86400 - 14400)) {
        pass(3600);
        assert_int_equal(watts(1), 1000);
        pass(7200);
        assert_int_equal(watts(1), 2000);
        pass(3600);
        assert_int_equal(watts(1), CHARGER_UNLIMITED);
    }
    p.recurrence = CHARGER_PROFILE_WEEKLY;
    p.start_s = unix_s();
    p.has &= (uint8_t)~CHARGER_PROFILE_HAS_DURATION;
    take(p);
    pass(3 * 7 * 86400 + 5);
    assert_int_equal(watts(1), 1000);
    pass(7200);
    assert_int_equal(watts(1), 2000);
    pass(86400);
    assert_int_equal(watts(1), 3000); /* within the week it runs */
}

static void both_units_hold(void **state)
{
    (void)state;
    start();
    struct charger_profile amps = flat(1, CHARGER_PROFILE_DEFAULT, 1, 0, 1000); /* 100 A */
    amps.unit = CHARGER_AMPERE;
    take(amps);
    assert_int_equal(
        charger_profiles_composite(&profiles, 1, 60, CHARGER_ANY_UNIT, &now, &composite), 0);
    assert_int_equal(composite.unit, CHARGER_AMPERE);
    assert_int_equal(composite.periods[0].limit_tenths, 1000);
    take(flat(2, CHARGER_PROFILE_MAX, 0, 0, 60001)); /* 6000.1 W */
    struct charger_limit limit;
    assert_int_equal(charger_profiles_limit(&profiles, 1, &now, &limit), 0);
    assert_int_equal(limit.tenths_a, 1000);
    assert_int_equal(limit.tenths_w, 60001);
    assert_int_equal(charger_limit_ma(&limit, 80000), 75001);
    assert_int_equal(charger_limit_ma(&limit, 56000), 100000);
    assert_int_equal(charger_limit_ma(&limit, 0), 100000);

    static const struct charger_period in_watts[] = {{0, 60001}};
    static const struct charger_period in_amperes[] = {{0, 750}};
    expect_composite(1, 60, CHARGER_WATT, in_watts, 1);
    expect_composite(1, 60, CHARGER_AMPERE, in_amperes, 1);
    expect_composite(1, 60, CHARGER_ANY_UNIT, in_watts, 1);
    assert_int_equal(composite.unit, CHARGER_WATT);

    static const struct charger_limit none = {CHARGER_UNLIMITED, CHARGER_UNLIMITED};
    assert_int_equal(charger_limit_ma(&none, 80000), CHARGER_UNLIMITED);
}

static void the_station_expects_the_sum_under_its_limit(void **state)
{
    (void)state;
    start();
    take(flat(1, CHARGER_PROFILE_DEFAULT, 1, 0, 30000));
    static const struct charger_period sum[] = {{0, 30000 + MAX_TENTHS_W}};
    expect_composite(0, 60, CHARGER_WATT, sum, 1);
    struct charger_profile max = profile(2, CHARGER_PROFILE_MAX, 0, 0);
    period(&max, 0, 100000);
    period(&max, 30, 20000);
    take(max);
    static const struct charger_period limited[] = {{0, 100000}, {30, 20000}};
    expect_composite(0, 60, CHARGER_WATT, limited, 2);
    assert_int_equal(charger_profiles_composite(&profiles, 3, 60, 0, &now, &composite),
                     ROOST_ERR_RANGE);
    assert_int_equal(charger_profiles_composite(&profiles, 1, 0, 0, &now, &composite),
                     ROOST_ERR_RANGE);
    assert_int_equal(charger_profiles_composite(&profiles, 1, 60, 3, &now, &composite),
                     ROOST_ERR_RANGE);
}

static void a_schedule_that_does_not_fit_ends_early(void **state)
{
    (void)state;
    start();
    struct charger_profile p = profile(1, CHARGER_PROFILE_DEFAULT, 1, 0);
    p.kind = CHARGER_PROFILE_RECURRING;
    p.recurrence = CHARGER_PROFILE_DAILY;
    p.has |= CHARGER_PROFILE_HAS_RECURRENCE;
    for (int i = 0; i < CHARGER_PROFILES_PERIODS_MAX; i++)
        period(&p, i * 3600, 10000 + i);
    take(p);
    assert_int_equal(
        charger_profiles_composite(&profiles, 1, 7 * 86400, CHARGER_WATT, &now, &composite), 0);
    assert_int_equal(composite.count, CHARGER_COMPOSITE_PERIODS_MAX);
    assert_int_equal(composite.duration_s, 2 * 86400);

    /* Nothing changes for ever, and yet each hour has to be looked at. */
    for (int i = 0; i < CHARGER_PROFILES_PERIODS_MAX; i++)
        p.periods[i].limit_tenths = 10000;
    take(p);
    assert_int_equal(
        charger_profiles_composite(&profiles, 1, INT32_MAX, CHARGER_WATT, &now, &composite), 0);
    assert_int_equal(composite.count, 1);
    assert_int_equal(composite.duration_s, CHARGER_COMPOSITE_STEPS_MAX * 3600);
}

static void while_the_time_is_not_known(void **state)
{
    (void)state;
    start();
    struct charger_profile max = profile(1, CHARGER_PROFILE_MAX, 0, 0);
    period(&max, 0, 100000);
    period(&max, 3600, 20000);
    take(max);
    take(flat(2, CHARGER_PROFILE_MAX, 0, 1, 50000));
    take(flat(3, CHARGER_PROFILE_DEFAULT, 1, 1, 10000)); /* at a time of day: passed over */
    struct charger_profile relative = flat(4, CHARGER_PROFILE_DEFAULT, 1, 0, 15000);
    relative.kind = CHARGER_PROFILE_RELATIVE;
    take(relative);
    assert_int_equal(watts(0), 5000);
    assert_int_equal(watts(1), 1000);
    now.unix_ms = 0;
    boot();
    assert_int_equal(watts(0), 2000); /* the lowest of all that may hold */
    assert_int_equal(watts(1), 1500);
    struct charger_profile later = flat(5, CHARGER_PROFILE_MAX, 0, 3, 10000);
    later.has = 0;
    refuse(later, ROOST_ERR_STATE, false, "startSchedule");
}

static void a_station_counts_from_when_it_was_told(void **state)
{
    (void)state;
    start();
    struct charger_profile p = profile(1, CHARGER_PROFILE_MAX, 0, 0);
    p.has = 0;
    period(&p, 0, 100000);
    period(&p, 60, 20000);
    take(p);
    boot();
    pass(59);
    assert_int_equal(watts(0), 10000);
    pass(1);
    assert_int_equal(watts(0), 2000);
}

static void relative_counts_from_the_transaction(void **state)
{
    (void)state;
    start();
    struct charger_profile p = profile(1, CHARGER_PROFILE_DEFAULT, 0, 0);
    p.has = 0; /* absolute without a start is relative */
    period(&p, 0, 100000);
    period(&p, 60, 20000);
    take(p);
    pass(1000);
    assert_int_equal(watts(1), 10000); /* as if one began now */
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
    pass(60);
    now.unix_ms += 7200000; /* the clock is set: of no meaning here */
    assert_int_equal(watts(1), 2000);
    assert_int_equal(watts(2), 10000);
    assert_int_equal(charger_profiles_begin(&profiles, 1, &now), ROOST_ERR_STATE);
    assert_int_equal(charger_profiles_begin(&profiles, 0, &now), ROOST_ERR_RANGE);
    assert_int_equal(charger_profiles_identify(&profiles, 2, 1), ROOST_ERR_STATE);
    assert_int_equal(charger_profiles_identify(&profiles, 5, 1), ROOST_ERR_RANGE);
    assert_int_equal(charger_profiles_end(&profiles, 0), ROOST_ERR_RANGE);
}

/* One change to a good profile each, and the field that is named. */
static void every_refusal_names_its_field(void **state)
{
    (void)state;
    start();
    const struct charger_profile good = flat(1, CHARGER_PROFILE_DEFAULT, 1, 0, 50000);
#define REFUSE(change, err, malformed, field)                                                      \
    do {                                                                                           \
        struct charger_profile p = good;                                                           \
        change;                                                                                    \
        refuse(p, err, malformed, field);                                                          \
    } while (0)
    REFUSE(p.connector = -1, ROOST_ERR_RANGE, true, "connectorId");
    REFUSE(p.purpose = 3, ROOST_ERR_INVALID, true, "chargingProfilePurpose");
    REFUSE(p.kind = 3, ROOST_ERR_INVALID, true, "chargingProfileKind");
    REFUSE((p.has |= CHARGER_PROFILE_HAS_RECURRENCE, p.recurrence = 2), ROOST_ERR_INVALID, true,
           "recurrencyKind");
    REFUSE(p.stack_level = -1, ROOST_ERR_RANGE, true, "stackLevel");
    REFUSE(p.stack_level = 9, ROOST_ERR_RANGE, false, "stackLevel");
    REFUSE(p.periods[0].limit_tenths = -10, ROOST_ERR_RANGE, true, "limit");
    REFUSE(period(&p, -1, 0), ROOST_ERR_RANGE, true, "startPeriod");
    REFUSE(p.periods[0].start_s = 1, ROOST_ERR_INVALID, false, "startPeriod");
    REFUSE(period(&p, 0, 0), ROOST_ERR_INVALID, false, "startPeriod");
    REFUSE(lasts(&p, -1), ROOST_ERR_RANGE, true, "duration");
    REFUSE(lasts(&p, 0), ROOST_ERR_INVALID, false, "duration");
    REFUSE(p.period_count = 0, ROOST_ERR_INVALID, true, "chargingSchedulePeriod");
    REFUSE(p.period_count = 25, ROOST_ERR_RANGE, false, "chargingSchedulePeriod");
    REFUSE(p.start_s = -1, ROOST_ERR_RANGE, true, "startSchedule, validFrom, validTo");
    REFUSE((p.has |= 6, p.valid_from_s = 100, p.valid_to_s = 100), ROOST_ERR_INVALID, false,
           "validTo");
    REFUSE(p.kind = CHARGER_PROFILE_RECURRING, ROOST_ERR_INVALID, false, "recurrencyKind");
    REFUSE((p.kind = CHARGER_PROFILE_RECURRING, p.has = CHARGER_PROFILE_HAS_RECURRENCE),
           ROOST_ERR_INVALID, false, "startSchedule");
    REFUSE(p.purpose = CHARGER_PROFILE_MAX, ROOST_ERR_INVALID, false, "connectorId");
    REFUSE((p.purpose = CHARGER_PROFILE_MAX, p.connector = 0, p.kind = CHARGER_PROFILE_RELATIVE),
           ROOST_ERR_INVALID, false, "chargingProfileKind");
    REFUSE((p.purpose = CHARGER_PROFILE_TX, p.connector = 0), ROOST_ERR_INVALID, false,
           "connectorId");
#undef REFUSE
    assert_int_equal(installed_count(), 0);
    take(good);
    assert_int_equal(why->err, 0);
}

static void as_many_as_were_promised(void **state)
{
    (void)state;
    start();
    for (int i = 0; i < CHARGER_PROFILES_INSTALLED_MAX; i++)
        take(flat(i, CHARGER_PROFILE_DEFAULT, i % 2, i / 2, 10000 + i));
    struct charger_profile more = flat(99, CHARGER_PROFILE_DEFAULT, 2, 0, 50000);
    refuse(more, ROOST_ERR_FULL, false, "chargingProfileId");
    take(flat(3, CHARGER_PROFILE_DEFAULT, 2, 8, 20000)); /* in the place of one there is room */
    boot();
    assert_int_equal(installed_count(), CHARGER_PROFILES_INSTALLED_MAX);
    assert_int_equal(profiles.damaged, 0);
    assert_int_equal(watts(2), 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(p47_stacked_defaults_become_one_schedule),
        cmocka_unit_test(p49_refused_with_the_reason),
        cmocka_unit_test(p49_a_remote_start_brings_its_profile),
        cmocka_unit_test(p49_what_a_remote_start_may_not_bring),
        cmocka_unit_test(p49_and_it_is_gone_after_a_reboot),
        cmocka_unit_test(p50_clearing),
        cmocka_unit_test(an_id_or_a_place_replaces),
        cmocka_unit_test(which_limit_holds),
        cmocka_unit_test(recurring_daily_and_weekly),
        cmocka_unit_test(both_units_hold),
        cmocka_unit_test(the_station_expects_the_sum_under_its_limit),
        cmocka_unit_test(a_schedule_that_does_not_fit_ends_early),
        cmocka_unit_test(while_the_time_is_not_known),
        cmocka_unit_test(a_station_counts_from_when_it_was_told),
        cmocka_unit_test(relative_counts_from_the_transaction),
        cmocka_unit_test(every_refusal_names_its_field),
        cmocka_unit_test(as_many_as_were_promised),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
