/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/serve.h"

#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "host/process.h"
#include "core/err.h"
#include "host/log.h"
#include "host/net/http_server.h"
#include "host/net/mqtt.h"
#include "host/secret.h"
#include "core/url.h"
#include "ml/service.h"

enum {
    PORT_MQTT = 1883,
    PORT_MQTTS = 8883,
    HTTP_GRACE_MS = 2000,
    RETRY_MS = 20, /* until a full bus is asked again */
    PACKET_MAX = 16 * 1024,
    URL_MAX = 512
};

struct server {
    const struct ml_serve_options *options;
    uv_loop_t loop;
    uv_signal_t on_term, on_int, on_hup;
    uv_prepare_t turn;
    uv_timer_t retry;
    uv_fs_event_t watch;
    uv_process_t learner;
    bool learning, stopping, mqtt_stopped, http_stopped;
    uint64_t unlearnt;  /* labels of an earlier run that the model at the start had not seen */
    uint64_t learnt_at; /* labels stored when learning was last started */
    struct metrics *metrics;
    struct metric *learn_runs, *learn_failures, *reload_failures;
    struct mqtt_client *mqtt;
    struct bus bus;
    struct http_server *http;
    struct http_route routes[3];
    struct ml_labels *labels;
    struct ml_model *model;
    struct ml_service *service;
    struct roost_url broker;
    char broker_memory[URL_MAX], metrics_memory[URL_MAX], password[SECRET_FILE_MAX];
};

static uint64_t now_ns(void *ctx)
{
    (void)ctx;
    return uv_hrtime();
}

static const struct ml_stopwatch stopwatch = {.now_ns = now_ns};

static int failed(const char *option, const char *why)
{
    fprintf(stderr, "roost-ml: %s: %s\n", option, why);
    return ROOST_ERR_INVALID;
}

/* ---- versions ---- */

/* Takes another version into service when `current` names one. A version that does not pass the
 * checks leaves the one that serves in place. */
static void look_for_version(struct server *s)
{
    struct ml_version current;
    struct ml_model *model;
    char why[ML_WHY_MAX];
    if (ml_versions_current(s->options->models, &current) == 0 &&
        strcmp(current.name, s->model->metadata.version) == 0)
        return;
    if (ml_model_open(&model, s->options->models, NULL, why) != 0) {
        metric_add(s->reload_failures, 1);
        HOST_LOG(ROOST_LOG_ERROR, "ml", "version not taken into service",
                 RF_STR("serving", s->model->metadata.version), RF_STR("why", why));
        return;
    }
    HOST_LOG(ROOST_LOG_INFO, "ml", "version taken into service",
             RF_STR("version", model->metadata.version),
             RF_STR("before", s->model->metadata.version));
    struct ml_model *before = s->model;
    s->model = model;
    ml_service_use(s->service, model);
    ml_model_close(before);
}

static void on_watch(uv_fs_event_t *watch, const char *name, int events, int status)
{
    struct server *s = watch->data;
    (void)events;
    if (status == 0 && (!name || strcmp(name, "current") == 0))
        look_for_version(s);
}

static void on_hup(uv_signal_t *handle, int number)
{
    (void)number;
    look_for_version(handle->data);
}

/* ---- learning ---- */

static void close_rest(struct server *s);

static void on_learner_closed(uv_handle_t *handle)
{
    struct server *s = handle->data;
    s->learning = false;
    if (s->stopping)
        close_rest(s);
}

static void on_learner_exit(uv_process_t *process, int64_t status, int term_signal)
{
    struct server *s = process->data;
    if (status != 0 || term_signal != 0) {
        metric_add(s->learn_failures, 1);
        HOST_LOG(ROOST_LOG_WARN, "ml", "learning ended without a decision",
                 RF_INT("status", status), RF_INT("signal", term_signal));
    }
    uv_close((uv_handle_t *)process, on_learner_closed);
}

