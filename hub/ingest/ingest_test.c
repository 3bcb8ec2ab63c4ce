/* SPDX-License-Identifier: Apache-2.0 */
/* Storing, acknowledging, back-pressure. */
#include "hub/ingest/test_meter_bed.h"

static void a_plain_payload_is_stamped_with_its_arrival(void **state)
{
    (void)state;
    uint64_t token = bed_send("meter/w1/in", "25.5");
    bed_send("meter/w1/out", " 60 \n");
    assert_false(bed_acked(token));
    assert_int_equal(services_waiting(&bed.services), 2);
    bed_check_account();
    assert_true(bed_topic("roost_ingest_waiting", "in", NULL) == 1);
    bed_tick();
    assert_false(bed_acked(token));
    bed_pump();
    assert_true(bed_acked(token));
    assert_int_equal(services_waiting(&bed.services), 0);
    const struct bed_rows *found = bed_rows(SERIES_TEMPERATURE, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].value == 25.5);
    assert_int_equal(found->rows[0].unix_ms, bed.rig.unix_ms);
    assert_true(bed_rows(SERIES_HUMIDITY, "w1")->rows[0].value == 60);
    assert_true(meter_part(&meter, fleet_find(bed.fleet, "w1"))->latest ==
                60); /* the newer of both */
    assert_true(bed_topic("roost_ingest_stored_total", "in", NULL) == 1);
    bed_check_account();
}

static void plain_payloads_are_never_duplicates(void **state)
{
    (void)state;
    for (int i = 0; i < 5; i++)
        bed_send("meter/w1/in", "25.5");
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 5);
}

static void a_number_is_stored_once(void **state)
{
    (void)state;
    int64_t now = bed.rig.unix_ms;
    uint64_t first = bed_reading("w1", "in", 20, now, 1);
    uint64_t again = bed_reading("w1", "in", 20, now, 1);
    bed_reading("w1", "out", 50, now, 1);
    assert_false(bed_acked(again)); /* not before the first one is durable */
    bed_settle();
    assert_true(bed_acked(first) && bed_acked(again));
    uint64_t late = bed_reading("w1", "in", 20, now, 1);
    assert_true(bed_acked(late));
    bed_restart();
    late = bed_reading("w1", "in", 20, now, 1);
    assert_true(bed_acked(late));
    bed_reading("w1", "in", 21, now, 2);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(bed_rows(SERIES_HUMIDITY, "w1")->count, 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "in", NULL) == 1);
    bed_check_account();
}

static void acknowledgements_keep_the_order_of_arrival(void **state)
{
    (void)state;
    bed_send("meter/w1/in", "20");
    bed_send("meter/w1/in", "rubbish");
    bed_send("nonsense", "");
    bed_reading("w1", "in", 20, bed.rig.unix_ms, 1);
    bed_reading("w1", "in", 20, bed.rig.unix_ms, 1);
    bed_send("meter/w1/ask", "?");
    assert_int_equal(bed.rig.ack_count, 0);
    bed_tick();
    bed_send("meter/w1/in", "21"); /* the next batch */
    bed_send("nonsense", "");
    bed_pump();
    assert_int_equal(bed.rig.ack_count, 6);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 8);
    for (uint64_t i = 0; i < 8; i++)
        assert_int_equal(bed.rig.acks[i], i + 1);
    bed_send("nonsense", ""); /* nobody waits before it */
    assert_int_equal(bed.rig.ack_count, 9);
    bed_check_account();
}

static void a_batch_grows_while_one_is_written(void **state)
{
    (void)state;
    bed_send("meter/w1/in", "20");
    bed_tick();
    assert_int_equal(bed.writes, 1);
    for (int i = 0; i < 100; i++) {
        bed_send("meter/w1/in", "21");
        bed_tick();
    }
    assert_int_equal(bed.writes, 1);
    bed_pump();
    bed_tick();
    assert_int_equal(bed.writes, 2);
    bed_pump();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 101);
}

