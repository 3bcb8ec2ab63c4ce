/* SPDX-License-Identifier: Apache-2.0 */
/* Clocks that are wrong, a device's and the hub's: nothing is lost, and it is said. */
#include "hub/ingest/test_meter_rig.h"

#define HOUR_MS INT64_C(3600000)
#define DAY_MS  (24 * HOUR_MS)
#define YEAR_MS (365 * DAY_MS)

static uint64_t numbers;

static const struct fleet_device *device(const char *id)
{
    const struct fleet_device *found = fleet_find(rig.fleet, id);
    assert_non_null(found);
    return found;
}

/* Readings of ten seconds apart, by a clock that is off by so much. */
static void measure(const char *id, int64_t off_ms, int count)
{
    for (int i = 0; i < count; i++) {
        fake_pass(&rig.fake, 10000);
        rig_reading(id, "in", 20 + i % 50, rig.fake.unix_ms + off_ms, ++numbers);
        rig_settle();
    }
}

static const struct series_row *newest(const char *id)
{
    return &rig_rows(SERIES_TEMPERATURE, id)->rows[0];
}

static double restamped(const char *reason)
{
    char labels[64];
    snprintf(labels, sizeof labels, "reason=\"%s\"", reason);
    return rig_count("roost_ingest_restamped_total", labels);
}

static int lively(const char *id)
{
    return meter_part(&meter, device(id))->live;
}

static void a_clock_ahead_is_stamped_and_shown(void **state)
{
    (void)state;
    measure("w1", 10 * YEAR_MS, 5);
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 5);
    assert_int_equal(newest("w1")->unix_ms, rig.fake.unix_ms);
    assert_int_equal(newest("w1")->mark, SERIES_TIME_AHEAD);
    assert_true(restamped("ahead") == 5);
    assert_int_equal(lively("w1"), 5);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_AHEAD);
    assert_int_equal(device("w1")->clock.skew_ms, 10 * YEAR_MS);
    assert_int_equal(device("w1")->clock.since_ms, rig.fake.unix_ms - 40000);
    assert_int_equal(fleet_device_condition(device("w1")), FLEET_WARNING);
    /* Repeated it is the same reading still. */
    rig_reading("w1", "in", 24, rig.fake.unix_ms + 10 * YEAR_MS, numbers);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 5);
    /* It learns the time: no reading of the future stands in its way. */
    measure("w1", 0, 5);
    assert_int_equal(newest("w1")->mark, 0);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK);
    assert_int_equal(fleet_device_condition(device("w1")), FLEET_OK);
    assert_true(meter_part(&meter, device("w1"))->latest == 24);
    rig_check_account();
}

static void a_slow_clock_is_live(void **state)
{
    static const int64_t off[] = {-120000, -2 * HOUR_MS, -YEAR_MS};
    char id[8];
    (void)state;
    for (int i = 0; i < 3; i++) {
        snprintf(id, sizeof id, "w%d", i);
        measure(id, off[i], 6);
        assert_int_equal(rig_rows(SERIES_TEMPERATURE, id)->count, 6);
        assert_int_equal(newest(id)->unix_ms, rig.fake.unix_ms + off[i]); /* it may be right */
        assert_int_equal(newest(id)->mark, 0);
        assert_int_equal(lively(id), 5); /* all but the first, of which nobody knows */
        assert_true(meter_part(&meter, device(id))->latest == 25);
        assert_int_equal(device(id)->clock.kind, FLEET_CLOCK_BEHIND);
        assert_int_equal(device(id)->clock.skew_ms, off[i]);
        assert_int_equal(fleet_device_condition(device(id)), FLEET_WARNING);
    }
    assert_true(restamped("ahead") + restamped("uptime") + restamped("seconds") == 0);
}

