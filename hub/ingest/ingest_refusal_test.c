/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused for good, and by which reason. */
#include "hub/ingest/test_meter_rig.h"

static void policies_are_kept(void **state)
{
    bool yes = true;
    (void)state;
    rig.settings.device_policy = FLEET_POLICY_CLOSED;
    rig_restart();
    rig_send("meter/w1/in", "20");
    rig_refused("in", "unknown_device");
    rig.settings.device_policy = FLEET_POLICY_CLAIM;
    rig_restart();
    rig_send("meter/w1/in", "20");
    rig_refused("in", "unclaimed");
    rig_send("device/w1/status", "{\"online\":true}");
    rig_refused("status", "unclaimed");
    rig_send("meter/w1/ask", "?");
    rig_refused("ask", "unclaimed");
    assert_int_equal(fleet_update(rig.fleet, "w1", &yes, NULL, NULL, NULL, NULL, NULL), 0);
    rig.registry.ops->wait(rig.registry.ctx);
    rig_send("meter/w1/in", "20");
    rig_settle();
    assert_int_equal(rig_rows(SERIES_TEMPERATURE, NULL)->count, 1);
}

static void too_many_devices_are_refused(void **state)
{
    char topic[64];
    (void)state;
    for (int i = 0; i <= 100; i++) {
        snprintf(topic, sizeof topic, "meter/w%d/in", i);
        rig_send(topic, "20");
    }
    rig_refused("in", "device_limit");
}

static void what_others_say_of_a_device_is_not_its_voice(void **state)
{
    (void)state;
    rig_send("meter/w9/ask", "?");
    rig_refused("ask", "unknown_device");
    rig_send("device/w9/status", "{\"online\":false}");
    assert_int_equal(fleet_count(rig.fleet), 1);
    assert_false(fleet_find(rig.fleet, "w9")->active);
    assert_int_equal(fleet_find(rig.fleet, "w9")->last_seen_ms, 0);
}

static void one_device_cannot_take_everything(void **state)
{
    int sent = 0;
    (void)state;
    rig.settings.device_rate_per_s = 10; /* a burst of 600 */
    rig_restart();
    for (; sent < 700; sent++)
        rig_send("meter/w1/in", "20");
    double limited = rig_topic("roost_ingest_rejected_total", "in", "rate_limited");
    assert_true(limited >= 98 && limited <= 100);
    rig_send("meter/w2/in", "20");
    assert_true(rig_topic("roost_ingest_rejected_total", "in", "rate_limited") == limited);
    fake_pass(&rig.fake, 1000);
    for (int i = 0; i < 10; i++)
        rig_send("meter/w1/in", "20");
    assert_true(rig_topic("roost_ingest_rejected_total", "in", "rate_limited") == limited);
    rig_settle();
    rig_check_account();
}

static void what_a_service_refuses_is_counted_by_its_reason(void **state)
{
    static const struct {
        const char *payload, *reason;
    } cases[] = {
        {"", "bad_payload"},
        {"x", "bad_payload"},
        {"100.1", "range"},
        {"13", "odd"},
        {"20 1990000000000", "bad_clock"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        double before = rig_topic("roost_ingest_rejected_total", "in", cases[i].reason);
        uint64_t token = rig_send("meter/w1/in", cases[i].payload);
        if (rig_topic("roost_ingest_rejected_total", "in", cases[i].reason) != before + 1)
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
                                         "meter",
                                         "meter/",
                                         "meter/w1",
                                         "meter//in",
                                         "meter/w1/pressure",
                                         "meter/w 1/in",
                                         "meter/w1/in/x",
                                         "meter/w1/order",
                                         "device/w1/command",
                                         "\xff/\xfe/\xfd"};
    (void)state;
    enum { TOPICS = sizeof topics / sizeof topics[0] };
    for (int i = 0; i < TOPICS; i++)
        assert_true(rig_acked(rig_send(topics[i], "20")));
    assert_true(rig_topic("roost_ingest_rejected_total", "other", "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", "order", "bad_topic") +
                    rig_topic("roost_ingest_rejected_total", "command", "bad_topic") ==
                TOPICS);
}

static void what_is_too_long_for_the_bus_is_refused(void **state)
{
    struct bus_message message = {
        .topic = "meter/w1/out", .len = 100 << 20, .oversize = true, .token = 99};
    (void)state;
    services_message(&rig.services, HUB_LANE_STORED, &message);
    rig_refused("out", "too_long");
    assert_true(rig_acked(99));
}

/* A rate over a counter that appears with its first count would not show that one. */
static void every_reason_is_there_from_the_start(void **state)
{
    static const char *const reasons[] = {
#define X(name, text) text,
        HUB_REFUSAL_LIST(X)
#undef X
            "odd"};
    static const char *const topics[] = {"in",    "out",    "note",    "plan",   "ask",
                                         "order", "status", "command", "answer", "other"};
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
        RIG_TEST(policies_are_kept),
        RIG_TEST(too_many_devices_are_refused),
        RIG_TEST(what_others_say_of_a_device_is_not_its_voice),
        RIG_TEST(one_device_cannot_take_everything),
        RIG_TEST(what_a_service_refuses_is_counted_by_its_reason),
        RIG_TEST(topics_that_are_none_are_refused),
        RIG_TEST(what_is_too_long_for_the_bus_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
