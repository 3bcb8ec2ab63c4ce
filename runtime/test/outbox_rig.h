/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the tests of the outbox have in common: an outbox on the fake port's flash, and another end
 * that keeps what it was given. Included after <cmocka.h>, by one file a program.
 *
 *     start();
 *     add(3);
 *     open_();
 *     expect_all(messages * 3, 1);
 *     assert_true(ack(1));
 */
#ifndef ROOST_RUNTIME_TEST_OUTBOX_RIG_H
#define ROOST_RUNTIME_TEST_OUTBOX_RIG_H

#include <string.h>

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

static inline int say(void *ctx, unsigned message, const struct roost_record *record)
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

static inline uint64_t log_now(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

static inline struct roost_time now(void)
{
    return (struct roost_time){.now_ms = fake.now_ms, .unix_ms = fake_unix_ms(&fake)};
}

static inline void boot(uint32_t number)
{
    roost_log_init(&log_, log_memory, sizeof log_memory, log_now, NULL, &fake);
    line.open = false;
    assert_int_equal(roost_outbox_init(&outbox, &kinds[messages], &line, &fake.port, number, &log_),
                     0);
}

static inline void start(void)
{
    value = 0;
    memset(&line, 0, sizeof line);
    line.room = 32;
    fake_init(&fake);
    fake.now_ms = 1000;
    boot(1);
}

static inline void add(int count)
{
    uint8_t bytes[VALUE_BYTES];

    for (int i = 0; i < count; i++) {
        fake.now_ms += 10000;
        roost_le_put(bytes, ++value, sizeof bytes);
        roost_outbox_add(&outbox, bytes, now());
    }
}

static inline void open_(void)
{
    line.open = true;
    line.unacked = 0;
    roost_outbox_opened(&outbox, now());
    roost_outbox_pump(&outbox, now());
}

static inline void close_(void)
{
    line.open = false;
    roost_outbox_closed(&outbox);
}

static inline bool ack(int token)
{
    line.unacked--;
    bool ours = roost_outbox_acked(&outbox, (uint64_t)token, now());
    roost_outbox_pump(&outbox, now());
    return ours;
}

/* Message i of all that were said: those of a record in turn. */
static inline void expect(int i, uint64_t seq)
{
    assert_true(i < line.count);
    assert_int_equal(line.said[i].seq, seq);
    assert_int_equal(line.said[i].message, i % messages);
}

/* All that were said, of the records from `seq` on. */
static inline void expect_all(int count, uint64_t seq)
{
    assert_int_equal(line.count, count);
    for (int i = 0; i < count; i++)
        expect(i, seq + (uint64_t)(i / messages));
}

/* The messages of record n of all that were said, from 0 on. */
static inline int64_t time_of(int n)
{
    assert_true(messages * (n + 1) <= line.count);
    assert_true(line.said[messages * n].unix_ms == line.said[messages * (n + 1) - 1].unix_ms);
    return line.said[messages * n].unix_ms;
}

/* ---- each test with one message a record, and with two ---- */

static inline int of_one_message(void **state)
{
    (void)state;
    messages = 1;
    return 0;
}

static inline int of_two_messages(void **state)
{
    (void)state;
    messages = 2;
    return 0;
}

#define TEST(name)                                                                                 \
    cmocka_unit_test_setup_teardown(name, of_one_message, NULL),                                   \
        cmocka_unit_test_setup_teardown(name, of_two_messages, NULL)

#endif
