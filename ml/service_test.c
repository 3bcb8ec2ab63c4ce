/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/err.h"
#include "host/log.h"
#include "ml/service.h"
#include "ml/test/folder.h"

/* ---- a bus, a clock and a log that remember ---- */

enum { ACKS_MAX = 20000 };

static struct {
    struct roost_control control[ML_QUEUE_MAX + 64];
    char topic[128];
    size_t published, acked, room; /* room: publishes taken until the bus is full */
    uint64_t ack[ACKS_MAX];
    size_t published_at_ack[ACKS_MAX];
    int refusal; /* what a publish beyond the room gives */
    bool paused;
    int qos;
} bus;

static int bus_publish(void *ctx, const char *topic, const void *payload, size_t len, int qos,
                       bool retain)
{
    (void)ctx;
    if (bus.room == 0)
        return bus.refusal;
    bus.room--;
    assert_false(retain);
    bus.qos = qos;
    snprintf(bus.topic, sizeof bus.topic, "%s", topic);
    assert_true(bus.published < sizeof bus.control / sizeof bus.control[0]);
    assert_int_equal(roost_control_parse(&bus.control[bus.published++], payload, len), 0);
    return 0;
}

static void bus_ack(void *ctx, uint64_t token)
{
    (void)ctx;
    assert_true(bus.acked < ACKS_MAX);
    bus.published_at_ack[bus.acked] = bus.published;
    bus.ack[bus.acked++] = token;
}

static void bus_pause(void *ctx, bool paused)
{
    (void)ctx;
    bus.paused = paused;
}

static const struct bus_ops bus_ops = {bus_publish, bus_ack, bus_pause};
static const struct bus hub_bus = {&bus_ops, NULL};

static int64_t wall_ms = 1767225600000;
static uint64_t stopwatch_ns;

static int64_t unix_ms(void *ctx)
{
    (void)ctx;
    return wall_ms;
}

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return stopwatch_ns += 1000;
}

static const struct host_clock_ops clock_ops = {.unix_ms = unix_ms};
static const struct host_clock hub_clock = {&clock_ops, NULL};
static const struct ml_stopwatch stopwatch = {now_ns, NULL};

static char last_line[1024];

static void keep_line(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    snprintf(last_line, sizeof last_line, "%.*s", (int)len, line);
}

/* ---- one service per test ---- */

static char *dir;
static struct ml_version shipped;
static struct ml_model *model;
static struct ml_labels *labels;
static struct metrics *metrics;
static struct ml_service *service;
static uint64_t next_token;

static int setup(void **state)
{
    (void)state;
    char why[ML_WHY_MAX];
    memset(&bus, 0, sizeof bus);
    bus.room = SIZE_MAX;
    next_token = 0;
    metrics = metrics_new();
    dir = test_models_make(&shipped);
    if (!dir || ml_model_open(&model, dir, NULL, why) != 0 || ml_labels_open(&labels, dir) != 0)
        return -1;
    service = ml_service_new(&hub_bus, &hub_clock, &stopwatch, labels, metrics);
    if (!service)
        return -1;
    ml_service_use(service, model);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    ml_service_free(service);
    ml_labels_close(labels);
    ml_model_close(model);
    metrics_free(metrics);
    test_folder_remove(dir);
    return 0;
}

static double count(const char *name, const char *label)
{
    return metric_value(metrics_counter(metrics, name, "", label));
}

static double ignored(const char *reason)
{
    char label[64];
    snprintf(label, sizeof label, "reason=\"%s\"", reason);
    return count("roost_ml_ignored_total", label);
}

static uint64_t give(const char *topic, const char *payload)
{
    struct bus_message message = {
        .topic = topic, .payload = payload, .len = strlen(payload), .token = ++next_token};
    ml_service_message(service, &message);
    return message.token;
}