static void quality_of_service_0_is_stored_and_not_acknowledged(void **state)
{
    struct bus_message message = {.topic = "meter/w1/in", .payload = "20", .len = 2};
    (void)state;
    services_message(&bed.services, HUB_LANE_STORED, &message);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_int_equal(bed.rig.ack_count, 0);
    assert_int_equal(services_waiting(&bed.services), 0);
}

/* Failures of the store. */

static void a_failed_write_is_tried_again(void **state)
{
    (void)state;
    bed.write_err = ROOST_ERR_NO_SPACE;
    uint64_t token = bed_reading("w1", "in", 20, bed.rig.unix_ms, 1);
    bed_settle();
    assert_int_equal(bed.writes, 1); /* with a pause between */
    uint64_t later = bed_reading("w1", "in", 21, bed.rig.unix_ms, 2);
    for (int i = 0; i < 200; i++) {
        rig_pass(&bed.rig, 1000);
        bed_settle();
    }
    assert_true(bed.writes > 5 && bed.writes < 40);
    assert_true(bed_count("roost_ingest_oldest_waiting_seconds", NULL) == 200);
    assert_int_equal(bed.rig.ack_count, 0);
    bed_check_account();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 0);
    bed.write_err = 0;
    uint64_t due = bed_tick();
    assert_true(due <= bed.rig.now_ms + 30000);
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_true(bed_acked(token) && bed_acked(later));
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    bed_check_account();
    assert_true(bed_count("roost_ingest_batches_total", "result=\"failed\"") > 5);
}

static void a_store_that_does_not_even_start_is_tried_again(void **state)
{
    (void)state;
    bed.start_err = ROOST_ERR_CLOSED;
    uint64_t token = bed_send("meter/w1/in", "20");
    bed_settle();
    assert_false(bed_acked(token));
    bed.start_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_true(bed_acked(token));
}

static void a_full_disk_is_survived(void **state)
{
    (void)state;
    series_sqlite_limit(&bed.real, 1);
    for (int i = 0; i < 900; i++)
        bed_reading("w1", "in", 20, bed.rig.unix_ms + i, (uint64_t)i + 1);
    bed_settle();
    size_t acked = bed.rig.ack_count;
    assert_true(acked < 900);
    series_sqlite_limit(&bed.real, 0);
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 900);
    bed_check_account();
}

static void the_bus_is_paused_while_too_much_waits(void **state)
{
    (void)state;
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < 999; i++)
        bed_send("meter/w1/in", "20");
    assert_false(bed.rig.paused);
    bed_send("meter/w1/in", "20");
    assert_true(bed.rig.paused);
    bed_settle();
    for (int i = 0; i < 500; i++)
        bed_send("meter/w1/in", "20"); /* what the bus still had */
    assert_true(bed.rig.paused);
    bed.write_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_tick();
    bed_pump();
    assert_false(bed.rig.paused);
    bed_settle();
    assert_int_equal(bed.rig.ack_count, 1500);
}

static void a_bus_that_does_not_pause_loses_nothing(void **state)
{
    enum { SENT = 20000 };
    (void)state;
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        bed_send("nonsense", "");
    double overrun = bed_count("roost_ingest_overrun_total", NULL);
    bed_send("meter/w1/in", "20");
    (void)overrun;
    bed.write_err = 0;
    bed_settle();
    bed.write_err = ROOST_ERR_IO;
    for (int i = 0; i < SENT; i++)
        bed_send("meter/w1/in", "20");
    overrun = bed_count("roost_ingest_overrun_total", NULL);
    assert_true(overrun > 0);
    bed_check_account();
    bed.write_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_int_equal(services_waiting(&bed.services), 0);
    assert_true(bed_topic("roost_ingest_stored_total", "in", NULL) == SENT + 1 - overrun);
}

