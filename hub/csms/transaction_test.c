/* SPDX-License-Identifier: Apache-2.0 */
/* Transactions that are repeated, late, orphaned, implausible: C-08, C-10, C-12, C-16, C-19. */
#include "hub/csms/test_says.h"

static void a_regular_transaction(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_sends(peer, start_at("1", 1, "abc", 100, NINE));
    book_fake_one(&rig.book, true);
    book_fake_one(&rig.book, true);
    rig_hears_nothing(peer); /* judged, not durable */
    book_fake_run(&rig.book);
    int id = started(peer, "Accepted");
    assert_int_equal(open_of("CP1", 1)->id, id);
    rig_says(peer, stop_at("2", id, 5100, TEN, ",\"idTag\":\"ABC\",\"reason\":\"Remote\""));
    rig_hears(peer, "[3,\"2\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]");
    const struct csms_tx *tx = book_fake_tx(&rig.book, id);
    assert_int_equal(tx->state, CSMS_TX_CLOSED);
    assert_int_equal(tx->meter_stop_wh - tx->meter_start_wh, 5000);
    assert_int_equal(tx->stopped_ms - tx->started_ms, 3600000);
    assert_int_equal(tx->reason, OCPP_Remote);
    assert_int_equal(tx->flags, 0);
    assert_null(open_of("CP1", 1));
}

/* 200 points with two values each. */
static char *stop_with_data(const char *id, int tx)
{
    enum { SIZE = 65536 };
    char *text = malloc(SIZE);
    size_t at;

    assert_non_null(text);
    at = (size_t)snprintf(text, SIZE,
                          "[2,\"%s\",\"StopTransaction\",{\"transactionId\":%d,\"meterStop\":900,"
                          "\"timestamp\":\"%s\",\"transactionData\":[",
                          id, tx, TEN);
    for (int i = 0; i < 200; i++)
        at += (size_t)snprintf(text + at, SIZE - at,
                               "%s{\"sampledValue\":[{\"value\":\"%d.5\",\"unit\":\"Wh\"}],"
                               "\"timestamp\":\"2026-11-30T09:%02d:%02dZ\"}",
                               i ? "," : "", i, i / 60, i % 60);
    (void)snprintf(text + at, SIZE - at, "]}]");
    return text;
}

static void c_08_a_stop_with_200_values_said_three_times(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 0, NINE));
    int id = started(peer, "Accepted");
    char *text = stop_with_data("2", id);
    rig_says(peer, text);
    rig_hears(peer, "[3,\"2\",{}]");
    struct csms_tx before = *book_fake_tx(&rig.book, id);
    peer = rig_connect("CP1");
    for (int i = 0; i < 2; i++) {
        rig_says(peer, text);
        rig_hears(peer, "[3,\"2\",{}]");
    }
    free(text);
    assert_int_equal(rig.book.sample_count, 200);
    assert_int_equal(rig.book.samples[61].sample.value_milli, 61500);
    assert_int_equal(rig.book.samples[61].sample.at_ms, before.started_ms + 61000);
    assert_int_equal(rig.book.samples[61].tx, id);
    assert_int_equal(rig.book.tx_count, 1);
    assert_memory_equal(&before, book_fake_tx(&rig.book, id), sizeof before);
    assert_int_equal(metric_value(rig.csms->metrics.repeated), 2);
}

static void c_08_a_second_stop_that_says_otherwise_is_kept_aside(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 0, NINE));
    int id = started(peer, "Accepted");
    rig_says(peer, stop_at("2", id, 900, TEN, ""));
    rig_says(peer, stop_at("3", id, 950, TEN, ""));
    rig_says(peer, stop_at("4", id, 950, TEN, ""));
    rig_hears(peer, "[3,\"2\",{}]");
    rig_hears(peer, "[3,\"3\",{}]");
    rig_hears(peer, "[3,\"4\",{}]");
    assert_int_equal(book_fake_tx(&rig.book, id)->meter_stop_wh, 900);
    assert_int_equal(rig.book.tx_count, 2);
    assert_true(rig.book.txs[1].flags & CSMS_TX_SECOND_STOP & CSMS_TX_NOT_BILLED);
}

