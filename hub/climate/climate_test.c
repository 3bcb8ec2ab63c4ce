/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of docs/mqtt.md at the hub: with and without a time and a number. */
#include "hub/climate/test_rig.h"

static void a_plain_payload_is_stamped_with_its_arrival(void **state)
{
    (void)state;
    uint64_t token = rig_send("sensor/w1/temperature", "25.5");
    rig_send("sensor/w1/humidity", " 60 \n");
    assert_false(rig_acked(token));
    assert_int_equal(services_waiting(&rig.services), 2);
    rig_check_account();
    assert_true(rig_topic("roost_ingest_waiting", "temperature", NULL) == 1);
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
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] == 25.5);
    assert_true(rig_topic("roost_ingest_stored_total", "temperature", NULL) == 1);
    rig_check_account();
}

static void a_number_is_stored_once(void **state)
{
    (void)state;
    int64_t now = rig.fake.unix_ms;
    uint64_t first = rig_reading("w1", "temperature", 20, now, 1);
    uint64_t again = rig_reading("w1", "temperature", 20, now, 1);
    rig_reading("w1", "humidity", 50, now, 1);
    assert_false(rig_acked(again)); /* not before the first one is durable */
    rig_settle();
    assert_true(rig_acked(first) && rig_acked(again));
    uint64_t late = rig_reading("w1", "temperature", 20, now, 1);
    assert_true(rig_acked(late));
    rig_restart();
    late = rig_reading("w1", "temperature", 20, now, 1);
    assert_true(rig_acked(late));
    rig_reading("w1", "temperature", 21, now, 2);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->count, 1);
    assert_true(rig_topic("roost_ingest_duplicate_total", "temperature", NULL) == 1);
    rig_check_account();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_plain_payload_is_stamped_with_its_arrival),
        RIG_TEST(a_number_is_stored_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
