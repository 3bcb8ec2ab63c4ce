/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused for good, and by which reason. */
#include "hub/climate/test_rig.h"
#include "hub/ingest/test_refusal.h"

static void what_others_say_of_a_device_is_not_its_voice(void **state)
{
    (void)state;
    rig_check_hearsay("window/w9/feedback", "feedback", "{\"position\":30}");
}

static void malformed_readings_are_refused_by_reason(void **state)
{
    static const struct rig_refusal cases[] = {
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
    };
    (void)state;
    rig_check_refusals("sensor/w1/temperature", "temperature", cases,
                       sizeof cases / sizeof cases[0]);
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
    rig_check_bad_topics(topics, sizeof topics / sizeof topics[0], "request");
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
    rig_check_oversize("sensor/w1/humidity", "humidity");
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

static void every_reason_is_there_from_the_start(void **state)
{
    static const char *const own[] = {"bad_base64", "bad_wav", "bad_duration"};
    static const char *const topics[] = {"temperature", "humidity", "audio",    "request",
                                         "control",     "state",    "feedback", "status",
                                         "command",     "answer",   "other"};
    (void)state;
    rig_check_reasons(topics, sizeof topics / sizeof topics[0], own, sizeof own / sizeof own[0]);
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
