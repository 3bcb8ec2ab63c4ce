/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/fleet/view.h"

#include <string.h>

#include "proto/faults.h"

static void write_str_or_null(struct roost_json_writer *w, const char *text)
{
    roost_json_str(w, text && text[0] != '\0' ? text : NULL);
}

static void member_str_or_null(struct roost_json_writer *w, const char *key, const char *value)
{
    roost_json_key(w, key);
    write_str_or_null(w, value);
}

static void write_health(struct roost_json_writer *w, const struct roost_status *status)
{
    const struct roost_fault_entry *fault = roost_fault_find(status->fault_number);
    roost_json_object(w);
    roost_json_put_str(w, "firmware", status->firmware);
    roost_json_put_int(w, "uptime_ms", (int64_t)status->uptime_ms);
    roost_json_put_int(w, "heap_free_bytes", status->heap_free_bytes);
    roost_json_put_int(w, "heap_low_bytes", status->heap_low_bytes);
    roost_json_put_int(w, "rssi_dbm", status->rssi_dbm);
    roost_json_put_int(w, "boots", status->boots);
    roost_json_put_int(w, "crashes", status->crashes);
    roost_json_put_int(w, "brown_outs", status->brown_outs);
    roost_json_put_int(w, "reconnects", status->reconnects);
    roost_json_put_str(w, "reset_reason", status->reset_reason);
    roost_json_put_int(w, "journal_waiting", status->journal_waiting);
    roost_json_put_int(w, "journal_dropped", status->journal_dropped);
    roost_json_put_int(w, "event_dropped", status->event_dropped);
    for (size_t i = 0; i < status->counter_count; i++)
        roost_json_put_int(w, status->counters[i].name, status->counters[i].value);
    roost_json_put_int(w, "log_errors", status->log_errors);
    member_str_or_null(w, "fault", status->fault);
    roost_json_put_int(w, "fault_number", status->fault_number);
    member_str_or_null(w, "fault_text", fault ? fault->info.text : NULL);
    member_str_or_null(w, "fault_action", fault ? fault->action : NULL);
    roost_json_end(w);
}

static void write_update(struct roost_json_writer *w, const struct roost_status_update *update)
{
    roost_json_object(w);
    member_str_or_null(w, "state", update->state);
    member_str_or_null(w, "version", update->version);
    member_str_or_null(w, "report", update->report);
    roost_json_put_bool(w, "error", update->error);
    roost_json_end(w);
}

static void write_clock(struct roost_json_writer *w, const struct fleet_clock *clock)
{
    roost_json_put_object(w, "clock");
    roost_json_put_int(w, "skew_ms", clock->skew_ms);
    roost_json_put_int(w, "since", clock->since_ms);
    roost_json_put_str(w, "kind", fleet_clock_name(clock->kind));
    roost_json_end(w);
}

void fleet_view_device(struct roost_json_writer *w, const struct fleet_device *device,
                       const struct hub_set *services)
{
    roost_json_object(w);
    roost_json_put_str(w, "device_id", device->id);
    roost_json_put_str(w, "type", device->type);
    roost_json_put_str(w, "name", device->name);
    roost_json_put_str(w, "location", device->location);
    roost_json_put_bool(w, "claimed", device->claimed);
    roost_json_put_bool(w, "online", device->online);
    roost_json_put_bool(w, "active", device->active);
    roost_json_put_int(w, "registered_at_ms", device->registered_ms);
    roost_json_key(w, "last_seen_at_ms");
    if (device->last_seen_ms == 0)
        roost_json_null(w);
    else
        roost_json_int(w, device->last_seen_ms);
    roost_json_put_raw(w, "config", device->config_json, strlen(device->config_json));
    roost_json_put_object(w, "latest");
    for (size_t i = 0; i < services->count; i++)
        if (services->at[i].row->latest)
            services->at[i].row->latest(services->at[i].service, device, w);
    roost_json_end(w);
    roost_json_key(w, "health");
    if (device->status && device->status->has_health)
        write_health(w, device->status);
    else
        roost_json_null(w);
    roost_json_key(w, "update");
    if (device->status && device->status->has_update)
        write_update(w, &device->status->update);
    else
        roost_json_null(w);
    if (device->clock.kind != FLEET_CLOCK_OK)
        write_clock(w, &device->clock);
    for (size_t i = 0; i < services->count; i++)
        if (services->at[i].row->describe)
            services->at[i].row->describe(services->at[i].service, device, w);
    roost_json_put_str(w, "connectivity", fleet_connectivity_name(device->connectivity));
    roost_json_put_str(w, "condition", fleet_condition_name(fleet_device_condition(device)));
    roost_json_end(w);
}

static void raw_or(struct roost_json_writer *w, const char *json, const char *otherwise)
{
    const char *text = json[0] != '\0' ? json : otherwise;
    roost_json_raw(w, text, strlen(text));
}

void fleet_view_command(struct roost_json_writer *w, const struct registry_command *command)
{
    roost_json_object(w);
    roost_json_put_str(w, "command_id", command->id);
    roost_json_put_str(w, "device_id", command->device_id);
    roost_json_put_str(w, "command", command->name);
    roost_json_key(w, "args");
    raw_or(w, command->args_json, "{}");
    roost_json_put_str(w, "state", command->state);
    roost_json_key(w, "answer");
    raw_or(w, command->answer_json, "null");
    roost_json_put_int(w, "created_at_ms", command->created_ms);
    roost_json_key(w, "finished_at_ms");
    if (command->finished_ms == 0)
        roost_json_null(w);
    else
        roost_json_int(w, command->finished_ms);
    roost_json_end(w);
}
