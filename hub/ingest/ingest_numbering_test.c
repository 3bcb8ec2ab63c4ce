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

/* 300 readings of a device that counts in RAM, and a hub that starts anew: it remembers the newest
 * few of them. */
static void tell_300(void)
{
    for (uint64_t i = 1; i <= 300; i++) {
        rig_reading("w1", "in", 20 + (double)i / 8, rig.fake.unix_ms + (int64_t)i * 10, i);
        if (i % 20 == 0)
            rig_settle();
    }
    fake_pass(&rig.fake, 10000);
    rig_restart();
}

static void tell_50(int64_t from_ms)
{
    for (uint64_t i = 1; i <= 50; i++)
        rig_reading("w1", "in", 40 + (double)i / 8, from_ms + (int64_t)i * 10, i);
    rig_settle();
    rig_check_account();
}

static void expect_rows(size_t count, double renumbered, double duplicates)
{
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, count);
    assert_true(rig_count("roost_ingest_renumbered_total", NULL) == renumbered);
    assert_true(rig_topic("roost_ingest_duplicate_total", "in", NULL) == duplicates);
}

static void a_restart_while_the_hub_was_away_loses_nothing(int64_t skew_ms)
{
    tell_300();
    int64_t from_ms = rig.fake.unix_ms + skew_ms;
    tell_50(from_ms);
    expect_rows(350, 1, 0);
    tell_50(from_ms); /* a true repetition */
    expect_rows(350, 1, 50);
    rig_restart();
    tell_50(from_ms); /* and to a hub that was started anew once more */
    expect_rows(350, 0, 50);
}

static void with_a_clock_that_is_right(void **state)
{
    (void)state;
    a_restart_while_the_hub_was_away_loses_nothing(0);
}

static void with_a_clock_that_went_back(void **state)
{
    (void)state;
    a_restart_while_the_hub_was_away_loses_nothing(-3 * 86400000LL);
}

static void with_a_clock_that_is_ahead(void **state)
{
    (void)state;
    a_restart_while_the_hub_was_away_loses_nothing(50000);
}

/* Stamped with their arrival, they cannot be told by their time later: the memory has them. */
static void with_a_clock_that_is_far_ahead(void **state)
{
    (void)state;
    tell_300();
    int64_t from_ms = rig.fake.unix_ms + 3 * 86400000LL;
    tell_50(from_ms);
    expect_rows(350, 1, 0);
    tell_50(from_ms);
    expect_rows(350, 1, 50);
}

static void what_was_stored_long_ago_is_repeated_after_a_start(void **state)
{
    int64_t from_ms = rig.fake.unix_ms;
    (void)state;
    tell_300();
    for (uint64_t i = 1; i <= 300; i++) {
        rig_reading("w1", "in", 20 + (double)i / 8, from_ms + (int64_t)i * 10, i);
        if (i == 100)
            rig.write_err = ROOST_ERR_NO_SPACE; /* asked anew when it is written at last */
        if (i % 50 == 0)
            rig_settle();
    }
    rig.write_err = 0;
    fake_pass(&rig.fake, 60000);
    rig_settle();
    rig_check_account();
    expect_rows(300, 0, 300);
    rig_reading("w1", "in", 60, from_ms + 3010, 301);
    rig_settle();
    expect_rows(301, 0, 300);
}

/* The broker marks what the hub was killed over, and the device had begun anew just before. */
static void what_the_broker_repeats_of_a_new_numbering_is_not_lost(void **state)
{
    (void)state;
    tell_300();
    int64_t from_ms = rig.fake.unix_ms - 86400000;
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading("w1", "in", 40, from_ms + (int64_t)i, i);
    rig_restart(); /* before they were stored */
    for (uint64_t i = 1; i <= 10; i++)
        rig_reading_again("w1", "in", 40, from_ms + (int64_t)i, i, true);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 310);
}

/* A number of a journal that has a name is all that counts. */
static void a_named_journal_is_not_asked_for_its_content(void **state)
{
    (void)state;
    rig_status("w1", 5);
    tell_300();
    tell_50(rig.fake.unix_ms);
    expect_rows(300, 0, 50);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_new_journal_starts_the_numbering_over),
        RIG_TEST(a_journal_formatted_while_the_hub_was_away),
        RIG_TEST(numbering_over_without_a_status_loses_nothing),
        RIG_TEST(gaps_given_up_are_counted),
        RIG_TEST(a_retained_reading_is_the_brokers_repetition),
        RIG_TEST(with_a_clock_that_is_right),
        RIG_TEST(with_a_clock_that_went_back),
        RIG_TEST(with_a_clock_that_is_ahead),
        RIG_TEST(with_a_clock_that_is_far_ahead),
        RIG_TEST(what_was_stored_long_ago_is_repeated_after_a_start),
        RIG_TEST(what_the_broker_repeats_of_a_new_numbering_is_not_lost),
        RIG_TEST(a_named_journal_is_not_asked_for_its_content),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
