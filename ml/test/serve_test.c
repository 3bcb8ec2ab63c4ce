/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

/* roost-ml serve with a real broker, asked by an independent MQTT client. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/time.h>

#include <mosquitto.h>

#include "ml/labels.h"
#include "ml/test/folder.h"
#include "ml/test/program.h"
#include "proto/climate/payload.h"

enum { ANSWERS_MAX = 4096 };

static char *dir; /* models, logs, the broker's configuration */
static struct ml_version shipped;
static uint16_t broker_port, metrics_port;
static pid_t broker, server;
static struct mosquitto *client;
static char log_path[ML_PATH_MAX], broker_url[64], metrics_address[64];

static struct roost_control answers[ANSWERS_MAX];
static int answered;
static char last_payload[1024];
static bool connected;

/* ---- the client ---- */

static void on_connect(struct mosquitto *m, void *ctx, int code)
{
    (void)ctx;
    connected = code == 0 && mosquitto_subscribe(m, NULL, "window/+/control", 1) == 0;
}

static void on_message(struct mosquitto *m, void *ctx, const struct mosquitto_message *message)
{
    (void)m;
    (void)ctx;
    assert_true(answered < ANSWERS_MAX);
    snprintf(last_payload, sizeof last_payload, "%.*s", message->payloadlen,
             (const char *)message->payload);
    assert_int_equal(
        roost_control_parse(&answers[answered++], message->payload, (size_t)message->payloadlen),
        0);
}

static void step(void)
{
    if (mosquitto_loop(client, 20, 1) != MOSQ_ERR_SUCCESS)
        mosquitto_reconnect(client);
}

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

static void say(const char *topic, const char *payload)
{
    assert_int_equal(
        mosquitto_publish(client, NULL, topic, (int)strlen(payload), payload, 1, false), 0);
}

static void ask(const char *device, double degc)
{
    char topic[128], payload[512];
    struct roost_request request = {.unix_ms = wall_ms(), .features = {degc, 42.0, -58.5}};
    snprintf(request.device_id, sizeof request.device_id, "%s", device);
    snprintf(request.trace_id, sizeof request.trace_id, "trace-%s", device);
    assert_true(roost_request_write(payload, sizeof payload, &request) > 0);
    snprintf(topic, sizeof topic, "ml/inference/request/%s", device);
    say(topic, payload);
}

static bool has_answers(void *ctx)
{
    return answered >= *(int *)ctx;
}

static void wait_for_answers(int count)
{
    assert_true(test_until(has_answers, &count, step));
}

/* ---- the programs ---- */

static bool is_ready(void *ctx)
{
    (void)ctx;
    char *text = test_http_get(metrics_port, "/health/ready");
    bool ready = text && strncmp(text, "HTTP/1.1 200", 12) == 0;
    free(text);
    return ready;
}

static void start_server(void)
{
    const char *const argv[] = {ROOST_ML_PROGRAM, "serve",    "--models",  dir,
                                "--broker",       broker_url, "--metrics", metrics_address,
                                "--learn-every",  "40",       NULL};
    server = test_start(argv, log_path);
    assert_true(server > 0);
    assert_true(test_until(is_ready, NULL, NULL));
}

static bool client_up(void *ctx)
{
    (void)ctx;
    return connected || (mosquitto_reconnect(client) == MOSQ_ERR_SUCCESS && connected);
}

static int start_broker(void)
{
    char path[ML_PATH_MAX], text[512];
    int len = snprintf(text, sizeof text,
                       "listener %u 127.0.0.1\nallow_anonymous true\nmax_inflight_messages 1000\n"
                       "max_queued_messages 10000\n",
                       broker_port);
    if (ml_path_join(path, dir, "mosquitto.conf") != 0 ||
        ml_file_replace(path, text, (size_t)len) != 0)
        return -1;
    const char *const argv[] = {MOSQUITTO_PROGRAM, "-c", path, NULL};
    broker = test_start(argv, log_path);
    return broker > 0 ? 0 : -1;
}

