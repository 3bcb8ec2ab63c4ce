/* SPDX-License-Identifier: Apache-2.0 */
/* What devices say about themselves, kept, and told to the dashboard's live view. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "hub/fleet/fleet_internal.h"

static void send(struct fleet *fleet, const char *event, struct roost_json_writer *w)
{
    int len = roost_json_finish(w);
    if (len > 0 && fleet->feed && fleet->feed->ops)
        fleet->feed->ops->send(fleet->feed->ctx, event, w->out, (size_t)len);
}

static void member(struct roost_json_writer *w, const char *key, const char *text)
{
    roost_json_key(w, key);
    roost_json_str(w, text);
}

static void flag(struct roost_json_writer *w, const char *key, bool value)
{
    roost_json_key(w, key);
    roost_json_bool(w, value);
}

static void number(struct roost_json_writer *w, const char *key, int64_t value)
{
    roost_json_key(w, key);
    roost_json_int(w, value);
}

void fleet_send_device(struct fleet *fleet, const struct entry *entry)
{
    const struct fleet_device *device = &entry->device;
    const struct roost_status *status = device->status;
    char json[1536];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    member(&w, "device_id", device->id);
    member(&w, "type", device->type);
    member(&w, "name", device->name);
    member(&w, "location", device->location);
    flag(&w, "claimed", device->claimed);
    flag(&w, "online", device->online);
    flag(&w, "active", device->active);
    number(&w, "last_seen", device->last_seen_ms);
    if (status && status->has_health) {
        member(&w, "firmware", status->firmware);
        member(&w, "fault", status->fault[0] ? status->fault : NULL);
        number(&w, "rssi", status->rssi_dbm);
        number(&w, "uptime_ms", (int64_t)status->uptime_ms);
        number(&w, "heap_free", status->heap_free_bytes);
        number(&w, "heap_low", status->heap_low_bytes);
        number(&w, "journal_waiting", status->journal_waiting);
        number(&w, "reconnects", status->reconnects);
    }
    roost_json_end(&w);
    send(fleet, "device", &w);
}

void fleet_send_command(struct fleet *fleet, const struct registry_command *command)
{
    char json[4096];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    member(&w, "id", command->id);
    member(&w, "device_id", command->device_id);
    member(&w, "command", command->name);
    member(&w, "state", command->state);
    number(&w, "finished", command->finished_ms);
    if (command->answer_json[0]) {
        roost_json_key(&w, "answer");
        roost_json_raw(&w, command->answer_json, strlen(command->answer_json));
    }
    roost_json_end(&w);
    send(fleet, "command", &w);
}

/* Copies a report into the device's block of that kind, made when the first one comes. */
static int keep(const void **block, const void *report, size_t size)
{
    void *memory = (void *)*block;
    if (!memory && !(memory = malloc(size)))
        return ROOST_ERR_NO_MEMORY;
    memcpy(memory, report, size);
    *block = memory;
    return 0;
}

int fleet_status(struct fleet *fleet, struct fleet_device *device, const char *payload, size_t len,
                 bool retained)
{
    struct roost_status status;
    int err = roost_status_parse(&status, payload, len);
    if (err)
        return err;
    if (!status.has_health && device->status) { /* the last will: what was known stays */
        bool online = status.online;
        status = *device->status;
        status.online = online;
    }
    const void *block = device->status;
    err = keep(&block, &status, sizeof status);
    if (err)
        return err;
    device->status = block;
    device->online = status.online;
    if (status.type[0] && strcmp(status.type, device->type) != 0) {
        memcpy(device->type, status.type, sizeof device->type);
        fleet_list_push(fleet, FLEET_LIST_RECORD, entry_of(device));
    }
    if (status.online && !retained)
        fleet_heard(fleet, device);
    fleet_send_device(fleet, entry_of(device));
    return 0;
}

int fleet_window_state(struct fleet *fleet, struct fleet_device *device, const char *payload,
                       size_t len)
{
    struct roost_window_state state;
    int err = roost_window_state_parse(&state, payload, len);
    if (err)
        return err;
    const void *block = device->state;
    err = keep(&block, &state, sizeof state);
    if (err)
        return err;
    device->state = block;
    char json[512];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    member(&w, "device_id", device->id);
    roost_json_key(&w, "position");
    roost_json_double(&w, state.position_pct, 1);
    roost_json_key(&w, "target");
    roost_json_double(&w, state.target_pct, 1);
    flag(&w, "moving", state.moving);
    flag(&w, "calibrated", state.calibrated);
    member(&w, "fault", state.fault[0] ? state.fault : NULL);
    roost_json_end(&w);
    send(fleet, "state", &w);
    return 0;
}

void fleet_reading(struct fleet *fleet, struct fleet_device *device, enum roost_topic_kind kind,
                   double value, int64_t unix_ms)
{
    const char *metric = NULL;
    switch (kind) {
    case ROOST_TOPIC_TEMPERATURE:
        metric = "temperature";
        device->temperature_degc = value;
        device->temperature_ms = unix_ms;
        break;
    case ROOST_TOPIC_HUMIDITY:
        metric = "humidity";
        device->humidity_pct = value;
        device->humidity_ms = unix_ms;
        break;
    case ROOST_TOPIC_AUDIO:
        metric = "sound";
        device->sound_dbfs = value;
        device->sound_ms = unix_ms;
        break;
    default:
        return;
    }
    char json[192];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    member(&w, "device_id", device->id);
    member(&w, "metric", metric);
    roost_json_key(&w, "value");
    roost_json_double(&w, value, 3);
    number(&w, "ts", unix_ms);
    roost_json_end(&w);
    send(fleet, "reading", &w);
}

void fleet_control(struct fleet *fleet, struct fleet_device *device,
                   const struct roost_control *control)
{
    const void *block = device->control;
    if (keep(&block, control, sizeof *control) != 0)
        return;
    device->control = block;
    char json[512];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    member(&w, "device_id", device->id);
    number(&w, "ts", control->unix_ms);
    roost_json_key(&w, "position");
    roost_json_double(&w, control->position_pct, 1);
    roost_json_key(&w, "confidence");
    roost_json_double(&w, control->confidence, 3);
    if (control->has_features) {
        roost_json_key(&w, "temperature");
        roost_json_double(&w, control->features.temperature_degc, 2);
        roost_json_key(&w, "humidity");
        roost_json_double(&w, control->features.humidity_pct, 2);
        roost_json_key(&w, "sound_volume");
        roost_json_double(&w, control->features.sound_volume_dbfs, 2);
    }
    member(&w, "model_version", control->model_version);
    member(&w, "trace_id", control->trace_id);
    roost_json_end(&w);
    send(fleet, "control", &w);
}
