/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/ingest/streams.h"

/* Two that a journal numbers, one that counts for itself, one of times. */
enum { T, H, COUNTED, TIMED, KINDS };

static const struct stream_table table = {
    .count = KINDS,
    .numbering = {
        [T] = HUB_JOURNALLED, [H] = HUB_JOURNALLED, [COUNTED] = HUB_NUMBERED, [TIMED] = HUB_TIMED}};
static struct streams *streams;
static uint64_t given_up;

static int set_up(void **state)
{
    (void)state;
    streams = streams_new(&table);
    given_up = 0;
    return streams ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    streams_free(&table, streams);
    return 0;
}

/* Offers a number and takes it when it is new. */
static enum stream_verdict offer(int kind, uint64_t number, int64_t unix_ms)
{
    uint64_t closed = 0;
    enum stream_verdict verdict = streams_judge(&table, streams, (size_t)kind, number, unix_ms);
    if (verdict != STREAM_DUPLICATE)
        assert_int_equal(
            streams_take(&table, streams, (size_t)kind, number, unix_ms, verdict, &closed), 0);
    given_up += closed;
    return verdict;
}

static size_t spans_of(int kind)
{
    return streams->stream[kind].spans.count;
}

static void each_topic_counts_for_itself(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 100; n++) {
        assert_int_equal(offer(T, n, 0), STREAM_NEW);
        assert_int_equal(offer(T, n, 0), STREAM_DUPLICATE);
    }
    for (uint64_t n = 1; n <= 100; n++)
        assert_int_equal(offer(H, n, 0), STREAM_NEW);
    assert_int_equal(offer(T, 102, 0), STREAM_NEW);
    assert_int_equal(offer(H, 101, 0), STREAM_NEW);
    /* 101 of temperature is late, not delivered, though humidity had a 101. */
    assert_int_equal(offer(T, 103, 0), STREAM_NEW);
    assert_int_equal(offer(T, 101, 0), STREAM_NEW);
    assert_int_equal(spans_of(T), 1);
}

static void one_number_for_both_values_of_a_sample(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 100; n++) {
        assert_int_equal(offer(T, n, 0), STREAM_NEW);
        assert_int_equal(offer(H, n, 0), STREAM_NEW);
    }
    assert_int_equal(spans_of(T), 1);
    assert_int_equal(spans_of(H), 1);
    assert_int_equal(offer(T, 50, 0), STREAM_DUPLICATE);
}

static void a_journal_that_counts_through_stays_one_span(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 1000; n += 2) {
        assert_int_equal(offer(T, n, 0), STREAM_NEW);
        assert_int_equal(offer(H, n + 1, 0), STREAM_NEW);
    }
    assert_int_equal(spans_of(T), 1);
    assert_int_equal(spans_of(H), 1);
    assert_int_equal(given_up, 0);
    assert_int_equal(offer(T, 501, 0), STREAM_DUPLICATE);
    assert_int_equal(offer(H, 502, 0), STREAM_DUPLICATE);
}

static void a_journal_with_losses_keeps_its_gaps_open(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 20; n += 2) {
        offer(T, n, 0);
        offer(H, n + 1, 0);
    }
    for (uint64_t n = 41; n <= 60; n += 2) { /* 21 to 40 come later */
        offer(T, n, 0);
        offer(H, n + 1, 0);
    }
    assert_int_equal(spans_of(T), 2);
    for (uint64_t n = 21; n <= 40; n += 2) {
        assert_int_equal(offer(T, n, 0), STREAM_NEW);
        assert_int_equal(offer(H, n + 1, 0), STREAM_NEW);
    }
    assert_int_equal(offer(T, 31, 0), STREAM_DUPLICATE);
    assert_int_equal(spans_of(H), 1);
}

static void old_readings_may_come_after_new_ones(void **state)
{
    (void)state;
    for (uint64_t n = 500; n < 600; n++)
        assert_int_equal(offer(COUNTED, n, 0), STREAM_NEW);
    for (uint64_t n = 1; n < 500; n++)
        assert_int_equal(offer(COUNTED, n, 0), STREAM_NEW);
    assert_int_equal(spans_of(COUNTED), 1);
}

static void the_oldest_gap_is_given_up_and_counted(void **state)
{
    (void)state;
    for (uint64_t i = 0; i < SPANS_MAX; i++)
        offer(T, 1 + 3 * i, 0); /* two missing each time */
    assert_int_equal(given_up, 0);
    offer(T, 1 + 3 * SPANS_MAX, 0);
    assert_int_equal(given_up, 2);
    assert_int_equal(spans_of(T), SPANS_MAX);
    assert_int_equal(offer(T, 2, 0), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 5, 0), STREAM_NEW); /* the next gap is still open */
}

static void numbers_of_the_sibling_are_not_missing(void **state)
{
    (void)state;
    offer(H, 2, 0);
    for (uint64_t i = 0; i <= SPANS_MAX; i++)
        offer(T, 1 + 3 * i, 0);
    assert_int_equal(given_up, 1); /* of 2 and 3 only 3 */
}