static void ask(const char *device, double degc, int64_t at_ms)
{
    char topic[128], payload[512];
    struct roost_request request = {.unix_ms = at_ms, .features = {degc, 50.0, -60.0}};
    snprintf(request.device_id, sizeof request.device_id, "%s", device);
    snprintf(request.trace_id, sizeof request.trace_id, "trace-%s", device);
    assert_true(roost_request_write(payload, sizeof payload, &request) > 0);
    snprintf(topic, sizeof topic, "ml/inference/request/%s", device);
    give(topic, payload);
}

/* ---- tests ---- */

static void a_request_is_answered_with_every_member(void **state)
{
    (void)state;
    ask("w1", 27.0, wall_ms - 40);
    assert_int_equal(bus.published, 0); /* the turn of the loop is not over */
    assert_int_equal(ml_service_flush(service), 0);
    const struct roost_control *control = &bus.control[0];
    assert_int_equal(bus.published, 1);
    assert_int_equal(bus.qos, 1);
    assert_string_equal(bus.topic, "window/w1/control");
    assert_string_equal(control->device_id, "w1");
    assert_true(control->unix_ms == wall_ms - 40);
    assert_true(control->position_pct > 50.0 && control->position_pct <= 100.0);
    assert_true(control->confidence > 0.0 && control->confidence <= 1.0);
    assert_true(control->has_features && fabs(control->features.temperature_degc - 27.0) < 1e-9);
    assert_string_equal(control->model_version, shipped.name);
    assert_true(control->inference_time_ms >= 0.0);
    assert_string_equal(control->trace_id, "trace-w1");
    assert_int_equal(bus.acked, 1);
    assert_int_equal(bus.published_at_ack[0], 1); /* answered first, then acknowledged */
}

static void what_piles_up_goes_through_together(void **state)
{
    (void)state;
    char device[32];
    for (int i = 0; i < 100; i++) {
        snprintf(device, sizeof device, "w%d", i);
        ask(device, 18.0 + 0.1 * i, wall_ms);
    }
    assert_int_equal(ml_service_flush(service), 0);
    assert_int_equal(bus.published, 100);
    for (int i = 0; i < 100; i++) { /* in the order of the questions */
        snprintf(device, sizeof device, "w%d", i);
        assert_string_equal(bus.control[i].device_id, device);
        assert_true(bus.ack[i] == (uint64_t)i + 1);
    }
    size_t len;
    char *text = metrics_expose(metrics, &len);
    assert_non_null(strstr(text, "roost_ml_batch_size_count 1\n"));
    assert_non_null(strstr(text, "roost_ml_batch_size_sum 100\n"));
    free(text);
}

static void an_answer_is_as_old_as_its_question(void **state)
{
    (void)state;
    ask("w1", 22.0, wall_ms - 3600000);
    ask("w2", 22.0, wall_ms + 3600000); /* a clock that is ahead does not make it newer than now */
    ml_service_flush(service);
    assert_true(bus.control[0].unix_ms == wall_ms - 3600000);
    assert_true(bus.control[1].unix_ms == wall_ms);
}

#define GOOD_TAIL "\"timestamp\":\"2026-01-01T00:00:00Z\",\"temperature\":21,\"humidity\":50,"

static const struct {
    const char *device, *payload, *reason, *field;
} bad[] = {
    {"w1", "", "malformed", ""},
    {"w1", "nonsense", "malformed", ""},
    {"w1", "[1,2,3]", "malformed", ""},
    {"w1", "{\"device_id\":\"w1\",\"temp", "malformed", ""},
    {"w1", "{" GOOD_TAIL "\"sound_volume\":-50}", "missing", "device_id"},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound\":-50}", "missing", "sound_volume"},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":\"-50\"}", "invalid",
     "sound_volume"},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":null}", "invalid", "sound_volume"},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":-97}", "range", "sound_volume"},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":NaN}", "malformed", ""},
    {"w1", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":1e308}", "range", "sound_volume"},
    {"w1",
     "{\"device_id\":\"w1\",\"timestamp\":\"yesterday\",\"temperature\":21,\"humidity\":50,"
     "\"sound_volume\":-50}",
     "invalid", "timestamp"},
    {"w1",
     "{\"device_id\":\"w1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"temperature\":101,"
     "\"humidity\":50,\"sound_volume\":-50}",
     "range", "temperature"},
    {"w1",
     "{\"device_id\":\"w1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"temperature\":21,"
     "\"humidity\":-1,\"sound_volume\":-50}",
     "range", "humidity"},
    {"w2", "{\"device_id\":\"w1\"," GOOD_TAIL "\"sound_volume\":-50}", "device_mismatch",
     "device_id"},
};

