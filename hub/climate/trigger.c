/* SPDX-License-Identifier: Apache-2.0 */
/* When the model is asked (docs/mqtt.md). Devices asked within the interval form a list by time of
 * their request, so that what is due is always at its head. */
#include <math.h>
#include <string.h>

#include "core/err.h"
#include "hub/climate/climate_internal.h"
#include "host/log.h"
#include "hub/uuid.h"

enum { ALL_SEEN = (1 << FEATURE_COUNT) - 1 };

static void unlist(struct climate *climate, struct climate_device *device)
{
    if (device->earlier)
        device->earlier->later = device->later;
    else
        climate->first_asked = device->later;
    if (device->later)
        device->later->earlier = device->earlier;
    else
        climate->last_asked = device->earlier;
    device->earlier = device->later = NULL;
    device->listed = false;
}

static void list_last(struct climate *climate, struct climate_device *device)
{
    if (device->listed)
        unlist(climate, device);
    device->earlier = climate->last_asked;
    if (climate->last_asked)
        climate->last_asked->later = device;
    else
        climate->first_asked = device;
    climate->last_asked = device;
    device->listed = true;
}

static int publish_request(struct climate *climate, const struct climate_device *device)
{
    const struct host_clock *clock = climate->parts.clock;
    const struct bus *bus = climate->parts.bus;
    char topic[ROOST_TOPIC_MAX + 1];
    char payload[512];
    struct roost_request request = {
        .unix_ms = clock->ops->unix_ms(clock->ctx),
        .features = {.temperature_degc = device->latest[FEATURE_TEMPERATURE],
                     .humidity_pct = device->latest[FEATURE_HUMIDITY],
                     .sound_volume_dbfs = device->latest[FEATURE_SOUND]},
    };
    memcpy(request.device_id, device->device->id, sizeof request.device_id);
    memcpy(request.trace_id, device->trace_id, sizeof request.trace_id);
    int len = roost_topic_write(topic, sizeof topic, &climate_topics[CLIMATE_TOPIC_REQUEST],
                                device->device->id);
    if (len >= 0)
        len = roost_request_write(payload, sizeof payload, &request);
    if (len < 0)
        return len;
    return bus->ops->publish(bus->ctx, topic, payload, (size_t)len, 1, false);
}

/* A request that cannot be sent waits for the next interval with what is the latest then. */
static void ask(struct climate *climate, struct climate_device *device, uint64_t now_ms)
{
    uuid_new(device->trace_id, climate->parts.clock);
    device->asked_ms = now_ms;
    list_last(climate, device);
    int err = publish_request(climate, device);
    device->waits = err != 0;
    device->answer_due = err == 0;
    metric_add(err ? climate->requests_failed : climate->requests_ok, 1);
    if (err) {
        HOST_LOG(ROOST_LOG_DEBUG, "climate", "request not sent",
                 RF_STR("device_id", device->device->id), RF_ERR("error", err));
        return;
    }
    device->ever_asked = true;
    memcpy(device->asked, device->latest, sizeof device->asked);
    HOST_LOG(ROOST_LOG_DEBUG, "climate", "model asked", RF_STR("device_id", device->device->id),
             RF_STR("trace_id", device->trace_id));
}

/* Decimal steps are not exact in binary: 20.7 - 20.2 has to count as 0.5. */
static bool moved(const struct climate_device *device, enum feature feature, double step)
{
    return fabs(device->latest[feature] - device->asked[feature]) >= step - 1e-9;
}

static bool wants(const struct climate *climate, const struct climate_device *device,
                  enum feature feature)
{
    if (device->live != ALL_SEEN)
        return false;
    if (!device->ever_asked)
        return true;
    switch (feature) {
    case FEATURE_TEMPERATURE:
        return moved(device, feature, climate->config.trigger_temperature_degc);
    case FEATURE_HUMIDITY:
        return moved(device, feature, climate->config.trigger_humidity_pct);
    default:
        return climate->config.trigger_on_sound;
    }
}

void trigger_value(struct climate *climate, struct climate_device *device, enum feature feature,
                   uint64_t now_ms)
{
    if (device->waits || !wants(climate, device, feature))
        return;
    device->cause_ms = now_ms;
    device->waits = true;
    if (!device->listed || now_ms - device->asked_ms >= climate->config.trigger_interval_ms)
        ask(climate, device, now_ms);
}

uint64_t trigger_tick(void *service, uint64_t now_ms)
{
    struct climate *climate = service;
    struct climate_device *device;
    while ((device = climate->first_asked)) {
        uint64_t due_ms = device->asked_ms + climate->config.trigger_interval_ms;
        if (now_ms < due_ms)
            return due_ms;
        unlist(climate, device);
        if (device->waits)
            ask(climate, device, now_ms);
    }
    return UINT64_MAX;
}

void trigger_answered(struct climate *climate, struct climate_device *device,
                      const struct roost_control *control, uint64_t now_ms)
{
    bool ours = !control->trace_id[0] || strcmp(control->trace_id, device->trace_id) == 0;
    if (!device->answer_due || !ours)
        return;
    device->answer_due = false;
    metric_observe(climate->loop_from_request, (double)(now_ms - device->asked_ms) / 1e3);
    metric_observe(climate->loop_from_sensor, (double)(now_ms - device->cause_ms) / 1e3);
}

void trigger_forget(struct climate *climate, struct climate_device *device)
{
    if (device->listed)
        unlist(climate, device);
}
