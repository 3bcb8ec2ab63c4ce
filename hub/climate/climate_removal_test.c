/* SPDX-License-Identifier: Apache-2.0 */
/* What a device leaves behind, and what a hub knows again after a restart. */
#include "hub/climate/test_rig.h"

static struct {
    int err, calls;
    struct fleet_removed of;
} over;

static void note_over(void *arg, int err, const struct fleet_removed *of)
{
    (void)arg;
    over.calls++;
    over.err = err;
    if (!err)
        over.of = *of;
}

static void begin_removal(bool history)
{
    memset(&over, 0, sizeof over);
    assert_int_equal(fleet_remove(rig.fleet, "w1", history, note_over, NULL), 0);
}

static void take_away(bool history)
{
    begin_removal(history);
    rig_settle();
    assert_int_equal(over.calls, 1);
    assert_int_equal(over.err, 0);
    assert_true(over.of.whole);
}

static void say(const char *topic, const char *payload, bool retain)
{
    struct bus_message message = {.topic = topic,
                                  .payload = payload,
                                  .len = strlen(payload),
                                  .retain = retain,
                                  .token = ++rig.token};
    services_message(&rig.services, HUB_LANE_STORED, &message);
}

static size_t rows(void)
{
    return rig_rows(SERIES_TEMPERATURE, "w1")->count;
}

static void read_three(double value)
{
    for (uint64_t seq = 1; seq <= 3; seq++)
        rig_reading("w1", "temperature", value, rig.fake.unix_ms, seq);
}

static bool published(const char *topic)
{
    for (size_t i = 0; i < rig.fake.published_count && i < FAKE_PUBLISHED; i++) {
        const struct fake_message *m = &rig.fake.published[i];
        if (strcmp(m->topic, topic) == 0 && m->payload[0] == '\0' && m->retain)
            return true;
    }
    return false;
}

/* Its numbers, its rows and its values are not the next one's. */
static void the_next_board_of_that_id_starts_with_nothing(void **state)
{
    (void)state;
    read_three(20);
    rig_settle();
    assert_int_equal(rows(), 3);
    take_away(true);
    assert_true(over.of.history);
    assert_int_equal(over.of.rows, 3);
    assert_true(over.of.streams >= 1);
    assert_int_equal(rows(), 0);
    assert_null(fleet_find(rig.fleet, "w1"));
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 3);
    rig_check_account();
    rig_restart(); /* and so it is with another process */
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 3);
}

static void its_history_stays_where_the_operator_wants_it(void **state)
{
    (void)state;
    read_three(20);
    rig_settle();
    take_away(false);
    assert_false(over.of.history);
    assert_int_equal(over.of.rows, 0);
    assert_int_equal(rows(), 3);
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 6);
}

/* One batch is being written and another is being filled when it is removed. */
static void what_is_on_its_way_does_not_bring_it_back(void **state)
{
    (void)state;
    rig_reading("w1", "temperature", 20, rig.fake.unix_ms, 1);
    rig_tick();
    rig_reading("w1", "temperature", 20, rig.fake.unix_ms, 2);
    begin_removal(true);
    say("window/w1/state", "", false); /* no word of the next one */
    rig.registry.ops->wait(rig.registry.ctx);
    say("device/w1/status", "{\"online\":false}", false);
    assert_null(fleet_find(rig.fleet, "w1"));
    rig_settle();
    assert_int_equal(over.calls, 1);
    assert_int_equal(rows(), 0);
    assert_null(fleet_find(rig.fleet, "w1"));
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 3);
    rig_check_account();
}

/* The next board of that id is faster than the removal, however far that is. */
static void what_comes_during_a_removal_is_judged_afterwards(void **state)
{
    uint64_t first, second, other;
    (void)state;
    read_three(20);
    rig_settle();
    begin_removal(true);
    first = rig_reading("w1", "temperature", 28, rig.fake.unix_ms, 1); /* it leaves */
    rig.registry.ops->wait(rig.registry.ctx);
    second = rig_reading("w1", "temperature", 28, rig.fake.unix_ms, 2); /* it is noted */
    other = rig_reading("w2", "temperature", 5, rig.fake.unix_ms, 1);
    assert_null(fleet_find(rig.fleet, "w1"));
    assert_int_equal(services_waiting(&rig.services), 4); /* the removal, too */
    assert_false(rig_acked(first));
    rig_tick();
    rig_reading("w1", "temperature", 28, rig.fake.unix_ms, 3);
    rig_settle();
    assert_int_equal(over.calls, 1);
    assert_int_equal(over.of.rows, 3);
    assert_int_equal(rows(), 3);
    assert_true(rig_rows(SERIES_TEMPERATURE, "w1")->rows[0].value == 28);
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w2")->count, 1);
    assert_true(rig_acked(first) && rig_acked(second) && rig_acked(other));
    assert_non_null(fleet_find(rig.fleet, "w1"));
    rig_check_account();
    rig_restart(); /* its numbers are the new one's */
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 3);
}

