/* SPDX-License-Identifier: Apache-2.0 */
/* Charger or hub die in the middle: C-38, and what was answered is there. */
#include "hub/csms/test_says.h"

#define METER(id, tx, time, value)                                                                 \
    "[2,\"" id "\",\"MeterValues\",{\"connectorId\":1,\"transactionId\":" tx                       \
    ",\"meterValue\":[{\"timestamp\":\"" time "\",\"sampledValue\":[{\"value\":\"" value           \
    "\"}]}]}]"
#define BOOT                                                                                       \
    "[2,\"b\",\"BootNotification\",{\"chargePointVendor\":\"V\",\"chargePointModel\":\"M\"}]"

static int write_stop_101(void *ctx, struct ocpp_writer *w)
{
    (void)ctx;
    ocpp_put_int(w, OCPP_transactionId, 101);
    return 0;
}

static void c_38_a_charger_resumes_its_transaction(void **state)
{
    static int which = 1;
    const struct csms_ask stop = {.message = OCPP_MSG_RemoteStopTransaction,
                                  .write = write_stop_101,
                                  .done = rig_on_done,
                                  .ctx = &which};
    char id[40];

    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    assert_int_equal(started(peer, "Accepted"), 101);
    rig_close(peer, HUB_PEER_LOST);
    peer = rig_connect("CP1");
    rig_says(peer, BOOT);
    rig_next(peer);
    assert_int_equal(open_of("CP1", 1)->id, 101); /* the Boot closes nothing */
    assert_int_equal(book_fake_tx(&rig.book, 101)->flags, 0);
    rig_says(peer, METER("2", "101", "2026-11-30T09:30:00Z", "350"));
    rig_hears(peer, "[3,\"2\",{}]");
    assert_int_equal(book_fake_tx(&rig.book, 101)->flags,
                     CSMS_TX_BOOTED | CSMS_TX_ID_SEEN); /* the gap is shown */
    assert_int_equal(rig.book.samples[0].tx, 101);
    assert_int_equal(csms_ask(rig.csms, "CP1", &stop), 0);
    rig_hears_call(peer, "RemoteStopTransaction", id);
    rig_answers(peer, id, "{\"status\":\"Accepted\"}");
    rig_says(peer, stop_at("3", 101, 400, TEN, ",\"reason\":\"Remote\""));
    const struct csms_tx *tx = book_fake_tx(&rig.book, 101);
    assert_int_equal(tx->state, CSMS_TX_CLOSED);
    assert_int_equal(tx->reason, OCPP_Remote);
    assert_int_equal(rig.book.tx_count, 1);
}

static void c_38_a_charger_closes_its_transaction_after_the_boot(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    started(peer, "Accepted");
    rig_kill(true);
    peer = rig_connect("CP1");
    assert_int_equal(open_of("CP1", 1)->id, 101); /* known to the new hub */
    rig_says(peer, BOOT);
    rig_says(peer, stop_at("2", 101, 330, "2026-11-30T09:20:00Z", ",\"reason\":\"PowerLoss\""));
    const struct csms_tx *tx = book_fake_tx(&rig.book, 101);
    assert_int_equal(tx->state, CSMS_TX_CLOSED);
    assert_int_equal(tx->reason, OCPP_PowerLoss);
    assert_int_equal(tx->stopped_ms - tx->started_ms, 20 * 60000);
    assert_int_equal(tx->flags, CSMS_TX_BOOTED);
}

/* Of a Start that the hub never had; the open one's id the charger has used. */
static void a_stop_without_id_ends_no_known_one_after_a_start_of_the_hub(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    assert_int_equal(started(peer, "Accepted"), 101);
    rig_says(peer, METER("2", "101", "2026-11-30T09:10:00Z", "120"));
    rig_kill(true);
    peer = rig_connect("CP1");
    rig_says(peer, stop_at("3", -1, 600, TEN, ",\"idTag\":\"ABC\""));
    assert_int_equal(rig.book.txs[0].state, CSMS_TX_OPEN);
    assert_int_equal(rig.book.txs[1].state, CSMS_TX_UNMATCHED);
}

/* The hub is killed after each step of the book; the charger says everything until it is answered.
 */
