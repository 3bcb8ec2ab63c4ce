/* SPDX-License-Identifier: Apache-2.0 */
/* In which order records go out, and when they are delivered. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/outbox_rig.h"

static void a_record_goes_out_with_its_number_and_time(void **state)
{
    (void)state;
    start();
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    expect_all(messages, 1);
    for (int i = 0; i < messages; i++) {
        assert_int_equal(line.said[i].value, value);
        assert_true(line.said[i].unix_ms == fake_unix_ms(&fake));
    }
    assert_int_equal(roost_outbox_last_seq(&outbox), 1);
}

static void what_was_made_offline_is_replayed_in_order(void **state)
{
    (void)state;
    start();
    add(30);
    assert_int_equal(roost_outbox_waiting(&outbox), 30);
    assert_int_equal(line.count, 0);
    open_();
    assert_int_equal(line.count, messages * ROOST_OUTBOX_FLIGHTS);
    for (int token = 1; token <= messages * 30; token++)
        assert_true(ack(token));
    expect_all(messages * 30, 1);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_true(roost_outbox_due(&outbox) == ROOST_NEVER);
}

static void trims_only_when_all_before_is_acknowledged(void **state)
{
    (void)state;
    start();
    add(3);
    open_();
    for (int token = 2; token <= messages * 3; token++) /* all but the very first */
        assert_true(ack(token));
    assert_int_equal(roost_outbox_waiting(&outbox), 3);
    assert_true(!ack(2));   /* twice */
    assert_true(!ack(0));   /* nobody's */
    assert_true(!ack(999)); /* somebody else's */
    assert_int_equal(roost_outbox_waiting(&outbox), 3);
    assert_true(ack(1));
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

static void a_new_connection_begins_at_the_first_one_not_trimmed(void **state)
{
    (void)state;
    start();
    add(5);
    open_();
    for (int token = 1; token <= messages; token++)
        assert_true(ack(token));    /* record 1 is done */
    assert_true(ack(messages + 2)); /* of two: half of record 2; of one: record 3 */
    close_();
    add(1);
    line.count = 0;
    open_();
    expect_all(messages * 5, 2);
    assert_true(!ack(messages + 1)); /* a token of the old connection means nothing */
}

static void a_full_port_is_tried_again_where_it_stopped(void **state)
{
    (void)state;
    start();
    add(20);
    line.room = 3; /* of two messages: one and a half records */
    open_();
    int acked = 0;
    while (acked < messages * 20) {
        assert_true(line.unacked <= 3);
        assert_true(ack(++acked));
    }
    expect_all(messages * 20, 1);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

static void what_is_refused_is_tried_again(void **state)
{
    (void)state;
    start();
    open_();
    line.error = ROOST_ERR_TOO_LONG;
    add(2);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, 0);
    assert_int_equal(roost_outbox_waiting(&outbox), 2);
    line.error = 0;
    roost_outbox_pump(&outbox, now());
    expect_all(messages * 2, 1);
}

static void numbers_go_on_after_a_reboot(void **state)
{
    (void)state;
    start();
    add(5);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    boot(2);
    add(2);
    assert_int_equal(roost_outbox_waiting(&outbox), 7);
    open_();
    expect_all(messages * 7, 1);
}

static void another_end_that_is_silent_is_noticed(void **state)
{
    (void)state;
    start();
    open_();
    assert_true(!roost_outbox_unanswered(&outbox, now()));
    add(2);
    roost_outbox_pump(&outbox, now());
    uint64_t due = roost_outbox_due(&outbox);
    assert_true(due == fake.now_ms + ROOST_OUTBOX_ACK_TIMEOUT_MS);
    fake.now_ms = due - 1;
    assert_true(!roost_outbox_unanswered(&outbox, now()));
    fake.now_ms = due;
    assert_true(roost_outbox_unanswered(&outbox, now()));
    assert_true(ack(1));
    assert_true(!roost_outbox_unanswered(&outbox, now()));
}

static void without_acknowledgements_what_is_sent_is_delivered(void **state)
{
    (void)state;
    start();
    line.acks_nothing = true;
    add(30);
    line.room = 5; /* of two messages: two and a half records */
    open_();
    assert_int_equal(line.count, 5);
    assert_int_equal(roost_outbox_waiting(&outbox), 30 - 5 / messages);
    line.room = SAID_MAX;
    roost_outbox_pump(&outbox, now());
    expect_all(messages * 30, 1); /* more than may be in flight */
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_true(roost_outbox_due(&outbox) == ROOST_NEVER);
    fake.now_ms += 2 * ROOST_OUTBOX_ACK_TIMEOUT_MS;
    assert_true(!roost_outbox_unanswered(&outbox, now())); /* silence is not a fault */
    close_();
    open_();
    assert_int_equal(line.count, messages * 30); /* none twice */
    assert_int_equal(outbox.journal.dropped, 0);

    fake.flash_fails = true;
    add(1);
    assert_int_equal(outbox.live, 1);
    assert_int_equal(outbox.live_lost, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_record_goes_out_with_its_number_and_time),
        TEST(what_was_made_offline_is_replayed_in_order),
        TEST(trims_only_when_all_before_is_acknowledged),
        TEST(a_new_connection_begins_at_the_first_one_not_trimmed),
        TEST(a_full_port_is_tried_again_where_it_stopped),
        TEST(what_is_refused_is_tried_again),
        TEST(numbers_go_on_after_a_reboot),
        TEST(another_end_that_is_silent_is_noticed),
        TEST(without_acknowledgements_what_is_sent_is_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
