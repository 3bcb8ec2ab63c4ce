/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "hub/ingest/device_clock.h"

#define HOUR_MS INT64_C(3600000)
#define YEAR_MS (365 * 24 * HOUR_MS)
#define NOON_MS INT64_C(1795248000000)

static struct device_clock clock;
static uint64_t now_ms;
static int64_t hub_ms; /* the hub's wall clock */

static int set_up(void **state)
{
    (void)state;
    clock = (struct device_clock){0};
    now_ms = 77000;
    hub_ms = NOON_MS;
    return 0;
}

static void pass(int64_t ms)
{
    now_ms += (uint64_t)ms;
    hub_ms += ms;
}

static bool live(int64_t time_ms)
{
    return device_clock_take(&clock, now_ms, hub_ms, time_ms) <= DEVICE_CLOCK_LIVE_MS;
}

static int64_t skew(void)
{
    int64_t skew_ms = INT64_MIN;
    return device_clock_skew(&clock, now_ms, hub_ms, &skew_ms) ? skew_ms : INT64_MIN;
}

static void a_right_clock(void **state)
{
    (void)state;
    for (int i = 0; i < 100; i++) {
        assert_true(live(hub_ms - 40));
        assert_true(live(hub_ms - 40)); /* humidity of the same sample */
        pass(10000);
    }
    assert_int_equal(skew(), -40);
}

/* A constant difference, of whatever size and direction, is not old data. */
static void a_wrong_clock_is_live_after_one_step(void **state)
{
    static const int64_t off[] = {-120000, -2 * HOUR_MS, -YEAR_MS, -6 * YEAR_MS + HOUR_MS};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        set_up(state);
        assert_false(live(hub_ms + off[i]));
        assert_int_equal(skew(), INT64_MIN);
        pass(10000);
        assert_true(live(hub_ms + off[i]));
        assert_int_equal(skew(), off[i]);
        pass(10300);
        assert_true(live(hub_ms + off[i] - 300));
    }
}

static void a_clock_ahead_is_live_at_once(void **state)
{
    static const int64_t off[] = {59000, 2 * HOUR_MS, 10 * YEAR_MS};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        set_up(state);
        for (int k = 0; k < 10; k++) {
            assert_true(live(hub_ms + off[i]));
            assert_int_equal(skew(), off[i]);
            pass(10000);
        }
    }
}

/* `count` readings of 10 s apart that were kept while the device was away, as fast as they come. */
static int replay(int count, int64_t off_ms)
{
    int lively = 0;
    int64_t first_ms = hub_ms + off_ms - (int64_t)count * 10000;
    for (int i = 0; i < count; i++) {
        lively += live(first_ms + (int64_t)i * 10000);
        lively += live(first_ms + (int64_t)i * 10000);
        if (i % 20 == 19)
            pass(100);
    }
    return lively;
}

static void a_backlog_is_old(void **state)
{
    static const int64_t off[] = {0, -2 * HOUR_MS, YEAR_MS};
    for (size_t i = 0; i < sizeof off / sizeof off[0]; i++) {
        set_up(state);
        for (int k = 0; k < 10; k++) {
            live(hub_ms + off[i]);
            pass(10000);
        }
        pass(HOUR_MS);
        assert_in_range(replay(360, off[i]), 0, 2 * 7); /* the last minute of it is news */
        assert_true(live(hub_ms + off[i]));
        assert_int_equal(skew(), off[i]);
    }
}

/* The hub was started anew in the middle of it. */
static void a_backlog_is_old_from_the_start(void **state)
{
    (void)state;
    assert_in_range(replay(360, 0), 0, 14);
    assert_true(live(hub_ms));
    set_up(state);
    assert_int_equal(replay(360, -2 * HOUR_MS), 0);
    assert_false(live(hub_ms - 2 * HOUR_MS));
    pass(10000);
    assert_true(live(hub_ms - 2 * HOUR_MS));
    assert_int_equal(skew(), -2 * HOUR_MS);
}

/* Its connection breaks every few readings. */
static void an_interrupted_backlog_stays_old(void **state)
{
    (void)state;
    live(hub_ms);
    pass(10000);
    live(hub_ms);
    pass(2 * HOUR_MS);
    int64_t time_ms = hub_ms - 2 * HOUR_MS;
    for (int i = 0; i < 400; i++) {
        assert_false(live(time_ms));
        time_ms += 10000;
        pass(i % 5 == 4 ? 12000 : 20);
    }
}

static void a_backlog_trickles_between_live_readings(void **state)
{
    (void)state;
    live(hub_ms);
    int64_t old_ms = hub_ms - 5 * HOUR_MS;
    for (int i = 0; i < 200; i++) {
        pass(5000);
        assert_false(live(old_ms));
        old_ms += 10000;
        pass(5000);
        assert_true(live(hub_ms - 30));
    }
}

