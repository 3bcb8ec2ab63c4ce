/* SPDX-License-Identifier: Apache-2.0 */
/* Storing, acknowledging, back-pressure. */
#include "hub/ingest/test_meter_rig.h"

static void a_plain_payload_is_stamped_with_its_arrival(void **state)
{
    (void)state;
    uint64_t token = rig_send("meter/w1/in", "25.5");
    rig_send("meter/w1/out", " 60 \n");
    assert_false(rig_acked(token));
    assert_int_equal(services_waiting(&rig.services), 2);
    rig_check_account();
    assert_true(rig_topic("roost_ingest_waiting", "in", NULL) == 1);
    rig_tick();
    assert_false(rig_acked(token));
    rig_pump();
    assert_true(rig_acked(token));
    assert_int_equal(services_waiting(&rig.services), 0);
    const struct rig_rows *found = rig_rows(SERIES_TEMPERATURE, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].value == 25.5);
    assert_int_equal(found->rows[0].unix_ms, rig.fake.unix_ms);
    assert_true(rig_rows(SERIES_HUMIDITY, "w1")->rows[0].value == 60);
    assert_true(meter_part(&meter, fleet_find(rig.fleet, "w1"))->latest ==
                60); /* the newer of both */
    assert_true(rig_topic("roost_ingest_stored_total", "in", NULL) == 1);
    rig_check_account();
}

static void plain_payloads_are_never_duplicates(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        rig_send("meter/w1/in", "25.5");
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 5);
}

static void a_number_is_stored_once(void **state)
{
    (void)state;
    int64_t now = rig.fake.unix_ms;
    uint64_t first = rig_reading("w1", "in", 20, now, 1);
    uint64_t again = rig_reading("w1", "in", 20, now, 1);
    rig_reading("w1", "out", 50, now, 1);
    assert_false(rig_acked(again)); /* not before the first one is durable */
    rig_settle();
    assert_true(rig_acked(first) && rig_acked(again));
    uint64_t late = rig_reading("w1", "in", 20, now, 1);
    assert_true(rig_acked(late));
    rig_restart();
    late = rig_reading("w1", "in", 20, now, 1);
    assert_true(rig_acked(late));
    rig_reading("w1", "in", 21, now, 2);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->count, 1);
    assert_true(rig_topic("roost_ingest_duplicate_total", "in", NULL) == 1);
    rig_check_account();
}

static void acknowledgements_keep_the_order_of_arrival(void **state)
{
    (void)state;
    rig_send("meter/w1/in", "20");
    rig_send("meter/w1/in", "rubbish");
    rig_send("nonsense", "");
    rig_reading("w1", "in", 20, rig.fake.unix_ms, 1);
    rig_reading("w1", "in", 20, rig.fake.unix_ms, 1);
    rig_send("meter/w1/ask", "?");
    assert_int_equal(rig.fake.ack_count, 0);
    rig_tick();
    rig_send("meter/w1/in", "21"); /* the next batch */
    rig_send("nonsense", "");
    rig_pump();
    assert_int_equal(rig.fake.ack_count, 6);
    rig_settle();
    assert_int_equal(rig.fake.ack_count, 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(rig.fake.acks[i], i + 1);
    rig_send("nonsense", ""); /* nobody waits before it */
    assert_int_equal(rig.fake.ack_count, 9);
    rig_check_account();
}

static void a_batch_grows_while_one_is_written(void **state)
{
    (void)state;
    rig_send("meter/w1/in", "20");
    rig_tick();
    assert_int_equal(rig.writes, 1);
    for (int i = 0; i < 100; i++) {
        rig_send("meter/w1/in", "21");
        rig_tick();
    }
    assert_int_equal(rig.writes, 1);
    rig_pump();
    rig_tick();
    assert_int_equal(rig.writes, 2);
    rig_pump();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 101);
}

static void quality_of_service_0_is_stored_and_not_acknowledged(void **state)
{
    struct bus_message message = {.topic = "meter/w1/in", .payload = "20", .len = 2};
    (void)state;
    services_message(&rig.services, HUB_LANE_STORED, &message);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_int_equal(rig.fake.ack_count, 0);
    assert_int_equal(services_waiting(&rig.services), 0);
}

