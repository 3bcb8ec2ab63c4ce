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

static struct stream_table table = {
    .count = KINDS,
    .numbering = {
        [T] = HUB_JOURNALLED, [H] = HUB_JOURNALLED, [COUNTED] = HUB_NUMBERED, [TIMED] = HUB_TIMED}};
static struct streams *streams;
static uint64_t given_up;

static int set_up(void **state)
{
    (void)state;
    table.budget.left = 1 << 20;
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

static enum stream_verdict offer_reading(int kind, const struct stream_reading *reading)
{
    uint64_t closed = 0;
    enum stream_verdict verdict = streams_judge(&table, streams, (size_t)kind, reading);
    if (verdict != STREAM_DUPLICATE)
        assert_int_equal(streams_take(&table, streams, (size_t)kind, reading, verdict, &closed), 0);
    given_up += closed;
    return verdict;
}

/* Offers a number and takes it when it is new. */
static enum stream_verdict offer(int kind, uint64_t number, int64_t unix_ms)
{
    return offer_reading(kind, &(struct stream_reading){.number = number,
                                                        .unix_ms = unix_ms,
                                                        .good_ms = unix_ms,
                                                        .hash = (uint32_t)unix_ms});
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
    bool learnt;
    (void)state;
    streams_journal(&table, streams, 77, &learnt); /* a number is a reading's identity */
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

static void numbering_that_starts_over_is_noticed_by_its_content(void **state)
{
    const int64_t then = 1790000000000;
    (void)state;
    for (uint64_t n = 1; n <= 100; n += 2) {
        offer(T, n, then + (int64_t)n * 1000);
        offer(H, n + 1, then + (int64_t)n * 1000);
    }
    assert_int_equal(offer(T, 1, then + 1000), STREAM_DUPLICATE);
    int64_t now = then + 99001;
    assert_int_equal(offer(T, 1, now), STREAM_RESTARTED);
    assert_int_equal(offer(H, 2, now), STREAM_NEW); /* one journal: both started over */
    assert_int_equal(offer(T, 3, now + 1), STREAM_NEW);
    assert_int_equal(offer(T, 3, now + 1), STREAM_DUPLICATE);
    assert_int_equal(spans_of(T), 1);
    /* What the broker still had of the numbering before is known. */
    assert_int_equal(offer(T, 3, then + 3000), STREAM_DUPLICATE);
    assert_int_equal(offer(H, 50, then + 49000), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 5, now + 2), STREAM_NEW);
}

static struct stream_reading untimed(uint64_t number, uint32_t hash)
{
    return (struct stream_reading){.number = number, .hash = hash};
}

/* A number and a value, both as before the restart: only its neighbours tell. */
static void a_restart_without_a_time_loses_only_what_looks_repeated(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 20; n++) {
        struct stream_reading reading = untimed(n, 20);
        assert_int_equal(offer_reading(T, &reading), STREAM_NEW);
        assert_int_equal(offer_reading(T, &reading), STREAM_DUPLICATE);
    }
    struct stream_reading reading = untimed(1, 25);
    assert_int_equal(offer_reading(T, &reading), STREAM_RESTARTED);
    for (uint64_t n = 2; n <= 30; n++) {
        reading = untimed(n, 20);
        assert_int_equal(offer_reading(T, &reading), STREAM_NEW);
        assert_int_equal(offer_reading(T, &reading), STREAM_DUPLICATE);
        reading.repeated = true;
        assert_int_equal(offer_reading(T, &reading), STREAM_DUPLICATE);
    }
    /* Marked as repeated, the numbering before it counts, too. */
    for (uint64_t n = 1; n <= 20; n++) {
        reading = untimed(n, 20);
        reading.repeated = true;
        assert_int_equal(offer_reading(T, &reading), STREAM_DUPLICATE);
    }
}

