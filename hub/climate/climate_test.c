/* SPDX-License-Identifier: Apache-2.0 */
/* Readings of docs/mqtt.md at the hub: with and without a time and a number. */
#include "hub/climate/test_bed.h"

static void a_plain_payload_is_stamped_with_its_arrival(void **state)
{
    (void)state;
    uint64_t token = bed_send("sensor/w1/temperature", "25.5");
    bed_send("sensor/w1/humidity", " 60 \n");
    assert_false(bed_acked(token));
    assert_int_equal(services_waiting(&bed.services), 2);
    bed_check_account();
    assert_true(bed_topic("roost_ingest_waiting", "temperature", NULL) == 1);
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
    assert_true(bed_window("w1")->latest[FEATURE_TEMPERATURE] == 25.5);
    assert_true(bed_topic("roost_ingest_stored_total", "temperature", NULL) == 1);
    bed_check_account();
}

static void a_number_is_stored_once(void **state)
{
    (void)state;
    int64_t now = bed.rig.unix_ms;
    uint64_t first = bed_reading("w1", "temperature", 20, now, 1);
    uint64_t again = bed_reading("w1", "temperature", 20, now, 1);
    bed_reading("w1", "humidity", 50, now, 1);
    assert_false(bed_acked(again)); /* not before the first one is durable */
    bed_settle();
    assert_true(bed_acked(first) && bed_acked(again));
    uint64_t late = bed_reading("w1", "temperature", 20, now, 1);
    assert_true(bed_acked(late));
    bed_restart();
    late = bed_reading("w1", "temperature", 20, now, 1);
    assert_true(bed_acked(late));
    bed_reading("w1", "temperature", 21, now, 2);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_int_equal(bed_rows(SERIES_HUMIDITY, "w1")->count, 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "temperature", NULL) == 1);
    bed_check_account();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_plain_payload_is_stamped_with_its_arrival),
        BED_TEST(a_number_is_stored_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
