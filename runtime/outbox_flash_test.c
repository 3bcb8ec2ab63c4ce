/* SPDX-License-Identifier: Apache-2.0 */
/* Records whose flash fails, is full, or holds something else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "runtime/test/outbox_rig.h"

static void with_broken_flash_records_go_out_live(void **state)
{
    (void)state;
    start();
    add(1);
    open_();
    for (int token = 1; token <= messages; token++)
        assert_true(ack(token));
    fake.flash_fails = true;
    add(1);
    assert_true(outbox.flash_err < 0);
    assert_int_equal(line.count, messages * 2);
    for (int i = messages; i < messages * 2; i++)
        assert_true(line.said[i].seq == 0 && line.said[i].unix_ms == fake_unix_ms(&fake));
    assert_int_equal(outbox.live, 1);
    line.room = 0;
    add(1);
    assert_int_equal(outbox.live_lost, 1);
    line.room = 32;
    close_();
    add(1);
    assert_int_equal(outbox.live_lost, 2);
    fake.flash_fails = false;
    add(1);
    assert_true(outbox.flash_err == 0);
    open_();
    /* A number that the failed flash may hold is not given out again. */
    uint64_t seq = line.said[messages * 2].seq;
    assert_true(seq >= 2 && seq <= 4);
}

static void unreadable_flash_at_boot_is_no_end(void **state)
{
    (void)state;
    start();
    fake.flash_fails = true;
    boot(2);
    assert_true(outbox.flash_err < 0);
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_int_equal(roost_outbox_last_seq(&outbox), 0);
}

static void a_region_that_cannot_be_a_journal_is_refused(void **state)
{
    (void)state;
    start();
    fake.port.journal.sector_count = 1;
    assert_int_equal(roost_outbox_init(&outbox, &kinds[messages], &line, &fake.port, 1, &log_),
                     ROOST_ERR_INVALID);
}

static void a_full_journal_gives_up_the_oldest(void **state)
{
    (void)state;
    start();
    add(MANY);
    assert_true(outbox.journal_full && outbox.journal.dropped > 0);
    uint64_t oldest = outbox.journal.oldest_seq;
    assert_true(oldest > 1);
    open_();
    for (int token = 1; token <= line.tokens; token++)
        ack(token);
    expect(0, oldest);
    expect(line.count - 1, MANY);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    assert_true(!outbox.journal_full);
}

static void giving_up_what_is_in_flight_does_not_confuse_it(void **state)
{
    (void)state;
    start();
    add(10);
    line.room = 3;
    open_();
    add(MANY - 10);
    int acked = 0;
    while (acked < line.tokens)
        ack(++acked);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
    for (int i = 4; i < line.count; i++)
        assert_true(line.said[i].seq >= line.said[i - 1].seq);
}

static void a_record_of_another_kind_does_not_block(void **state)
{
    (void)state;
    static const uint8_t foreign[100] = {9, 9, 9};
    uint64_t seq;
    start();
    add(1);
    assert_int_equal(roost_journal_append(&outbox.journal, foreign, 5, &seq), 0);
    assert_int_equal(roost_journal_append(&outbox.journal, foreign, sizeof foreign, &seq), 0);
    add(1);
    open_();
    assert_int_equal(line.count, messages * 2);
    expect(messages, 4);
    for (int token = 1; token <= messages * 2; token++)
        assert_true(ack(token));
    assert_int_equal(outbox.unreadable, 2);
    assert_int_equal(roost_outbox_waiting(&outbox), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(with_broken_flash_records_go_out_live),
        TEST(unreadable_flash_at_boot_is_no_end),
        TEST(a_region_that_cannot_be_a_journal_is_refused),
        TEST(a_full_journal_gives_up_the_oldest),
        TEST(giving_up_what_is_in_flight_does_not_confuse_it),
        TEST(a_record_of_another_kind_does_not_block),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
