/* SPDX-License-Identifier: Apache-2.0 */
/* What was known of a window before the hub started: the newest rows by their time. They are shown;
 * the model is asked when something new comes. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "hub/climate/climate_internal.h"

/* What comes from now on is newer than what is stored, whatever either clock says of it; only
 * replays are put in order by its age. */
static void recall_value(const struct climate *climate, struct climate_device *part,
                         enum feature feature, double value, int64_t unix_ms)
{
    const struct host_clock *clock = climate->parts.clock;
    int64_t age_ms = clock->ops->unix_ms(clock->ctx) - unix_ms;

    part->latest[feature] = value;
    part->latest_ms[feature] = unix_ms;
    part->when_ms[feature] = (int64_t)clock->ops->now_ms(clock->ctx) - (age_ms > 0 ? age_ms : 0);
    part->seen |= (uint8_t)(1 << feature);
}

/* The decision stands in two rows of one time. */
static struct roost_control *recall_control(struct climate_device *part, int64_t unix_ms)
{
    struct roost_control *control = part->control;

    if (!control)
        control = part->control = malloc(sizeof *control);
    else if (control->unix_ms == unix_ms)
        return control;
    else if (control->unix_ms > unix_ms)
        return NULL;
    if (control) {
        *control = (struct roost_control){.unix_ms = unix_ms, .inference_time_ms = -1};
        memcpy(control->device_id, part->device->id, sizeof control->device_id);
    }
    return control;
}

static void recall_action(struct climate_device *part, const struct series_row *row)
{
    struct roost_control *control = recall_control(part, row->unix_ms);

    if (!control)
        return;
    control->position_pct = row->action.position_pct;
    control->confidence = row->action.confidence;
    control->has_features = !isnan(row->action.temperature_degc);
    control->features = (struct roost_features){.temperature_degc = row->action.temperature_degc,
                                                .humidity_pct = row->action.humidity_pct,
                                                .sound_volume_dbfs = row->action.sound_volume_dbfs};
}

static void recall_prediction(struct climate_device *part, const struct series_row *row)
{
    struct roost_control *control = recall_control(part, row->unix_ms);

    if (!control)
        return;
    control->position_pct = row->prediction.prediction_pct;
    control->confidence = row->prediction.confidence;
    control->inference_time_ms = row->prediction.inference_time_ms;
    memcpy(control->model_version, row->prediction.model_version, sizeof control->model_version);
}

void climate_recall(void *service, struct fleet_device *device, const struct series_row *row)
{
    struct climate *climate = service;
    struct climate_device *part = climate_device(climate, device);

    if (!part) {
        part = calloc(1, sizeof *part);
        if (!part)
            return; /* shown when something new comes */
        part->device = device;
        device->part[climate->parts.slot] = part;
    }
    switch (row->table) {
    case SERIES_TEMPERATURE:
        recall_value(climate, part, FEATURE_TEMPERATURE, row->value, row->unix_ms);
        break;
    case SERIES_HUMIDITY:
        recall_value(climate, part, FEATURE_HUMIDITY, row->value, row->unix_ms);
        break;
    case SERIES_AUDIO:
        recall_value(climate, part, FEATURE_SOUND, row->audio.level_dbfs, row->unix_ms);
        break;
    case SERIES_ACTION:
        recall_action(part, row);
        break;
    case SERIES_PREDICTION:
        recall_prediction(part, row);
        break;
    case SERIES_TABLE_COUNT:
        break;
    }
}

/* What came since the start has its age by the monotonic clock, what was stored has none. */
static int64_t known_time(const struct climate *climate, const struct climate_device *part,
                          enum feature feature)
{
    const struct host_clock *clock = climate->parts.clock;
    int64_t age_ms = (int64_t)clock->ops->now_ms(clock->ctx) - part->when_ms[feature];

    return part->live & 1 << feature ? clock->ops->unix_ms(clock->ctx) - age_ms : 0;
}

struct correction {
    struct climate *climate;
    int64_t until_ms;
};

static int correct(void *arg, struct fleet_device *device)
{
    const struct correction *correction = arg;
    struct climate_device *part = climate_device(correction->climate, device);

    if (!part)
        return 0;
    for (int i = 0; i < FEATURE_COUNT; i++)
        if (part->latest_ms[i] > correction->until_ms)
            part->latest_ms[i] = known_time(correction->climate, part, (enum feature)i);
    if (part->control && part->control->unix_ms > correction->until_ms)
        part->control->unix_ms = 0;
    return 0;
}

void climate_clock_set(void *service, int64_t until_ms)
{
    struct climate *climate = service;
    struct correction correction = {climate, until_ms};

    fleet_each(climate->parts.fleet, "", correct, &correction);
}