static void bad_requests_are_counted_logged_and_ignored(void **state)
{
    (void)state;
    char topic[64], expected[128];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        double before = ignored(bad[i].reason);
        snprintf(topic, sizeof topic, "ml/inference/request/%s", bad[i].device);
        last_line[0] = '\0';
        uint64_t token = give(topic, bad[i].payload);
        if (ignored(bad[i].reason) < before + 0.5)
            fail_msg("%s was not ignored as %s: %s", bad[i].payload, bad[i].reason, last_line);
        assert_true(bus.ack[i] == token); /* for good: the broker need not bring it again */
        snprintf(expected, sizeof expected, "\"device_id\":\"%s\"", bad[i].device);
        assert_non_null(strstr(last_line, expected));
        snprintf(expected, sizeof expected, "\"field\":\"%s\"", bad[i].field);
        if (!strstr(last_line, expected))
            fail_msg("%s: the log does not name %s: %s", bad[i].payload, bad[i].field, last_line);
    }
    assert_int_equal(ml_service_flush(service), 0);
    assert_int_equal(bus.published, 0);
    ask("w1", 22.0, wall_ms);
    ml_service_flush(service);
    assert_int_equal(bus.published, 1);
}

static void foreign_retained_and_oversize_messages_are_ignored(void **state)
{
    (void)state;
    give("ml/inference/request/", "{}");
    give("window/w1/state", "{}");
    assert_true(ignored("topic") > 1.5);
    struct bus_message retained = {.topic = "window/w1/feedback",
                                   .payload = "{\"position\":50}",
                                   .len = 15,
                                   .retain = true,
                                   .token = 77};
    ml_service_message(service, &retained);
    assert_true(ignored("retained") > 0.5);
    struct bus_message oversize = {
        .topic = "ml/inference/request/w1", .len = 99999999, .oversize = true, .token = 78};
    ml_service_message(service, &oversize);
    assert_true(ignored("too_long") > 0.5);
    assert_int_equal(bus.acked, 4);
}

static void a_full_bus_keeps_requests_waiting(void **state)
{
    (void)state;
    char device[32];
    bus.room = 3;
    bus.refusal = ROOST_ERR_FULL;
    for (int i = 0; i < 10; i++) {
        snprintf(device, sizeof device, "w%d", i);
        ask(device, 22.0, wall_ms);
    }
    assert_int_equal(ml_service_flush(service), 7);
    assert_int_equal(bus.acked, 3);
    assert_true(bus.paused);
    bus.room = SIZE_MAX;
    assert_int_equal(ml_service_flush(service), 0);
    assert_int_equal(bus.published, 10);
    assert_string_equal(bus.control[9].device_id, "w9");
    assert_int_equal(bus.acked, 10);
    assert_false(bus.paused);
}

static void without_a_broker_requests_are_left_to_it(void **state)
{
    (void)state;
    ask("w1", 22.0, wall_ms);
    bus.room = 0;
    bus.refusal = ROOST_ERR_CLOSED;
    assert_int_equal(ml_service_flush(service), 0);
    assert_int_equal(bus.acked, 0);
    assert_true(count("roost_ml_returned_total", NULL) > 0.5);
}