/* Failures of the store. */

static void a_failed_write_is_tried_again(void **state)
{
    (void)state;
    rig.write_err = ROOST_ERR_NO_SPACE;
    uint64_t token = rig_reading("w1", "in", 20, rig.fake.unix_ms, 1);
    rig_settle();
    assert_int_equal(rig.writes, 1); /* with a pause between */
    uint64_t later = rig_reading("w1", "in", 21, rig.fake.unix_ms, 2);
    for (int i = 0; i < 200; i++) {
        fake_pass(&rig.fake, 1000);
        rig_settle();
    }
    assert_true(rig.writes > 5 && rig.writes < 40);
    assert_true(rig_count("roost_ingest_oldest_waiting_seconds", NULL) == 200);
    assert_int_equal(rig.fake.ack_count, 0);
    rig_check_account();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 0);
    rig.write_err = 0;
    uint64_t due = rig_tick();
    assert_true(due <= rig.fake.now_ms + 30000);
    fake_pass(&rig.fake, 30000);
    rig_settle();
    assert_true(rig_acked(token) && rig_acked(later));
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    rig_check_account();
    assert_true(rig_count("roost_ingest_batches_total", "result=\"failed\"") > 5);
}

static void a_store_that_does_not_even_start_is_tried_again(void **state)
{
    (void)state;
    rig.start_err = ROOST_ERR_CLOSED;
    uint64_t token = rig_send("meter/w1/in", "20");
    rig_settle();
    assert_false(rig_acked(token));
    rig.start_err = 0;
    fake_pass(&rig.fake, 30000);
    rig_settle();
    assert_true(rig_acked(token));
}

static void a_full_disk_is_survived(void **state)
{
    (void)state;
    series_sqlite_limit(&rig.real, 1);
    for (int i = 0; i < 900; i++)
        rig_reading("w1", "in", 20, rig.fake.unix_ms + i, (uint64_t)i + 1);
    rig_settle();
    size_t acked = rig.fake.ack_count;
    assert_true(acked < 900);
    series_sqlite_limit(&rig.real, 0);
    fake_pass(&rig.fake, 30000);
    rig_settle();
    assert_int_equal(rig.fake.ack_count, 900);
    rig_check_account();
}

static void the_bus_is_paused_while_too_much_waits(void **state)
{
    (void)state;
    rig.write_err = ROOST_ERR_IO;
    for (int i = 0; i < 999; i++)
        rig_send("meter/w1/in", "20");
    assert_false(rig.fake.paused);
    rig_send("meter/w1/in", "20");
    assert_true(rig.fake.paused);
    rig_settle();
    for (int i = 0; i < 500; i++)
        rig_send("meter/w1/in", "20"); /* what the bus still had */
    assert_true(rig.fake.paused);
    rig.write_err = 0;
    fake_pass(&rig.fake, 30000);
    rig_tick();
    rig_pump();
    assert_false(rig.fake.paused);
    rig_settle();
    assert_int_equal(rig.fake.ack_count, 1500);
}

static void a_bus_that_does_not_pause_loses_nothing(void **state)
{
    enum { SENT = 20000 };
    (void)state;
    rig.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        rig_send("nonsense", "");
    double overrun = rig_count("roost_ingest_overrun_total", NULL);
    rig_send("meter/w1/in", "20");
    (void)overrun;
    rig.write_err = 0;
    rig_settle();
    rig.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        rig_send("meter/w1/in", "20");
    overrun = rig_count("roost_ingest_overrun_total", NULL);
    assert_true(overrun > 0);
    rig_check_account();
    rig.write_err = 0;
    fake_pass(&rig.fake, 30000);
    rig_settle();
    assert_int_equal(services_waiting(&rig.services), 0);
    assert_true(rig_topic("roost_ingest_stored_total", "in", NULL) == SENT + 1 - overrun);
}

