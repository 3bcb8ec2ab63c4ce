/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/fleet/fleet_internal.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "host/log.h"

enum { MIRROR_SEEN_MS = 60000 }; /* device_registry shows last_seen as exactly as this */

/* Texts of a device that are seldom set share one empty one. */
static const char no_text[] = "";
static const char no_config[] = "{}";

static void free_text(const char *text)
{
    if (text != no_text && text != no_config)
        free((char *)text);
}

/* Replaces a text of a device; on ROOST_ERR_NO_MEMORY the old one stays. */
static int set_text(const char **text, const char *value)
{
    const char *copy = value[0] ? strdup(value) : no_text;
    if (!copy)
        return ROOST_ERR_NO_MEMORY;
    free_text(*text);
    *text = copy;
    return 0;
}

static void on_collect(void *ctx)
{
    struct fleet *fleet = ctx;
    size_t online = 0;
    for (size_t i = 0; i < fleet->table.size; i++) {
        const struct entry *entry = fleet->table.slots[i].item;
        online += entry && entry->device.online;
    }
    metric_set(fleet->active, (double)fleet->active_count);
    metric_set(fleet->inactive, (double)(fleet->table.count - fleet->active_count));
    metric_set(fleet->unclaimed, (double)fleet->pending_claim_count);
    metric_set(fleet->online, (double)online);
    metric_set(fleet->command_waiting, (double)fleet->pending_count);
}

static void register_metrics(struct fleet *fleet, struct metrics *m)
{
    static const char devices[] = "roost_devices";
    static const char devices_help[] = "Registered devices by state";
    static const char commands[] = "roost_commands_total";
    static const char commands_help[] = "Commands to devices by result";
    fleet->active = metrics_gauge(m, devices, devices_help, "state=\"active\"");
    fleet->inactive = metrics_gauge(m, devices, devices_help, "state=\"inactive\"");
    fleet->unclaimed = metrics_gauge(m, "roost_devices_unclaimed",
                                     "Devices that wait for an operator's claim", NULL);
    fleet->online =
        metrics_gauge(m, "roost_devices_online", "Devices whose own last status says online", NULL);
    fleet->refused = metrics_counter(m, "roost_devices_refused_total",
                                     "Messages of unknown devices turned away by the policy", NULL);
    fleet->write_failed =
        metrics_counter(m, "roost_registry_write_failures_total",
                        "Write-backs of devices that failed and were retried", NULL);
    fleet->command_ok = metrics_counter(m, commands, commands_help, "result=\"ok\"");
    fleet->command_failed = metrics_counter(m, commands, commands_help, "result=\"failed\"");
    fleet->command_timeout = metrics_counter(m, commands, commands_help, "result=\"timeout\"");
    fleet->command_waiting =
        metrics_gauge(m, "roost_commands_waiting", "Commands sent and not yet answered", NULL);
    metrics_on_collect(m, on_collect, fleet);
}

static const struct hub_set nobody;

void fleet_join(struct fleet *fleet, const struct hub_set *services)
{
    fleet->services = services;
}

const struct hub_set *fleet_services(const struct fleet *fleet)
{
    return fleet->services;
}

struct fleet *fleet_new(const struct fleet_config *config, const struct registry *registry,
                        const struct bus *bus, const struct host_clock *clock,
                        const struct hub_feed *feed, struct metrics *metrics)
{
    struct fleet *fleet = calloc(1, sizeof *fleet);
    if (!fleet)
        return NULL;
    fleet->config = *config;
    if (fleet->config.write_back_ms == 0)
        fleet->config.write_back_ms = 3000;
    fleet->registry = registry;
    fleet->bus = bus;
    fleet->clock = clock;
    fleet->feed = feed;
    fleet->services = &nobody;
    uint64_t seed;
    clock->ops->random(clock->ctx, &seed, sizeof seed);
    id_table_init(&fleet->table, seed);
    fleet->write_buffer = calloc(1, sizeof *fleet->write_buffer);
    if (!fleet->write_buffer || fleet_removals_init(fleet, seed) != 0 ||
        fleet_remember_init(fleet, seed) != 0) {
        fleet_removals_free(fleet);
        free(fleet->write_buffer);
        free(fleet);
        return NULL;
    }
    register_metrics(fleet, metrics);
    return fleet;
}