/* In a process of its own: training takes seconds, an answer must not. */
static void maybe_learn(struct server *s)
{
    const struct ml_serve_options *o = s->options;
    uint64_t stored = ml_service_labels(s->service);
    if (s->learning || s->stopping || o->learn_every == 0 ||
        s->unlearnt + stored - s->learnt_at < o->learn_every)
        return;
    s->unlearnt = 0;
    s->learnt_at = stored;
    char *args[] = {"roost-ml", "learn", "--models", (char *)o->models, NULL};
    uv_stdio_container_t stdio[] = {
        {.flags = UV_IGNORE},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
        {.flags = UV_INHERIT_FD, .data.fd = STDERR_FILENO},
    };
    uv_process_options_t process = {
        .exit_cb = on_learner_exit,
        .file = o->program,
        .args = args,
        .stdio_count = 3,
        .stdio = stdio,
    };
    s->learning = true;
    s->learner.data = s;
    metric_add(s->learn_runs, 1);
    int err = uv_spawn(&s->loop, &s->learner, &process);
    HOST_LOG(ROOST_LOG_INFO, "ml", err == 0 ? "learning" : "learning cannot start",
             RF_INT("labels", ml_labels_count(s->labels)),
             RF_STR("why", err ? uv_strerror(err) : ""));
    if (err != 0) {
        metric_add(s->learn_failures, 1);
        uv_close((uv_handle_t *)&s->learner, on_learner_closed);
    }
}

/* ---- the loop's turn ---- */

static void on_retry(uv_timer_t *timer)
{
    (void)timer; /* it only ends the loop's sleep: the turn does the work */
}

static void on_turn(uv_prepare_t *prepare)
{
    struct server *s = prepare->data;
    if (ml_service_flush(s->service) > 0)
        uv_timer_start(&s->retry, on_retry, RETRY_MS, 0);
    maybe_learn(s);
}

static void on_message(void *ctx, const struct bus_message *message)
{
    struct server *s = ctx;
    ml_service_message(s->service, message);
}

/* ---- metrics and health ---- */

static void get_metrics(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    struct server *s = ctx;
    size_t len;
    (void)request;
    char *text = metrics_expose(s->metrics, &len);
    if (text)
        http_answer_take(exchange, 200, "text/plain; version=0.0.4; charset=utf-8", text, len);
    else
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
}

static void get_live(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    static const char live[] = "{\"status\":\"live\"}";
    (void)ctx;
    (void)request;
    http_answer(exchange, 200, "application/json", live, sizeof live - 1);
}

static void get_ready(void *ctx, const struct http_request *request, struct http_exchange *exchange)
{
    struct server *s = ctx;
    const char *why = s->stopping ? "stopping" : mqtt_client_why(s->mqtt);
    (void)request;
    if (why)
        http_fail(exchange, 503, "not_ready", why);
    else
        http_answer(exchange, 200, "application/json", "{\"status\":\"ready\"}", 18);
}

static int start_http(struct server *s)
{
    struct http_config config;
    http_config_init(&config);
    if (s->options->metrics[0] == '\0') {
        s->http_stopped = true;
        return 0;
    }
    if (roost_url_parse_host_port(&config.address, &config.port, s->options->metrics,
                                  s->metrics_memory, sizeof s->metrics_memory) != 0)
        return failed("--metrics", "must be HOST:PORT");
    const struct http_route routes[] = {
        {HTTP_GET, "/metrics", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_metrics, s, 0},
        {HTTP_GET, "/health/live", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_live, s, 0},
        {HTTP_GET, "/health/ready", HTTP_ROLE_ANYONE, HTTP_RATE_NONE, get_ready, s, 0},
    };
    memcpy(s->routes, routes, sizeof routes);
    int err = http_server_new(&s->http, &s->loop, &config, s->metrics);
    if (!err)
        err = http_server_add(s->http, s->routes, sizeof routes / sizeof routes[0]);
    if (!err)
        err = http_server_listen(s->http);
    return err ? failed("--metrics",
                        err == ROOST_ERR_BUSY ? "the address is in use" : roost_err_text(err))
               : 0;
}

