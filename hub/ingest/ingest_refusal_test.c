/* SPDX-License-Identifier: Apache-2.0 */
/* What is refused for good, and by which reason. */
#include "hub/ingest/test_meter_rig.h"
#include "host/log.h"
#include "hub/ingest/ingest_internal.h"
#include "hub/ingest/test_refusal.h"

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
    rig_check_hearsay("meter/w9/ask", "ask", "?");
}

static void one_device_cannot_take_everything(void **state)
{
    int sent = 0;
    (void)state;
    rig.settings.device_rate_per_s = 10;
    rig.settings.device_burst = 600;
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

/* What a device kept while it was away comes at once, and is more than a minute's. */
static void a_burst_may_be_more_than_a_minute(void **state)
{
    (void)state;
    rig.settings.device_rate_per_s = 1;
    rig.settings.device_burst = 300;
    rig_restart();
    for (int sent = 0; sent < 310; sent++)
        rig_send("meter/w1/in", "20");
    double limited = rig_topic("roost_ingest_rejected_total", "in", "rate_limited");
    assert_true(limited >= 8 && limited <= 10);
    fake_pass(&rig.fake, 5000);
    for (int i = 0; i < 5; i++)
        rig_send("meter/w1/in", "20");
    assert_true(rig_topic("roost_ingest_rejected_total", "in", "rate_limited") == limited);
    rig_settle();
    rig_check_account();
}

static void what_a_service_refuses_is_counted_by_its_reason(void **state)
{
    static const struct rig_refusal cases[] = {
        {"", "bad_payload"},
        {"x", "bad_payload"},
        {"100.1", "range"},
        {"13", "odd"},
    };
    (void)state;
    rig_check_refusals("meter/w1/in", "in", cases, sizeof cases / sizeof cases[0]);
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
    rig_check_bad_topics(topics, sizeof topics / sizeof topics[0], "order");
}

static void what_is_too_long_for_the_bus_is_refused(void **state)
{
    (void)state;
    rig_check_oversize("meter/w1/out", "out");
}

static void every_reason_is_there_from_the_start(void **state)
{
    static const char *const own[] = {"odd"};
    static const char *const topics[] = {"in",    "out",    "note",    "plan",   "ask",
                                         "order", "status", "command", "answer", "other"};
    (void)state;
    rig_check_reasons(topics, sizeof topics / sizeof topics[0], own, sizeof own / sizeof own[0]);
}

static int lines_of_clocks, lines_of_journals;
static char last_line[512];

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    lines_of_clocks += memmem(line, len, "clock is wrong", 14) != NULL;
    lines_of_journals += memmem(line, len, "new journal", 11) != NULL;
    snprintf(last_line, sizeof last_line, "%.*s", (int)len, line);
}

/* Each device is named, until there are more than anybody reads. */
static void a_fleet_in_trouble_does_not_fill_the_log(void **state)
{
    const int extra = 50;
    char id[32];
    (void)state;
    lines_of_clocks = lines_of_journals = 0;
    rig.settings.device_max = 10000;
    rig_restart();
    host_log_init(ROOST_LOG_INFO, keep_line, NULL);
    for (int i = 0; i < INGEST_LINES_BURST + extra; i++) {
        snprintf(id, sizeof id, "w%d", i);
        rig_reading(id, "in", 20, 5000, 1);
    }
    assert_int_equal(lines_of_clocks, INGEST_LINES_BURST);
    fake_pass(&rig.fake, INGEST_LINES_EVERY_MS);
    rig_reading("one-more", "in", 20, 5000, 1);
    assert_int_equal(lines_of_clocks, INGEST_LINES_BURST + 1);
    assert_non_null(strstr(last_line, "\"left_out\":50"));
    rig_settle();
    for (uint32_t i = 1; i <= 500; i++)
        rig_status("w1", i);
    assert_int_equal(lines_of_journals, 1);
    host_log_init(ROOST_LOG_ERROR, NULL, NULL);
    rig_settle();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(every_reason_is_there_from_the_start),
        RIG_TEST(policies_are_kept),
        RIG_TEST(too_many_devices_are_refused),
        RIG_TEST(what_others_say_of_a_device_is_not_its_voice),
        RIG_TEST(one_device_cannot_take_everything),
        RIG_TEST(a_burst_may_be_more_than_a_minute),
        RIG_TEST(what_a_service_refuses_is_counted_by_its_reason),
        RIG_TEST(topics_that_are_none_are_refused),
        RIG_TEST(what_is_too_long_for_the_bus_is_refused),
        RIG_TEST(a_fleet_in_trouble_does_not_fill_the_log),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
