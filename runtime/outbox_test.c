/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/timer.h"
#include "runtime/outbox.h"
#include "runtime/test/fake_port.h"

enum { VALUE_BYTES = 4, SAID_MAX = 600, MANY = 280 /* more than the journal holds */ };

static struct fake_port fake;
static struct roost_log log_;
static char log_memory[1024];
static struct roost_outbox outbox;
static uint32_t value; /* of the record added last */
static int messages;   /* of a record: each test runs with one and with two */

/* The other end: what it was given, one message after the other, with the tokens 1, 2, 3 ... */
static struct {
    struct {
        unsigned message;
        uint32_t value;
        int64_t unix_ms;
        uint64_t seq;
    } said[SAID_MAX];
    int count, tokens, unacked, room, error;
    bool open, acks_nothing; /* its protocol has no acknowledgements: every token is 0 */
} line;

static int say(void *ctx, unsigned message, const struct roost_record *record)
{
    assert_ptr_equal(ctx, &line);
    if (!line.open)
        return ROOST_ERR_CLOSED;
    if (line.error < 0)
        return line.error;
    if (line.unacked >= line.room)
        return ROOST_ERR_FULL;
    assert_true(line.count < SAID_MAX);
    line.said[line.count].message = message;
    line.said[line.count].value = (uint32_t)roost_le_get(record->bytes, VALUE_BYTES);
    line.said[line.count].unix_ms = record->unix_ms;
    line.said[line.count++].seq = record->seq;
    line.unacked++;
    return line.acks_nothing ? 0 : ++line.tokens;
}

static const struct roost_outbox_kind kinds[] = {
    [1] = {.bytes = VALUE_BYTES, .messages = 1, .send = say},
    [2] = {.bytes = VALUE_BYTES, .messages = 2, .send = say},
};

static uint64_t log_now(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

static struct roost_time now(void)
{
    return (struct roost_time){.now_ms = fake.now_ms, .unix_ms = fake_unix_ms(&fake)};
}

static void boot(uint32_t number)
{
    roost_log_init(&log_, log_memory, sizeof log_memory, log_now, NULL, &fake);
    line.open = false;
    assert_int_equal(roost_outbox_init(&outbox, &kinds[messages], &line, &fake.port, number, &log_),
                     0);
}

static void start(void)
{
    value = 0;
    memset(&line, 0, sizeof line);
    line.room = 32;
    fake_init(&fake);
    fake.now_ms = 1000;
    boot(1);
}

static void add(int count)
{
    uint8_t bytes[VALUE_BYTES];

    for (int i = 0; i < count; i++) {
        fake.now_ms += 10000;
        roost_le_put(bytes, ++value, sizeof bytes);
        roost_outbox_add(&outbox, bytes, now());
    }
}

static void open_(void)
{
    line.open = true;
    line.unacked = 0;
    roost_outbox_opened(&outbox, now());
    roost_outbox_pump(&outbox, now());
}

static void close_(void)
{
    line.open = false;
    roost_outbox_closed(&outbox);
}

static bool ack(int token)
{
    line.unacked--;
    bool ours = roost_outbox_acked(&outbox, (uint64_t)token, now());
    roost_outbox_pump(&outbox, now());
    return ours;
}

/* Message i of all that were said: those of a record in turn. */
static void expect(int i, uint64_t seq)
{
    assert_true(i < line.count);
    assert_int_equal(line.said[i].seq, seq);
    assert_int_equal(line.said[i].message, i % messages);
}

/* All that were said, of the records from `seq` on. */
static void expect_all(int count, uint64_t seq)
{
    assert_int_equal(line.count, count);
    for (int i = 0; i < count; i++)
        expect(i, seq + (uint64_t)(i / messages));
}

/* The messages of record n of all that were said, from 0 on. */
static int64_t time_of(int n)
{
    assert_true(messages * (n + 1) <= line.count);
    assert_true(line.said[messages * n].unix_ms == line.said[messages * (n + 1) - 1].unix_ms);
    return line.said[messages * n].unix_ms;
}

static void heads_keep_what_they_were_given(void **state)
{
    (void)state;
    static const struct roost_record_head heads[] = {
        {7, true, 1772409600123},
        {0xFFFFFFFF, false, 0x1122334455667788},
    };
    uint8_t bytes[ROOST_OUTBOX_HEAD_BYTES];
    struct roost_record_head read;
    for (size_t i = 0; i < 2; i++) {
        roost_record_head_write(bytes, &heads[i]);
        assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), 0);
        assert_int_equal(read.boot, heads[i].boot);
        assert_int_equal(read.timed, heads[i].timed);
        assert_true(read.time_ms == heads[i].time_ms);
        for (size_t len = 0; len < sizeof bytes; len++)
            assert_int_equal(roost_record_head_parse(&read, bytes, len), ROOST_ERR_INVALID);
    }
    bytes[0] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
    bytes[0] = 1;
    bytes[1] = 2;
    assert_int_equal(roost_record_head_parse(&read, bytes, sizeof bytes), ROOST_ERR_INVALID);
}

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