/* ---- starting ---- */

static int read_broker(struct server *s, struct mqtt_config *config)
{
    const struct ml_serve_options *o = s->options;
    struct roost_url *url = &s->broker;
    mqtt_config_init(config);
    if (roost_url_parse(url, o->broker, s->broker_memory, sizeof s->broker_memory) != 0 ||
        !url->host[0])
        return failed("--broker", "must be mqtt://HOST[:PORT] or mqtts://HOST[:PORT]");
    config->tls = strcmp(url->scheme, "mqtts") == 0;
    if (!config->tls && strcmp(url->scheme, "mqtt") != 0)
        return failed("--broker", "must begin with mqtt:// or mqtts://");
    config->host = url->host;
    config->port = url->port ? url->port : config->tls ? PORT_MQTTS : PORT_MQTT;
    config->user = o->user[0] ? o->user : url->user;
    config->password = url->password;
    if (o->password_file[0]) {
        int err = secret_read(o->password_file, s->password, sizeof s->password);
        if (err < 0)
            return failed("--password-file", secret_problem(err));
        config->password = s->password;
    }
    config->ca_file = o->ca_file;
    config->client_id = o->client_id;
    config->topics = ml_service_topics;
    config->topic_count = ml_service_topic_count;
    config->packet_max = PACKET_MAX;
    config->payload_max = PACKET_MAX;
    return 0;
}

/* A service that is restarted often learns as well. */
static uint64_t count_unlearnt(const struct server *s)
{
    struct ml_label *all;
    size_t count, damaged;
    uint64_t newer = 0;
    if (ml_labels_read(s->options->models, &all, &count, &damaged) != 0)
        return 0; /* told when they are opened for writing */
    for (size_t i = 0; i < count; i++)
        newer += all[i].unix_ms > s->model->metadata.trained_ms;
    free(all);
    return newer;
}

static int start_parts(struct server *s)
{
    struct mqtt_config config;
    char why[ML_WHY_MAX];
    int err = ml_model_open(&s->model, s->options->models, NULL, why);
    if (err) {
        fprintf(stderr, "roost-ml: %s\n", why);
        return err;
    }
    if ((err = ml_labels_open(&s->labels, s->options->models)))
        return failed("--models: labels.jsonl", roost_err_text(err));
    s->unlearnt = count_unlearnt(s);
    if ((err = read_broker(s, &config)))
        return err;
    if ((err = mqtt_client_new(&s->mqtt, &s->loop, &config, s->metrics, on_message, s)))
        return failed("--ca", roost_err_text(err));
    s->bus = mqtt_client_bus(s->mqtt);
    s->service = ml_service_new(&s->bus, &process_clock, &stopwatch, s->labels, s->metrics);
    if (!s->service)
        return failed("memory", roost_err_text(ROOST_ERR_NO_MEMORY));
    ml_service_use(s->service, s->model);
    return start_http(s);
}

static void on_stop_signal(uv_signal_t *handle, int number);

static void start_loop(struct server *s)
{
    uv_signal_init(&s->loop, &s->on_term);
    uv_signal_init(&s->loop, &s->on_int);
    uv_signal_init(&s->loop, &s->on_hup);
    uv_prepare_init(&s->loop, &s->turn);
    uv_timer_init(&s->loop, &s->retry);
    uv_fs_event_init(&s->loop, &s->watch);
    s->on_term.data = s->on_int.data = s->on_hup.data = s;
    s->turn.data = s->retry.data = s->watch.data = s;
    uv_signal_start(&s->on_term, on_stop_signal, SIGTERM);
    uv_signal_start(&s->on_int, on_stop_signal, SIGINT);
    uv_signal_start(&s->on_hup, on_hup, SIGHUP);
    uv_prepare_start(&s->turn, on_turn);
    int err = uv_fs_event_start(&s->watch, on_watch, s->options->models, 0);
    if (err != 0)
        HOST_LOG(ROOST_LOG_WARN, "ml", "the folder cannot be watched, SIGHUP still works",
                 RF_STR("why", uv_strerror(err)));
}

