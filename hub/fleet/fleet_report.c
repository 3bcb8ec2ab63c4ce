/* SPDX-License-Identifier: Apache-2.0 */
/* What devices say about themselves, kept, and told to the dashboard's live view. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "hub/fleet/fleet_internal.h"
#include "hub/fleet/view.h"

/* Nothing is written that nobody looks at. */
static bool wanted(const struct fleet *fleet)
{
    return fleet->feed && fleet->feed->ops && fleet->feed->ops->wanted(fleet->feed->ctx);
}

static void send(struct fleet *fleet, const char *event, struct roost_json_writer *w)
{
    int len = roost_json_finish(w);
    if (len > 0)
        fleet->feed->ops->send(fleet->feed->ctx, event, w->out, (size_t)len);
}

void fleet_send_device(struct fleet *fleet, const struct entry *entry)
{
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    if (!wanted(fleet))
        return;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, &entry->device);
    send(fleet, "device", &w);
}

void fleet_send_command(struct fleet *fleet, const struct registry_command *command)
{
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    if (!wanted(fleet))
        return;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_command(&w, command);
    send(fleet, "command", &w);
}

uint64_t fleet_tell(struct fleet *fleet, uint64_t now_ms)
{
    const struct entry_list *list = &fleet->lists[FLEET_LIST_TELL];
    if (!list->first)
        return UINT64_MAX;
    if (now_ms < fleet->tell_due_ms)
        return fleet->tell_due_ms;
    bool anybody = wanted(fleet);
    for (int told = 0; list->first && (!anybody || told < FLEET_TELL_AT_ONCE); told++) {
        struct entry *entry = list->first;
        fleet_list_remove(fleet, FLEET_LIST_TELL, entry);
        fleet_send_device(fleet, entry);
    }
    fleet->tell_due_ms = now_ms + FLEET_TELL_MS;
    return list->first ? fleet->tell_due_ms : UINT64_MAX;
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
    fleet_judge(fleet, entry_of(device), fleet_now(fleet));
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
    if (!wanted(fleet))
        return 0;
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_window(&w, device->id, &state);
    send(fleet, "state", &w);
    return 0;
}

void fleet_reading(struct fleet *fleet, struct fleet_device *device, enum roost_any_topic_kind kind,
                   double value, int64_t unix_ms)
{
    const char *metric = NULL;
    switch (kind) {
    case ANY_TOPIC_TEMPERATURE:
        metric = "temperature";
        device->temperature_degc = value;
        device->temperature_ms = unix_ms;
        break;
    case ANY_TOPIC_HUMIDITY:
        metric = "humidity";
        device->humidity_pct = value;
        device->humidity_ms = unix_ms;
        break;
    case ANY_TOPIC_AUDIO:
        metric = "sound";
        device->sound_dbfs = value;
        device->sound_ms = unix_ms;
        break;
    default:
        return;
    }
    if (!wanted(fleet))
        return;
    char json[192];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    roost_json_object(&w);
    roost_json_put_str(&w, "device_id", device->id);
    roost_json_put_str(&w, "metric", metric);
    roost_json_put_double(&w, "value", value, 3);
    roost_json_put_int(&w, "at_ms", unix_ms);
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
    if (!wanted(fleet))
        return;
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_decision(&w, device->id, control);
    send(fleet, "control", &w);
}