static int setup(void **state)
{
    (void)state;
    dir = test_models_make(&shipped);
    broker_port = test_free_port();
    metrics_port = test_free_port();
    if (!dir || ml_path_join(log_path, dir, "log") != 0 || start_broker() != 0)
        return -1;
    snprintf(broker_url, sizeof broker_url, "mqtt://127.0.0.1:%u", broker_port);
    snprintf(metrics_address, sizeof metrics_address, "127.0.0.1:%u", metrics_port);
    mosquitto_lib_init();
    client = mosquitto_new("peer", true, NULL);
    mosquitto_connect_callback_set(client, on_connect);
    mosquitto_message_callback_set(client, on_message);
    mosquitto_connect(client, "127.0.0.1", broker_port, 30);
    if (!test_until(client_up, NULL, step))
        return -1;
    start_server();
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    mosquitto_destroy(client);
    mosquitto_lib_cleanup();
    if (server > 0) /* a test failed before the last one */
        test_end(server, SIGKILL);
    int status = test_end(broker, SIGTERM);
    test_folder_remove(dir);
    return status == 0 ? 0 : -1;
}

/* Each test begins with no answers. */
static int forget(void **state)
{
    (void)state;
    answered = 0;
    return 0;
}

/* ---- tests ---- */

static void a_request_is_answered_within_a_second(void **state)
{
    (void)state;
    int64_t asked_ms = wall_ms();
    ask("window-1", 27.0);
    wait_for_answers(1);
    const struct roost_control *control = &answers[0];
    assert_string_equal(control->device_id, "window-1");
    assert_true(control->unix_ms >= asked_ms && control->unix_ms < asked_ms + 1000);
    assert_true(control->position_pct > 50.0 && control->position_pct <= 100.0);
    assert_true(control->confidence > 0.3 && control->confidence <= 1.0);
    assert_true(control->has_features && control->features.temperature_degc > 26.9);
    assert_string_equal(control->model_version, shipped.name);
    assert_true(control->inference_time_ms >= 0.0);
    assert_string_equal(control->trace_id, "trace-window-1");
    static const char *const members[] = {"device_id",     "timestamp",   "position",
                                          "confidence",    "temperature", "humidity",
                                          "features_used", "sound_volume"};
    for (size_t i = 0; i < sizeof members / sizeof members[0]; i++)
        assert_non_null(strstr(last_payload, members[i]));
    assert_true(test_metric(metrics_port, "roost_ml_answer_seconds_bucket{le=\"1\"}") > 0.5);
}

static void bad_requests_do_no_harm(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "{",
        "nonsense",
        "{\"device_id\":\"window-1\"}",
        "{\"device_id\":\"window-1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"temperature\":NaN,"
        "\"humidity\":50,\"sound_volume\":-50}",
        "{\"device_id\":\"window-1\",\"timestamp\":\"2026-01-01T00:00:00Z\",\"temperature\":1e308,"
        "\"humidity\":50,\"sound_volume\":-50}",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        say("ml/inference/request/window-1", bad[i]);
    ask("window-2", 22.0);
    wait_for_answers(1);
    assert_int_equal(answered, 1);
    assert_string_equal(answers[0].device_id, "window-2");
    assert_true(test_metric(metrics_port, "roost_ml_ignored_total{reason=\"malformed\"}") > 3.5);
    assert_true(test_metric(metrics_port, "roost_ml_ignored_total{reason=\"missing\"}") > 0.5);
    assert_true(test_metric(metrics_port, "roost_ml_ignored_total{reason=\"range\"}") > 0.5);
}

static bool everything_sent(void *ctx)
{
    (void)ctx;
    return !mosquitto_want_write(client);
}

/* The broker keeps what comes while nobody answers; the next server finds it all at once. */
static void killed_and_started_again_it_answers_what_waited(void **state)
{
    (void)state;
    char device[32];
    bool seen[100] = {false};
    assert_int_equal(test_end(server, SIGKILL), 128 + SIGKILL);
    for (int i = 0; i < 100; i++) {
        snprintf(device, sizeof device, "window-%d", i);
        ask(device, 18.0 + 0.1 * i);
    }
    assert_true(test_until(everything_sent, NULL, step));
    start_server();
    wait_for_answers(100);
    for (int i = 0; i < answered; i++)
        seen[strtol(answers[i].device_id + strlen("window-"), NULL, 10)] = true;
    for (int i = 0; i < 100; i++)
        assert_true(seen[i]);
    double passes = test_metric(metrics_port, "roost_ml_batch_size_count");
    assert_true(passes > 0.5 && passes < 50.5); /* most went through together */
}

static bool labels_are_stored(void *ctx)
{
    return test_metric(metrics_port, "roost_ml_labels_total") >= *(double *)ctx - 0.5;
}

