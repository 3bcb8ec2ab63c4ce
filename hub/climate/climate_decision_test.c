/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions of the model, reports of the device, the hand. */
#include "hub/climate/test_bed.h"

static const char control_text[] =
    "{\"device_id\":\"w1\",\"timestamp\":\"2026-09-21T14:13:20.500Z\",\"position\":42.5,"
    "\"confidence\":0.8,\"features_used\":{\"temperature\":25.5,\"humidity\":60,"
    "\"sound_volume\":-30}}";

static void a_decision_is_stored_once_in_both_tables(void **state)
{
    (void)state;
    bed_send("sensor/w1/temperature", "20");
    bed_send("window/w1/control", control_text);
    bed_repeat("window/w1/control", control_text);
    bed_settle();
    const struct bed_rows *found = bed_rows(SERIES_ACTION, "w1");
    assert_int_equal(found->count, 1);
    assert_int_equal(found->rows[0].unix_ms % 1000, 500);
    assert_true(found->rows[0].action.position_pct == 42.5);
    assert_true(found->rows[0].action.temperature_degc == 25.5);
    assert_true(found->rows[0].action.sound_volume_dbfs == -30);
    found = bed_rows(SERIES_PREDICTION, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].prediction.prediction_pct == 42.5);
    assert_true(found->rows[0].prediction.inference_time_ms == 0);
    assert_string_equal(found->rows[0].prediction.model_version, "");
    assert_true(bed_window("w1")->control->position_pct == 42.5);
    bed_restart();
    bed_repeat("window/w1/control", control_text);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_ACTION, "w1")->count, 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "control", NULL) == 1);
    bed_send("window/w2/control", control_text); /* names another device */
    bed_check_account();
    assert_int_equal(bed_rows(SERIES_ACTION, NULL)->count, 1);
}

static void decisions_of_one_second_are_all_stored(void **state)
{
    (void)state;
    bed_send("window/w1/control", control_text); /* of a device that has not spoken yet */
    bed_send("window/w1/control", control_text);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_ACTION, "w1")->count, 2);
    assert_int_equal(fleet_find(bed.fleet, "w1")->last_seen_ms, 0);
    bed_check_account();
}

static void reports_reach_the_services(void **state)
{
    char id[37];
    char text[128];
    (void)state;
    bed_status("w1", 5);
    bed_send("window/w1/state",
             "{\"position\":10,\"target\":20,\"moving\":true,\"calibrated\":true,"
             "\"fault\":null}");
    assert_true(bed_window("w1")->state->target_pct == 20);
    assert_true(fleet_find(bed.fleet, "w1")->online);
    assert_int_equal(bed_command("w1", "reboot", NULL, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    bed_send("device/w1/answer", text);
    bed_send("device/w1/answer", text);
    bed_send("device/w1/answer", "{\"id\":\"another\",\"ok\":true}");
    bed_refused("answer", "unknown_command");
    assert_true(bed_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_true(bed_topic("roost_ingest_duplicate_total", "answer", NULL) == 1);
    bed_send("window/w1/feedback", "{\"position\":30}");
    assert_true(bed_topic("roost_ingest_stored_total", "feedback", NULL) == 1);
    bed_settle();
    bed_check_account();
}

/* A model whose clock went wrong for a while; the broker sends again what it is not sure of. */
static void an_old_decision_is_stored_once_too(void **state)
{
    static const char form[] = "{\"device_id\":\"w1\",\"timestamp\":\"2026-09-21T1%d:%02d:00Z\","
                               "\"position\":42.5,\"confidence\":0.8}";
    char text[160], old[160];
    (void)state;
    for (int minute = 0; minute < 40; minute++) {
        snprintf(text, sizeof text, form, 3, minute);
        bed_send("window/w1/control", text);
    }
    snprintf(old, sizeof old, form, 2, 0);
    bed_send("window/w1/control", old);
    snprintf(text, sizeof text, form, 3, 40);
    bed_send("window/w1/control", text);
    bed_settle();
    bed_restart();
    bed_repeat("window/w1/control", old);
    bed_repeat("window/w1/control", text);
    bed_settle();
    assert_int_equal(bed_rows(SERIES_ACTION, "w1")->count, 42);
    assert_true(bed_topic("roost_ingest_duplicate_total", "control", NULL) == 2);
}

static int hand(double position_pct)
{
    struct bed_sent sent = {.err = 1};
    int err = climate_hand(bed_climate(), "w1", position_pct, 1, bed_note_sent, &sent);
    if (!err)
        bed.registry.ops->wait(bed.registry.ctx);
    return err ? err : sent.err;
}

static void a_hand_labels_and_moves(void **state)
{
    (void)state;
    assert_int_equal(hand(30), ROOST_ERR_NOT_FOUND);
    bed_send("sensor/w1/temperature", "20");
    assert_int_equal(hand(-1), ROOST_ERR_RANGE);
    assert_int_equal(hand(100.5), ROOST_ERR_RANGE);
    assert_int_equal(hand((double)NAN), ROOST_ERR_RANGE);
    assert_int_equal(bed.rig.published_count, 0);
    assert_int_equal(hand(30), 0);
    assert_int_equal(bed.rig.published_count, 2);
    assert_string_equal(bed.rig.published[0].topic, "device/w1/command");
    assert_non_null(strstr(bed.rig.published[0].payload, "\"command\":\"move\""));
    assert_non_null(strstr(bed.rig.published[0].payload, "\"args\":{\"position\":30"));
    assert_string_equal(bed.rig.published[1].topic, "window/w1/feedback");
    assert_non_null(strstr(bed.rig.published[1].payload, "{\"position\":30"));
    bed.rig.publish_err = ROOST_ERR_CLOSED;
    assert_int_equal(hand(40), ROOST_ERR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        BED_TEST(a_decision_is_stored_once_in_both_tables),
        BED_TEST(decisions_of_one_second_are_all_stored),
        BED_TEST(an_old_decision_is_stored_once_too),
        BED_TEST(reports_reach_the_services),
        BED_TEST(a_hand_labels_and_moves),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
