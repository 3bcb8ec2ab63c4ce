/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random profiles, set, replaced, cleared, over transactions, reboots and passing time, against a
 * plain model that keeps a list and looks at each second by itself: what is installed, the limit at
 * every visited second and every second of every composite schedule have to be the same.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <cmocka.h>

#include "devices/charger/profiles/test/rig.h"

enum { LIVES = 150, STEPS = 40, LIST_MAX = 64, SCHEDULE_S = 1500 };

/* ---- the model ---- */

static struct charger_profile list[LIST_MAX];
static int list_count;
static bool charging[CONNECTORS + 1];
static int64_t begun_ms[CONNECTORS + 1];

static void drop(int i)
{
    for (list_count--; i < list_count; i++)
        list[i] = list[i + 1];
}

static bool same_place(const struct charger_profile *a, const struct charger_profile *b)
{
    return a->purpose == b->purpose && a->stack_level == b->stack_level &&
           a->connector == b->connector;
}

static bool model_set(const struct charger_profile *p)
{
    int stays = 0;

    for (int i = 0; i < list_count; i++)
        stays += !(list[i].id == p->id || same_place(&list[i], p));
    if (stays >= CHARGER_PROFILES_INSTALLED_MAX)
        return false;
    for (int i = list_count - 1; i >= 0; i--)
        if (list[i].id == p->id || same_place(&list[i], p))
            drop(i);
    list[list_count++] = *p;
    return true;
}

static void model_end(int connector)
{
    charging[connector] = false;
    for (int i = list_count - 1; i >= 0; i--)
        if (list[i].purpose == CHARGER_PROFILE_TX && list[i].connector == connector)
            drop(i);
}

/* The limit of p at one second, or -1. */
static int64_t model_at(const struct charger_profile *p, int64_t second, int64_t charged_s)
{
    if ((p->has & CHARGER_PROFILE_HAS_VALID_FROM) && second < p->valid_from_s)
        return -1;
    if ((p->has & CHARGER_PROFILE_HAS_VALID_TO) && second >= p->valid_to_s)
        return -1;
    int64_t begin = p->start_s, end = INT64_MAX;
    if (!(p->has & CHARGER_PROFILE_HAS_START)) {
        begin = 0;
        second = charged_s;
    }
    if (p->kind == CHARGER_PROFILE_RECURRING) {
        int64_t step = p->recurrence == CHARGER_PROFILE_DAILY ? 24 * 3600 : 7 * 24 * 3600;
        while (begin + step <= second)
            begin += step;
        end = begin + step;
    }
    if ((p->has & CHARGER_PROFILE_HAS_DURATION) && begin + p->duration_s < end)
        end = begin + p->duration_s;
    if (second < begin || second >= end)
        return -1;
    int64_t limit = -1;
    for (int i = 0; i < p->period_count; i++)
        if (begin + p->periods[i].start_s <= second)
            limit = p->periods[i].limit_tenths;
    return limit;
}

/* The prevailing one of a purpose that was set for `connector`, or -1; its unit. `at` is where a
 * transaction may run. */
static int64_t model_prevails(int purpose, int connector, int at, int64_t ahead_s, int *unit)
{
    int64_t charged_s = ahead_s;

    if (charging[at])
        charged_s += ((int64_t)now.now_ms - begun_ms[at]) / 1000;
    for (int level = CHARGER_PROFILES_LEVEL_MAX; level >= 0; level--) {
        for (int i = 0; i < list_count; i++) {
            const struct charger_profile *p = &list[i];
            if (p->purpose != purpose || p->connector != connector || p->stack_level != level)
                continue;
            int64_t limit = model_at(p, unix_s() + ahead_s, charged_s);
            if (limit >= 0) {
                *unit = p->unit;
                return limit;
            }
        }
    }
    return -1;
}

/* Both limits of a connector by itself; -1: none. */
static void model_connector(int connector, int64_t ahead_s, int64_t both[2])
{
    int unit = 0;
    int64_t limit = -1;

    both[0] = both[1] = -1;
    if (charging[connector])
        limit = model_prevails(CHARGER_PROFILE_TX, connector, connector, ahead_s, &unit);
    if (limit < 0)
        limit = model_prevails(CHARGER_PROFILE_DEFAULT, connector, connector, ahead_s, &unit);
    if (limit < 0)
        limit = model_prevails(CHARGER_PROFILE_DEFAULT, 0, connector, ahead_s, &unit);
    if (limit >= 0)
        both[unit] = limit;
}

static int64_t least(int64_t a, int64_t b)
{
    if (a < 0 || b < 0)
        return a < 0 ? b : a;
    return a < b ? a : b;
}

static int64_t model_in(int unit, const int64_t both[2])
{
    int64_t other = both[!unit];

    if (other >= 0)
        other = unit == CHARGER_WATT ? other * NOMINAL_MV / 1000 : other * 1000 / NOMINAL_MV;
    return least(both[unit], other);
}