static void c_10_an_orphan_stop_waits_for_its_start(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, "[2,\"0\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":-1,"
                   "\"meterValue\":[{\"timestamp\":\"2026-11-30T09:30:00Z\",\"sampledValue\":"
                   "[{\"value\":\"300\"}]}]}]");
    rig_hears(peer, "[3,\"0\",{}]");
    char stop[512];
    snprintf(stop, sizeof stop, "%s", stop_at("1", -1, 500, TEN, ",\"idTag\":\"ABC\""));
    rig_says(peer, stop);
    rig_says(peer, stop); /* retried */
    rig_hears(peer, "[3,\"1\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]");
    rig_hears(peer, "[3,\"1\",{}]");
    assert_int_equal(rig.book.tx_count, 1);
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_UNMATCHED);
    assert_int_equal(rig.book.txs[0].connector, 1);
    rig_says(peer, start_at("2", 1, "XYZ", 100, NINE)); /* another's */
    int other = started(peer, "Accepted");
    rig_says(peer, start_at("3", 2, "ABC", 100, NINE)); /* another connector */
    started(peer, "Accepted");
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_UNMATCHED);
    rig_says(peer, stop_at("4", other, 100, NINE, ""));
    rig_next(peer);
    rig_says(peer, start_at("5", 1, "abc", 100, NINE));
    int id = started(peer, "Accepted");
    const struct csms_tx *tx = book_fake_tx(&rig.book, id);
    assert_int_equal(tx->state, CSMS_TX_CLOSED);
    assert_int_equal(tx->meter_stop_wh - tx->meter_start_wh, 400);
    assert_true(tx->flags & CSMS_TX_JOINED);
    assert_int_equal(rig.book.tx_count, 3); /* neither lost nor doubled */
    assert_null(open_of("CP1", 1));
    rig_says(peer, start_at("5", 1, "abc", 100, NINE));
    assert_int_equal(started(peer, "Accepted"), id);
    rig_says(peer, stop);
    assert_int_equal(rig.book.tx_count, 3);
}

static void c_10_a_stop_without_id_ends_the_start_whose_answer_was_lost(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_sends(peer, start_at("1", 1, "ABC", 100, NINE));
    rig_close(peer, HUB_PEER_LOST);
    book_fake_run(&rig.book); /* it is stored, and nobody hears of it */
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_OPEN);
    peer = rig_connect("CP1");
    rig_says(peer, stop_at("2", -1, 600, TEN, ",\"idTag\":\"ABC\""));
    assert_int_equal(rig.book.tx_count, 1);
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_CLOSED);
    assert_int_equal(rig.book.txs[0].flags, CSMS_TX_JOINED);
}

static void c_10_no_guess_where_two_fit_or_the_id_was_used(void **state)
{
    char text[256];

    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    int id = started(peer, "Accepted");
    snprintf(text, sizeof text,
             "[2,\"m\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":%d,\"meterValue\":[{"
             "\"timestamp\":\"%s\",\"sampledValue\":[{\"value\":\"120\"}]}]}]",
             id, NINE);
    rig_says(peer, text);
    rig_says(peer, stop_at("2", -1, 600, TEN, "")); /* it would have said its id */
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_OPEN);
    assert_int_equal(rig.book.txs[1].state, CSMS_TX_UNMATCHED);
    peer = charger("CP2");
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    rig_says(peer, start_at("2", 2, "XYZ", 100, NINE));
    rig_says(peer, stop_at("3", -1, 600, TEN, ""));
    rig_says(peer, stop_at("4", 4711, 600, TEN, "")); /* an id that we never gave */
    assert_int_equal(rig.book.tx_count, 6);
    assert_int_equal(rig.book.txs[4].state, CSMS_TX_UNMATCHED);
    assert_int_equal(rig.book.txs[5].said_id, 4711);
    assert_int_equal(peer->fake.sent_count, 4);
}

static void c_12_an_implausible_stop_is_answered_and_not_billed(void **state)
{
    static const struct {
        int meter;
        const char *time, *more;
        uint32_t flags;
    } cases[] = {
        {50, TEN, "", CSMS_TX_METER_BACK},
        {-1, TEN, "", CSMS_TX_METER_BACK | CSMS_TX_METER_NEGATIVE},
        {500, "2026-11-30T08:00:00Z", "", CSMS_TX_STOP_EARLY},
        {500, "1970-01-01T00:00:10Z", "", CSMS_TX_STOP_EARLY | CSMS_TX_TIME_DOUBTFUL},
        {500, "2100-01-01T00:00:00Z", "", CSMS_TX_TIME_DOUBTFUL},
        {500, TEN, ",\"idTag\":\"NOBODY\"", CSMS_TX_STOP_TAG},
        {500, "2026-11-30T10:00:00", "", CSMS_TX_TIME_NO_ZONE},
    };

    (void)state;
    struct rig_peer *peer = charger("CP1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
        int id = started(peer, "Accepted");
        rig_says(peer, stop_at("2", id, cases[i].meter, cases[i].time, cases[i].more));
        assert_memory_equal(rig_next(peer), "[3,\"2\",{", 8);
        struct csms_tx *tx = book_fake_tx(&rig.book, id);
        assert_int_equal(tx->state, CSMS_TX_CLOSED);
        assert_int_equal(tx->flags, cases[i].flags);
        assert_int_equal(tx->reason, OCPP_Local);
        assert_int_equal(tx->stop_arrived_ms, RIG_TIME);
        tx->started_ms -= 1; /* so that the next Start is not this one again */
    }
}