/* Many rows take longer than anybody waits for an answer. */
static void the_answer_says_what_is_gone_so_far(void **state)
{
    (void)state;
    read_three(20);
    rig_reading("w1", "humidity", 50, rig.fake.unix_ms, 1);
    rig_settle();
    begin_removal(true);
    rig.registry.ops->wait(rig.registry.ctx);
    while (fleet_leaves(rig.fleet, "w1")) {
        rig_tick();
        series_sqlite_pump(&rig.real);
    }
    assert_int_equal(over.calls, 0);
    fake_pass(&rig.fake, FLEET_REMOVAL_ANSWER_MS);
    rig_tick();
    assert_int_equal(over.calls, 1);
    assert_false(over.of.whole);
    assert_int_equal(over.of.streams, 2);
    assert_int_equal(over.of.rows, 0);
    rig_settle();
    assert_int_equal(rows(), 0);
}

/* The broker hands on that what it kept was taken away when the next one is there already. */
static void an_emptied_topic_is_no_word_of_the_next_one(void **state)
{
    (void)state;
    rig_status("w1", 3);
    rig_settle();
    begin_removal(true);
    rig_reading("w1", "temperature", 28, rig.fake.unix_ms, 1);
    rig.registry.ops->wait(rig.registry.ctx);
    while (fleet_leaves(rig.fleet, "w1")) {
        rig_tick();
        series_sqlite_pump(&rig.real);
    }
    assert_non_null(fleet_find(rig.fleet, "w1"));
    assert_true(fleet_removes(rig.fleet, "w1"));
    say("sensor/w1/temperature", "", false);
    say("device/w1/status", "", false);
    say("window/w1/control", "", false);
    say("window/w1/feedback", "", false);
    rig_settle();
    assert_false(fleet_removes(rig.fleet, "w1"));
    assert_true(rig_topic("roost_ingest_rejected_total", "temperature", "bad_payload") == 0);
    assert_true(rig_topic("roost_ingest_rejected_total", "status", "bad_payload") == 0);
    assert_true(rig_topic("roost_ingest_rejected_total", "control", "bad_payload") == 0);
    assert_true(rig_topic("roost_ingest_rejected_total", "feedback", "bad_payload") == 0);
    assert_int_equal(rows(), 1);
    say("sensor/w1/temperature", "", false); /* and then it says nothing */
    assert_true(rig_topic("roost_ingest_rejected_total", "temperature", "bad_payload") == 1);
    rig_check_account();
}

/* What the broker kept, its last will, and what the model answers to what it said before. */
static void only_its_own_word_brings_it_back(void **state)
{
    char control[256];
    (void)state;
    rig_status("w1", 3);
    rig_settle();
    take_away(true);
    for (int again = 0; again < 2; again++) {
        say("device/w1/status", "{\"online\":true,\"seq\":1}", true);
        say("device/w1/status", "{\"online\":false}", true);
        say("device/w1/status", "{\"online\":false}", false);
        say("device/w1/status", "", false);
        say("window/w1/state", "", false);
        say("window/w1/state",
            "{\"position\":1,\"target\":1,\"moving\":false,\"calibrated\":true,\"fault\":null}",
            true);
        snprintf(control, sizeof control,
                 "{\"device_id\":\"w1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"position\":5,"
                 "\"confidence\":0.9,\"features_used\":null}");
        say("window/w1/control", control, false);
        say("sensor/w1/temperature", "20", true);
        rig_settle();
        assert_null(fleet_find(rig.fleet, "w1"));
        rig_check_account();
        rig_restart(); /* a hub that starts meets them again */
    }
    say("sensor/w1/temperature", "20", false);
    assert_non_null(fleet_find(rig.fleet, "w1"));
    say("device/w1/status", "{\"online\":false}", true); /* the new one's */
    assert_non_null(fleet_find(rig.fleet, "w1")->status);
}