static int64_t model_expected(int connector, int unit, int64_t ahead_s)
{
    int64_t station[2] = {-1, -1}, sum = 0, both[2];
    const int64_t own[2] = {MAX_TENTHS_A, MAX_TENTHS_W};
    int max_unit = 0;

    int64_t max = model_prevails(CHARGER_PROFILE_MAX, 0, 0, ahead_s, &max_unit);
    if (max >= 0)
        station[max_unit] = max;
    for (int i = 1; i <= CONNECTORS; i++) {
        if (connector && i != connector)
            continue;
        model_connector(i, ahead_s, both);
        sum += least(model_in(unit, both), model_in(unit, own));
    }
    return least(sum, model_in(unit, station));
}

/* ---- chance ---- */

static uint32_t seed;

static int32_t chance(int32_t below)
{
    seed = seed * 1664525 + 1013904223;
    return (int32_t)((uint64_t)(seed >> 8) * (uint32_t)below >> 24);
}

/* A second near to now, or near to now days ago. */
static int64_t near_now(void)
{
    int64_t second = unix_s() + chance(3000) - 1500;

    return chance(2) ? second - chance(20) * 86400 : second;
}

static struct charger_profile any_profile(void)
{
    int purpose = chance(3);
    int connector = purpose == CHARGER_PROFILE_MAX
                        ? 0
                        : chance(CONNECTORS + (purpose == CHARGER_PROFILE_DEFAULT)) +
                              (purpose == CHARGER_PROFILE_TX);
    struct charger_profile p =
        profile(chance(40), (uint8_t)purpose, connector, chance(CHARGER_PROFILES_LEVEL_MAX + 1));

    p.unit = (uint8_t)chance(2);
    p.kind = (uint8_t)chance(purpose == CHARGER_PROFILE_MAX ? 2 : 3);
    p.start_s = near_now();
    p.has = 0;
    if (p.kind != CHARGER_PROFILE_RELATIVE &&
        (p.kind == CHARGER_PROFILE_RECURRING || purpose == CHARGER_PROFILE_MAX || chance(4)))
        p.has |= CHARGER_PROFILE_HAS_START;
    if (p.kind == CHARGER_PROFILE_RECURRING) {
        p.has |= CHARGER_PROFILE_HAS_RECURRENCE;
        p.recurrence = (uint8_t)chance(2);
    }
    if (chance(3) == 0) {
        p.has |= CHARGER_PROFILE_HAS_VALID_FROM;
        p.valid_from_s = near_now();
    }
    if (chance(3) == 0) {
        p.has |= CHARGER_PROFILE_HAS_VALID_TO;
        p.valid_to_s = unix_s() + 1 + chance(3000);
        if (p.valid_from_s >= p.valid_to_s)
            p.has &= (uint8_t)~CHARGER_PROFILE_HAS_VALID_FROM;
    }
    if (chance(3)) /* sometimes longer than a day or a week */
        lasts(&p, 1 + chance(3) * 86400 * chance(8) + chance(3000));
    int32_t start_s = 0;
    for (int n = 1 + chance(6); n > 0; n--) {
        period(&p, start_s, chance(8) * (p.unit == CHARGER_WATT ? 30000 : 400) + chance(10));
        start_s += 1 + (chance(4) ? chance(900) : 80000 + chance(10000));
    }
    return p;
}

/* ---- both beside each other ---- */

static void compare_installed(void)
{
    assert_int_equal(installed_count(), list_count);
    for (int i = 0; i < list_count; i++) {
        const struct charger_profile *there = charger_profiles_find(&profiles, list[i].id);
        assert_non_null(there);
        assert_true(same(there, &list[i]));
    }
}

static void compare_limits(void)
{
    struct charger_limit limit;

    for (int i = 0; i <= CONNECTORS; i++) {
        int64_t both[2] = {-1, -1};
        int unit = 0;
        if (i > 0)
            model_connector(i, 0, both);
        int64_t max = model_prevails(CHARGER_PROFILE_MAX, 0, 0, 0, &unit);
        both[unit] = least(both[unit], max);
        assert_int_equal(charger_profiles_limit(&profiles, i, &now, &limit), 0);
        assert_int_equal(limit.tenths_a, both[0] < 0 ? CHARGER_UNLIMITED : both[0]);
        assert_int_equal(limit.tenths_w, both[1] < 0 ? CHARGER_UNLIMITED : both[1]);
    }
}