static void c_16_a_tag_has_its_limit_over_all_chargers(void **state)
{
    (void)state;
    struct rig_peer *one = charger("CP1"), *two = charger("CP2");
    rig.book.tags[0].limit = 1;
    rig_says(one, start_at("1", 1, "ABC", 100, NINE));
    int id = started(one, "Accepted");
    rig_says(two, start_at("1", 1, "abc", 100, NINE));
    started(two, "ConcurrentTx");
    assert_true(rig.book.txs[1].flags & CSMS_TX_TAG_REFUSED);
    rig_says(two, "[2,\"2\",\"Authorize\",{\"idTag\":\"ABC\"}]");
    rig_hears(two, "[3,\"2\",{\"idTagInfo\":{\"status\":\"ConcurrentTx\"}}]");
    rig_says(one, "[2,\"2\",\"Authorize\",{\"idTag\":\"ABC\"}]"); /* to stop it again */
    rig_next(one);
    rig_says(one, start_at("1", 1, "ABC", 100, NINE));
    assert_int_equal(started(one, "Accepted"), id);
    assert_int_equal(rig.book.tx_count, 2);
    rig_says(one, stop_at("3", id, 200, TEN, ""));
    rig_next(one);
    assert_int_equal(rig.book.txs[1].state, CSMS_TX_OPEN); /* refused: it holds no tag */
    rig_says(one, start_at("4", 1, "ABC", 200, TEN));
    started(one, "Accepted");
}

static void c_16_two_starts_at_once_do_not_pass_the_limit(void **state)
{
    (void)state;
    struct rig_peer *one = charger("CP1"), *two = charger("CP2");
    rig.book.tags[0].limit = 1;
    rig_sends(one, start_at("1", 1, "ABC", 100, NINE));
    rig_sends(two, start_at("1", 1, "ABC", 100, NINE));
    rig_close(one, HUB_PEER_LOST);
    book_fake_run(&rig.book);
    started(two, "ConcurrentTx");
    one = rig_connect("CP1");
    rig_says(one, start_at("1", 1, "ABC", 100, NINE));
    started(one, "Accepted");
    assert_int_equal(rig.book.tx_count, 2);
}

static void c_16_many_that_wait_for_a_tag_fail_one_after_another(void **state)
{
    struct rig_peer *peers[RIG_PEERS];
    char id[8];

    (void)state;
    for (int i = 0; i < RIG_PEERS; i++) {
        snprintf(id, sizeof id, "CP%d", i);
        peers[i] = charger(id);
    }
    for (int i = 0; i < RIG_PEERS; i++)
        rig_sends(peers[i], start_at("1", 1, "ABC", 100, NINE));
    rig.book.full = 1000; /* the first asks again, and none of them is taken */
    book_fake_run(&rig.book);
    rig.book.full = 0;
    for (int i = 0; i < RIG_PEERS; i++) {
        rig_hears_nothing(peers[i]);
        assert_int_equal(peers[i]->fake.state, HUB_PEER_FAKE_CLOSING);
        rig_close(peers[i], HUB_PEER_FAULT);
    }
    assert_null(rig.csms->judging);
    assert_null(rig.csms->ready);
    struct rig_peer *one = rig_connect("CP0");
    rig_says(one, start_at("1", 1, "ABC", 100, NINE));
    started(one, "Accepted");
}

static void c_16_the_next_start_on_a_connector_leaves_the_one_before(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig.book.tags[0].limit = 1;
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    int first = started(peer, "Accepted");
    rig_says(peer, start_at("2", 1, "ABC", 300, TEN)); /* no zombie holds the tag */
    int second = started(peer, "Accepted");
    assert_int_equal(book_fake_tx(&rig.book, first)->state, CSMS_TX_LEFT);
    assert_int_equal(open_of("CP1", 1)->id, second);
    rig_says(peer, stop_at("3", first, 300, TEN, "")); /* late */
    assert_int_equal(book_fake_tx(&rig.book, first)->state, CSMS_TX_CLOSED);
    assert_int_equal(open_of("CP1", 1)->id, second);
}