/* A store that is held pauses what is stored, and nothing else. */
static void answers_do_not_wait_for_the_store(void **state)
{
    char id[37], text[128];
    (void)state;
    bed.write_err = ROOST_ERR_IO;
    bed_status("w1", 5);
    for (int i = 0; i < 1000 + 8192; i++) /* and on after the pause, until the batch is full */
        bed_send("meter/w1/in", "20");
    assert_true(bed.rig.paused);
    assert_int_equal(bed_command("w1", "turn", NULL, id), 0);
    assert_string_equal(rig_last(&bed.rig)->topic, "device/w1/command");
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    uint64_t token = bed_send_prompt("device/w1/answer", text);
    assert_true(bed_acked_prompt(token));
    assert_int_equal(meter.obeyed, 1);
    assert_true(bed_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_int_equal(bed.rig.ack_count, 0);
    bed_check_account();
    bed.write_err = 0;
    rig_pass(&bed.rig, 30000);
    bed_settle();
    assert_false(bed.rig.paused);
    assert_int_equal(bed.prompt_ack_count, 1); /* each lane has its own */
}

/* The queue of a hub that had one session for everything, and the other way round. */
static void what_comes_on_the_other_lane(void **state)
{
    char id[37], text[128];
    (void)state;
    bed_status("w1", 5);
    assert_int_equal(bed_command("w1", "turn", NULL, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    uint64_t reading = bed_send("meter/w1/in", "20");
    uint64_t answer = bed_send("device/w1/answer", text);
    assert_int_equal(meter.obeyed, 1);
    assert_false(bed_acked(answer)); /* in order, behind the reading */
    bed_settle();
    assert_true(bed_acked(reading) && bed_acked(answer));
    uint64_t stray = bed_send_prompt("meter/w1/in", "21");
    assert_true(bed_acked_prompt(stray));
    bed_refused("in", "bad_topic");
    bed_send_prompt("nonsense", "");
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1);
}

/* Beside the readings. */

static void devices_are_mirrored_into_the_series(void **state)
{
    (void)state;
    bed_send("meter/w1/in", "20");
    bed_settle();
    int writes = bed.writes;
    bed_settle();
    assert_int_equal(bed.writes, writes);
    fleet_update(bed.fleet, "w1", NULL, "Bedroom", NULL, NULL, NULL, NULL);
    bed.registry.ops->wait(bed.registry.ctx);
    bed_settle();
    assert_int_equal(bed.writes, writes + 1); /* without any reading */
    rig_pass(&bed.rig, 300000);
    bed_settle();
    assert_true(bed.writes >= writes + 2); /* inactive now */
}

static void old_rows_are_deleted_every_hour(void **state)
{
    (void)state;
    bed.settings.retention_days = 30;
    bed_restart();
    int64_t now = bed.rig.unix_ms;
    int64_t aging_ms = now - 30 * INT64_C(86400000) + 60000;
    bed_reading("w1", "in", 20, aging_ms, 1);
    bed_reading("w1", "in", 20, now - 29 * INT64_C(86400000), 2);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    rig_pass(&bed.rig, 3600000);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_true(bed_count("roost_retention_runs_total", NULL) == 2);
    bed_reading("w1", "in", 20, aging_ms, 1);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 1); /* still known */
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_plain_payload_is_stamped_with_its_arrival),
        BED_TEST(plain_payloads_are_never_duplicates),
        BED_TEST(a_number_is_stored_once),
        BED_TEST(acknowledgements_keep_the_order_of_arrival),
        BED_TEST(a_batch_grows_while_one_is_written),
        BED_TEST(quality_of_service_0_is_stored_and_not_acknowledged),
        BED_TEST(a_failed_write_is_tried_again),
        BED_TEST(a_store_that_does_not_even_start_is_tried_again),
        BED_TEST(a_full_disk_is_survived),
        BED_TEST(the_bus_is_paused_while_too_much_waits),
        BED_TEST(a_bus_that_does_not_pause_loses_nothing),
        BED_TEST(answers_do_not_wait_for_the_store),
        BED_TEST(what_comes_on_the_other_lane),
        BED_TEST(devices_are_mirrored_into_the_series),
        BED_TEST(old_rows_are_deleted_every_hour),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