static void a_record_gets_its_time_once_the_clock_is_known(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2); /* at 11 s and 21 s */
    fake.unix_at_boot_ms = 1772409600000;
    add(1);
    open_();
    assert_true(time_of(0) == 1772409600000 + 11000);
    assert_true(time_of(1) == 1772409600000 + 21000);
    assert_true(time_of(2) == 1772409600000 + 31000);
}

static void an_earlier_boot_without_a_clock_goes_without_time(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake_boot(&fake, ROOST_RESET_POWER_ON);
    fake.unix_at_boot_ms = 1772409600000;
    boot(2);
    add(1);
    open_();
    expect_all(messages * 2, 1);
    assert_true(time_of(0) == 0);
    assert_true(time_of(1) != 0);
}

static void a_boot_without_a_number_is_no_other_boot(void **state)
{
    (void)state;
    start();
    boot(0);
    fake.unix_at_boot_ms = 0;
    add(1);
    boot(0);
    fake.unix_at_boot_ms = 1772409600000;
    open_();
    assert_true(time_of(0) == 0);
}

static void old_records_wait_a_while_for_the_clock(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    add(2);
    fake.now_ms += 60000;
    open_();
    assert_int_equal(line.count, 0);
    assert_true(roost_outbox_due(&outbox) == fake.now_ms + 1000);
    fake.now_ms += 4000;
    fake.unix_at_boot_ms = 1772409600000;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages * 2);
    assert_true(time_of(0) == 1772409600000 + 11000);

    start();
    fake.unix_at_boot_ms = 0;
    add(1);
    fake.now_ms += 60000;
    open_();
    fake.now_ms += ROOST_OUTBOX_CLOCK_WAIT_MS;
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages); /* nobody knows: the hub stamps it */
    assert_true(time_of(0) == 0);
}

static void a_fresh_record_does_not_wait(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    open_();
    add(1);
    roost_outbox_pump(&outbox, now());
    assert_int_equal(line.count, messages);
    assert_true(time_of(0) == 0);
}

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

static int of_one_message(void **state)
{
    (void)state;
    messages = 1;
    return 0;
}

static int of_two_messages(void **state)
{
    (void)state;
    messages = 2;
    return 0;
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, of_one_message, NULL),                                   \
        cmocka_unit_test_setup_teardown(name, of_two_messages, NULL)

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_keep_what_they_were_given),
        TEST(a_record_goes_out_with_its_number_and_time),
        TEST(what_was_made_offline_is_replayed_in_order),
        TEST(trims_only_when_all_before_is_acknowledged),
        TEST(a_new_connection_begins_at_the_first_one_not_trimmed),
        TEST(a_full_port_is_tried_again_where_it_stopped),
        TEST(what_is_refused_is_tried_again),
        TEST(numbers_go_on_after_a_reboot),
        TEST(a_record_gets_its_time_once_the_clock_is_known),
        TEST(an_earlier_boot_without_a_clock_goes_without_time),
        TEST(a_boot_without_a_number_is_no_other_boot),
        TEST(old_records_wait_a_while_for_the_clock),
        TEST(a_fresh_record_does_not_wait),
        TEST(with_broken_flash_records_go_out_live),
        TEST(unreadable_flash_at_boot_is_no_end),
        TEST(a_region_that_cannot_be_a_journal_is_refused),
        TEST(a_full_journal_gives_up_the_oldest),
        TEST(giving_up_what_is_in_flight_does_not_confuse_it),
        TEST(a_record_of_another_kind_does_not_block),
        TEST(another_end_that_is_silent_is_noticed),
        TEST(without_acknowledgements_what_is_sent_is_delivered),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
