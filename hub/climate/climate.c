/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/climate/climate.h"

#include <stdlib.h>

#include "core/err.h"
#include "hub/climate/climate_internal.h"
#include "hub/settings.h"

static const double seconds_bounds[] = {0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,  0.5,    1,     2.5,  5,     10};

static void register_metrics(struct climate *climate)
{
    static const char loop_name[] = "roost_loop_seconds";
    static const char loop_help[] =
        "Until the model's decision came: from its request, or from the "
        "sensor's message that caused it, the wait for the trigger "
        "interval included";
    static const size_t bounds = sizeof seconds_bounds / sizeof seconds_bounds[0];
    struct metrics *m = climate->parts.metrics;
    climate->requests_ok = metrics_counter(m, "roost_model_requests_total",
                                           "Inference requests by result", "result=\"sent\"");
    climate->requests_failed = metrics_counter(m, "roost_model_requests_total",
                                               "Inference requests by result", "result=\"failed\"");
    climate->loop_from_request =
        metrics_histogram(m, loop_name, loop_help, "from=\"request\"", seconds_bounds, bounds);
    climate->loop_from_sensor =
        metrics_histogram(m, loop_name, loop_help, "from=\"sensor\"", seconds_bounds, bounds);
}

static int climate_open(void **out, const struct hub_parts *parts)
{
    const struct settings *s = parts->settings;
    struct climate *climate = calloc(1, sizeof *climate);
    if (!climate)
        return ROOST_ERR_NO_MEMORY;
    climate->config = (struct climate_config){
        .trigger_temperature_degc = s->trigger_temperature_degc,
        .trigger_humidity_pct = s->trigger_humidity_pct,
        .trigger_on_sound = s->trigger_sound,
        .trigger_interval_ms = s->trigger_interval_s ? s->trigger_interval_s * 1000u : 1,
    };
    climate->parts = *parts;
    register_metrics(climate);
    *out = climate;
    return 0;
}

static void climate_close(void *service)
{
    struct climate *climate = service;
    free(climate->sound);
    free(climate);
}

static void climate_forget(void *service, struct fleet_device *device)
{
    struct climate *climate = service;
    struct climate_device *part = climate_device(climate, device);
    trigger_forget(climate, part);
    free(part->state);
    free(part->control);
    free(part);
    device->part[climate->parts.slot] = NULL;
}

/* A hand's move on its way: the model hears of it when the command is out. */
struct hand {
    struct climate *climate;
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[64]; /* {"position":n} is the command's argument, too */
    size_t payload_len;
    fleet_command_fn done;
    void *arg;
};

static void hand_sent(void *arg, int err, const struct registry_command *command)
{
    struct hand *hand = arg;
    const struct bus *bus = hand->climate->parts.bus;
    if (!err)
        err = bus->ops->publish(bus->ctx, hand->topic, hand->payload, hand->payload_len, 1, false);
    if (hand->done)
        hand->done(hand->arg, err, err ? NULL : command);
    free(hand);
}

int climate_hand(struct climate *climate, const char *device_id, double position_pct,
                 int64_t operator_id, fleet_command_fn done, void *arg)
{
    if (!(position_pct >= 0 && position_pct <= 100))
        return ROOST_ERR_RANGE;
    struct hand *hand = calloc(1, sizeof *hand);
    if (!hand)
        return ROOST_ERR_NO_MEMORY;
    hand->climate = climate;
    hand->done = done;
    hand->arg = arg;
    int err = roost_topic_write(hand->topic, sizeof hand->topic,
                                &climate_topics[CLIMATE_TOPIC_FEEDBACK], device_id);
    int len =
        err < 0 ? err : roost_feedback_write(hand->payload, sizeof hand->payload, position_pct);
    hand->payload_len = len < 0 ? 0 : (size_t)len;
    err = len < 0 ? len
                  : fleet_command(climate->parts.fleet, device_id, "move", hand->payload,
                                  operator_id, hand_sent, hand);
    if (err)
        free(hand);
    return err;
}

const struct hub_service climate_service = {
    .name = "climate",
    .open = climate_open,
    .close = climate_close,
    .topics = climate_hub_topics,
    .topic_count = CLIMATE_TOPIC_COUNT,
    .streams = climate_streams,
    .stream_count = CLIMATE_STREAM_COUNT,
    .reasons = climate_reasons,
    .reason_count = CLIMATE_REASONS,
    .routes = climate_routes,
    .route_count = CLIMATE_ROUTES,
    .tick = trigger_tick,
    .latest = climate_latest,
    .describe = climate_describe,
    .forget = climate_forget,
};
