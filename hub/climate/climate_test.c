/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of docs/mqtt.md at the hub: where each is stored and shown. What becomes of any reading,
 * when it is acknowledged and how it is told from one that was stored, is hub/ingest/ingest_test.c.
 */
#include "hub/climate/test_rig.h"

static void a_reading_goes_to_its_table_and_its_window(void **state)
{
    int64_t now;

    (void)state;
    rig_send("sensor/w1/temperature", "25.5");
    rig_send("sensor/w1/humidity", " 60 \n");
    assert_true(rig_topic("roost_ingest_waiting", "temperature", NULL) == 1);
    assert_true(rig_topic("roost_ingest_waiting", "humidity", NULL) == 1);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 1);
    assert_true(rig_rows(SERIES_TEMPERATURE, "w1")->rows[0].value == 25.5);
    assert_true(rig_rows(SERIES_HUMIDITY, "w1")->rows[0].value == 60);
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] == 25.5);
    assert_true(rig_window("w1")->latest[FEATURE_HUMIDITY] == 60);
    assert_true(rig_topic("roost_ingest_stored_total", "temperature", NULL) == 1);
    now = rig.fake.unix_ms;
    rig_reading("w1", "temperature", 20, now, 1);
    rig_reading("w1", "humidity", 50, now, 1); /* a stream of its own: the number is its first */
    rig_settle();
    rig_reading("w1", "temperature", 20, now, 1);
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(rig_rows(SERIES_HUMIDITY, "w1")->count, 2);
    assert_true(rig_topic("roost_ingest_duplicate_total", "temperature", NULL) == 1);
    rig_check_account();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_reading_goes_to_its_table_and_its_window),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
