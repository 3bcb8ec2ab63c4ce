/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/service.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "host/log.h"
#include "ml/devices.h"
#include "proto/climate/topic.h"

const char *const ml_service_topics[] = {"ml/inference/request/+", "window/+/feedback"};
const size_t ml_service_topic_count = sizeof ml_service_topics / sizeof ml_service_topics[0];

#define REASONS(X)                                                                                 \
    X(TOPIC, "topic")                     /* no topic of ours */                                   \
    X(RETAINED, "retained")               /* was said once, is not asked now */                    \
    X(MALFORMED, "malformed")             /* no JSON object */                                     \
    X(MISSING, "missing")                 /* a member */                                           \
    X(INVALID, "invalid")                 /* a member's type or form */                            \
    X(RANGE, "range")                     /* a value no sensor gives */                            \
    X(TOO_LONG, "too_long")               /* the message or a text in it */                        \
    X(DEVICE_MISMATCH, "device_mismatch") /* topic and payload name two devices */                 \
    X(NO_FEATURES, "no_features")         /* a hand, and the room is not known */                  \
    X(STALE_FEATURES, "stale_features")   /* or was known long ago */                              \
    X(DISK, "disk")                       /* the label could not be stored */                      \
    X(MODEL, "model")                     /* the network failed */

enum reason {
#define X(name, text) REASON_##name,
    REASONS(X)
#undef X
        REASON_COUNT
};

static const char *const reason_names[] = {
#define X(name, text) [REASON_##name] = (text),
    REASONS(X)
#undef X
};

static const double seconds_bounds[] = {0.00005, 0.0001, 0.0002, 0.0005, 0.001, 0.002,
                                        0.005,   0.01,   0.05,   0.2,    1.0};
static const double batch_bounds[] = {1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 4000};

struct waiting {
    struct roost_request request;
    uint64_t token, since_ns;
};

struct counters {
    struct metric *requests, *answers, *feedback, *labels, *ignored[REASON_COUNT], *returned;
    struct metric *waiting, *label_lines, *evicted;
    struct metric *batch, *inference, *answer;
    struct metric *promotions, *rollbacks, *info;
};

struct ml_service {
    const struct bus *bus;
    const struct host_clock *clock;
    const struct ml_stopwatch *stopwatch;
    struct ml_labels *labels;
    struct metrics *metrics;
    struct ml_model *model;
    struct ml_devices *devices;
    struct counters count;
    uint64_t stored;
    bool paused;
    size_t head, queued; /* a ring */
    struct waiting queue[ML_QUEUE_MAX];
    struct roost_features features[ML_QUEUE_MAX];
    struct ml_prediction predictions[ML_QUEUE_MAX];
};

/* ---- lifecycle ---- */

static void register_metrics(struct counters *count, struct metrics *m)
{
    static const char ignored[] = "Messages ignored, by reason";
    count->requests =
        metrics_counter(m, "roost_ml_requests_total", "Requests for a position received", NULL);
    count->answers = metrics_counter(m, "roost_ml_answers_total", "Requests answered", NULL);
    count->feedback =
        metrics_counter(m, "roost_ml_feedback_total", "Positions set by hand received", NULL);
    count->labels =
        metrics_counter(m, "roost_ml_labels_total", "Positions set by hand stored", NULL);
    for (int i = 0; i < REASON_COUNT; i++) {
        char label[48];
        snprintf(label, sizeof label, "reason=\"%s\"", reason_names[i]);
        count->ignored[i] = metrics_counter(m, "roost_ml_ignored_total", ignored, label);
    }
    count->returned = metrics_counter(m, "roost_ml_returned_total",
                                      "Requests left to the broker because it was away", NULL);
    count->waiting = metrics_gauge(m, "roost_ml_waiting", "Requests waiting for an answer", NULL);
    count->label_lines = metrics_gauge(m, "roost_ml_labels", "Labels in the file", NULL);
    count->evicted = metrics_counter(m, "roost_ml_devices_evicted_total",
                                     "Devices whose features gave way to another's", NULL);
    count->batch =
        metrics_histogram(m, "roost_ml_batch_size", "Requests answered by one forward pass", NULL,
                          batch_bounds, sizeof batch_bounds / sizeof batch_bounds[0]);
    count->inference =
        metrics_histogram(m, "roost_ml_inference_seconds", "Time of one forward pass", NULL,
                          seconds_bounds, sizeof seconds_bounds / sizeof seconds_bounds[0]);
    count->answer =
        metrics_histogram(m, "roost_ml_answer_seconds", "From a request's arrival to its answer",
                          NULL, seconds_bounds, sizeof seconds_bounds / sizeof seconds_bounds[0]);
    count->promotions =
        metrics_counter(m, "roost_ml_promotions_total", "Newer versions taken into service", NULL);
    count->rollbacks =
        metrics_counter(m, "roost_ml_rollbacks_total", "Older versions taken back", NULL);
}