static void whatever_instant_the_hub_dies_nothing_is_lost_or_doubled(void **state)
{
    (void)state;
    charger("CP1");
    for (int cut = 0; cut < 12; cut++) {
        bool durable = cut % 2 == 0;
        int steps = cut / 2;
        size_t before = rig.book.tx_count;
        rig_close_all();
        struct rig_peer *peer = rig_connect("CP1");
        rig_sends(peer, start_at("1", 1, "ABC", 1000 * cut, NINE));
        for (int i = 0; i < steps; i++)
            (void)book_fake_one(&rig.book, true);
        rig_kill(durable);
        peer = rig_connect("CP1");
        rig_says(peer, start_at("1", 1, "ABC", 1000 * cut, NINE));
        int id = started(peer, "Accepted");
        rig_sends(peer, stop_at("2", id, 1000 * cut + 500, TEN, ",\"idTag\":\"ABC\""));
        for (int i = 0; i < steps; i++)
            (void)book_fake_one(&rig.book, true);
        rig_kill(durable);
        peer = rig_connect("CP1");
        rig_says(peer, stop_at("2", id, 1000 * cut + 500, TEN, ",\"idTag\":\"ABC\""));
        assert_int_equal(peer->fake.sent_count, 1);
        assert_int_equal(rig.book.tx_count, before + 1);
        assert_int_equal(book_fake_tx(&rig.book, id)->state, CSMS_TX_CLOSED);
    }
}

static void a_book_that_fails_at_each_step_uses_up_no_attempt(void **state)
{
    (void)state;
    struct rig_peer *peer = charger("CP1");
    for (int step = 0; step < 3; step++) {
        for (int i = 0; i < 2; i++) {
            rig_sends(peer, start_at("1", 1, "ABC", 100, NINE));
            for (int j = 0; j < step; j++)
                (void)book_fake_one(&rig.book, true);
            rig.book.fail = 1;
            book_fake_run(&rig.book);
            peer = rig_is_hung_up_and_comes_again(peer, "CP1");
        }
        assert_int_equal(rig.book.tx_count, 0);
    }
    rig_says(peer, start_at("1", 1, "ABC", 100, NINE));
    int id = started(peer, "Accepted");
    for (int step = 0; step < 3; step++) {
        rig_sends(peer, stop_at("2", id, 500, TEN, ",\"idTag\":\"ABC\""));
        for (int j = 0; j < step; j++)
            (void)book_fake_one(&rig.book, true);
        rig.book.fail = 1;
        book_fake_run(&rig.book);
        peer = rig_is_hung_up_and_comes_again(peer, "CP1");
    }
    rig.book.full = 1;
    rig_says(peer, METER("3", "101", TEN, "1"));
    peer = rig_is_hung_up_and_comes_again(peer, "CP1");
    assert_int_equal(book_fake_tx(&rig.book, id)->state, CSMS_TX_OPEN);
    rig_says(peer, stop_at("2", id, 500, TEN, ",\"idTag\":\"ABC\""));
    rig_hears(peer, "[3,\"2\",{\"idTagInfo\":{\"status\":\"Accepted\"}}]");
}

static void one_too_many_of_a_transaction_is_not_answered(void **state)
{
    static int which = 1;

    (void)state;
    struct rig_peer *peer = charger("CP1");
    assert_int_equal(rig_reset("CP1", &which), 0);
    rig_next(peer);
    for (int i = 0; i < CSMS_CALLS_MAX; i++)
        rig_sends(peer, METER("1", "-1", TEN, "1"));
    rig_hears_nothing(peer);
    rig_sends(peer, METER("2", "-1", TEN, "2"));
    assert_int_equal(rig.done[0].outcome, CSMS_LOST);
    assert_int_equal(rig.csms->call_count, 1); /* that which the book works at */
    peer = rig_is_hung_up_and_comes_again(peer, "CP1");
    rig_says(peer, METER("1", "-1", TEN, "1"));
    rig_hears(peer, "[3,\"1\",{}]");
    assert_int_equal(rig.book.sample_count, 1);
}

#define T(name) cmocka_unit_test_setup_teardown(name, rig_setup, rig_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        T(c_38_a_charger_resumes_its_transaction),
        T(c_38_a_charger_closes_its_transaction_after_the_boot),
        T(a_stop_without_id_ends_no_known_one_after_a_start_of_the_hub),
        T(whatever_instant_the_hub_dies_nothing_is_lost_or_doubled),
        T(a_book_that_fails_at_each_step_uses_up_no_attempt),
        T(one_too_many_of_a_transaction_is_not_answered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
