/* SPDX-License-Identifier: Apache-2.0 */
/* Decisions of the model, reports of the device, the hand. */
#include "hub/climate/test_rig.h"

static const char control_text[] =
    "{\"device_id\":\"w1\",\"timestamp\":\"2026-09-21T14:13:20.500Z\",\"position\":42.5,"
    "\"confidence\":0.8,\"features_used\":{\"temperature\":25.5,\"humidity\":60,"
    "\"sound_volume\":-30}}";

static void a_decision_is_stored_once_in_both_tables(void **state)
{
    (void)state;
    rig_send("sensor/w1/temperature", "20");
    rig_send("window/w1/control", control_text);
    rig_repeat("window/w1/control", control_text);
    rig_settle();
    const struct rig_rows *found = rig_rows(SERIES_ACTION, "w1");
    assert_int_equal(found->count, 1);
    assert_int_equal(found->rows[0].unix_ms % 1000, 500);
    assert_true(found->rows[0].action.position_pct == 42.5);
    assert_true(found->rows[0].action.temperature_degc == 25.5);
    assert_true(found->rows[0].action.sound_volume_dbfs == -30);
    found = rig_rows(SERIES_PREDICTION, "w1");
    assert_int_equal(found->count, 1);
    assert_true(found->rows[0].prediction.prediction_pct == 42.5);
    assert_true(found->rows[0].prediction.inference_time_ms == 0);
    assert_string_equal(found->rows[0].prediction.model_version, "");
    assert_true(rig_window("w1")->control->position_pct == 42.5);
    rig_restart();
    rig_repeat("window/w1/control", control_text);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_ACTION, "w1")->count, 1);
    assert_true(rig_topic("roost_ingest_duplicate_total", "control", NULL) == 1);
    rig_send("window/w2/control", control_text); /* names another device */
    rig_check_account();
    assert_int_equal(rig_rows(SERIES_ACTION, NULL)->count, 1);
}

static void decisions_of_one_second_are_all_stored(void **state)
{
    (void)state;
    rig_send("window/w1/control", control_text); /* of a device that has not spoken yet */
    rig_send("window/w1/control", control_text);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_ACTION, "w1")->count, 2);
    assert_int_equal(fleet_find(rig.fleet, "w1")->last_seen_ms, 0);
    rig_check_account();
}

static void reports_reach_the_services(void **state)
{
    char id[37];
    char text[128];
    (void)state;
    rig_status("w1", 5);
    rig_send("window/w1/state",
             "{\"position\":10,\"target\":20,\"moving\":true,\"calibrated\":true,"
             "\"fault\":null}");
    assert_true(rig_window("w1")->state->target_pct == 20);
    assert_true(fleet_find(rig.fleet, "w1")->online);
    assert_int_equal(rig_command("w1", "reboot", NULL, id), 0);
    snprintf(text, sizeof text, "{\"id\":\"%s\",\"ok\":true}", id);
    rig_send("device/w1/answer", text);
    rig_send("device/w1/answer", text);
    rig_send("device/w1/answer", "{\"id\":\"another\",\"ok\":true}");
    rig_refused("answer", "unknown_command");
    assert_true(rig_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_true(rig_topic("roost_ingest_duplicate_total", "answer", NULL) == 1);
    rig_send("window/w1/feedback", "{\"position\":30}");
    assert_true(rig_topic("roost_ingest_stored_total", "feedback", NULL) == 1);
    rig_settle();
    rig_check_account();
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
        rig_send("window/w1/control", text);
    }
    snprintf(old, sizeof old, form, 2, 0);
    rig_send("window/w1/control", old);
    snprintf(text, sizeof text, form, 3, 40);
    rig_send("window/w1/control", text);
    rig_settle();
    rig_restart();
    rig_repeat("window/w1/control", old);
    rig_repeat("window/w1/control", text);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_ACTION, "w1")->count, 42);
    assert_true(rig_topic("roost_ingest_duplicate_total", "control", NULL) == 2);
}

/* ---- moved by hand: a label to learn from ---- */

static void answer(const char *device_id, const char *command_id, const char *rest)
{
    char topic[64], text[256];
    snprintf(topic, sizeof topic, "device/%s/answer", device_id);
    snprintf(text, sizeof text, "{\"id\":\"%s\",%s}", command_id, rest);
    rig_send(topic, text);
    rig.registry.ops->wait(rig.registry.ctx); /* a late one is told when it is recorded */
}