static void a_hand_is_kept_through_a_kill(void **state)
{
    (void)state;
    double count = 1.0;
    struct ml_label *all;
    size_t known, damaged;
    ask("window-1", 21.5);
    wait_for_answers(1);
    say("window/window-1/feedback", "{\"position\":50}");
    assert_true(test_until(labels_are_stored, &count, step));
    assert_int_equal(test_end(server, SIGKILL), 128 + SIGKILL);
    start_server();
    assert_int_equal(ml_labels_read(dir, &all, &known, &damaged), 0);
    assert_int_equal(known, 1);
    assert_true(all[0].position_pct > 49.0 && all[0].features.temperature_degc < 21.6);
    free(all);
    assert_true(test_metric(metrics_port, "roost_ml_labels") > 0.5);
}

static bool serves_version(void *ctx)
{
    char name[64];
    snprintf(name, sizeof name, "roost_ml_model_info{version=\"%s\"}", (const char *)ctx);
    return test_metric(metrics_port, name) > 0.5;
}

static void many_hands_are_learnt_while_it_serves(void **state)
{
    (void)state;
    double count = 40.0;
    for (int i = 0; i < 40; i++) {
        ask("window-1", 21.0 + 0.025 * i);
        wait_for_answers(i + 1);
        say("window/window-1/feedback", "{\"position\":50}");
    }
    assert_true(test_until(labels_are_stored, &count, step));
    assert_true(test_until(serves_version, "v2", step));
    answered = 0;
    ask("window-1", 21.5);
    wait_for_answers(1);
    assert_string_equal(answers[0].model_version, "v2");
    assert_true(answers[0].position_pct > 30.0 && answers[0].position_pct < 70.0);
    assert_true(test_metric(metrics_port, "roost_ml_promotions_total") > 0.5);
    assert_true(test_metric(metrics_port, "roost_ml_learn_failures_total") < 0.5);
}

static void a_roll_back_reaches_the_running_server(void **state)
{
    (void)state;
    const char *const argv[] = {ROOST_ML_PROGRAM, "rollback", "--models", dir, NULL};
    assert_int_equal(test_end(test_start(argv, log_path), 0), 0);
    assert_true(test_until(serves_version, shipped.name, step));
    ask("window-1", 21.5);
    wait_for_answers(1);
    assert_string_equal(answers[0].model_version, shipped.name);
    assert_true(test_metric(metrics_port, "roost_ml_rollbacks_total") > 0.5);
}

static bool reload_failed(void *ctx)
{
    (void)ctx;
    return test_metric(metrics_port, "roost_ml_reload_failures_total") > 0.5;
}

static void a_damaged_version_is_not_taken_into_service(void **state)
{
    (void)state;
    char weights[ML_PATH_MAX];
    const char *const start[] = {ROOST_ML_PROGRAM, "serve",    "--models", dir,
                                 "--broker",       broker_url, NULL};
    assert_int_equal(ml_path_join(weights, dir, "v2/model.pt"), 0);
    assert_int_equal(ml_file_replace(weights, "PK", 2), 0);
    assert_int_equal(ml_versions_promote(dir, "v2"), 0);
    assert_true(test_until(reload_failed, NULL, step));
    ask("window-1", 21.5);
    wait_for_answers(1);
    assert_string_equal(answers[0].model_version, shipped.name);
    assert_int_equal(test_end(test_start(start, log_path), 0), 1); /* nor does one start on it */
    assert_int_equal(ml_versions_promote(dir, shipped.name), 0);
}

static void a_broker_that_went_away_is_found_again(void **state)
{
    (void)state;
    assert_int_equal(test_end(broker, SIGTERM), 0);
    connected = false;
    assert_int_equal(start_broker(), 0);
    assert_true(test_until(client_up, NULL, step));
    assert_true(test_until(is_ready, NULL, step));
    ask("window-1", 25.0);
    wait_for_answers(1);
}

static void it_stops_in_good_order(void **state)
{
    (void)state;
    assert_int_equal(test_end(server, SIGTERM), 0);
    server = 0;
}

#define CASE(name) cmocka_unit_test_setup(name, forget)

int main(void)
{
    const struct CMUnitTest tests[] = {
        CASE(a_request_is_answered_within_a_second),
        CASE(bad_requests_do_no_harm),
        CASE(killed_and_started_again_it_answers_what_waited),
        CASE(a_hand_is_kept_through_a_kill),
        CASE(many_hands_are_learnt_while_it_serves),
        CASE(a_roll_back_reaches_the_running_server),
        CASE(a_damaged_version_is_not_taken_into_service),
        CASE(a_broker_that_went_away_is_found_again),
        CASE(it_stops_in_good_order),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
