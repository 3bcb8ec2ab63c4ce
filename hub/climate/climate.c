/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/climate/climate.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/climate/climate_internal.h"
#include "hub/settings.h"
#include "hub/store/registry.h"

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
        /* Never 0: a request that cannot be sent would be due again within the same tick. */
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

/* Where a command `move` sent a window; a negative error when it is none that could. */
static int moved_to(const struct climate *climate, const struct registry_command *command,
                    double *position_pct)
{
    const struct fleet_device *device = fleet_find(climate->parts.fleet, command->device_id);
    if (strcmp(command->name, "move") != 0 || !device)
        return ROOST_ERR_NOT_FOUND;
    if (device->type[0] && strcmp(device->type, CLIMATE_TYPE) != 0)
        return ROOST_ERR_NOT_FOUND; /* what moves is something else */
    return roost_feedback_parse(position_pct, command->args_json, strlen(command->args_json));
}

/* A window that cannot move now would move when nobody looks, or never, and the hand's choice would
 * be of another weather. */
static const char *climate_refuses(const void *service, const struct fleet_device *device,
                                   const char *command)
{
    const struct climate_device *part = climate_device(service, device);
    bool window = device->type[0] ? strcmp(device->type, CLIMATE_TYPE) == 0 : part && part->state;
    if (strcmp(command, "move") != 0)
        return NULL;
    if (!window)
        return "the device has no window to move";
    if (device->connectivity == FLEET_NEVER || device->connectivity == FLEET_OFFLINE)
        return "the window is away: it is not connected, and nothing was sent";
    return NULL;
}

static void climate_obeyed(void *service, const struct registry_command *command)
{
    const struct climate *climate = service;
    const struct bus *bus = climate->parts.bus;
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[64];
    double position_pct;
    if (moved_to(climate, command, &position_pct) != 0)
        return;
    int len = roost_feedback_write(payload, sizeof payload, position_pct);
    int err = len < 0
                  ? len
                  : roost_topic_write(topic, sizeof topic, &climate_topics[CLIMATE_TOPIC_FEEDBACK],
                                      command->device_id);
    if (err >= 0)
        err = bus->ops->publish(bus->ctx, topic, payload, (size_t)len, 1, false);
    /* The window has moved and the command is answered: all that is lost is an example to learn
     * from, so it ends here. */
    if (err < 0)
        HOST_LOG_LIMITED(ROOST_LOG_WARN, "climate", "the model does not learn of a move",
                         RF_STR("device_id", command->device_id), RF_STR("command_id", command->id),
                         RF_ERR("error", err));
}

const struct hub_service climate_service = {
    .name = "climate",
    .type = CLIMATE_TYPE,
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
    .recall = climate_recall,
    .clock_set = climate_clock_set,
    .latest = climate_latest,
    .describe = climate_describe,
    .refuses = climate_refuses,
    .obeyed = climate_obeyed,
    .forget = climate_forget,
};