static void entry_free(struct fleet *fleet, struct entry *entry)
{
    for (size_t slot = 0; slot < fleet->services->count; slot++) {
        if (entry->device.part[slot])
            fleet->services->at[slot].row->forget(fleet->services->at[slot].service,
                                                  &entry->device);
    }
    free_text(entry->device.name);
    free_text(entry->device.location);
    free_text(entry->device.config_json);
    free((void *)entry->device.status);
    free(entry);
}

void fleet_free(struct fleet *fleet)
{
    if (!fleet)
        return;
    for (size_t i = 0; i < fleet->table.size; i++)
        if (fleet->table.slots[i].item)
            entry_free(fleet, fleet->table.slots[i].item);
    for (size_t i = 0; i < fleet->pending_count; i++)
        free(fleet->pending[i]); /* they are out, or would have been answered: no arguments */
    fleet_removals_free(fleet);
    fleet_remember_deinit(fleet);
    id_table_deinit(&fleet->table);
    free(fleet->write_buffer);
    free(fleet->sorted);
    free(fleet);
}

struct entry *fleet_add_entry(struct fleet *fleet, const struct registry_device *record)
{
    struct entry *entry = calloc(1, sizeof *entry);
    if (!entry)
        return NULL;
    struct fleet_device *device = &entry->device;
    memcpy(device->id, record->id, sizeof device->id);
    memcpy(device->type, record->type, sizeof device->type);
    device->name = device->location = no_text;
    device->config_json = no_config;
    device->claimed = record->claimed;
    device->registered_ms = record->registered_ms;
    device->last_seen_ms = record->last_seen_ms;
    bool plain = !record->config_json[0] || strcmp(record->config_json, no_config) == 0;
    if (set_text(&device->name, record->name) || set_text(&device->location, record->location) ||
        (!plain && set_text(&device->config_json, record->config_json)) ||
        fleet_sorted_reserve(fleet) || id_table_add(&fleet->table, entry)) {
        entry_free(fleet, entry);
        return NULL;
    }
    fleet_returned(fleet, device->id);
    fleet_judge(fleet, entry, fleet_now(fleet));
    fleet->pending_claim_count += !device->claimed;
    fleet->sorted[fleet->table.count - 1] = entry;
    return entry;
}

/* How it was when it last spoke before the hub stopped. */
static int recall_status(struct fleet_device *device, const char *json)
{
    struct roost_status status;
    if (!json[0] || roost_status_parse(&status, json, strlen(json)) != 0)
        return 0;
    struct roost_status *kept = malloc(sizeof *kept);
    if (!kept)
        return ROOST_ERR_NO_MEMORY;
    *kept = status;
    device->status = kept;
    device->online = status.online;
    return 0;
}

static int load_one(void *arg, const struct registry_device *record)
{
    struct fleet *fleet = arg;
    struct entry *entry = fleet_add_entry(fleet, record);
    if (!entry)
        return ROOST_ERR_NO_MEMORY;
    entry->saved_once = true;
    int err = recall_status(&entry->device, record->status_json);
    fleet_judge(fleet, entry, fleet_now(fleet));
    return err;
}

static int by_heard(const void *a, const void *b)
{
    const struct entry *left = *(struct entry *const *)a;
    const struct entry *right = *(struct entry *const *)b;
    return (left->heard_ms > right->heard_ms) - (left->heard_ms < right->heard_ms);
}

