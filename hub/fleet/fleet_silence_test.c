/* SPDX-License-Identifier: Apache-2.0 */
/* What silence makes of devices, and how the live view learns of it. */
#include "hub/fleet/test_rig.h"

static enum fleet_connectivity connectivity(const char *id)
{
    return fleet_find(fleet, id)->connectivity;
}

static void silence_makes_late_then_offline(void **state)
{
    (void)state;
    hear("a");
    tick_after(100000);
    hear("b");
    tick_after(49999);
    assert_int_equal(connectivity("a"), FLEET_ONLINE);
    size_t told = fake.feed_count;
    tick_after(1);
    assert_int_equal(connectivity("a"), FLEET_LATE);
    assert_int_equal(connectivity("b"), FLEET_ONLINE);
    assert_int_equal(fake.feed_count, told + 1);
    assert_string_equal(fake.event, "device");
    assert_non_null(strstr(fake.json, "\"device_id\":\"a\""));
    assert_non_null(strstr(fake.json, "\"connectivity\":\"late\""));
    tick_after(1000);
    assert_int_equal(fake.feed_count, told + 1); /* once */
    tick_after(149000);
    assert_int_equal(connectivity("a"), FLEET_OFFLINE);
    assert_int_equal(connectivity("b"), FLEET_LATE);
    tick_after(200);
    assert_int_equal(fake.feed_count, told + 3);
}

static void whoever_speaks_is_on_time_again(void **state)
{
    (void)state;
    hear("a");
    hear("b");
    tick_after(150000);
    assert_int_equal(connectivity("b"), FLEET_LATE);
    size_t told = fake.feed_count;
    hear("b"); /* the last of the list, and all of it late */
    assert_int_equal(connectivity("b"), FLEET_ONLINE);
    assert_int_equal(fake.feed_count, told + 1);
    assert_non_null(strstr(fake.json, "\"connectivity\":\"online\""));
    hear("a");
    hear("a");
    assert_int_equal(fake.feed_count, told + 2);
    tick_after(150000);
    assert_int_equal(connectivity("a"), FLEET_LATE);
    assert_int_equal(connectivity("b"), FLEET_LATE);
    assert_int_equal(take_away("a"), 0);
    hear("c");
    tick_after(150000);
    assert_int_equal(connectivity("b"), FLEET_OFFLINE);
    assert_int_equal(connectivity("c"), FLEET_LATE);
}

static void the_own_word_of_a_device_counts(void **state)
{
    int err;
    (void)state;
    assert_int_equal(add("new", "window", NULL), 0);
    assert_int_equal(connectivity("new"), FLEET_NEVER);
    assert_non_null(strstr(fake.json, "\"connectivity\":\"never\",\"condition\":\"ok\""));
    struct fleet_device *device = hear("a");
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_int_equal(device->connectivity, FLEET_OFFLINE);
    assert_non_null(strstr(fake.json, "\"connectivity\":\"offline\""));
    assert_int_equal(fleet_status(fleet, device, "{\"online\":true}", 15, false), 0);
    assert_int_equal(device->connectivity, FLEET_ONLINE);
    /* What the broker kept does not make a device heard. */
    device = fleet_meet(fleet, "kept", false, &err);
    assert_int_equal(fleet_status(fleet, device, "{\"online\":true}", 15, true), 0);
    assert_int_equal(device->connectivity, FLEET_OFFLINE);
}

static void a_wrong_clock_is_a_warning(void **state)
{
    (void)state;
    struct fleet_device *device = hear("a");
    size_t told = fake.feed_count;
    assert_true(fleet_clock_is(fleet, device, FLEET_CLOCK_BEHIND, -7200000));
    assert_int_equal(fake.feed_count, told + 1);
    assert_non_null(strstr(fake.json, "\"clock\":{\"skew_ms\":-7200000,\"since\":"));
    assert_non_null(strstr(fake.json, "\"kind\":\"behind\"}"));
    assert_non_null(strstr(fake.json, "\"condition\":\"warning\""));
    assert_false(fleet_clock_is(fleet, device, FLEET_CLOCK_BEHIND, -7200100));
    assert_int_equal(device->clock.skew_ms, -7200100);
    assert_int_equal(fake.feed_count, told + 1); /* the same fault */
    assert_true(fleet_clock_is(fleet, device, FLEET_CLOCK_OK, 0));
    assert_null(strstr(fake.json, "\"clock\":"));
    assert_non_null(strstr(fake.json, "\"condition\":\"ok\""));
    for (int kind = 0; kind < FLEET_CLOCK_COUNT; kind++)
        assert_non_null(fleet_clock_name((enum fleet_clock_kind)kind));
}