static void numbering_that_starts_over_is_noticed_by_its_time(void **state)
{
    const int64_t then = 1790000000000;
    (void)state;
    for (uint64_t n = 1; n <= 100; n += 2) {
        offer(T, n, then + (int64_t)n * 1000);
        offer(H, n + 1, then + (int64_t)n * 1000);
    }
    assert_int_equal(offer(T, 1, then + 1000), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 1, then + 99000 + STREAM_RESTART_MS), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 1, 0), STREAM_DUPLICATE);
    int64_t now = then + 99000 + STREAM_RESTART_MS + 1;
    assert_int_equal(offer(T, 1, now), STREAM_RESTARTED);
    assert_int_equal(offer(H, 2, now), STREAM_NEW); /* one journal: both started over */
    assert_int_equal(offer(T, 3, now + 1), STREAM_NEW);
    assert_int_equal(offer(T, 3, now + 1), STREAM_DUPLICATE);
    assert_int_equal(spans_of(T), 1);
}

static void a_stream_of_its_own_starts_over_alone(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 10; n++) {
        offer(T, n, 1000);
        offer(H, n, 1000);
    }
    assert_int_equal(offer(T, 1, 1000 + STREAM_RESTART_MS + 1), STREAM_RESTARTED);
    assert_int_equal(offer(H, 5, 1000), STREAM_DUPLICATE);
}

static void a_new_journal_forgets_the_numbers(void **state)
{
    bool learnt;
    (void)state;
    offer(T, 1, 0);
    offer(H, 2, 0);
    offer(COUNTED, 1, 0);
    assert_false(streams_journal(&table, streams, 0, &learnt));
    assert_false(learnt);
    assert_false(streams_journal(&table, streams, 77, &learnt)); /* its first name */
    assert_true(learnt);
    assert_int_equal(offer(T, 1, 0), STREAM_DUPLICATE);
    assert_false(streams_journal(&table, streams, 77, &learnt));
    assert_false(learnt);
    assert_true(streams_journal(&table, streams, 78, &learnt));
    assert_true(learnt);
    assert_int_equal(offer(T, 1, 0), STREAM_NEW);
    assert_int_equal(offer(H, 2, 0), STREAM_NEW);
    assert_int_equal(offer(COUNTED, 1, 0), STREAM_DUPLICATE);
}

static void a_restart_seen_in_the_readings_is_not_repeated_by_the_status(void **state)
{
    bool learnt;
    (void)state;
    offer(T, 1, 1000);
    assert_int_equal(offer(T, 1, 100000), STREAM_RESTARTED);
    assert_false(streams_journal(&table, streams, 78, &learnt));
    assert_true(learnt);
    assert_int_equal(offer(T, 1, 100000), STREAM_DUPLICATE);
}

/* Made before the clock was known, acknowledged into a broken connection, sent again with the clock
 * known by then. */
static void a_reading_that_learns_its_time_is_still_the_same(void **state)
{
    bool learnt;
    (void)state;
    streams_journal(&table, streams, 77, &learnt);
    offer(T, 1, 1000);
    assert_int_equal(offer(T, 2, 0), STREAM_NEW);
    assert_int_equal(offer(T, 2, 1000 + 10 * STREAM_RESTART_MS), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 1, 1000), STREAM_DUPLICATE);
}

static void the_newest_decisions_are_remembered(void **state)
{
    (void)state;
    for (int64_t i = 1; i <= 100; i++)
        assert_int_equal(offer(TIMED, (uint64_t)i * 5000, i * 5000), STREAM_NEW);
    assert_int_equal(spans_of(TIMED), SPANS_MAX);
    assert_int_equal(offer(TIMED, 100 * 5000, 100 * 5000), STREAM_DUPLICATE);
    assert_int_equal(offer(TIMED, 69 * 5000, 69 * 5000), STREAM_DUPLICATE);
    assert_int_equal(offer(TIMED, 99 * 5000 + 1, 99 * 5000 + 1), STREAM_NEW);
    assert_int_equal(given_up, 0);
}

/* Of a clock that was wrong: it does not take the place of a newer one. */
static void an_old_decision_is_not_remembered_for_a_newer(void **state)
{
    (void)state;
    for (int64_t i = 1; i <= SPANS_MAX; i++) {
        assert_false(streams_forgotten(&table, streams, TIMED, 1));
        assert_int_equal(offer(TIMED, 1000 + (uint64_t)i * 5000, i * 5000), STREAM_NEW);
    }
    assert_true(streams_forgotten(&table, streams, TIMED, 1));
    assert_false(streams_forgotten(&table, streams, TIMED, 6001));
    assert_int_equal(offer(TIMED, 1, 1), STREAM_NEW);
    assert_int_equal(offer(TIMED, 6000, 5000), STREAM_DUPLICATE); /* the oldest is still there */
    assert_true(streams_forgotten(&table, streams, TIMED, 1));
    assert_int_equal(given_up, 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_topic_counts_for_itself),
        TEST(one_number_for_both_values_of_a_sample),
        TEST(a_journal_that_counts_through_stays_one_span),
        TEST(a_journal_with_losses_keeps_its_gaps_open),
        TEST(old_readings_may_come_after_new_ones),
        TEST(the_oldest_gap_is_given_up_and_counted),
        TEST(numbers_of_the_sibling_are_not_missing),
        TEST(numbering_that_starts_over_is_noticed_by_its_time),
        TEST(a_stream_of_its_own_starts_over_alone),
        TEST(a_new_journal_forgets_the_numbers),
        TEST(a_restart_seen_in_the_readings_is_not_repeated_by_the_status),
        TEST(a_reading_that_learns_its_time_is_still_the_same),
        TEST(the_newest_decisions_are_remembered),
        TEST(an_old_decision_is_not_remembered_for_a_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