/* Who was heard shortly before the hub stopped is still active. */
static int resume_active(struct fleet *fleet)
{
    int64_t now_ms = (int64_t)fleet_now(fleet);
    int64_t unix_ms = fleet_unix(fleet);
    size_t count = 0;
    struct entry **recent = calloc(fleet->table.count + 1, sizeof(struct entry *));
    if (!recent)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < fleet->table.size; i++) {
        struct entry *entry = fleet->table.slots[i].item;
        if (!entry || entry->device.last_seen_ms == 0)
            continue;
        int64_t age_ms = unix_ms - entry->device.last_seen_ms;
        if (age_ms >= (int64_t)fleet->config.inactive_after_ms)
            continue;
        entry->heard_ms = now_ms - (age_ms > 0 ? age_ms : 0);
        recent[count++] = entry;
    }
    qsort(recent, count, sizeof(struct entry *), by_heard);
    for (size_t i = 0; i < count; i++) {
        fleet_set_active(fleet, recent[i], true);
        fleet_judge(fleet, recent[i], (uint64_t)now_ms);
    }
    free(recent);
    return 0;
}

int fleet_load(struct fleet *fleet)
{
    const struct registry *registry = fleet->registry;
    int err = registry->ops->load_devices(registry->ctx, load_one, fleet);
    if (!err)
        err = resume_active(fleet);
    if (!err)
        err = fleet_removals_load(fleet);
    if (!err)
        err = fleet_remember_load(fleet);
    if (!err)
        err = fleet_sort_entries(fleet);
    if (!err)
        fleet_commands_load(fleet);
    return err;
}

static struct entry *register_new(struct fleet *fleet, const char *device_id, int *err)
{
    struct registry_device record = {.registered_ms = fleet_unix(fleet)};
    size_t len = strlen(device_id);
    *err = roost_device_id_check(device_id, len)            ? ROOST_ERR_INVALID
           : fleet->config.policy == FLEET_POLICY_CLOSED    ? ROOST_ERR_REFUSED
           : fleet->table.count >= fleet->config.device_max ? ROOST_ERR_FULL
                                                            : 0;
    if (*err)
        return NULL;
    memcpy(record.id, device_id, len + 1);
    record.claimed = fleet->config.policy == FLEET_POLICY_OPEN;
    struct entry *entry = fleet_add_entry(fleet, &record);
    if (!entry) {
        *err = ROOST_ERR_NO_MEMORY;
        return NULL;
    }
    HOST_LOG_LIMITED(ROOST_LOG_INFO, "fleet", "device registered", RF_STR("device_id", device_id),
                     RF_STR("claimed", record.claimed ? "yes" : "no"));
    fleet_list_push(fleet, FLEET_LIST_RECORD, entry);
    fleet_mark_changed(fleet, &entry->device);
    fleet_send_device(fleet, entry);
    return entry;
}

bool fleet_serves(const struct fleet *fleet, const struct fleet_device *device)
{
    return device->claimed || fleet->config.policy == FLEET_POLICY_OPEN;
}

struct fleet_device *fleet_meet(struct fleet *fleet, const char *device_id, bool spoke, int *err)
{
    *err = 0;
    struct entry *entry = id_table_find(&fleet->table, device_id);
    if (entry ? entry->leaving : fleet_leaves(fleet, device_id)) {
        *err = ROOST_ERR_REFUSED; /* not even its last words bring it back */
        return NULL;
    }
    if (!entry)
        entry = register_new(fleet, device_id, err);
    if (entry && spoke)
        fleet_heard(fleet, &entry->device);
    if (entry && !fleet_serves(fleet, &entry->device))
        *err = fleet->config.policy == FLEET_POLICY_CLAIM ? ROOST_ERR_AUTH : ROOST_ERR_REFUSED;
    if (!*err)
        return &entry->device;
    metric_add(fleet->refused, 1);
    return NULL;
}