static void a_clock_that_is_set_is_followed(void **state)
{
    (void)state;
    int64_t off = -2 * HOUR_MS;
    for (int i = 0; i < 5; i++, pass(10000))
        live(hub_ms + off);
    off = 0; /* the time server was reached */
    for (int i = 0; i < 5; i++, pass(10000))
        assert_true(live(hub_ms + off));
    assert_int_equal(skew() / 1000, 0);
    off = -HOUR_MS; /* and set back */
    for (int i = 0; i < DEVICE_CLOCK_STEPS; i++, pass(10000))
        assert_false(live(hub_ms + off));
    for (int i = 0; i < 5; i++, pass(10000))
        assert_true(live(hub_ms + off));
    assert_int_equal(skew(), off);
}

static void one_wild_time_is_got_over(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++, pass(10000))
        live(hub_ms);
    assert_true(live(hub_ms + 10 * YEAR_MS));
    pass(10000);
    for (int i = 0; i <= DEVICE_CLOCK_STEPS; i++, pass(10000))
        live(hub_ms);
    assert_true(live(hub_ms));
    assert_int_equal(skew(), 0);
}

/* 2 % slow: a bad oscillator, or none at all. */
static void a_clock_that_drifts_is_followed(void **state)
{
    (void)state;
    int64_t time_ms = hub_ms;
    for (int i = 0; i < 5000; i++) {
        assert_true(live(time_ms));
        pass(10000);
        time_ms += 9800;
    }
    assert_in_range(-skew(), 5000 * 200 - 10000, 5000 * 200 + 10000);
}

/* Every five minutes, and a network that takes its time. */
static void a_slow_sensor_on_a_slow_network(void **state)
{
    (void)state;
    for (int i = 0; i < 50; i++) {
        bool is_live = live(hub_ms - 3 * HOUR_MS - i % 7 * 700);
        assert_true(is_live || i < 1);
        pass(300000);
    }
}

static void the_hubs_own_clock_may_be_set(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++, pass(10000))
        assert_true(live(hub_ms + 6 * YEAR_MS));
    assert_int_equal(skew(), 6 * YEAR_MS);
    hub_ms += 6 * YEAR_MS;
    assert_int_equal(skew(), 0);
    for (int i = 0; i < 5; i++, pass(10000))
        assert_true(live(hub_ms));
    hub_ms -= YEAR_MS;
    assert_true(live(hub_ms + YEAR_MS));
}

static void what_a_number_seems_to_be(void **state)
{
    struct device_clock counts = {.known = true, .uptime = true};
    (void)state;
    assert_int_equal(device_clock_form(&clock, NOON_MS), DEVICE_CLOCK_TIME);
    assert_int_equal(device_clock_form(&clock, DEVICE_CLOCK_FIRST_MS), DEVICE_CLOCK_TIME);
    assert_int_equal(device_clock_form(&clock, NOON_MS / 1000), DEVICE_CLOCK_SECONDS);
    assert_int_equal(device_clock_form(&clock, 12345), DEVICE_CLOCK_UPTIME);
    assert_int_equal(device_clock_form(&clock, DEVICE_CLOCK_FIRST_MS - 1), DEVICE_CLOCK_UPTIME);
    assert_int_equal(device_clock_form(&counts, NOON_MS / 1000), DEVICE_CLOCK_UPTIME);
    assert_int_equal(device_clock_form(&clock, NOON_MS * 1000), DEVICE_CLOCK_AFTER);
    assert_int_equal(device_clock_form(&clock, INT64_MAX), DEVICE_CLOCK_AFTER);
    assert_int_equal(device_clock_form(&clock, -1), DEVICE_CLOCK_BEFORE);
}

static void an_uptime_is_live_over_restarts(void **state)
{
    int64_t started_ms = hub_ms - 500000;
    (void)state;
    for (int i = 0; i < 10; i++, pass(10000))
        assert_true(live(hub_ms - started_ms));
    started_ms = hub_ms;
    for (int i = 0; i < 10; i++, pass(10000))
        assert_true(live(hub_ms - started_ms));
    for (int i = 0; i < 10; i++, pass(10000)) /* it learnt the time */
        assert_true(live(hub_ms));
    assert_int_equal(skew() / 1000, 0);
}

#define TEST(name) cmocka_unit_test_setup(name, set_up)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_right_clock),
        TEST(a_wrong_clock_is_live_after_one_step),
        TEST(a_clock_ahead_is_live_at_once),
        TEST(a_backlog_is_old),
        TEST(a_backlog_is_old_from_the_start),
        TEST(an_interrupted_backlog_stays_old),
        TEST(a_backlog_trickles_between_live_readings),
        TEST(a_clock_that_is_set_is_followed),
        TEST(one_wild_time_is_got_over),
        TEST(a_clock_that_drifts_is_followed),
        TEST(a_slow_sensor_on_a_slow_network),
        TEST(the_hubs_own_clock_may_be_set),
        TEST(what_a_number_seems_to_be),
        TEST(an_uptime_is_live_over_restarts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
