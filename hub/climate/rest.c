/* SPDX-License-Identifier: Apache-2.0 */
/* The window's REST routes: its history, the model's decisions, and the hand that moves it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"
#include "hub/climate/climate_internal.h"
#include "hub/rest/answer.h"

enum { DAY_MS = 24 * 3600 * 1000, POINT_JSON_MAX = 96, DECISION_JSON_MAX = 320 };

static const struct {
    const char *name, *unit;
} metrics[SERIES_METRIC_COUNT] = {
    [SERIES_METRIC_TEMPERATURE] = {"temperature", "degC"},
    [SERIES_METRIC_HUMIDITY] = {"humidity", "%"},
    [SERIES_METRIC_SOUND] = {"sound", "dBFS"},
    [SERIES_METRIC_POSITION] = {"position", "%"},
    [SERIES_METRIC_CONFIDENCE] = {"confidence", ""},
};

/* Kept from the request to the store's answer. */
struct reading {
    const struct series *series;
    struct http_exchange *exchange;
    struct series_history_query query;
};

/* Too much asked of the store at once is no fault of the request: 503, not 429. */
static void fail_query(struct http_exchange *exchange, int err, const char *what)
{
    static const char retry_s[] = "2";
    if (err == ROOST_ERR_FULL || err == ROOST_ERR_CLOSED)
        http_answer_header(exchange, "Retry-After", retry_s);
    if (err == ROOST_ERR_FULL)
        http_fail(exchange, 503, "busy", "too many histories are being read; ask again later");
    else
        http_fail_err(exchange, err, what);
}

/* Nobody waits for the answer any more: the store need not go on. */
static void history_left(void *ctx, struct http_exchange *exchange)
{
    const struct reading *reading = ctx;
    (void)exchange;
    reading->series->ops->cancel(reading->series->ctx, reading);
}