static void the_broker_gives_up_what_it_kept(void **state)
{
    (void)state;
    rig_status("w1", 3);
    rig_settle();
    take_away(true);
    assert_int_equal(over.of.retained, 10);
    assert_true(published("device/w1/status"));
    assert_true(published("device/w1/answer"));
    assert_true(published("sensor/w1/temperature"));
    assert_true(published("sensor/w1/humidity"));
    assert_true(published("sensor/w1/audio"));
    assert_true(published("window/w1/state"));
    assert_true(published("device/w1/command"));
    assert_true(published("window/w1/control"));
    assert_true(published("window/w1/feedback"));
    assert_true(published("ml/inference/request/w1"));
}

/* What a model said to the board before with the retain flag is no decision about this one. */
static void a_kept_decision_is_nobodys(void **state)
{
    char text[256];
    (void)state;
    rig_status("w1", 3);
    rig_settle();
    take_away(true);
    say("sensor/w1/temperature", "20", false);
    assert_non_null(fleet_find(rig.fleet, "w1"));
    snprintf(text, sizeof text,
             "{\"device_id\":\"w1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"position\":5,"
             "\"confidence\":0.9,\"features_used\":null}");
    say("window/w1/control", text, true);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_ACTION, "w1")->count, 0);
    assert_null(rig_window("w1")->control);
    rig_check_account();
}

/* Neither a broker nor a store that is away keeps the operator waiting: it is done when they are.
 */
static void a_removal_goes_on_when_it_can(void **state)
{
    (void)state;
    read_three(20);
    rig_settle();
    rig.fake.publish_err = ROOST_ERR_CLOSED;
    begin_removal(true);
    rig_settle();
    assert_int_equal(over.calls, 0);
    assert_int_equal(services_waiting(&rig.services), 1);
    fake_pass(&rig.fake, FLEET_REMOVAL_ANSWER_MS);
    rig_settle();
    assert_int_equal(over.calls, 1);
    assert_false(over.of.whole);
    assert_int_equal(over.of.rows, 3);
    assert_int_equal(services_waiting(&rig.services), 0);
    assert_false(published("device/w1/status"));
    rig.fake.publish_err = 0;
    fake_pass(&rig.fake, 1000);
    rig_settle();
    assert_true(published("device/w1/status"));
    assert_int_equal(over.calls, 1);
}

/* The hub is killed when the registry has forgotten it and the series have not. */
static void a_removal_that_was_cut_is_completed_at_the_next_start(void **state)
{
    (void)state;
    read_three(20);
    rig_settle();
    begin_removal(true);
    rig.registry.ops->wait(rig.registry.ctx); /* noted; nothing else was done */
    rig_restart();
    assert_null(fleet_find(rig.fleet, "w1"));
    read_three(28); /* too early: it waits */
    assert_null(fleet_find(rig.fleet, "w1"));
    rig_settle();
    assert_int_equal(rows(), 3);
    assert_true(rig_rows(SERIES_TEMPERATURE, "w1")->rows[0].value == 28);
    read_three(28);
    rig_settle();
    assert_int_equal(rows(), 3);
    rig_restart(); /* it is not done once more */
    rig_settle();
    assert_int_equal(rows(), 3);
    assert_non_null(fleet_find(rig.fleet, "w1"));
}

static void a_second_removal_waits_for_the_first(void **state)
{
    (void)state;
    read_three(20);
    rig_settle();
    begin_removal(true);
    assert_int_equal(fleet_remove(rig.fleet, "w1", true, NULL, NULL), ROOST_ERR_NOT_FOUND);
    rig.registry.ops->wait(rig.registry.ctx);
    assert_int_equal(fleet_add(rig.fleet, "w1", "window", "New", NULL, NULL), ROOST_ERR_BUSY);
    rig_settle();
    assert_int_equal(fleet_add(rig.fleet, "w1", "window", "New", NULL, NULL), 0);
    rig_settle();
    assert_string_equal(fleet_find(rig.fleet, "w1")->name, "New");
    take_away(true);
}

/* ---- a restart ---- */

static char json[4096];

static const char *view(void)
{
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_object(&w, "latest");
    climate_latest(rig_climate(), fleet_find(rig.fleet, "w1"), &w);
    roost_json_end(&w);
    climate_describe(rig_climate(), fleet_find(rig.fleet, "w1"), &w);
    roost_json_end(&w);
    assert_true(roost_json_finish(&w) > 0);
    return json;
}