static void a_flood_is_bounded_and_adds_up(void **state)
{
    (void)state;
    enum { FLOOD = ML_QUEUE_MAX + 50 };
    bus.room = 0;
    bus.refusal = ROOST_ERR_FULL;
    for (int i = 0; i < FLOOD; i++)
        ask("w1", 22.0, wall_ms);
    assert_true(bus.paused);
    assert_int_equal(ml_service_flush(service), ML_QUEUE_MAX);
    bus.room = SIZE_MAX;
    assert_int_equal(ml_service_flush(service), 0);
    assert_true(count("roost_ml_requests_total", NULL) > FLOOD - 0.5);
    assert_int_equal((int)count("roost_ml_answers_total", NULL), ML_QUEUE_MAX);
    assert_int_equal((int)count("roost_ml_returned_total", NULL), FLOOD - ML_QUEUE_MAX);
    assert_int_equal(bus.acked, ML_QUEUE_MAX);
}

static void a_hand_becomes_a_label_with_the_latest_features(void **state)
{
    (void)state;
    struct ml_label *all;
    size_t known, damaged;
    ask("w1", 21.0, wall_ms - 2000);
    ask("w1", 23.5, wall_ms - 1000);
    uint64_t token = give("window/w1/feedback", "{\"position\":42.5}");
    assert_true(bus.ack[0] == token);
    assert_int_equal(ml_service_labels(service), 1);
    assert_int_equal(ml_labels_read(dir, &all, &known, &damaged), 0);
    assert_int_equal(known, 1);
    assert_string_equal(all[0].device_id, "w1");
    assert_true(fabs(all[0].features.temperature_degc - 23.5) < 1e-6);
    assert_true(fabs(all[0].position_pct - 42.5) < 1e-6 && all[0].unix_ms == wall_ms);
    free(all);
}

static void a_hand_without_a_known_room_is_no_label(void **state)
{
    (void)state;
    give("window/w1/feedback", "{\"position\":42.5}");
    assert_true(ignored("no_features") > 0.5);
    ask("w1", 21.0, wall_ms - 1000 * ML_FEATURES_FRESH_S - 1);
    give("window/w1/feedback", "{\"position\":42.5}");
    assert_true(ignored("stale_features") > 0.5);
    ask("w1", 21.0, wall_ms);
    give("window/w1/feedback", "{\"position\":142.5}");
    assert_true(ignored("range") > 0.5);
    give("window/w1/feedback", "{\"place\":42.5}");
    assert_true(ignored("missing") > 0.5);
    assert_int_equal(ml_service_labels(service), 0);
    assert_int_equal(ml_labels_count(labels), 0);
    assert_true(count("roost_ml_feedback_total", NULL) > 3.5);
}

static void another_version_counts_as_promotion_or_rollback(void **state)
{
    (void)state;
    char why[ML_WHY_MAX];
    struct ml_metadata next = model->metadata;
    struct ml_model *newer, *older;
    assert_int_equal(ml_model_save(model->network, &next, dir, why), 0);
    assert_int_equal(ml_model_open(&newer, dir, next.version, why), 0);
    ml_service_use(service, newer);
    assert_true(count("roost_ml_promotions_total", NULL) > 0.5);
    ask("w1", 22.0, wall_ms);
    ml_service_flush(service);
    assert_string_equal(bus.control[0].model_version, next.version);
    assert_int_equal(ml_model_open(&older, dir, NULL, why), 0);
    ml_service_use(service, older);
    assert_true(count("roost_ml_rollbacks_total", NULL) > 0.5);
    ml_model_close(newer);
    ml_model_close(model);
    model = older;
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_is_answered_with_every_member),
        CASE(what_piles_up_goes_through_together),
        CASE(an_answer_is_as_old_as_its_question),
        CASE(bad_requests_are_counted_logged_and_ignored),
        CASE(foreign_retained_and_oversize_messages_are_ignored),
        CASE(a_full_bus_keeps_requests_waiting),
        CASE(without_a_broker_requests_are_left_to_it),
        CASE(a_flood_is_bounded_and_adds_up),
        CASE(a_hand_becomes_a_label_with_the_latest_features),
        CASE(a_hand_without_a_known_room_is_no_label),
        CASE(another_version_counts_as_promotion_or_rollback),
    };
    torch_threads(1);
    host_log_init(ROOST_LOG_WARN, keep_line, NULL);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