static void collect(void *ctx)
{
    struct ml_service *s = ctx;
    metric_set(s->count.waiting, (double)s->queued);
    metric_set(s->count.label_lines, (double)ml_labels_count(s->labels));
}

struct ml_service *ml_service_new(const struct bus *bus, const struct host_clock *clock,
                                  const struct ml_stopwatch *stopwatch, struct ml_labels *labels,
                                  struct metrics *metrics)
{
    struct ml_service *s = calloc(1, sizeof *s);
    if (!s || !(s->devices = ml_devices_new())) {
        free(s);
        return NULL;
    }
    s->bus = bus;
    s->clock = clock;
    s->stopwatch = stopwatch;
    s->labels = labels;
    s->metrics = metrics;
    register_metrics(&s->count, metrics);
    metrics_on_collect(metrics, collect, s);
    return s;
}

void ml_service_free(struct ml_service *service)
{
    if (!service)
        return;
    ml_devices_free(service->devices);
    free(service);
}

void ml_service_use(struct ml_service *service, struct ml_model *model)
{
    char label[ROOST_VERSION_MAX + 16];
    if (service->model) {
        bool newer =
            ml_versions_compare(model->metadata.version, service->model->metadata.version) >= 0;
        metric_add(newer ? service->count.promotions : service->count.rollbacks, 1);
        metric_set(service->count.info, 0);
    }
    service->model = model;
    snprintf(label, sizeof label, "version=\"%s\"", model->metadata.version);
    service->count.info = metrics_gauge(service->metrics, "roost_ml_model_info",
                                        "1 for the version that serves", label);
    metric_set(service->count.info, 1);
}

uint64_t ml_service_labels(const struct ml_service *service)
{
    return service->stored;
}

/* ---- what is ignored ---- */

static void ignore(struct ml_service *s, const struct bus_message *message, const char *device_id,
                   enum reason reason, const char *field)
{
    metric_add(s->count.ignored[reason], 1);
    HOST_LOG_LIMITED(ROOST_LOG_WARN, "ml", "message ignored", RF_STR("device_id", device_id),
                     RF_STR("reason", reason_names[reason]), RF_STR("field", field));
    s->bus->ops->ack(s->bus->ctx, message->token);
}

static bool good_number(const struct roost_json *doc, const char *key, double min, double max)
{
    double value;
    int err = roost_json_get_double(doc, ROOST_JSON_ROOT, key, &value);
    return err == 0 && value >= min && value <= max;
}

