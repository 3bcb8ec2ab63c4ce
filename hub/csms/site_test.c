/* SPDX-License-Identifier: Apache-2.0 */
/* The site's limit: single steps, then twenty chargers in virtual time that are late, cut off,
 * booted, stubborn; and a hub that forgets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/csms/site.h"

enum { SECOND = 1000, MINUTE = 60 * SECOND, HOUR = 60 * MINUTE };

static const struct site_charger typical = {
    .nominal_w = 22000, .minimum_w = 4140, .fallback_w = 0, .told = true};
static struct site site; /* large */

static void begin(uint32_t limit_w)
{
    const struct site_config config = {.limit_w = limit_w};

    assert_int_equal(site_init(&site, &config), 0);
}

static size_t join(const struct site_charger *charger, int64_t now_ms)
{
    int at = site_join(&site, charger, now_ms);

    assert_true(at >= 0);
    site_online(&site, (size_t)at, true, now_ms);
    return (size_t)at;
}

/* All do at once what they are told. Returns how many orders there were. */
static size_t settle(int64_t now_ms)
{
    struct site_order order;
    size_t count = 0;

    for (; site_next(&site, now_ms, &order); count++)
        site_answered(&site, order.member, SITE_ANSWER_ACCEPTED, now_ms);
    return count;
}

/* Until nothing changes. */
static int64_t run_until(int64_t from_ms, int64_t to_ms)
{
    for (; from_ms < to_ms; from_ms += SECOND)
        settle(from_ms);
    return from_ms;
}

static void what_is_no_site(void **state)
{
    struct site_config config = {.limit_w = 0};

    (void)state;
    assert_int_equal(site_init(&site, &config), ROOST_ERR_RANGE);
    config = (struct site_config){.limit_w = 1000, .margin_ms = SITE_LEASE_MS};
    assert_int_equal(site_init(&site, &config), ROOST_ERR_RANGE);
    begin(10000);
    struct site_charger bad = typical;
    bad.minimum_w = 22001;
    assert_int_equal(site_join(&site, &bad, 1), ROOST_ERR_RANGE);
    bad = typical;
    bad.fallback_w = 1000; /* it could not charge with it */
    assert_int_equal(site_join(&site, &bad, 1), ROOST_ERR_RANGE);
    bad.fallback_w = 6000;
    assert_int_equal(site_join(&site, &bad, 1), 0);
    assert_int_equal(site_join(&site, &bad, 1), ROOST_ERR_STATE);
    assert_int_equal(site_limit(&site, 5000), ROOST_ERR_STATE);
    assert_int_equal(site_limit(&site, 6000), 0);
}

static void full_house(void **state)
{
    (void)state;
    begin(1000000);
    for (size_t i = 0; i < SITE_CHARGERS_MAX; i++)
        assert_int_equal(site_join(&site, &typical, 1), i);
    assert_int_equal(site_join(&site, &typical, 1), ROOST_ERR_FULL);
    site_leave(&site, 7);
    assert_int_equal(site_join(&site, &typical, 1), 7);
}

/* What was said before this hub was here may hold: nobody gets more until that is known. */
static void nothing_is_given_before_all_is_known(void **state)
{
    struct site_order order;
    struct site_view view;

    (void)state;
    begin(30000);
    size_t a = join(&typical, 1), b = join(&typical, 1);
    site_wants(&site, a, true, 1);
    site_look(&site, 1, &view);
    assert_int_equal(view.reserved_w, 44000);
    assert_int_equal(view.over_w, 14000);
    site_online(&site, b, false, 1);
    assert_true(site_next(&site, 1, &order));
    assert_int_equal(order.w, 0);
    site_answered(&site, a, SITE_ANSWER_ACCEPTED, 1);
    assert_false(site_next(&site, 2, &order));
    assert_int_equal(site_may_take_w(&site, a, 2), 22000); /* that is obeyed in a while */
    assert_int_equal(site_may_take_w(&site, a, 1 + SITE_OBEY_MS), 0);
    run_until(1 + SECOND, MINUTE);
    assert_int_equal(site.members[a].held.w, 8000);
    /* b has not been heard of, but no lease lasts that long. */
    run_until(MINUTE, SITE_LEASE_MS + SITE_MARGIN_MS + 2 * MINUTE);
    assert_int_equal(site.members[a].held.w, 22000);
    assert_int_equal(site_may_take_w(&site, b, SITE_LEASE_MS + SITE_MARGIN_MS + MINUTE), 0);
}

