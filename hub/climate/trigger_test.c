/* SPDX-License-Identifier: Apache-2.0 */
/* When the model is asked, and with what. */
#include "hub/climate/test_rig.h"

/* Requests published since the last call. */
static size_t asked(void)
{
    static const char prefix[] = "ml/inference/request/";
    static size_t before;
    static const struct parts_fake *of;
    size_t count = 0;
    if (of != &rig.fake || before > rig.fake.published_count)
        before = 0;
    of = &rig.fake;
    for (; before < rig.fake.published_count; before++)
        count += strncmp(rig.fake.published[before % FAKE_PUBLISHED].topic, prefix,
                         sizeof prefix - 1) == 0;
    return count;
}

static int set_up(void **state)
{
    int result = rig_set_up(state);
    asked();
    return result;
}

static struct roost_request last_request(void)
{
    struct roost_request request = {.unix_ms = 0};
    const struct fake_message *m = fake_last(&rig.fake);
    if (!m)
        fail_msg("nothing was published");
    else
        assert_int_equal(roost_request_parse(&request, m->payload, strlen(m->payload)), 0);
    return request;
}

static void see_all(const char *id)
{
    char topic[64];
    snprintf(topic, sizeof topic, "sensor/%s/temperature", id);
    rig_send(topic, "20");
    snprintf(topic, sizeof topic, "sensor/%s/humidity", id);
    rig_send(topic, "50");
    rig_sound(id, 1000);
}

static void pass(uint64_t ms)
{
    fake_pass(&rig.fake, ms);
    rig_settle();
}

static void first_when_all_three_were_seen(void **state)
{
    (void)state;
    rig_sound("w1", 1000);
    rig_send("sensor/w1/temperature", "20.25");
    rig_sound("w1", 1000);
    rig_send("sensor/w1/temperature", "30");
    assert_int_equal(asked(), 0);
    rig_send("sensor/w1/humidity", "50.5");
    assert_int_equal(asked(), 1);
    assert_string_equal(fake_last(&rig.fake)->topic, "ml/inference/request/w1");
    assert_int_equal(fake_last(&rig.fake)->qos, 1);
    assert_false(fake_last(&rig.fake)->retain);
    struct roost_request request = last_request();
    assert_string_equal(request.device_id, "w1");
    assert_int_equal(request.unix_ms, rig.fake.unix_ms);
    assert_true(request.features.temperature_degc == 30);
    assert_true(request.features.humidity_pct == 50.5);
    assert_true(fabs(request.features.sound_volume_dbfs - 20 * log10(1000 / 32768.0)) < 0.01);
    assert_int_equal(strlen(request.trace_id), 36);
}

static void then_on_steps_against_the_last_request(void **state)
{
    (void)state;
    see_all("w1");
    assert_int_equal(asked(), 1);
    pass(5000);
    rig_send("sensor/w1/temperature", "20.4"); /* creeps: each step is small */
    rig_send("sensor/w1/temperature", "20.49");
    assert_int_equal(asked(), 0);
    rig_send("sensor/w1/temperature", "20.5");
    assert_int_equal(asked(), 1);
    pass(5000);
    rig_send("sensor/w1/temperature", "20.2");
    rig_send("sensor/w1/humidity", "51.9");
    assert_int_equal(asked(), 0);
    rig_send("sensor/w1/humidity", "48");
    assert_int_equal(asked(), 1);
    assert_true(last_request().features.temperature_degc == 20.2);
    pass(5000);
    rig_send("sensor/w1/temperature", "20.7"); /* 20.7 - 20.2 is a little less in binary */
    assert_int_equal(asked(), 1);
    pass(5000);
    rig_sound("w1", 1000); /* every new level, the same one too */
    assert_int_equal(asked(), 1);
}

static void sound_may_be_left_out(void **state)
{
    (void)state;
    rig.settings.trigger_sound = false;
    rig_restart();
    see_all("w1");
    assert_int_equal(asked(), 1);
    pass(5000);
    rig_sound("w1", 1000);
    assert_int_equal(asked(), 0);
    rig_send("sensor/w1/temperature", "25");
    assert_int_equal(asked(), 1);
}

static void at_most_one_in_the_interval_and_none_is_lost(void **state)
{
    (void)state;
    see_all("w1");
    assert_int_equal(asked(), 1);
    pass(1000);
    rig_send("sensor/w1/temperature", "25");
    pass(1000);
    rig_send("sensor/w1/temperature", "22");
    rig_send("sensor/w1/humidity", "70");
    rig_tick();
    rig_pump();
    assert_int_equal(trigger_tick(rig_climate(), rig.fake.now_ms), rig.fake.now_ms + 3000);
    pass(2999);
    assert_int_equal(asked(), 0);
    pass(1);
    assert_int_equal(asked(), 1);
    assert_true(last_request().features.temperature_degc == 22); /* the latest by then */
    assert_true(last_request().features.humidity_pct == 70);
    pass(20000);
    assert_int_equal(asked(), 0);
}