static void expect_in(const char *text, const char *part)
{
    if (!strstr(text, part))
        fail_msg("\"%s\" lacks \"%s\"", text, part);
}

static void what_is_known_survives_a_restart(void **state)
{
    char text[512];
    struct roost_control control = {.unix_ms = rig.fake.unix_ms,
                                    .position_pct = 42,
                                    .confidence = 0.75,
                                    .has_features = true,
                                    .features = {21, 55, -40},
                                    .inference_time_ms = 3,
                                    .device_id = "w1",
                                    .model_version = "7"};
    (void)state;
    say("device/w1/status",
        "{\"online\":true,\"seq\":9,\"type\":\"window\",\"fault\":\"motor_stall\",\"fault_number\":"
        "205,"
        "\"firmware\":\"1.4.0\"}",
        false);
    rig_reading("w1", "temperature", 21, rig.fake.unix_ms, 2);
    rig_reading("w1", "humidity", 55, rig.fake.unix_ms, 3);
    rig_sound("w1", 1000);
    assert_true(roost_control_write(text, sizeof text, &control) > 0);
    say("window/w1/control", text, false);
    rig_settle();
    fake_pass(&rig.fake, 5000);
    rig_settle();
    rig_restart();
    const struct fleet_device *device = fleet_find(rig.fleet, "w1");
    assert_non_null(device);
    assert_non_null(device->status);
    assert_int_equal(device->status->fault_number, 205);
    assert_string_equal(device->status->firmware, "1.4.0");
    assert_int_equal(fleet_condition(device->status), FLEET_CRITICAL);
    assert_int_equal(device->connectivity, FLEET_ONLINE);
    view();
    expect_in(json, "\"temperature\":{\"value\":21.0,");
    expect_in(json, "\"humidity\":{\"value\":55.0,");
    expect_in(json, "\"sound\":{\"value\":-");
    expect_in(json, "\"position\":42.0,\"confidence\":0.75");
    expect_in(json, "\"model_version\":\"7\"");
    rig_reading("w1", "temperature", 22, rig.fake.unix_ms, 4);
    expect_in(view(), "\"temperature\":{\"value\":22.0,");
}

/* ---- a hand ---- */

static const char *refusal(const char *id)
{
    return fleet_refusal(rig.fleet, fleet_find(rig.fleet, id), "move");
}

static void a_move_that_would_come_to_nothing_is_refused(void **state)
{
    (void)state;
    say("sensor/bare/temperature", "20", false);
    expect_in(refusal("bare"), "no window");
    say("device/w1/status", "{\"online\":true,\"seq\":1,\"type\":\"window\"}", false);
    assert_null(refusal("w1"));
    assert_null(fleet_refusal(rig.fleet, fleet_find(rig.fleet, "bare"), "settings"));
    say("device/lamp/status", "{\"online\":true,\"seq\":1,\"type\":\"lamp\"}", false);
    expect_in(refusal("lamp"), "no window");
    say("device/w1/status", "{\"online\":false}", false);
    expect_in(refusal("w1"), "away");
    say("device/w1/status", "{\"online\":true,\"seq\":2,\"type\":\"window\"}", false);
    assert_null(refusal("w1"));
    fake_pass(&rig.fake, 300000); /* and it fell silent */
    rig_tick();
    expect_in(refusal("w1"), "away");
    assert_int_equal(fleet_add(rig.fleet, "made", "window", "", NULL, NULL), 0);
    rig_settle();
    expect_in(refusal("made"), "away");
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, rig_set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_next_board_of_that_id_starts_with_nothing),
        TEST(its_history_stays_where_the_operator_wants_it),
        TEST(what_is_on_its_way_does_not_bring_it_back),
        TEST(what_comes_during_a_removal_is_judged_afterwards),
        TEST(the_answer_says_what_is_gone_so_far),
        TEST(an_emptied_topic_is_no_word_of_the_next_one),
        TEST(only_its_own_word_brings_it_back),
        TEST(the_broker_gives_up_what_it_kept),
        TEST(a_kept_decision_is_nobodys),
        TEST(a_removal_goes_on_when_it_can),
        TEST(a_removal_that_was_cut_is_completed_at_the_next_start),
        TEST(a_second_removal_waits_for_the_first),
        TEST(what_is_known_survives_a_restart),
        TEST(a_move_that_would_come_to_nothing_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