/* Which member of a refused request is at fault: the log names it. */
static const char *field_at_fault(const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[64];
    char text[ROOST_DEVICE_ID_MAX + 1];
    if (len > ROOST_PAYLOAD_MAX || roost_json_parse(&doc, tokens, 64, payload, len) != 0 ||
        roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return "";
    if (roost_json_get_string(&doc, ROOST_JSON_ROOT, "device_id", text, sizeof text) != 0)
        return "device_id";
    if (!good_number(&doc, "temperature", ROOST_TEMPERATURE_MIN_DEGC, ROOST_TEMPERATURE_MAX_DEGC))
        return "temperature";
    if (!good_number(&doc, "humidity", 0.0, 100.0))
        return "humidity";
    if (!good_number(&doc, "sound_volume", ROOST_SOUND_FLOOR_DBFS, 0.0))
        return "sound_volume";
    int trace = roost_json_find(&doc, ROOST_JSON_ROOT, "trace_id");
    char id[ROOST_TRACE_MAX + 1];
    if (trace >= 0 && roost_json_type(&doc, trace) != ROOST_JSON_NULL &&
        roost_json_string(&doc, trace, id, sizeof id) != 0)
        return "trace_id";
    return "timestamp";
}

static enum reason reason_of(int err, const char *field)
{
    switch (err) {
    case ROOST_ERR_NOT_FOUND:
        return REASON_MISSING;
    case ROOST_ERR_RANGE:
        return REASON_RANGE;
    case ROOST_ERR_TOO_LONG:
        return REASON_TOO_LONG;
    case ROOST_ERR_INVALID:
        return field[0] ? REASON_INVALID : REASON_MALFORMED;
    default:
        return REASON_MALFORMED;
    }
}

/* ---- messages in ---- */

static void pause_bus(struct ml_service *s, bool paused)
{
    if (s->paused == paused)
        return;
    s->paused = paused;
    s->bus->ops->pause(s->bus->ctx, paused);
}

static void on_request(struct ml_service *s, const struct bus_message *message,
                       const char *device_id)
{
    struct roost_request request;
    metric_add(s->count.requests, 1);
    int err = roost_request_parse(&request, message->payload, message->len);
    if (err) {
        const char *field = field_at_fault(message->payload, message->len);
        ignore(s, message, device_id, reason_of(err, field), field);
        return;
    }
    if (strcmp(request.device_id, device_id) != 0) {
        ignore(s, message, device_id, REASON_DEVICE_MISMATCH, "device_id");
        return;
    }
    if (s->queued == ML_QUEUE_MAX) /* what was on its way when the bus was paused */
        ml_service_flush(s);
    if (s->queued == ML_QUEUE_MAX) {
        metric_add(s->count.returned, 1); /* not acknowledged: the broker keeps it */
        return;
    }
    struct waiting *waiting = &s->queue[(s->head + s->queued++) % ML_QUEUE_MAX];
    *waiting = (struct waiting){request, message->token, s->stopwatch->now_ns(s->stopwatch->ctx)};
    if (s->queued == ML_QUEUE_MAX)
        pause_bus(s, true);
    if (ml_devices_put(s->devices, request.device_id, request.unix_ms, &request.features) > 0)
        metric_add(s->count.evicted, 1);
}

static void on_feedback(struct ml_service *s, const struct bus_message *message,
                        const char *device_id)
{
    struct ml_label label = {.unix_ms = s->clock->ops->unix_ms(s->clock->ctx)};
    int64_t known_ms;
    metric_add(s->count.feedback, 1);
    int err = roost_feedback_parse(&label.position_pct, message->payload, message->len);
    if (err) {
        ignore(s, message, device_id, reason_of(err, "position"), "position");
        return;
    }
    if (ml_devices_get(s->devices, device_id, &known_ms, &label.features) != 0) {
        ignore(s, message, device_id, REASON_NO_FEATURES, "");
        return;
    }
    if (label.unix_ms - known_ms > ML_FEATURES_FRESH_S * 1000LL) {
        ignore(s, message, device_id, REASON_STALE_FEATURES, "");
        return;
    }
    memcpy(label.device_id, device_id, strlen(device_id) + 1);
    err = ml_labels_append(s->labels, &label);
    if (err) {
        HOST_LOG_LIMITED(ROOST_LOG_ERROR, "ml", "label not stored", RF_STR("device_id", device_id),
                         RF_ERR("error", err));
        ignore(s, message, device_id, REASON_DISK, "");
        return;
    }
    s->stored++;
    metric_add(s->count.labels, 1);
    s->bus->ops->ack(s->bus->ctx, message->token);
}

void ml_service_message(struct ml_service *service, const struct bus_message *message)
{
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    int kind = roost_topic_find(climate_topics, CLIMATE_TOPIC_COUNT, message->topic,
                                strlen(message->topic), device_id);
    if (kind != CLIMATE_TOPIC_REQUEST && kind != CLIMATE_TOPIC_FEEDBACK)
        ignore(service, message, "", REASON_TOPIC, message->topic);
    else if (message->oversize)
        ignore(service, message, device_id, REASON_TOO_LONG, "");
    else if (message->retain)
        ignore(service, message, device_id, REASON_RETAINED, "");
    else if (kind == CLIMATE_TOPIC_REQUEST)
        on_request(service, message, device_id);
    else
        on_feedback(service, message, device_id);
}

/* ---- answers out ---- */

static double round_to(double value, double unit)
{
    return (double)(int64_t)(value / unit + 0.5) * unit;
}

/* An answer is as old as what it was made from: a device refuses what is stale, and must not take
 * an answer to yesterday's question for today's. */
static int publish(struct ml_service *s, const struct waiting *waiting,
                   const struct ml_prediction *prediction, double pass_ms)
{
    char topic[ROOST_TOPIC_MAX + 1], payload[1024];
    const struct roost_request *request = &waiting->request;
    int64_t now_ms = s->clock->ops->unix_ms(s->clock->ctx);
    struct roost_control control = {
        .unix_ms = request->unix_ms < now_ms ? request->unix_ms : now_ms,
        .position_pct = round_to(prediction->position_pct, 0.1),
        .confidence = prediction->confidence,
        .has_features = true,
        .features = request->features,
        .inference_time_ms = pass_ms,
    };
    memcpy(control.device_id, request->device_id, sizeof control.device_id);
    memcpy(control.model_version, s->model->metadata.version, sizeof control.model_version);
    memcpy(control.trace_id, request->trace_id, sizeof control.trace_id);
    int len = roost_control_write(payload, sizeof payload, &control);
    int err = len < 0
                  ? len
                  : roost_topic_write(topic, sizeof topic, &climate_topics[CLIMATE_TOPIC_CONTROL],
                                      request->device_id);
    if (err < 0)
        return err;
    return s->bus->ops->publish(s->bus->ctx, topic, payload, (size_t)len, 1, false);
}

static void pop(struct ml_service *s)
{
    s->head = (s->head + 1) % ML_QUEUE_MAX;
    s->queued--;
}

/* Sends `count` answers in the order of the questions. Returns how many were taken care of. */
static size_t answer(struct ml_service *s, size_t count, double pass_ms)
{
    for (size_t i = 0; i < count; i++) {
        struct waiting *waiting = &s->queue[s->head];
        int err = publish(s, waiting, &s->predictions[i], pass_ms);
        if (err == ROOST_ERR_FULL || err == ROOST_ERR_NO_MEMORY)
            return i;
        if (err < 0) {
            metric_add(s->count.returned, 1);
        } else {
            uint64_t took_ns = s->stopwatch->now_ns(s->stopwatch->ctx) - waiting->since_ns;
            metric_add(s->count.answers, 1);
            metric_observe(s->count.answer, (double)took_ns * 1e-9);
            s->bus->ops->ack(s->bus->ctx, waiting->token);
        }
        pop(s);
    }
    return count;
}

size_t ml_service_flush(struct ml_service *service)
{
    struct ml_service *s = service;
    size_t count = s->queued;
    if (count == 0)
        return 0;
    for (size_t i = 0; i < count; i++)
        s->features[i] = s->queue[(s->head + i) % ML_QUEUE_MAX].request.features;
    uint64_t begin_ns = s->stopwatch->now_ns(s->stopwatch->ctx);
    int err = ml_model_predict(s->model, s->features, count, s->predictions);
    uint64_t pass_ns = s->stopwatch->now_ns(s->stopwatch->ctx) - begin_ns;
    if (err) {
        HOST_LOG_LIMITED(ROOST_LOG_ERROR, "ml", "the network failed", RF_ERR("error", err),
                         RF_INT("requests", count));
        for (; s->queued > 0; pop(s)) {
            metric_add(s->count.ignored[REASON_MODEL], 1);
            s->bus->ops->ack(s->bus->ctx, s->queue[s->head].token);
        }
    } else {
        metric_observe(s->count.batch, (double)count);
        metric_observe(s->count.inference, (double)pass_ns * 1e-9);
        answer(s, count, (double)pass_ns * 1e-6);
    }
    pause_bus(s, s->queued > 0);
    return s->queued;
}