/* More than are remembered. */
static void what_is_no_longer_remembered(void **state)
{
    const int64_t then = 1790000000000;
    (void)state;
    for (uint64_t n = 1; n <= RECENT_MAX + 100; n++) {
        assert_int_equal(offer(T, n, then + (int64_t)n), STREAM_NEW);
        assert_int_equal(offer(COUNTED, n, 0), STREAM_NEW);
    }
    struct stream_reading reading = {.number = 1,
                                     .unix_ms = then + 1,
                                     .good_ms = then + 1,
                                     .hash = (uint32_t)(then + 1),
                                     .repeated = true};
    assert_int_equal(streams_judge(&table, streams, T, &reading), STREAM_DOUBTED);
    /* The hub was killed before it stored the first of a new numbering. */
    reading.good_ms = reading.unix_ms = then + 999999;
    assert_int_equal(streams_judge(&table, streams, T, &reading), STREAM_RESTARTED);
    reading.repeated = false;
    reading.good_ms = reading.unix_ms = then - 999999; /* with a clock that went back */
    assert_int_equal(streams_judge(&table, streams, T, &reading), STREAM_DOUBTED);
    reading.good_ms = 0;
    assert_int_equal(streams_judge(&table, streams, T, &reading), STREAM_RESTARTED);
    struct stream_reading plain = untimed(1, 5);
    assert_int_equal(streams_judge(&table, streams, COUNTED, &plain), STREAM_RESTARTED);
    plain.repeated = true; /* of a hub that was killed before it stored it */
    assert_int_equal(streams_judge(&table, streams, COUNTED, &plain), STREAM_RESTARTED);
}

/* What a hub that was started anew has of a stream: its spans and the last few readings. */
static void a_few_are_remembered_after_a_start(void **state)
{
    const int64_t then = 1790000000000;
    struct series_recent kept[RECENT_LEAST];
    struct stream *stream = &streams->stream[T];
    (void)state;
    for (uint64_t n = 1; n <= 1000; n++) {
        offer(T, n, then + (int64_t)n);
        if (n % 10 == 0)
            streams_sealed(stream, false);
    }
    assert_int_equal(streams_recent_count(stream), RECENT_LEAST);
    recent_newest(&stream->recent, RECENT_LEAST, kept);
    assert_int_equal(recent_set(&stream->recent, &table.budget, kept, RECENT_LEAST, RECENT_LEAST),
                     0);
    /* A device repeats all that it has, or counts anew with a clock that went back. */
    for (uint64_t n = 1; n <= 1000 - RECENT_LEAST; n++) {
        assert_int_equal(offer(T, n, then + (int64_t)n), STREAM_DOUBTED);
        assert_int_equal(offer(T, n, then + (int64_t)n), STREAM_DUPLICATE);
    }
    for (uint64_t n = 1000 - RECENT_LEAST + 1; n <= 1000; n++)
        assert_int_equal(offer(T, n, then + (int64_t)n), STREAM_DUPLICATE);
    assert_int_equal(spans_of(T), 1);
    assert_int_equal(offer(T, 1, then - 5), STREAM_RESTARTED);
}

/* Nothing that is stored is as new as that, in any numbering. */
static void a_time_after_all_others_is_no_repetition(void **state)
{
    const int64_t then = 1790000000000;
    (void)state;
    for (uint64_t n = 1; n <= 100; n++)
        offer(T, n, then + (int64_t)n);
    assert_int_equal(offer(T, 1, then - 1000), STREAM_RESTARTED); /* its clock went back */
    assert_int_equal(offer(T, 2, then - 999), STREAM_NEW);
    recent_clear(&streams->stream[T].recent, &table.budget);
    assert_int_equal(offer(T, 2, then + 2), STREAM_DOUBTED);
    assert_int_equal(offer(T, 1, then + 101), STREAM_RESTARTED);
}

/* A hub of before remembered numbers alone, and was ended before the broker had its
 * acknowledgements. */
static void numbers_alone_tell_what_the_broker_repeats(void **state)
{
    struct stream_reading reading;
    (void)state;
    for (uint64_t n = 1; n <= 50; n++)
        offer(T, n, 0);
    recent_clear(&streams->stream[T].recent, &table.budget);
    for (uint64_t n = 40; n <= 50; n++) {
        reading = untimed(n, 20);
        reading.repeated = true;
        assert_int_equal(offer_reading(T, &reading), STREAM_DUPLICATE);
    }
    reading = (struct stream_reading){.number = 1, .unix_ms = 9, .good_ms = 9, .repeated = true};
    assert_int_equal(streams_judge(&table, streams, T, &reading), STREAM_DOUBTED);
    reading = untimed(51, 20);
    assert_int_equal(offer_reading(T, &reading), STREAM_NEW);
    reading = untimed(1, 20); /* the device counts anew */
    assert_int_equal(offer_reading(T, &reading), STREAM_RESTARTED);
}