static void what_is_no_time_is_named(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        fake_pass(&rig.fake, 10000);
        int64_t unix_ms = rig.fake.unix_ms;
        rig_reading("up", "in", 20, 5000 + i * 10000, (uint64_t)i + 1);
        rig_reading("sec", "in", 20, unix_ms / 1000, (uint64_t)i + 1);
        rig_reading("micro", "in", 20, unix_ms * 1000, (uint64_t)i + 1);
        rig_reading("minus", "in", 20, -5, (uint64_t)i + 1);
        rig_reading("old", "in", 20, INT64_C(1577836799999), (uint64_t)i + 1);
        rig_reading("least", "in", 20, INT64_MIN, (uint64_t)i + 1);
    }
    rig_settle();
    static const struct {
        const char *id;
        enum fleet_clock_kind kind;
        uint32_t mark;
    } rows[] = {
        {"up", FLEET_CLOCK_UPTIME, SERIES_TIME_BEFORE},
        {"sec", FLEET_CLOCK_SECONDS, SERIES_TIME_BEFORE},
        {"micro", FLEET_CLOCK_AHEAD, SERIES_TIME_AHEAD},
        {"minus", FLEET_CLOCK_BEHIND, SERIES_TIME_BEFORE},
        {"old", FLEET_CLOCK_UPTIME, SERIES_TIME_BEFORE},
        {"least", FLEET_CLOCK_BEHIND, SERIES_TIME_BEFORE},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        const char *id = rows[i].id;
        assert_int_equal(rig_rows(SERIES_TEMPERATURE, id)->count, 4);
        assert_int_equal(newest(id)->unix_ms, rig.fake.unix_ms);
        assert_int_equal(newest(id)->mark, rows[i].mark);
        assert_int_equal(device(id)->clock.kind, rows[i].kind);
        assert_int_equal(lively(id), 4);
    }
    assert_true(restamped("seconds") == 4);
    assert_true(restamped("ahead") == 4);
    assert_true(restamped("uptime") == 16);
    rig_check_account();
}

static void a_little_ahead_is_no_fault(void **state)
{
    (void)state;
    measure("w1", 59000, 3);
    assert_int_equal(newest("w1")->unix_ms, rig.fake.unix_ms + 59000);
    assert_int_equal(newest("w1")->mark, 0);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK);
    rig.settings.clock_skew_s = 5;
    rig_restart();
    measure("w2", 59000, 3);
    assert_int_equal(newest("w2")->mark, SERIES_TIME_AHEAD);
    assert_int_equal(device("w2")->clock.kind, FLEET_CLOCK_AHEAD);
}

/* A device that was away sends what it kept before what it measures now, or behind it. */
static void a_replay_does_not_replace_the_latest(void **state)
{
    (void)state;
    measure("w1", -2 * HOUR_MS, 3);
    int before = lively("w1");
    fake_pass(&rig.fake, HOUR_MS);
    rig_reading("w1", "in", 77, rig.fake.unix_ms - 2 * HOUR_MS, 1000);
    assert_true(meter_part(&meter, device("w1"))->latest == 77);
    assert_int_equal(lively("w1"), before + 1);
    for (int i = 0; i < 300; i++)
        rig_reading("w1", "in", 30, rig.fake.unix_ms - 3 * HOUR_MS + i * 10000, ++numbers);
    assert_int_equal(lively("w1"), before + 1);
    assert_true(meter_part(&meter, device("w1"))->latest == 77);
    rig_settle();
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_BEHIND);
    assert_int_equal(device("w1")->clock.skew_ms, -2 * HOUR_MS);
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 304);
}

/* What another program gives a time. */
static void the_clock_of_a_program_is_not_the_devices(void **state)
{
    (void)state;
    rig_reading("w1", "plan", 20, rig.fake.unix_ms + YEAR_MS, 5);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->rows[0].unix_ms, rig.fake.unix_ms);
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->rows[0].mark, SERIES_TIME_AHEAD);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK);
    measure("w1", 0, 1);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK);
}

/* ---- the hub's own clock ---- */

static void a_hub_without_a_battery_keeps_everything(void **state)
{
    int64_t truth_ms = rig.fake.unix_ms;
    (void)state;
    rig.built_ms = truth_ms - 30 * DAY_MS;
    rig.fake.unix_ms -= 6 * YEAR_MS;
    rig_restart();
    assert_true(ingest_clock_doubted(rig.services.ingest));
    assert_non_null(
        strstr(ingest_clock_text(rig.services.ingest), "before this program was built"));
    assert_true(rig_count("roost_clock_in_doubt", NULL) == 1);
    measure("w1", 6 * YEAR_MS, 3);
    rig_send("meter/w2/in", "20");
    rig_reading("w3", "in", 20, truth_ms + 20 * YEAR_MS, 1);
    rig_settle();
    assert_int_equal(newest("w1")->unix_ms, truth_ms + 30000); /* the device's own */
    assert_int_equal(newest("w1")->mark, SERIES_TIME_DOUBTED);
    assert_int_equal(newest("w2")->mark, SERIES_TIME_DOUBTED);
    assert_int_equal(newest("w3")->unix_ms, rig.fake.unix_ms);
    assert_int_equal(newest("w3")->mark, SERIES_TIME_DOUBTED | SERIES_TIME_AHEAD);
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK); /* nobody is accused */
    assert_true(restamped("hub_clock_in_doubt") == 5);
    assert_int_equal(lively("w1"), 3);
    rig.fake.unix_ms += 6 * YEAR_MS; /* the time server is reached */
    measure("w1", 0, 1);
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_string_equal(ingest_clock_text(rig.services.ingest), "ok");
    assert_int_equal(newest("w1")->mark, 0);
    assert_int_equal(lively("w1"), 4);
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 4);
    rig_check_account();
}