static size_t labels(void)
{
    size_t count = 0;
    for (size_t i = 0; i < rig.fake.published_count && i < FAKE_PUBLISHED; i++)
        count += strncmp(rig.fake.published[i].topic, "window/", 7) == 0;
    return count;
}

static void send_command(const char *name, const char *args, char id[37])
{
    assert_int_equal(rig_command("w1", name, args, id), 0);
}

static void a_move_that_was_made_is_a_label_once(void **state)
{
    char id[37];
    (void)state;
    rig_status("w1", 5);
    send_command("move", "{\"position\":30}", id);
    assert_string_equal(fake_last(&rig.fake)->topic, "device/w1/command");
    assert_int_equal(labels(), 0); /* asked is not done */
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 1);
    assert_string_equal(fake_last(&rig.fake)->topic, "window/w1/feedback");
    assert_non_null(strstr(fake_last(&rig.fake)->payload, "{\"position\":30"));
    assert_int_equal(fake_last(&rig.fake)->qos, 1);
    assert_false(fake_last(&rig.fake)->retain);
    answer("w1", id, "\"ok\":true");
    assert_true(rig_topic("roost_ingest_duplicate_total", "answer", NULL) == 1);
    assert_int_equal(labels(), 1);
}

static void a_move_that_was_refused_is_none(void **state)
{
    char id[37];
    (void)state;
    rig_status("w1", 5);
    send_command("move", "{\"position\":30}", id);
    answer("w1", id, "\"ok\":false,\"error\":\"BUSY\",\"message\":\"calibrating\"");
    send_command("calibrate", NULL, id);
    answer("w1", id, "\"ok\":true");
    /* What a device said yes to is its business; this is nothing to learn from. */
    send_command("move", "{\"position\":\"30\"}", id);
    answer("w1", id, "\"ok\":true");
    send_command("move", NULL, id);
    answer("w1", id, "\"ok\":true");
    send_command("move", "{\"position\":101}", id);
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 0);
}

static void a_device_that_is_no_window_teaches_nothing(void **state)
{
    char id[37];
    (void)state;
    rig_send("device/w1/status", "{\"online\":true,\"seq\":1,\"type\":\"crane\"}");
    send_command("move", "{\"position\":30}", id);
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 0);
}

/* The device was away: the command ran out of time, and was carried out in the end. */
static void a_late_answer_teaches_too(void **state)
{
    char id[37];
    (void)state;
    rig_status("w1", 5);
    send_command("move", "{\"position\":70}", id);
    fake_pass(&rig.fake, 60000);
    rig_settle();
    assert_true(rig_count("roost_commands_total", "result=\"timeout\"") == 1);
    assert_int_equal(labels(), 0);
    answer("w1", id, "\"ok\":true");
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 1);
}

static void an_answer_after_a_restart_teaches_too(void **state)
{
    char id[37];
    (void)state;
    rig_status("w1", 5);
    send_command("move", "{\"position\":70}", id);
    rig_settle();
    rig_restart();
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 1);
    rig_settle();
    rig_restart();
    answer("w1", id, "\"ok\":true");
    assert_int_equal(labels(), 0); /* on the bus of this run: taught before */
}

static void a_label_that_cannot_be_sent_ends_nothing(void **state)
{
    char id[37];
    (void)state;
    rig_status("w1", 5);
    send_command("move", "{\"position\":70}", id);
    rig.fake.publish_err = ROOST_ERR_FULL;
    answer("w1", id, "\"ok\":true");
    assert_true(rig_topic("roost_ingest_stored_total", "answer", NULL) == 1);
    assert_true(rig_count("roost_commands_total", "result=\"ok\"") == 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(a_decision_is_stored_once_in_both_tables),
        RIG_TEST(decisions_of_one_second_are_all_stored),
        RIG_TEST(an_old_decision_is_stored_once_too),
        RIG_TEST(reports_reach_the_services),
        RIG_TEST(a_move_that_was_made_is_a_label_once),
        RIG_TEST(a_move_that_was_refused_is_none),
        RIG_TEST(a_device_that_is_no_window_teaches_nothing),
        RIG_TEST(a_late_answer_teaches_too),
        RIG_TEST(an_answer_after_a_restart_teaches_too),
        RIG_TEST(a_label_that_cannot_be_sent_ends_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
