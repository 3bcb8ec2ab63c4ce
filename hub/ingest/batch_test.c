/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/ingest/batch.h"
#include "hub/fleet/parts_fake.h"
#include "hub/store/registry_sqlite.h"

enum { JOURNALLED, COUNTED, TIMED, KINDS };

/* What the streams are in the stored format. */
static const uint8_t stored_as[KINDS] = {[JOURNALLED] = 0, [COUNTED] = 2, [TIMED] = 3};
static struct stream_table table = {
    .count = KINDS,
    .numbering = {[JOURNALLED] = HUB_JOURNALLED, [COUNTED] = HUB_NUMBERED, [TIMED] = HUB_TIMED}};
static struct batch batch;
static struct streams *streams;

static int set_up(void **state)
{
    (void)state;
    streams = streams_new(&table);
    return streams ? batch_init(&batch, 100, 2) : -1;
}

static int tear_down(void **state)
{
    (void)state;
    batch_deinit(&batch);
    streams_free(&table, streams);
    return 0;
}

static void take(int kind, uint64_t number)
{
    uint64_t closed;
    const struct stream_reading reading = {.number = number, .hash = 7};
    assert_int_equal(streams_take(&table, streams, (size_t)kind, &reading, STREAM_NEW, &closed), 0);
    batch_touch(&batch, "w1", stored_as[kind], &streams->stream[kind]);
}

static void a_sealed_batch_does_not_see_what_comes_later(void **state)
{
    (void)state;
    take(COUNTED, 1);
    take(COUNTED, 2);
    take(COUNTED, 9);
    take(TIMED, 5);
    assert_int_equal(batch.touched_count, 2);
    assert_int_equal(batch_seal(&batch, false), 0);
    take(COUNTED, 3); /* belongs to the next one */
    assert_int_equal(batch.touched_count, 3);
    assert_int_equal(batch.sealed.stream_count, 2);
    const struct series_stream *counted = &batch.sealed.streams[0];
    assert_string_equal(counted->device_id, "w1");
    assert_int_equal(counted->stream, stored_as[COUNTED]);
    assert_int_equal(counted->span_count, 2);
    assert_int_equal(counted->spans[0].last, 2);
    assert_int_equal(counted->spans[1].first, 9);
    assert_int_equal(batch.sealed.streams[1].spans[0].first, 5);
}

static void a_stream_that_lost_its_numbers_is_sealed_empty(void **state)
{
    bool learnt;
    (void)state;
    take(JOURNALLED, 1);
    streams_journal(&table, streams, 1, &learnt);
    streams_journal(&table, streams, 2, &learnt);
    assert_int_equal(batch_seal(&batch, false), 0);
    assert_int_equal(batch.sealed.stream_count, 1);
    assert_int_equal(batch.sealed.streams[0].epoch, 2);
    assert_int_equal(batch.sealed.streams[0].span_count, 0);
}

static void it_is_full_by_messages_and_empty_by_rows(void **state)
{
    (void)state;
    assert_true(batch_empty(&batch));
    for (uint64_t i = 0; i < 100; i++) {
        assert_false(batch_full(&batch));
        batch_token(&batch, i, 1000 + i);
    }
    assert_true(batch_full(&batch));
    assert_true(batch_empty(&batch)); /* refused messages only: nothing to write */
    assert_int_equal(batch.opened_ms, 1000);
    batch_row(&batch)->table = SERIES_HUMIDITY;
    assert_false(batch_empty(&batch));
    batch_clear(&batch);
    assert_true(batch_empty(&batch));
    assert_false(batch_full(&batch));
}

static void devices_are_copied(void **state)
{
    static struct parts_fake fake;
    struct registry registry;
    struct fleet_config config = {.device_max = 10, .inactive_after_ms = 1000};
    int err;
    (void)state;
    fake_init(&fake);
    assert_int_equal(registry_sqlite_open(&registry, NULL, ":memory:", NULL, 0), 0);
    struct fleet *fleet =
        fleet_new(&config, &registry, &fake.bus, &fake.clock, &fake.feed, fake.metrics);
    assert_non_null(fleet);
    assert_non_null(fleet_meet(fleet, "w1", true, &err));
    assert_int_equal(fleet_update(fleet, "w1", NULL, "Bedroom", "North", "{\"a\":1}", NULL, NULL),
                     0);
    registry.ops->wait(registry.ctx);
    batch_take_devices(&batch, fleet);
    assert_int_equal(batch.device_count, 1);
    assert_int_equal(fleet_remove(fleet, "w1", true, NULL, NULL), 0);
    registry.ops->wait(registry.ctx);
    const struct series_device *row = &batch.device_rows[0];
    assert_string_equal(row->device_id, "w1");
    assert_string_equal(row->name, "Bedroom");
    assert_string_equal(row->location, "North");
    assert_string_equal(row->config_json, "{\"a\":1}");
    assert_true(row->is_active);
    assert_int_equal(row->last_seen_ms, fake.unix_ms);
    fleet_free(fleet);
    registry.ops->close(registry.ctx);
    fake_deinit(&fake);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_sealed_batch_does_not_see_what_comes_later),
        TEST(a_stream_that_lost_its_numbers_is_sealed_empty),
        TEST(it_is_full_by_messages_and_empty_by_rows),
        TEST(devices_are_copied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
