/* SPDX-License-Identifier: Apache-2.0 */
/* What comes under an id while its removal is under way, and how much of it. */
#include "hub/ingest/test_meter_rig.h"

#include "hub/ingest/ingest_internal.h"

static uint64_t next_seq;

static void begin(void)
{
    rig_reading("w1", "in", 5, rig.fake.unix_ms, 1);
    rig_settle();
    rig.fake.ack_count = 0;
    next_seq = 0;
    assert_int_equal(fleet_remove(rig.fleet, "w1", true, NULL, NULL), 0);
}

static uint64_t read_one(void)
{
    next_seq++;
    return rig_reading("w1", "in", 20, rig.fake.unix_ms + (int64_t)next_seq, next_seq);
}

static size_t rows(const char *id)
{
    return rig_rows(SERIES_TEMPERATURE, id)->count;
}

/* In the order of arrival, whatever was stored first. */
static void expect_acks(const uint64_t *tokens, size_t count)
{
    assert_int_equal(rig.fake.ack_count, count);
    for (size_t i = 0; i < count; i++)
        assert_true(rig.fake.acks[i] == tokens[i]);
}

static void others_go_on_and_acknowledgements_keep_their_order(void **state)
{
    uint64_t tokens[4];
    (void)state;
    begin();
    tokens[0] = rig_reading("w2", "in", 1, rig.fake.unix_ms, 1);
    tokens[1] = read_one();
    tokens[2] = rig_reading("w2", "in", 2, rig.fake.unix_ms, 2);
    rig_tick();
    series_sqlite_pump(&rig.real); /* the registry has not answered */
    rig_tick();
    assert_int_equal(rows("w2"), 2);
    expect_acks(tokens, 1);
    tokens[3] = rig_send("meter/w2/in", "nonsense"); /* refused, and behind the others */
    rig_check_account();
    expect_acks(tokens, 1);
    rig_settle();
    expect_acks(tokens, 4);
    assert_int_equal(rows("w1"), 1);
    assert_int_equal(services_waiting(&rig.services), 0);
    rig_check_account();
}

static void the_broker_waits_when_much_is_held(void **state)
{
    uint64_t tokens[HOLD_MESSAGES_MAX + 3];
    (void)state;
    rig.services.ingest->config.waiting_max = 100000; /* it is not this that stops it */
    begin();
    for (size_t i = 0; i < HOLD_MESSAGES - 1; i++)
        tokens[i] = read_one();
    assert_false(rig.fake.paused);
    tokens[HOLD_MESSAGES - 1] = read_one();
    assert_true(rig.fake.paused);
    for (size_t i = HOLD_MESSAGES; i < HOLD_MESSAGES_MAX; i++) /* what was on its way */
        tokens[i] = read_one();
    assert_true(rig_count("roost_ingest_overrun_total", NULL) == 0);
    for (size_t i = 0; i < 3; i++)
        read_one(); /* left with the broker */
    assert_true(rig_count("roost_ingest_overrun_total", NULL) == 3);
    assert_int_equal(rig.fake.ack_count, 0);
    rig_settle();
    assert_false(rig.fake.paused);
    assert_int_equal(rows("w1"), HOLD_MESSAGES_MAX);
    expect_acks(tokens, HOLD_MESSAGES_MAX);
    for (uint64_t seq = HOLD_MESSAGES_MAX + 1; seq <= HOLD_MESSAGES_MAX + 3; seq++)
        rig_reading_again("w1", "in", 20, rig.fake.unix_ms + (int64_t)seq, seq, true);
    rig_settle();
    assert_int_equal(rows("w1"), HOLD_MESSAGES_MAX + 3);
    rig_check_account();
}

static void large_ones_are_held_by_their_bytes(void **state)
{
    enum { LARGE = 1 << 20 };
    static char large[LARGE];
    (void)state;
    memset(large, ' ', sizeof large);
    begin();
    for (int i = 0; i < 3; i++)
        rig_send_bytes("meter/w1/in", large, sizeof large);
    assert_false(rig.fake.paused);
    rig_send_bytes("meter/w1/in", large, sizeof large);
    assert_true(rig.fake.paused);
    for (int i = 0; i < 8; i++)
        rig_send_bytes("meter/w1/in", large, sizeof large);
    assert_true(rig_count("roost_ingest_overrun_total", NULL) == 5);
    rig_settle();
    assert_false(rig.fake.paused);
    assert_int_equal(rig.fake.ack_count, 7);
    assert_true(rig_topic("roost_ingest_rejected_total", "in", "too_long") == 7);
    rig_check_account();
}

/* Acknowledgements that wait behind it are bounded, too: as all that waits. */
static void what_waits_behind_it_is_bounded(void **state)
{
    (void)state;
    begin();
    read_one();
    for (uint64_t seq = 1; seq < 999; seq++) {
        rig_reading("w2", "in", 1, rig.fake.unix_ms, seq);
        rig_tick();
        series_sqlite_pump(&rig.real);
    }
    assert_false(rig.fake.paused);
    rig_reading("w2", "in", 1, rig.fake.unix_ms, 999);
    assert_true(rig.fake.paused);
    assert_int_equal(rig.fake.ack_count, 0);
    rig_settle();
    assert_false(rig.fake.paused);
    assert_int_equal(rig.fake.ack_count, 1000);
    assert_int_equal(rows("w2"), 999);
}

/* Its rows are many, and those of another are being deleted: neither is waited for. */
static void an_id_is_free_before_its_rows_are_gone(void **state)
{
    (void)state;
    for (uint64_t seq = 1; seq <= 900; seq++) {
        rig_reading("w1", "in", 20, rig.fake.unix_ms, seq);
        rig_reading("w2", "in", 20, rig.fake.unix_ms, seq);
        if (seq % 100 == 0)
            rig_settle();
    }
    assert_int_equal(fleet_remove(rig.fleet, "w1", true, NULL, NULL), 0);
    assert_int_equal(fleet_remove(rig.fleet, "w2", true, NULL, NULL), 0);
    rig_reading("w2", "in", 30, rig.fake.unix_ms, 1);
    rig.registry.ops->wait(rig.registry.ctx);
    assert_true(fleet_leaves(rig.fleet, "w2"));
    for (int i = 0; i < 3; i++) {
        rig_tick();
        rig_pump();
    }
    assert_false(fleet_leaves(rig.fleet, "w2"));
    assert_non_null(fleet_find(rig.fleet, "w2"));
    rig_settle();
    assert_int_equal(rows("w1"), 0);
    assert_int_equal(rows("w2"), 1);
    rig_check_account();
}

/* The hub is killed: nothing of it was acknowledged, so the broker has it still. */
static void what_is_held_is_not_acknowledged(void **state)
{
    (void)state;
    begin();
    read_one();
    rig.registry.ops->wait(rig.registry.ctx);
    assert_int_equal(rig.fake.ack_count, 0);
    rig_restart();
    rig_reading_again("w1", "in", 20, rig.fake.unix_ms + 1, 1, true);
    rig_settle();
    assert_int_equal(rows("w1"), 1);
    rig_check_account();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(others_go_on_and_acknowledgements_keep_their_order),
        RIG_TEST(the_broker_waits_when_much_is_held),
        RIG_TEST(large_ones_are_held_by_their_bytes),
        RIG_TEST(what_waits_behind_it_is_bounded),
        RIG_TEST(an_id_is_free_before_its_rows_are_gone),
        RIG_TEST(what_is_held_is_not_acknowledged),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