static void a_hub_that_is_set_ahead_asks_its_devices(void **state)
{
    (void)state;
    for (int i = 0; i < 3; i++) {
        measure("w1", 0, 1);
        measure("w2", 0, 1);
        measure("w3", 0, 1);
    }
    assert_false(ingest_clock_doubted(rig.services.ingest));
    rig.fake.unix_ms += HOUR_MS; /* too little to be seen without them */
    for (int i = 0; i < 2; i++) {
        measure("w1", -HOUR_MS, 1);
        measure("w2", -HOUR_MS, 1);
        measure("w3", -HOUR_MS, 1);
    }
    assert_true(ingest_clock_doubted(rig.services.ingest));
    assert_non_null(strstr(ingest_clock_text(rig.services.ingest), "the devices"));
    assert_int_equal(newest("w3")->mark, SERIES_TIME_DOUBTED);
    rig.fake.unix_ms -= HOUR_MS;
    measure("w1", 0, 2);
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_int_equal(device("w1")->clock.kind, FLEET_CLOCK_OK);
}

static void a_hub_that_starts_ahead_of_its_store_waits_for_a_device(void **state)
{
    (void)state;
    measure("w1", 0, 3);
    fake_pass(&rig.fake, 40 * DAY_MS); /* it was off */
    rig_restart();
    assert_true(ingest_clock_doubted(rig.services.ingest));
    measure("w1", 0, 2);
    assert_false(ingest_clock_doubted(rig.services.ingest));
}

static void nobody_is_seen_in_the_future(void **state)
{
    (void)state;
    measure("w1", 0, 1);
    measure("w2", 0, 3);
    rig.fake.unix_ms -= HOUR_MS;
    rig_tick();
    assert_int_equal(device("w2")->last_seen_ms, rig.fake.unix_ms);
    assert_int_equal(device("w1")->last_seen_ms, rig.fake.unix_ms - 30000);
    assert_true(device("w1")->active);
    fake_pass(&rig.fake, 299000);
    rig_tick();
    assert_false(device("w1")->active); /* after its five minutes, whatever the clock says */
    assert_true(device("w2")->active);
    fake_pass(&rig.fake, 4000);
    rig_settle(); /* and so it stands in the registry */
    int64_t seen_ms = device("w2")->last_seen_ms;
    rig_restart();
    assert_int_equal(device("w2")->last_seen_ms, seen_ms);
    rig.fake.unix_ms -= HOUR_MS; /* between two starts */
    rig_restart();
    assert_true(ingest_clock_doubted(rig.services.ingest));
    measure("w3", 0, 2); /* says who is right */
    rig_settle();
    assert_false(ingest_clock_doubted(rig.services.ingest));
    assert_true(device("w2")->last_seen_ms <= rig.fake.unix_ms);
}

static int broken_newest(void *ctx, int64_t *unix_ms)
{
    (void)ctx;
    (void)unix_ms;
    return ROOST_ERR_IO;
}

static void a_store_that_cannot_say_its_newest_stops_the_start(void **state)
{
    const struct ingest_config config = {.waiting_max = 100};
    const struct ingest_lanes lanes = {
        .bus = {[HUB_LANE_STORED] = &rig.fake.bus, [HUB_LANE_PROMPT] = &rig.prompt}};
    struct series_ops ops = *rig.real.ops;
    struct series broken = {&ops, rig.real.ctx};
    struct hub_parts parts = rig.parts;
    (void)state;
    ops.newest_ms = broken_newest;
    parts.series = &broken;
    parts.fleet = rig.fleet;
    parts.metrics = metrics_new();
    struct ingest *ingest = ingest_new(&config, &rig.services.set, &parts, &lanes);
    assert_non_null(ingest);
    assert_int_equal(ingest_load(ingest), ROOST_ERR_IO);
    ingest_free(ingest);
    metrics_free(parts.metrics);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_clock_ahead_is_stamped_and_shown),
        RIG_TEST(a_slow_clock_is_live),
        RIG_TEST(what_is_no_time_is_named),
        RIG_TEST(a_little_ahead_is_no_fault),
        RIG_TEST(a_replay_does_not_replace_the_latest),
        RIG_TEST(the_clock_of_a_program_is_not_the_devices),
        RIG_TEST(a_hub_without_a_battery_keeps_everything),
        RIG_TEST(a_hub_that_is_set_ahead_asks_its_devices),
        RIG_TEST(a_hub_that_starts_ahead_of_its_store_waits_for_a_device),
        RIG_TEST(nobody_is_seen_in_the_future),
        RIG_TEST(a_store_that_cannot_say_its_newest_stops_the_start),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