static void devices_wait_for_themselves_only(void **state)
{
    (void)state;
    see_all("w1");
    pass(2000);
    see_all("w2");
    assert_int_equal(asked(), 2);
    pass(1000);
    rig_send("sensor/w2/temperature", "25");
    rig_send("sensor/w1/temperature", "25");
    assert_int_equal(asked(), 0);
    pass(2000);
    assert_int_equal(asked(), 1);
    assert_string_equal(last_request().device_id, "w1");
    pass(2000);
    assert_int_equal(asked(), 1);
    assert_string_equal(last_request().device_id, "w2");
}

static void a_replayed_reading_is_no_news(void **state)
{
    (void)state;
    see_all("w1");
    assert_int_equal(asked(), 1);
    pass(5000);
    rig_reading("w1", "temperature", 35, rig.fake.unix_ms - 60001, 1);
    assert_int_equal(asked(), 0);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, "w1")->count, 2);
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] == 20);
    rig_reading("w1", "temperature", 35, rig.fake.unix_ms - 60000, 2);
    assert_int_equal(asked(), 1);
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] == 35);
}

static void a_duplicate_is_no_news(void **state)
{
    (void)state;
    see_all("w1");
    pass(5000);
    rig_reading("w1", "temperature", 25, rig.fake.unix_ms, 1);
    assert_int_equal(asked(), 2);
    pass(5000);
    rig_reading("w1", "temperature", 20, rig.fake.unix_ms - 5000, 2);
    asked();
    pass(5000);
    rig_reading("w1", "temperature", 25, rig.fake.unix_ms - 10000, 1);
    assert_int_equal(asked(), 0);
    assert_true(rig_window("w1")->latest[FEATURE_TEMPERATURE] == 20);
}

static void a_request_that_cannot_be_sent_is_sent_later(void **state)
{
    (void)state;
    rig.fake.publish_err = ROOST_ERR_CLOSED;
    see_all("w1");
    pass(5000);
    pass(5000);
    assert_int_equal(asked(), 0);
    assert_true(rig_count("roost_model_requests_total", "result=\"failed\"") == 3);
    rig.fake.publish_err = 0;
    rig_send("sensor/w1/temperature", "28");
    pass(5000);
    assert_int_equal(asked(), 1);
    assert_true(last_request().features.temperature_degc == 28);
    assert_true(rig_count("roost_model_requests_total", "result=\"sent\"") == 1);
}

static void decide(const char *trace_id)
{
    struct roost_control control = {.unix_ms = rig.fake.unix_ms,
                                    .position_pct = 10,
                                    .confidence = 1,
                                    .inference_time_ms = 2,
                                    .model_version = "v1"};
    char text[512];
    strcpy(control.device_id, "w1");
    snprintf(control.trace_id, sizeof control.trace_id, "%s", trace_id);
    int len = roost_control_write(text, sizeof text, &control);
    assert_true(len > 0);
    rig_send_bytes("window/w1/control", text, (size_t)len);
}

/* Count and sum of a histogram of the loop. */
static double loop_sum(const char *from)
{
    char labels[64];
    snprintf(labels, sizeof labels, "from=\"%s\"", from);
    return rig_count("roost_loop_seconds_sum", labels);
}

static void the_loop_is_measured(void **state)
{
    (void)state;
    see_all("w1");
    pass(40);
    decide("00000000-0000-4000-8000-000000000000"); /* somebody else's */
    assert_true(rig_count("roost_loop_seconds_count", "from=\"request\"") == 0);
    fake_pass(&rig.fake, 10);
    decide(last_request().trace_id);
    assert_true(rig_count("roost_loop_seconds_count", "from=\"request\"") == 1);
    assert_true(fabs(loop_sum("request") - 0.05) < 1e-9);
    assert_true(fabs(loop_sum("sensor") - 0.05) < 1e-9);
    fake_pass(&rig.fake, 10);
    decide(last_request().trace_id); /* once a request */
    assert_true(rig_count("roost_loop_seconds_count", "from=\"request\"") == 1);
    pass(3940); /* 4000 after the request: a trigger waits for one second */
    rig_send("sensor/w1/temperature", "28");
    pass(1000);
    fake_pass(&rig.fake, 20);
    decide(""); /* a model that does not pass the trace on */
    assert_true(fabs(loop_sum("request") - 0.07) < 1e-9);
    assert_true(fabs(loop_sum("sensor") - 1.07) < 1e-9);
    rig_settle();
    assert_string_equal(rig_rows(SERIES_PREDICTION, "w1")->rows[0].prediction.model_version, "v1");
    rig_check_account();
}

static void a_restart_needs_all_three_again(void **state)
{
    (void)state;
    see_all("w1");
    pass(1000);
    rig_restart();
    asked();
    rig_send("sensor/w1/temperature", "30");
    rig_sound("w1", 1000);
    assert_int_equal(asked(), 0);
    rig_send("sensor/w1/humidity", "40");
    assert_int_equal(asked(), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, rig_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(first_when_all_three_were_seen),
        TEST(then_on_steps_against_the_last_request),
        TEST(sound_may_be_left_out),
        TEST(at_most_one_in_the_interval_and_none_is_lost),
        TEST(devices_wait_for_themselves_only),
        TEST(a_replayed_reading_is_no_news),
        TEST(a_duplicate_is_no_news),
        TEST(a_request_that_cannot_be_sent_is_sent_later),
        TEST(the_loop_is_measured),
        TEST(a_restart_needs_all_three_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
