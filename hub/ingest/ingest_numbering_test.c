/* SPDX-License-Identifier: Apache-2.0 */
/* Numbers of readings: journals that start over, gaps, repetitions. */
#include "hub/ingest/test_meter_rig.h"

#include "hub/ingest/spans.h"

static void a_new_journal_starts_the_numbering_over(void **state)
{
    (void)state;
    int64_t now = rig.fake.unix_ms;
    rig_status("w1", 5);
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 20, now, i);
    rig_settle();
    rig_status("w1", 6);
    rig_settle();
    rig_restart(); /* the new journal and its emptiness are known still */
    rig_status("w1", 6);
    for (uint64_t i = 1; i <= 5; i++)
        rig_reading("w1", "in", 21, now, i);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 15);
    rig_restart();
    rig_status("w1", 6);
    rig_reading("w1", "in", 21, now, 3);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 15);
}

static void a_journal_formatted_while_the_hub_was_away(void **state)
{
    (void)state;
    rig_status("w1", 5);
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 20, rig.fake.unix_ms, i);
    rig_settle();
    rig_restart();
    rig_status("w1", 6);
    rig_reading("w1", "in", 21, rig.fake.unix_ms, 1);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 11);
}

static void numbering_over_without_a_status_loses_nothing(void **state)
{
    (void)state;
    int64_t now = rig.fake.unix_ms;
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 20, now, i);
    rig_settle();
    rig_restart();
    fake_pass(&rig.fake, 120000);
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 20, rig.fake.unix_ms, i);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 20);
    assert_true(rig_count("roost_ingest_renumbered_total", NULL) == 1);
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 20, rig.fake.unix_ms, i);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 20);
}

static void gaps_given_up_are_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i <= SPANS_MAX; i++)
        rig_reading("w1", "in", 20, rig.fake.unix_ms, 1 + 4 * i);
    rig_settle();
    assert_true(rig_count("roost_ingest_gap_readings_total", NULL) == 3);
    rig_restart();
    rig_reading("w1", "in", 20, rig.fake.unix_ms, 2);
    rig_settle();
    assert_true(rig_topic("roost_ingest_duplicate_total", "in", NULL) == 1);
}

static void a_retained_reading_is_the_brokers_repetition(void **state)
{
    struct bus_message message = {
        .topic = "meter/w1/in", .payload = "20", .len = 2, .retain = true, .token = 7};
    (void)state;
    services_message(&rig.services, HUB_LANE_STORED, &message);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 0);
    assert_true(rig_acked(7));
    assert_false(fleet_find(rig.fleet, "w1")->active);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_new_journal_starts_the_numbering_over),
        RIG_TEST(a_journal_formatted_while_the_hub_was_away),
        RIG_TEST(numbering_over_without_a_status_loses_nothing),
        RIG_TEST(gaps_given_up_are_counted),
        RIG_TEST(a_retained_reading_is_the_brokers_repetition),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