/* A store that is held pauses what is stored, and nothing else. */
static void answers_do_not_wait_for_the_store(void **state)
{
    char id[37], text[128];
    (void)state;
    rig.write_err = ROOST_ERR_IO;
    rig_status("w1", 5);
    for (int i = 0; i < 1000 + 8192; i++) /* and on after the pause, until the batch is full */
        rig_send("meter/w1/in", "20");
    assert_true(rig.fake.paused);
    assert_int_equal(rig_command("w1", "turn", NULL, id), 0);
    assert_string_equal(fake_last(&rig.fake)->topic, "device/w1/command");
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    uint64_t token = rig_send_prompt("device/w1/answer", text);
    rig.registry.ops->wait(rig.registry.ctx); /* the registry's is another database */
    assert_true(rig_acked_prompt(token));
    assert_int_equal(meter.obeyed, 1);
    assert_true(rig_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_int_equal(rig.fake.ack_count, 0);
    rig_check_account();
    rig.write_err = 0;
    fake_pass(&rig.fake, 30000);
    rig_settle();
    assert_false(rig.fake.paused);
    assert_int_equal(rig.prompt_ack_count, 1); /* each lane has its own */
}

/* The queue of a hub that had one session for everything, and the other way round. */
static void what_comes_on_the_other_lane(void **state)
{
    char id[37], text[128];
    (void)state;
    rig_status("w1", 5);
    assert_int_equal(rig_command("w1", "turn", NULL, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    uint64_t reading = rig_send("meter/w1/in", "20");
    uint64_t answer = rig_send("device/w1/answer", text);
    assert_int_equal(meter.obeyed, 1);
    assert_false(rig_acked(answer)); /* in order, behind the reading */
    rig_settle();
    assert_true(rig_acked(reading) && rig_acked(answer));
    uint64_t stray = rig_send_prompt("meter/w1/in", "21");
    assert_true(rig_acked_prompt(stray));
    rig_refused("in", "bad_topic");
    rig_send_prompt("nonsense", "");
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 1);
}

/* Beside the readings. */

static void devices_are_mirrored_into_the_series(void **state)
{
    (void)state;
    rig_send("meter/w1/in", "20");
    rig_settle();
    int writes = rig.writes;
    rig_settle();
    assert_int_equal(rig.writes, writes);
    fleet_update(rig.fleet, "w1", NULL, "Bedroom", NULL, NULL, NULL, NULL);
    rig.registry.ops->wait(rig.registry.ctx);
    rig_settle();
    assert_int_equal(rig.writes, writes + 1); /* without any reading */
    fake_pass(&rig.fake, 300000);
    rig_settle();
    assert_true(rig.writes >= writes + 2); /* inactive now */
}

static void rows_of_old_days_are_deleted(void **state)
{
    (void)state;
    rig.settings.retention_days = 30;
    rig.settings.retention_share_pct = 50;
    rig_restart();
    int64_t now = rig.fake.unix_ms;
    int64_t aging_ms = now - 30 * INT64_C(86400000) + 60000;
    rig_reading("w1", "in", 20, aging_ms, 1);
    rig_reading("w1", "in", 20, now - 29 * INT64_C(86400000), 2);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    fake_pass(&rig.fake, 86400000);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_true(rig_count("roost_retention_runs_total", NULL) == 2);
    rig_reading("w1", "in", 20, aging_ms, 1);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 1); /* still known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_plain_payload_is_stamped_with_its_arrival),
        RIG_TEST(plain_payloads_are_never_duplicates),
        RIG_TEST(a_number_is_stored_once),
        RIG_TEST(acknowledgements_keep_the_order_of_arrival),
        RIG_TEST(a_batch_grows_while_one_is_written),
        RIG_TEST(quality_of_service_0_is_stored_and_not_acknowledged),
        RIG_TEST(a_failed_write_is_tried_again),
        RIG_TEST(a_store_that_does_not_even_start_is_tried_again),
        RIG_TEST(a_full_disk_is_survived),
        RIG_TEST(the_bus_is_paused_while_too_much_waits),
        RIG_TEST(a_bus_that_does_not_pause_loses_nothing),
        RIG_TEST(answers_do_not_wait_for_the_store),
        RIG_TEST(what_comes_on_the_other_lane),
        RIG_TEST(devices_are_mirrored_into_the_series),
        RIG_TEST(rows_of_old_days_are_deleted),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