static void the_condition_follows_the_status(void **state)
{
    static const char stalled[] = "{\"online\":true,\"seq\":1,\"fault_number\":205}";
    (void)state;
    struct fleet_device *device = hear("a");
    assert_int_equal(fleet_status(fleet, device, stalled, sizeof stalled - 1, false), 0);
    assert_non_null(strstr(fake.json, "\"condition\":\"critical\""));
    assert_int_equal(fleet_status(fleet, device, "{\"online\":false}", 16, false), 0);
    assert_non_null(strstr(fake.json, "\"connectivity\":\"offline\",\"condition\":\"critical\""));
}

static void a_fleet_that_falls_silent_is_told_over_time(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(id, sizeof id, "d%d", i);
        hear(id);
    }
    size_t told = fake.feed_count;
    tick_after(150000);
    assert_int_equal(connectivity("d499"), FLEET_LATE); /* all of them at once */
    assert_int_equal(fake.feed_count, told + 200);
    fake_pass(&fake, 50);
    fleet_tick(fleet, fake.now_ms);
    assert_int_equal(fake.feed_count, told + 200);
    assert_int_equal(take_away("d300"), 0);
    tick_after(50);
    assert_int_equal(fake.feed_count, told + 400);
    tick_after(100);
    assert_int_equal(fake.feed_count, told + 499);
    tick_after(100);
    assert_int_equal(fake.feed_count, told + 499);
}

static void nobody_is_told_when_nobody_looks(void **state)
{
    char id[16];
    (void)state;
    for (int i = 0; i < 500; i++) {
        snprintf(id, sizeof id, "d%d", i);
        hear(id);
    }
    size_t told = fake.feed_count;
    tick_after(150000);
    fake.unwatched = true; /* the view is closed in the middle of it */
    tick_after(100);
    fake.unwatched = false;
    tick_after(100);
    assert_int_equal(fake.feed_count, told + 200);
}

static void a_tick_says_when_the_next_falls_silent(void **state)
{
    (void)state;
    hear("a");
    uint64_t heard_ms = fake.now_ms;
    tick_after(3000); /* written by now */
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 150000);
    tick_after(147000);
    assert_int_equal(fleet_tick(fleet, fake.now_ms), heard_ms + 300000);
    tick_after(150000);
    assert_int_equal(connectivity("a"), FLEET_OFFLINE);
    assert_true(fleet_tick(fleet, fake.now_ms) == UINT64_MAX);
}

static void it_outlives_a_restart_by_last_seen(void **state)
{
    (void)state;
    hear("early");
    tick_after(200000);
    hear("late");
    tick_after(3000);
    tick_after(20);
    restart();
    assert_int_equal(connectivity("early"), FLEET_LATE);
    assert_int_equal(connectivity("late"), FLEET_ONLINE);
    tick_after(100000);
    assert_int_equal(connectivity("early"), FLEET_OFFLINE);
    fake_pass(&fake, 300000);
    restart();
    assert_int_equal(connectivity("late"), FLEET_OFFLINE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(silence_makes_late_then_offline),    TEST(whoever_speaks_is_on_time_again),
        TEST(the_own_word_of_a_device_counts),    TEST(the_condition_follows_the_status),
        TEST(a_wrong_clock_is_a_warning),         TEST(a_fleet_that_falls_silent_is_told_over_time),
        TEST(nobody_is_told_when_nobody_looks),   TEST(a_tick_says_when_the_next_falls_silent),
        TEST(it_outlives_a_restart_by_last_seen),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