/* As many as may be with the broker still, although they are stored. */
static void a_large_batch_is_remembered_whole(void **state)
{
    struct stream *stream = &streams->stream[T];
    (void)state;
    for (uint64_t n = 1; n <= 300; n++)
        offer(T, n, (int64_t)n);
    assert_int_equal(streams_recent_count(stream), 300);
    streams_sealed(stream, false);
    offer(T, 301, 301);
    assert_int_equal(streams_recent_count(stream), 301);
    streams_sealed(stream, false);
    streams_sealed(stream, false);
    assert_int_equal(streams_recent_count(stream), RECENT_LEAST);
    /* A repetition of an older one waits for its acknowledgement. */
    struct stream_reading reading = {.number = 101, .unix_ms = 101, .good_ms = 101, .hash = 101};
    assert_true(streams_keep(streams, T, &reading));
    assert_int_equal(streams_recent_count(stream), 201);
    reading.hash = 5;
    assert_false(streams_keep(streams, T, &reading));
}

/* 2^63 and friends: from a register that was read wrong, or from mischief. */
static void a_number_that_leaps_is_forgotten_first(void **state)
{
    bool learnt;
    (void)state;
    streams_journal(&table, streams, 77, &learnt);
    for (uint64_t n = 1; n <= 5000; n++)
        offer(T, n, 0);
    for (uint64_t i = 0; i < 200; i++) {
        assert_int_equal(offer(T, (UINT64_C(1) << 63) + i * 7919 * 104729, 0), STREAM_NEW);
        assert_int_equal(offer(T, 5001 + 2 * i, 0), STREAM_NEW); /* the device goes on */
    }
    assert_int_equal(offer(T, UINT64_MAX, 0), STREAM_NEW);
    assert_true(given_up <= 200);
    assert_true(spans_of(T) <= SPANS_MAX);
    for (uint64_t n = 1; n <= 5000; n++)
        assert_int_equal(offer(T, n, 0), STREAM_DUPLICATE);
    assert_int_equal(offer(T, 1 << 20, 0), STREAM_NEW); /* nothing in between is taken for stored */
    assert_int_equal(offer(T, UINT64_C(1) << 62, 0), STREAM_NEW);
    assert_int_equal(offer(T, 5001 + 2 * 200, 0), STREAM_NEW);
}

static void numbers_far_apart_are_not_missing_readings(void **state)
{
    (void)state;
    for (uint64_t i = 1; i <= 1000; i++)
        assert_int_equal(offer(T, i * 1000003, 0), STREAM_NEW);
    assert_int_equal(given_up, 0);
    assert_int_equal(offer(T, 1000 * 1000003 - 1, 0), STREAM_NEW);
}

/* A device that was away for long, and gave up what its journal could not hold, is no such case. */
static void a_long_absence_is_a_gap(void **state)
{
    bool learnt;
    (void)state;
    streams_journal(&table, streams, 77, &learnt);
    for (uint64_t n = 1; n <= 50000; n++)
        offer(T, n, 0);
    for (uint64_t i = 0; i < SPANS_MAX; i++)
        offer(T, 80000 + 2 * i, 0);
    assert_int_equal(given_up, 29999);
    assert_int_equal(offer(T, 60000, 0), STREAM_DUPLICATE);
}

static void a_stream_of_its_own_starts_over_alone(void **state)
{
    (void)state;
    for (uint64_t n = 1; n <= 10; n++) {
        offer(T, n, 1000);
        offer(H, n, 1000);
    }
    assert_int_equal(offer(T, 1, 1001), STREAM_RESTARTED);
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
    assert_int_equal(offer(T, 2, 1000 + 600000), STREAM_DUPLICATE);
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
        TEST(numbering_that_starts_over_is_noticed_by_its_content),
        TEST(a_restart_without_a_time_loses_only_what_looks_repeated),
        TEST(what_is_no_longer_remembered),
        TEST(a_few_are_remembered_after_a_start),
        TEST(a_time_after_all_others_is_no_repetition),
        TEST(numbers_alone_tell_what_the_broker_repeats),
        TEST(a_large_batch_is_remembered_whole),
        TEST(a_number_that_leaps_is_forgotten_first),
        TEST(numbers_far_apart_are_not_missing_readings),
        TEST(a_long_absence_is_a_gap),
        TEST(a_stream_of_its_own_starts_over_alone),
        TEST(a_new_journal_forgets_the_numbers),
        TEST(a_restart_seen_in_the_readings_is_not_repeated_by_the_status),
        TEST(a_reading_that_learns_its_time_is_still_the_same),
        TEST(the_newest_decisions_are_remembered),
        TEST(an_old_decision_is_not_remembered_for_a_newer),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
