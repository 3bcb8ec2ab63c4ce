/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused for good, and by which reason. */
#include "hub/ingest/test_meter_bed.h"

static void policies_are_kept(void **state)
{
    bool yes = true;
    (void)state;
    bed.settings.device_policy = FLEET_POLICY_CLOSED;
    bed_restart();
    bed_send("meter/w1/in", "20");
    bed_refused("in", "unknown_device");
    bed.settings.device_policy = FLEET_POLICY_CLAIM;
    bed_restart();
    bed_send("meter/w1/in", "20");
    bed_refused("in", "unclaimed");
    bed_send("device/w1/status", "{\"online\":true}");
    bed_refused("status", "unclaimed");
    bed_send("meter/w1/ask", "?");
    bed_refused("ask", "unclaimed");
    assert_int_equal(fleet_update(bed.fleet, "w1", &yes, NULL, NULL, NULL, NULL, NULL), 0);
    bed.registry.ops->wait(bed.registry.ctx);
    bed_send("meter/w1/in", "20");
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, NULL)->count, 1);
}

static void too_many_devices_are_refused(void **state)
{
    char topic[64];
    (void)state;
    for (int i = 0; i <= 100; i++) {
        snprintf(topic, sizeof topic, "meter/w%d/in", i);
        bed_send(topic, "20");
    }
    bed_refused("in", "device_limit");
}

static void what_others_say_of_a_device_is_not_its_voice(void **state)
{
    (void)state;
    bed_send("meter/w9/ask", "?");
    bed_refused("ask", "unknown_device");
    bed_send("device/w9/status", "{\"online\":false}");
    assert_int_equal(fleet_count(bed.fleet), 1);
    assert_false(fleet_find(bed.fleet, "w9")->active);
    assert_int_equal(fleet_find(bed.fleet, "w9")->last_seen_ms, 0);
}

static void one_device_cannot_take_everything(void **state)
{
    int sent = 0;
    (void)state;
    bed.settings.device_rate_per_s = 10; /* a burst of 600 */
    bed_restart();
    for (; sent < 700; sent++)
        bed_send("meter/w1/in", "20");
    double limited = bed_topic("roost_ingest_rejected_total", "in", "rate_limited");
    assert_true(limited >= 98 && limited <= 100);
    bed_send("meter/w2/in", "20");
    assert_true(bed_topic("roost_ingest_rejected_total", "in", "rate_limited") == limited);
    rig_pass(&bed.rig, 1000);
    for (int i = 0; i < 10; i++)
        bed_send("meter/w1/in", "20");
    assert_true(bed_topic("roost_ingest_rejected_total", "in", "rate_limited") == limited);
    bed_settle();
    bed_check_account();
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
        double before = bed_topic("roost_ingest_rejected_total", "in", cases[i].reason);
        uint64_t token = bed_send("meter/w1/in", cases[i].payload);
        if (bed_topic("roost_ingest_rejected_total", "in", cases[i].reason) != before + 1)
            fail_msg("'%s' was not refused as %s", cases[i].payload, cases[i].reason);
        assert_true(bed_acked(token));
    }
    bed_check_account();
    bed_settle();
    assert_int_equal(bed_rows(SERIES_TEMPERATURE, NULL)->count, 0);
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
        assert_true(bed_acked(bed_send(topics[i], "20")));
    assert_true(bed_topic("roost_ingest_rejected_total", "other", "bad_topic") +
                    bed_topic("roost_ingest_rejected_total", "order", "bad_topic") +
                    bed_topic("roost_ingest_rejected_total", "command", "bad_topic") ==
                TOPICS);
}

static void what_is_too_long_for_the_bus_is_refused(void **state)
{
    struct bus_message message = {
        .topic = "meter/w1/out", .len = 100 << 20, .oversize = true, .token = 99};
    (void)state;
    services_message(&bed.services, HUB_LANE_STORED, &message);
    bed_refused("out", "too_long");
    assert_true(bed_acked(99));
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
    char *text = metrics_expose(bed.rig.metrics, &len);
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
        BED_TEST(every_reason_is_there_from_the_start),
        BED_TEST(policies_are_kept),
        BED_TEST(too_many_devices_are_refused),
        BED_TEST(what_others_say_of_a_device_is_not_its_voice),
        BED_TEST(one_device_cannot_take_everything),
        BED_TEST(what_a_service_refuses_is_counted_by_its_reason),
        BED_TEST(topics_that_are_none_are_refused),
        BED_TEST(what_is_too_long_for_the_bus_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