static void compare_composite(int connector, int unit)
{
    static struct charger_composite out;
    int at = 0;

    assert_int_equal(
        charger_profiles_composite(&profiles, connector, SCHEDULE_S, (uint8_t)unit, &now, &out), 0);
    assert_true(out.count >= 1 && out.periods[0].start_s == 0);
    assert_true(out.duration_s == SCHEDULE_S || out.count == CHARGER_COMPOSITE_PERIODS_MAX);
    for (int32_t second = 0; second < out.duration_s; second++) {
        if (at + 1 < out.count && out.periods[at + 1].start_s == second) {
            at++;
            assert_int_not_equal(out.periods[at].limit_tenths, out.periods[at - 1].limit_tenths);
        }
        int64_t expected = model_expected(connector, unit, second);
        if (expected != out.periods[at].limit_tenths)
            printf("seed now %u, connector %d, unit %d, second %d\n", (unsigned)seed, connector,
                   unit, (int)second);
        assert_int_equal(out.periods[at].limit_tenths, expected);
    }
    assert_int_equal(at, out.count - 1);
}

/* ---- what happens ---- */

static void set_one(void)
{
    struct charger_profile p = any_profile();
    int err = set(&p);

    if (p.purpose == CHARGER_PROFILE_TX && !charging[p.connector])
        assert_int_equal(err, ROOST_ERR_STATE);
    else
        assert_int_equal(err, model_set(&p) ? 0 : ROOST_ERR_FULL);
}

static void clear_some(void)
{
    struct charger_profile_filter filter = {
        .by_id = chance(3) == 0,
        .by_connector = chance(2) == 0,
        .by_purpose = chance(2) == 0,
        .by_level = true,
        .id = chance(40),
        .connector = chance(CONNECTORS + 1),
        .purpose = (uint8_t)chance(3),
        .level = chance(CHARGER_PROFILES_LEVEL_MAX + 1),
    };
    int gone = 0;

    for (int i = list_count - 1; i >= 0; i--) {
        bool hit = filter.by_id ? list[i].id == filter.id
                                : (!filter.by_connector || list[i].connector == filter.connector) &&
                                      (!filter.by_purpose || list[i].purpose == filter.purpose) &&
                                      list[i].stack_level == filter.level;
        if (hit) {
            drop(i);
            gone++;
        }
    }
    assert_int_equal(charger_profiles_clear(&profiles, &filter), gone);
}

static void begin_or_end(void)
{
    int connector = 1 + chance(CONNECTORS);

    if (charging[connector]) {
        assert_int_equal(charger_profiles_end(&profiles, connector), 0);
        model_end(connector);
    } else {
        assert_int_equal(charger_profiles_begin(&profiles, connector, &now), 0);
        charging[connector] = true;
        begun_ms[connector] = (int64_t)now.now_ms;
    }
}

static void reboot(void)
{
    boot();
    assert_int_equal(profiles.damaged, 0);
    now.now_ms = 1000;
    for (int i = 1; i <= CONNECTORS; i++)
        model_end(i);
}

static void step(void)
{
    int what = chance(20);

    if (what < 12)
        set_one();
    else if (what < 14)
        clear_some();
    else if (what < 17)
        begin_or_end();
    else if (what < 18)
        reboot();
    pass(chance(4) ? chance(400) : chance(86400));
    now.now_ms += (uint64_t)chance(1000);
    now.unix_ms += chance(1000);
}

static void the_same_as_second_by_second(void **state)
{
    (void)state;
    for (uint32_t life = 0; life < LIVES; life++) {
        seed = life * 7919 + 1;
        start();
        list_count = 0;
        memset(charging, 0, sizeof charging);
        for (int i = 0; i < STEPS; i++) {
            step();
            compare_installed();
            compare_limits();
            if (i % 8 == 7)
                compare_composite(chance(CONNECTORS + 1), chance(2));
        }
    }
}

/* What a schedule foretells is what holds when that second comes. */
static void the_limit_later_is_what_the_schedule_said(void **state)
{
    (void)state;
    for (uint32_t life = 0; life < 10; life++) {
        static struct charger_composite out;
        seed = life * 104729 + 5;
        start();
        assert_int_equal(charger_profiles_begin(&profiles, 1, &now), 0);
        for (int i = 0; i < 12; i++) {
            struct charger_profile p = any_profile();
            p.unit = CHARGER_WATT;
            (void)set(&p);
        }
        assert_int_equal(
            charger_profiles_composite(&profiles, 1, SCHEDULE_S, CHARGER_WATT, &now, &out), 0);
        int at = 0;
        for (int32_t second = 0; second < out.duration_s; second++, pass(1)) {
            if (at + 1 < out.count && out.periods[at + 1].start_s == second)
                at++;
            struct charger_limit limit;
            assert_int_equal(charger_profiles_limit(&profiles, 1, &now, &limit), 0);
            int32_t own = MAX_TENTHS_A * (NOMINAL_MV / 1000);
            assert_int_equal(limit.tenths_w < own ? limit.tenths_w : own,
                             out.periods[at].limit_tenths);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_same_as_second_by_second),
        cmocka_unit_test(the_limit_later_is_what_the_schedule_said),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
