/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused for good, and by which reason. */
#include "hub/climate/test_rig.h"

static void what_others_say_of_a_device_is_not_its_voice(void **state)
{
    (void)state;
    rig_send("window/w9/feedback", "{\"position\":30}");
    rig_refused("feedback", "unknown_device");
    rig_send("device/w9/status", "{\"online\":false}");
    assert_int_equal(fleet_count(rig.fleet), 1);
    assert_false(fleet_find(rig.fleet, "w9")->active);
    assert_int_equal(fleet_find(rig.fleet, "w9")->last_seen_ms, 0);
}

static void malformed_readings_are_refused_by_reason(void **state)
{
    static const struct {
        const char *payload, *reason;
    } cases[] = {
        {"", "bad_payload"},
        {" ", "bad_payload"},
        {"abc", "bad_payload"},
        {"NaN", "bad_payload"},
        {"nan", "bad_payload"},
        {"Infinity", "bad_payload"},
        {"0x10", "bad_payload"},
        {"1e308", "range"},
        {"1e999", "range"},
        {"100.1", "range"},
        {"-60.1", "range"},
        {"20,5", "bad_payload"},
        {"20.5 21", "bad_payload"},
        {"\xff\xfe", "bad_payload"},
        {"{", "bad_payload"},
        {"{}", "bad_payload"},
        {"[20]", "bad_payload"},
        {"{\"value\":\"20\"}", "bad_payload"},
        {"{\"value\":null}", "bad_payload"},
        {"{\"value\":20,\"ts\":1}x", "bad_payload"},
        {"{\"value\":20,\"ts\":\"1\"}", "bad_payload"},
        {"{\"value\":20,\"seq\":-1}", "range"},
        {"{\"value\":20,\"seq\":1.5}", "range"},
        {"{\"value\":1e308}", "range"},
        {"{\"value\":20,\"ts\":1990000000000}", "bad_clock"},
    };
    char labels[128];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(labels, sizeof labels, "topic=\"temperature\",reason=\"%s\"", cases[i].reason);
        double before = rig_count("roost_ingest_rejected_total", labels);
        uint64_t token = rig_send("sensor/w1/temperature", cases[i].payload);
        if (rig_count("roost_ingest_rejected_total", labels) != before + 1)
            fail_msg("'%s' was not refused as %s", cases[i].payload, cases[i].reason);
        assert_true(rig_acked(token));
    }
    rig_check_account();
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, NULL)->count, 0);
}

static void topics_that_are_none_are_refused(void **state)
{
    static const char *const topics[] = {"",
                                         "sensor",
                                         "sensor/",
                                         "sensor/w1",
                                         "sensor//temperature",
                                         "sensor/w1/pressure",
                                         "sensor/w 1/temperature",
                                         "sensor/w1/temperature/x",
                                         "ml/inference/request/w1",
                                         "device/w1/command",
                                         "\xff/\xfe/\xfd"};
    (void)state;
    enum { TOPICS = sizeof topics / sizeof topics[0] };
    for (int i = 0; i < TOPICS; i++)
        assert_true(rig_acked(rig_send(topics[i], "20")));
    assert_true(rig_topic("roost_ingest_rejected_total", "other", "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", "request", "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", "command", "bad_topic") ==
                TOPICS);
}

static void ten_megabytes_are_refused(void **state)
{
    enum { LEN = 10 << 20 };
    static char payload[LEN];
    static const char *const labels[] = {"temperature", "audio",  "control", "state",
                                         "status",      "answer", "feedback"};
    static const char *const topics[] = {
        "sensor/w1/temperature", "sensor/w1/audio",  "window/w1/control", "window/w1/state",
        "device/w1/status",      "device/w1/answer", "window/w1/feedback"};
    (void)state;
    memset(payload, '9', LEN);
    for (int i = 0; i < 7; i++) {
        rig_send_bytes(topics[i], payload, LEN);
        rig_refused(labels[i], "too_long");
    }
    struct bus_message message = {
        .topic = "sensor/w1/humidity", .len = 100 << 20, .oversize = true, .token = 99};
    services_message(&rig.services, HUB_LANE_STORED, &message);
    rig_refused("humidity", "too_long");
    assert_true(rig_acked(99));
}

static void malformed_reports_are_refused(void **state)
{
    static const char *const topics[] = {"window/w1/control", "window/w1/state", "device/w1/status",
                                         "device/w1/answer", "window/w1/feedback"};
    static const char *const labels[] = {"control", "state", "status", "answer", "feedback"};
    static const char *const payloads[] = {
        "",           "{",   "[]", "null", "{}", "{\"position\":\"x\"}", "{\"online\":7}",
        "{\"id\":1}", "\xff"};
    enum { PAYLOADS = sizeof payloads / sizeof payloads[0] };
    (void)state;
    rig_send("sensor/w1/temperature", "20");
    rig_settle();
    for (int t = 0; t < 5; t++) {
        for (int p = 0; p < PAYLOADS; p++) {
            rig_send(topics[t], payloads[p]);
            if (rig_topic("roost_ingest_rejected_total", labels[t], "bad_payload") != p + 1)
                fail_msg("%s '%s' was not refused", topics[t], payloads[p]);
        }
    }
    rig_check_account();
}

/* A rate over a counter that appears with its first count would not show that one. */
static void every_reason_is_there_from_the_start(void **state)
{
    static const char *const reasons[] = {
#define X(name, text) text,
        HUB_REFUSAL_LIST(X)
#undef X
            "bad_base64",
        "bad_wav", "bad_duration"};
    static const char *const topics[] = {"temperature", "humidity", "audio",    "request",
                                         "control",     "state",    "feedback", "status",
                                         "command",     "answer",   "other"};
    size_t len;
    char *text = metrics_expose(rig.fake.metrics, &len);
    (void)state;
    for (size_t i = 0; i < sizeof reasons / sizeof reasons[0]; i++) {
        for (size_t topic = 0; topic < sizeof topics / sizeof topics[0]; topic++) {
            char line[160];
            snprintf(line, sizeof line,
                     "\nroost_ingest_rejected_total{topic=\"%s\",reason=\"%s\"} 0\n", topics[topic],
                     reasons[i]);
            if (!strstr(text, line))
                fail_msg("absent: %s", line);
        }
    }
    free(text);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(every_reason_is_there_from_the_start),
        RIG_TEST(what_others_say_of_a_device_is_not_its_voice),
        RIG_TEST(malformed_readings_are_refused_by_reason),
        RIG_TEST(topics_that_are_none_are_refused),
        RIG_TEST(ten_megabytes_are_refused),
        RIG_TEST(malformed_reports_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
