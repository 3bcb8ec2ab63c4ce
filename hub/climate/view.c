/* SPDX-License-Identifier: Apache-2.0 */
/* What the outside sees of a window: the objects of hub/api/openapi.json, written once for the REST
 * API and the live view. */
#include <math.h>

#include "core/json_write.h"
#include "hub/climate/climate_internal.h"

static void member_str_or_null(struct roost_json_writer *w, const char *key, const char *value)
{
    roost_json_put_str(w, key, value[0] != '\0' ? value : NULL);
}

static void member_number(struct roost_json_writer *w, const char *key, double value,
                          unsigned decimals)
{
    if (isnan(value))
        roost_json_put_null(w, key);
    else
        roost_json_put_double(w, key, value, decimals);
}

static void member_time(struct roost_json_writer *w, int64_t unix_ms)
{
    if (unix_ms == 0)
        roost_json_put_null(w, "at_ms");
    else
        roost_json_put_int(w, "at_ms", unix_ms);
}

void climate_view_window(struct roost_json_writer *w, const char *device_id,
                         const struct roost_window_state *state)
{
    roost_json_object(w);
    if (device_id)
        roost_json_put_str(w, "device_id", device_id);
    member_number(w, "position", state->position_pct, 1);
    member_number(w, "target", state->target_pct, 1);
    roost_json_put_bool(w, "moving", state->moving);
    roost_json_put_bool(w, "calibrated", state->calibrated);
    member_str_or_null(w, "fault", state->fault);
    roost_json_end(w);
}

void climate_view_decision(struct roost_json_writer *w, const char *device_id,
                           const struct roost_control *control)
{
    bool known = control->has_features;
    roost_json_object(w);
    if (device_id)
        roost_json_put_str(w, "device_id", device_id);
    member_time(w, control->unix_ms);
    member_number(w, "position", control->position_pct, 1);
    member_number(w, "confidence", control->confidence, 3);
    member_number(w, "temperature", known ? control->features.temperature_degc : NAN, 2);
    member_number(w, "humidity", known ? control->features.humidity_pct : NAN, 2);
    member_number(w, "sound", known ? control->features.sound_volume_dbfs : NAN, 2);
    member_str_or_null(w, "model_version", control->model_version);
    member_str_or_null(w, "trace_id", control->trace_id);
    roost_json_end(w);
}

void climate_latest(const void *climate, const struct fleet_device *device,
                    struct roost_json_writer *w)
{
    const struct climate_device *part = climate_device(climate, device);
    for (int feature = 0; feature < FEATURE_COUNT; feature++) {
        if (!part || !(part->seen & 1 << feature)) {
            roost_json_put_null(w, climate_feature_names[feature]);
            continue;
        }
        roost_json_put_object(w, climate_feature_names[feature]);
        member_number(w, "value", part->latest[feature], 3);
        member_time(w, part->latest_ms[feature]);
        roost_json_end(w);
    }
}

void climate_describe(const void *climate, const struct fleet_device *device,
                      struct roost_json_writer *w)
{
    const struct climate_device *part = climate_device(climate, device);
    roost_json_key(w, "window");
    if (part && part->state)
        climate_view_window(w, NULL, part->state);
    else
        roost_json_null(w);
    roost_json_key(w, "decision");
    if (part && part->control)
        climate_view_decision(w, NULL, part->control);
    else
        roost_json_null(w);
}