/* ---- stopping ---- */

static void close_rest(struct server *s)
{
    if (!s->mqtt_stopped || !s->http_stopped || s->learning)
        return;
    uv_handle_t *rest[] = {(uv_handle_t *)&s->on_term, (uv_handle_t *)&s->on_int,
                           (uv_handle_t *)&s->on_hup,  (uv_handle_t *)&s->turn,
                           (uv_handle_t *)&s->retry,   (uv_handle_t *)&s->watch};
    for (size_t i = 0; i < sizeof rest / sizeof rest[0]; i++) {
        if (!uv_is_closing(rest[i]))
            uv_close(rest[i], NULL);
    }
    signal(SIGHUP, SIG_IGN); /* closing its handle brought the default back, which ends a program */
}

static void on_mqtt_stopped(void *ctx)
{
    struct server *s = ctx;
    s->mqtt_stopped = true;
    close_rest(s);
}

static void on_http_stopped(void *ctx)
{
    struct server *s = ctx;
    s->http_stopped = true;
    close_rest(s);
}

static void on_stop_signal(uv_signal_t *handle, int number)
{
    struct server *s = handle->data;
    if (s->stopping) {
        HOST_LOG(ROOST_LOG_WARN, "ml", "second signal, stopping at once");
        _Exit(1);
    }
    HOST_LOG(ROOST_LOG_INFO, "ml", "stopping", RF_INT("signal", number));
    s->stopping = true;
    s->bus.ops->pause(s->bus.ctx, true);
    ml_service_flush(s->service);
    if (s->learning)
        uv_process_kill(&s->learner, SIGTERM); /* what it had not published is gone, no more */
    mqtt_client_stop(s->mqtt, on_mqtt_stopped, s);
    if (s->http)
        http_server_stop(s->http, HTTP_GRACE_MS, on_http_stopped, s);
}

static void register_metrics(struct server *s)
{
    s->metrics = metrics_new();
    process_metrics(s->metrics);
    s->learn_runs =
        metrics_counter(s->metrics, "roost_ml_learn_total", "Runs of learning started", NULL);
    s->learn_failures = metrics_counter(s->metrics, "roost_ml_learn_failures_total",
                                        "Runs of learning that came to no decision", NULL);
    s->reload_failures = metrics_counter(s->metrics, "roost_ml_reload_failures_total",
                                         "Versions not taken into service", NULL);
}

int ml_serve(const struct ml_serve_options *options)
{
    struct server *s = calloc(1, sizeof *s);
    if (!s || uv_loop_init(&s->loop) != 0) {
        fprintf(stderr, "roost-ml: %s\n", roost_err_text(ROOST_ERR_NO_MEMORY));
        return 1;
    }
    signal(SIGPIPE, SIG_IGN);
    s->options = options;
    torch_threads(1);
    register_metrics(s);
    if (start_parts(s) != 0)
        return 1; /* the process ends, and everything with it; nothing was acknowledged */
    start_loop(s);
    mqtt_client_start(s->mqtt);
    HOST_LOG(ROOST_LOG_INFO, "ml", "started", RF_STR("model", s->model->metadata.version),
             RF_INT("labels", ml_labels_count(s->labels)));
    uv_run(&s->loop, UV_RUN_DEFAULT);

    ml_service_free(s->service);
    if (s->http)
        http_server_free(s->http);
    mqtt_client_free(s->mqtt);
    ml_labels_close(s->labels);
    ml_model_close(s->model);
    metrics_free(s->metrics);
    uv_loop_close(&s->loop);
    free(s);
    HOST_LOG(ROOST_LOG_INFO, "ml", "stopped");
    return 0;
}
