/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/clock_doubt.h"

#define DAY_MS  INT64_C(86400000)
#define NOON_MS INT64_C(1795248000000) /* the truth: 2026-11-21 */

static struct clock_doubt doubt;
static uint64_t now_ms;
static int64_t wall_ms; /* what the hub's clock shows */

static void start(int64_t built_ms, int64_t newest_ms, int64_t unix_ms)
{
    now_ms = 5000;
    wall_ms = unix_ms;
    clock_doubt_init(&doubt, &(struct clock_doubt_config){built_ms, newest_ms, 0}, now_ms, wall_ms);
}

static bool pass(int64_t ms)
{
    now_ms += (uint64_t)ms;
    wall_ms += ms;
    return clock_doubt_look(&doubt, now_ms, wall_ms);
}

static bool set_clock(int64_t by_ms)
{
    wall_ms += by_ms;
    return pass(10);
}

static void hear(size_t count, int64_t skew_ms)
{
    clock_doubt_hear(&doubt, &(struct clock_jury){count, skew_ms});
}

static void a_clock_like_others_is_believed(void **state)
{
    (void)state;
    start(NOON_MS - 30 * DAY_MS, NOON_MS - 60000, NOON_MS);
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    assert_string_equal(clock_doubt_text(&doubt), "ok");
    for (int i = 0; i < 1000; i++)
        assert_false(pass(60000));
    start(0, 0, 0); /* nothing to compare with */
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

static void a_machine_without_a_battery(void **state)
{
    (void)state;
    start(NOON_MS - DAY_MS, 0, NOON_MS - 6 * 365 * DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_BEFORE_BUILD);
    assert_true(strstr(clock_doubt_text(&doubt), "in doubt") != NULL);
    assert_true(clock_doubt_latest(&doubt) > NOON_MS);
    hear(1, 6 * 365 * DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_BEFORE_BUILD);
    hear(9, 0); /* that asked this hub for the time */
    assert_int_equal(doubt.reason, CLOCK_BEFORE_BUILD);
    assert_false(pass(1000));
    assert_true(set_clock(6 * 365 * DAY_MS));
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

static void before_what_was_stored(void **state)
{
    (void)state;
    start(NOON_MS - 300 * DAY_MS, NOON_MS, NOON_MS - DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_BEHIND);
    pass(DAY_MS - 100000);
    assert_int_equal(doubt.reason, CLOCK_BEHIND);
    hear(1, 40000); /* the stored time was the wrong one */
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    start(0, NOON_MS, NOON_MS - DAY_MS);
    pass(DAY_MS + 1000); /* past it */
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

static void long_after_what_was_stored(void **state)
{
    (void)state;
    start(0, NOON_MS, NOON_MS + 40 * DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_AHEAD);
    hear(2, -40 * DAY_MS); /* two may be slow */
    assert_int_equal(doubt.reason, CLOCK_AHEAD);
    hear(3, -40 * DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_DEVICES);
    pass(2 * DAY_MS);
    assert_int_equal(doubt.reason, CLOCK_DEVICES);
    /* It was switched off that long. */
    start(0, NOON_MS, NOON_MS + 40 * DAY_MS);
    hear(1, -500);
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    /* Nobody can tell. */
    start(0, NOON_MS, NOON_MS + 40 * DAY_MS);
    pass(DAY_MS - 1000);
    assert_int_equal(doubt.reason, CLOCK_AHEAD);
    pass(2000);
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    start(0, NOON_MS, NOON_MS + 6 * DAY_MS); /* a week off is a holiday */
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

static void a_clock_that_is_set(void **state)
{
    (void)state;
    start(NOON_MS - 30 * DAY_MS, NOON_MS - 1000, NOON_MS);
    assert_false(set_clock(CLOCK_STEP_MS - 100)); /* slewed, or a second at New Year */
    assert_true(set_clock(40 * DAY_MS));
    assert_int_equal(doubt.reason, CLOCK_AHEAD);
    assert_true(set_clock(-40 * DAY_MS));
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    assert_true(set_clock(-3600000));
    assert_int_equal(doubt.reason, CLOCK_BEHIND);
    hear(1, 3600000); /* one device that goes on as before is not enough to say which is right */
    assert_int_equal(doubt.reason, CLOCK_BEHIND);
    hear(1, 100);
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
    hear(5, CLOCK_DISAGREE_MS + 1);
    assert_int_equal(doubt.reason, CLOCK_DEVICES);
    assert_true(set_clock(CLOCK_DISAGREE_MS + 1)); /* what they said was of the clock before */
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

/* Not years behind, so that only what is stored and the devices tell. */
static void doubt_does_not_move_what_was_believed(void **state)
{
    (void)state;
    start(0, NOON_MS, NOON_MS + 400 * DAY_MS);
    for (int hour = 0; hour < 23; hour++)
        pass(3600000);
    assert_true(set_clock(-400 * DAY_MS));
    assert_int_equal(doubt.reason, CLOCK_BELIEVED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_clock_like_others_is_believed),
        cmocka_unit_test(a_machine_without_a_battery),
        cmocka_unit_test(before_what_was_stored),
        cmocka_unit_test(long_after_what_was_stored),
        cmocka_unit_test(a_clock_that_is_set),
        cmocka_unit_test(doubt_does_not_move_what_was_believed),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