void fleet_heard(struct fleet *fleet, struct fleet_device *device)
{
    struct entry *entry = entry_of(device);
    entry->heard_ms = (int64_t)fleet_now(fleet);
    entry->heard = true;
    int64_t unix_ms = fleet_unix(fleet);
    entry->back = entry->back || unix_ms < device->last_seen_ms;
    device->last_seen_ms = unix_ms;
    if (!entry->listed[FLEET_LIST_RECORD])
        fleet_list_push(fleet, FLEET_LIST_SEEN, entry);
    int64_t since_ms = device->last_seen_ms - entry->mirrored_ms;
    if (since_ms >= MIRROR_SEEN_MS || since_ms < 0)
        fleet_mark_changed(fleet, device);
    bool was_active = device->active;
    fleet_set_active(fleet, entry, false); /* and to the end of the list */
    fleet_set_active(fleet, entry, true);
    if (!was_active)
        fleet_mark_changed(fleet, device);
    if (fleet_judge(fleet, entry, fleet_now(fleet)) || !was_active)
        fleet_send_device(fleet, entry);
}

struct fleet_device *fleet_find(struct fleet *fleet, const char *device_id)
{
    struct entry *entry = id_table_find(&fleet->table, device_id);
    return entry ? &entry->device : NULL;
}

size_t fleet_count(const struct fleet *fleet)
{
    return fleet->table.count;
}

int fleet_apply(struct fleet *fleet, struct entry *entry, const struct registry_device *record,
                unsigned fields)
{
    struct fleet_device *device = &entry->device;
    int err = 0;
    entry->saved_once = true;
    if (fields & REGISTRY_CLAIMED) {
        fleet->pending_claim_count += (size_t)!record->claimed - (size_t)!device->claimed;
        device->claimed = record->claimed;
    }
    /* Out of memory here shows old texts until the next start; the registry has the new ones. */
    if (fields & REGISTRY_NAME)
        err = set_text(&device->name, record->name);
    if (!err && fields & REGISTRY_LOCATION)
        err = set_text(&device->location, record->location);
    if (!err && fields & REGISTRY_CONFIG)
        err = set_text(&device->config_json, record->config_json);
    fleet_mark_changed(fleet, device);
    fleet_send_device(fleet, entry);
    return err;
}

int fleet_take_stored(struct fleet *fleet, const struct registry_device *record)
{
    struct entry *entry = id_table_find(&fleet->table, record->id);
    if (entry) {
        if (record->type[0])
            memcpy(entry->device.type, record->type, sizeof record->type);
        return fleet_apply(fleet, entry, record, REGISTRY_CLAIMED | REGISTRY_NAME);
    }
    entry = fleet_add_entry(fleet, record);
    return entry ? fleet_apply(fleet, entry, record, 0) : ROOST_ERR_NO_MEMORY;
}

void fleet_forget(struct fleet *fleet, struct entry *entry)
{
    fleet_set_active(fleet, entry, false);
    for (int list = 0; list < FLEET_LIST_COUNT; list++)
        fleet_list_remove(fleet, (enum fleet_list)list, entry);
    for (size_t i = 0; i < fleet->write_buffer->count; i++)
        if (fleet->write_buffer->taken[i] == entry)
            fleet->write_buffer->taken[i] = NULL;
    fleet->pending_claim_count -= !entry->device.claimed;
    fleet_sorted_remove(fleet, entry);
    id_table_remove(&fleet->table, entry->device.id);
    entry_free(fleet, entry);
}

uint64_t fleet_tick(struct fleet *fleet, uint64_t now_ms)
{
    uint64_t due_ms = fleet_fall_silent(fleet, now_ms);
    uint64_t tell_at_ms = fleet_tell(fleet, now_ms);
    if (tell_at_ms < due_ms)
        due_ms = tell_at_ms;
    uint64_t write_at_ms = fleet_write_back(fleet, now_ms);
    if (write_at_ms < due_ms)
        due_ms = write_at_ms;
    uint64_t removals_at_ms = fleet_removals_tick(fleet, now_ms);
    if (removals_at_ms < due_ms)
        due_ms = removals_at_ms;
    uint64_t commands_at_ms = fleet_commands_tick(fleet, now_ms);
    return commands_at_ms < due_ms ? commands_at_ms : due_ms;
}