static void history_done(void *arg, int err, const struct series_point *points, size_t count)
{
    struct reading *reading = arg;
    size_t size = count * POINT_JSON_MAX + 256;
    char *text = err == 0 ? malloc(size) : NULL;
    if (!text) {
        fail_query(reading->exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY,
                   "the history cannot be read");
        free(reading);
        return;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", reading->query.device_id);
    roost_json_put_str(&w, "metric", metrics[reading->query.metric].name);
    roost_json_put_str(&w, "unit", metrics[reading->query.metric].unit);
    roost_json_put_array(&w, "points");
    for (size_t i = 0; i < count; i++) {
        roost_json_array(&w);
        roost_json_int(&w, points[i].unix_ms);
        roost_json_double(&w, points[i].mean, 3);
        roost_json_double(&w, points[i].min, 3);
        roost_json_double(&w, points[i].max, 3);
        roost_json_end(&w);
    }
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(reading->exchange, 200, &w);
    free(text);
    free(reading);
}

static int parse_metric(const struct http_request *request, struct http_exchange *exchange)
{
    const char *name = http_query(request, "metric");
    for (int i = 0; name && i < SERIES_METRIC_COUNT; i++)
        if (strcmp(metrics[i].name, name) == 0)
            return i;
    http_fail(exchange, 400, "invalid_field",
              "metric: must be temperature, humidity, sound, position or confidence");
    return ROOST_ERR_INVALID;
}

static void get_history(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    struct climate *climate = ctx;
    const struct fleet_device *device = answer_device_of(climate->parts.fleet, request, exchange);
    if (!device)
        return;
    int metric = parse_metric(request, exchange);
    if (metric < 0)
        return;
    const struct host_clock *clock = climate->parts.clock;
    int64_t to_ms = clock->ops->unix_ms(clock->ctx);
    int64_t points = 500;
    if (query_int(request, "to", 0, INT64_MAX / 2, &to_ms, exchange) != 0)
        return;
    int64_t from_ms = to_ms > DAY_MS ? to_ms - DAY_MS : 0;
    if (query_int(request, "from", 0, INT64_MAX / 2, &from_ms, exchange) != 0 ||
        query_int(request, "points", 1, 5000, &points, exchange) != 0)
        return;
    if (from_ms >= to_ms) {
        http_fail(exchange, 400, "invalid_field", "from: must be before to");
        return;
    }
    struct reading *reading = calloc(1, sizeof *reading);
    if (!reading) {
        http_fail_err(exchange, ROOST_ERR_NO_MEMORY, NULL);
        return;
    }
    reading->exchange = exchange;
    reading->query = (struct series_history_query){.metric = (enum series_metric)metric,
                                                   .from_ms = from_ms,
                                                   .to_ms = to_ms,
                                                   .max_points = (uint32_t)points,
                                                   .client = request->identity.id};
    snprintf(reading->query.device_id, sizeof reading->query.device_id, "%s", device->id);
    const struct series *series = climate->parts.series;
    reading->series = series;
    int err = series->ops->history(series->ctx, &reading->query, history_done, reading);
    if (err != 0)
        history_done(reading, err, NULL, 0);
    else
        http_exchange_watch(exchange, history_left, reading);
}

static void decisions_left(void *ctx, struct http_exchange *exchange)
{
    const struct climate *climate = ctx;
    climate->parts.series->ops->cancel(climate->parts.series->ctx, exchange);
}

static void decisions_done(void *arg, int err, const struct series_row *rows, size_t count)
{
    struct http_exchange *exchange = arg;
    size_t size = count * DECISION_JSON_MAX + 64;
    char *text = err == 0 ? malloc(size) : NULL;
    if (!text) {
        fail_query(exchange, err != 0 ? err : ROOST_ERR_NO_MEMORY, "the decisions cannot be read");
        return;
    }
    struct roost_json_writer w;
    roost_json_begin(&w, text, size);
    roost_json_object(&w);
    roost_json_put_array(&w, "decisions");
    for (size_t i = 0; i < count; i++) {
        ROOST_ASSERT(rows[i].table == SERIES_ACTION);
        const struct roost_control control = {
            .unix_ms = rows[i].unix_ms,
            .position_pct = rows[i].action.position_pct,
            .confidence = rows[i].action.confidence,
            .has_features = true,
            .features = {.temperature_degc = rows[i].action.temperature_degc,
                         .humidity_pct = rows[i].action.humidity_pct,
                         .sound_volume_dbfs = rows[i].action.sound_volume_dbfs},
        };
        climate_view_decision(&w, NULL, &control);
    }
    roost_json_end(&w);
    roost_json_end(&w);
    answer_json(exchange, 200, &w);
    free(text);
}

static void get_decisions(void *ctx, const struct http_request *request,
                          struct http_exchange *exchange)
{
    struct climate *climate = ctx;
    const struct fleet_device *device = answer_device_of(climate->parts.fleet, request, exchange);
    int64_t limit = 50;
    if (!device || query_int(request, "limit", 1, 500, &limit, exchange) != 0)
        return;
    const struct series *series = climate->parts.series;
    int err = series->ops->newest(series->ctx, SERIES_ACTION, device->id, (uint32_t)limit,
                                  decisions_done, exchange);
    if (err != 0)
        decisions_done(exchange, err, NULL, 0);
    else
        http_exchange_watch(exchange, decisions_left, climate);
}

static void moved(void *arg, int err, const struct registry_command *command)
{
    struct http_exchange *exchange = arg;
    if (err != 0) {
        answer_registry_err(exchange, err, "the window was not moved");
        return;
    }
    char text[96];
    struct roost_json_writer w;
    roost_json_begin(&w, text, sizeof text);
    roost_json_object(&w);
    roost_json_put_str(&w, "command_id", command->id);
    roost_json_end(&w);
    answer_json(exchange, 202, &w);
}

static void move_window(void *ctx, const struct http_request *request,
                        struct http_exchange *exchange)
{
    struct climate *climate = ctx;
    const struct fleet_device *device = answer_device_of(climate->parts.fleet, request, exchange);
    if (!device)
        return;
    struct body body;
    double position_pct;
    char args[64];
    if (body_read(&body, request, exchange) != 0 ||
        body_number(&body, "position", 0, 100, &position_pct, exchange) != 0)
        return;
    const char *why = fleet_refusal(climate->parts.fleet, device, "move");
    if (why) {
        http_fail(exchange, 409, "refused", why);
        return;
    }
    int err = roost_feedback_write(args, sizeof args, position_pct); /* {"position":n}, too */
    if (err >= 0)
        err = fleet_command(climate->parts.fleet, device->id, "move", args, request->identity.id,
                            moved, exchange);
    if (err < 0)
        moved(exchange, err, NULL);
}

#define DEVICE "/api/v1/devices/{device_id}"
const struct http_route climate_routes[CLIMATE_ROUTES] = {
    {.method = HTTP_GET,
     .path = DEVICE "/history",
     .role = HTTP_ROLE_OPERATOR,
     .rate = HTTP_RATE_READ,
     .handler = get_history},
    {.method = HTTP_GET,
     .path = DEVICE "/decisions",
     .role = HTTP_ROLE_OPERATOR,
     .rate = HTTP_RATE_READ,
     .handler = get_decisions},
    {.method = HTTP_PUT,
     .path = DEVICE "/position",
     .role = HTTP_ROLE_OPERATOR,
     .rate = HTTP_RATE_WRITE,
     .handler = move_window},
};