static void c_19_times_are_brought_to_utc(void **state)
{
    static const struct {
        const char *time;
        int64_t ms;
        uint32_t flags;
    } cases[] = {{"2026-11-30T09:00:00.123456789Z", 32400123, 0},
                 {"2026-11-30T14:30:00+05:30", 32400000, 0},
                 {"2026-11-30t09:00:00z", 32400000, 0},
                 {"2026-11-30T09:00:01", 32401000, CSMS_TX_TIME_NO_ZONE},
                 {"1970-01-01T00:00:00Z", 0, CSMS_TX_TIME_DOUBTFUL},
                 {"2100-01-01T00:00:00Z", 0, CSMS_TX_TIME_DOUBTFUL}};
    const int64_t day_ms = INT64_C(86400000);

    (void)state;
    struct rig_peer *peer = charger("CP1");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        rig_says(peer, start_at("1", (int)i + 1, "ABC", 100, cases[i].time));
        const struct csms_tx *tx = book_fake_tx(&rig.book, started(peer, "Accepted"));
        assert_int_equal(tx->flags, cases[i].flags);
        assert_int_equal(tx->start_arrived_ms, RIG_TIME);
        if (cases[i].ms)
            assert_int_equal(tx->started_ms - (RIG_TIME - day_ms), cases[i].ms);
    }
}

static void c_19_a_start_of_no_time_holds_no_connector(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 100, "2100-01-01T00:00:00Z"));
    int first = started(peer, "Accepted");
    rig_says(peer, start_at("2", 1, "ABC", 200, TEN));
    int second = started(peer, "Accepted");
    assert_int_equal(book_fake_tx(&rig.book, first)->state, CSMS_TX_LEFT);
    assert_int_equal(open_of("CP1", 1)->id, second);
    rig_says(peer, start_at("3", 1, "ABC", 150, NINE)); /* one from before that, of a good time */
    int third = started(peer, "Accepted");
    assert_int_equal(book_fake_tx(&rig.book, third)->state, CSMS_TX_LEFT);
    assert_int_equal(open_of("CP1", 1)->id, second);
}

#define NO_CLOCK "1970-01-01T00:00:10Z"

static void c_19_times_that_cannot_be_join_and_repeat_nothing_that_is_over(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, stop_at("1", -1, 900, TEN, ""));
    rig_says(peer, stop_at("2", -1, 900, "2100-01-01T00:00:00Z", ""));
    peer->read = peer->fake.sent_count;
    rig_says(peer, start_at("3", 1, "ABC", 100, NO_CLOCK)); /* before any Stop, by its word */
    int first = started(peer, "Accepted");
    assert_int_equal(book_fake_tx(&rig.book, first)->state, CSMS_TX_OPEN);
    rig_says(peer, start_at("3", 1, "ABC", 100, NO_CLOCK));
    assert_int_equal(started(peer, "Accepted"), first);
    rig_says(peer, stop_at("4", first, 100, "1970-01-01T00:01:00Z", ""));
    rig_next(peer);
    rig_says(peer, start_at("5", 1, "ABC", 100, NO_CLOCK)); /* after another loss of power */
    assert_int_not_equal(started(peer, "Accepted"), first);
    rig.book.txs[0].state = CSMS_TX_CLOSED;
    rig_says(peer, start_at("6", 2, "ABC", 100, NINE)); /* the Stop of 2100 is nobody's */
    int third = started(peer, "Accepted");
    assert_int_equal(book_fake_tx(&rig.book, third)->state, CSMS_TX_OPEN);
    rig_says(peer, stop_at("7", third, 100, NINE, ""));
    rig_next(peer);
    rig_says(peer, start_at("6", 2, "ABC", 100, NINE)); /* of a good time: said again */
    assert_int_equal(started(peer, "Accepted"), third);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(a_regular_transaction),
        T(c_08_a_stop_with_200_values_said_three_times),
        T(c_08_a_second_stop_that_says_otherwise_is_kept_aside),
        T(c_10_an_orphan_stop_waits_for_its_start),
        T(c_10_a_stop_without_id_ends_the_start_whose_answer_was_lost),
        T(c_10_no_guess_where_two_fit_or_the_id_was_used),
        T(c_12_an_implausible_stop_is_answered_and_not_billed),
        T(c_16_a_tag_has_its_limit_over_all_chargers),
        T(c_16_two_starts_at_once_do_not_pass_the_limit),
        T(c_16_many_that_wait_for_a_tag_fail_one_after_another),
        T(c_16_the_next_start_on_a_connector_leaves_the_one_before),
        T(c_19_times_are_brought_to_utc),
        T(c_19_a_start_of_no_time_holds_no_connector),
        T(c_19_times_that_cannot_be_join_and_repeat_nothing_that_is_over),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