static void less_first_and_then_more(void **state)
{
    struct site_order order;
    int64_t now = 1;

    (void)state;
    begin(22000);
    size_t a = join(&typical, now), b = join(&typical, now);
    site_wants(&site, a, true, now);
    now = run_until(now, 4 * MINUTE);
    assert_int_equal(site.members[a].held.w, 22000);
    assert_int_equal(site.members[a].why, SITE_FULL);
    site_wants(&site, b, true, now);
    assert_true(site_next(&site, now, &order));
    assert_int_equal(order.member, a);
    assert_int_equal(order.w, 11000);
    assert_false(site_next(&site, now, &order));
    site_answered(&site, a, SITE_ANSWER_ACCEPTED, now + 2 * SECOND);
    assert_false(site_next(&site, now + 11 * SECOND, &order));
    assert_true(site_next(&site, now + 12 * SECOND, &order));
    assert_int_equal(order.member, b);
    assert_int_equal(order.w, 11000);
}

/* C-10: it says no. All that it can take is reserved, and others have less. */
static void refusal(void **state)
{
    struct site_order order;
    struct site_view view;
    int64_t now = 1;

    (void)state;
    begin(30000);
    size_t a = join(&typical, now), b = join(&typical, now);
    site_wants(&site, a, true, now);
    site_wants(&site, b, true, now);
    now = run_until(now, 5 * MINUTE);
    assert_int_equal(site.members[a].held.w, 15000);
    do
        now += SECOND;
    while (!site_next(&site, now, &order));
    site_answered(&site, order.member, SITE_ANSWER_REJECTED, now);
    size_t other = order.member == a ? b : a;
    site_look(&site, now, &view);
    assert_int_equal(view.refused, 1);
    assert_int_equal(site_may_take_w(&site, order.member, now), 22000);
    now = run_until(now, now + MINUTE);
    assert_int_equal(site.members[other].held.w, 8000);
    site_look(&site, now, &view);
    assert_int_equal(view.over_w, 0);
    /* It is asked again, and gives in. */
    now = run_until(now, now + SITE_REFUSED_MS + SITE_LEASE_MS + 2 * MINUTE);
    site_look(&site, now, &view);
    assert_int_equal(view.refused, 0);
    assert_int_equal(site.members[other].held.w, 15000);
}

static void what_a_car_does_not_use_is_shared(void **state)
{
    int64_t now = 1;
    size_t sent = 0;

    (void)state;
    begin(22000);
    size_t a = join(&typical, now), b = join(&typical, now);
    site_wants(&site, a, true, now);
    site_wants(&site, b, true, now);
    for (; now < 20 * MINUTE; now += SECOND) {
        size_t count = settle(now);
        if (now % (20 * SECOND) == 1) {
            site_measured(&site, a, 6000 + (uint32_t)(now / 1000 % 7) * 20, now);
            site_measured(&site, b, site.members[b].held.w, now);
        }
        sent += now > 10 * MINUTE ? count : 0;
    }
    assert_in_range(site.members[a].held.w, 7200, 8300);
    assert_int_equal(site.members[a].why, SITE_MEASURED);
    assert_in_range(site.members[b].held.w, 13000, 22000 - 7200);
    assert_in_range(sent, 2, 8); /* in ten minutes: the leases, and hardly more */
}

static void turns(void **state)
{
    int64_t now = 1, had[5] = {0};

    (void)state;
    begin(9000); /* enough for two */
    for (size_t i = 0; i < 5; i++)
        site_wants(&site, join(&typical, now), true, now);
    for (; now < 10 * HOUR; now += SECOND) {
        settle(now);
        for (size_t i = 0; i < 5; i++)
            had[i] += site.members[i].held.w >= typical.minimum_w ? SECOND : 0;
    }
    for (size_t i = 0; i < 5; i++)
        assert_in_range(had[i], 4 * HOUR - 20 * MINUTE, 4 * HOUR + 20 * MINUTE);
}

static void less_than_one_can_charge_with(void **state)
{
    struct site_charger large = typical;

    (void)state;
    begin(6000);
    large.minimum_w = 9000;
    size_t a = join(&large, 1), b = join(&typical, 1);
    site_wants(&site, a, true, 1);
    site_wants(&site, b, true, 2);
    run_until(1, 5 * MINUTE);
    assert_int_equal(site.members[a].why, SITE_TOO_SMALL);
    assert_int_equal(site.members[a].held.w, 0);
    assert_int_equal(site.members[b].held.w, 6000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_no_site),
        cmocka_unit_test(full_house),
        cmocka_unit_test(nothing_is_given_before_all_is_known),
        cmocka_unit_test(less_first_and_then_more),
        cmocka_unit_test(refusal),
        cmocka_unit_test(what_a_car_does_not_use_is_shared),
        cmocka_unit_test(turns),
        cmocka_unit_test(less_than_one_can_charge_with),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
