/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry has to learn about devices: new ones at the next tick, last_seen after a while,
 * a few hundred at a time: a registry call blocks the loop, and each transaction waits for the
 * disk. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"

enum { NEXT_MS = 20, RETRY_MAX_MS = 30000 }; /* pause between two transactions, for the messages */

static void make_due(struct fleet *fleet, enum fleet_list which)
{
    bool idle = !fleet->lists[FLEET_LIST_RECORD].first && !fleet->lists[FLEET_LIST_SEEN].first;
    uint64_t now_ms = fleet_now(fleet);
    if (which == FLEET_LIST_RECORD && !fleet->lists[FLEET_LIST_RECORD].first) {
        uint64_t pause_over_ms = fleet->written_ms + NEXT_MS;
        fleet->write_due_ms = pause_over_ms > now_ms ? pause_over_ms : now_ms;
    } else if (which == FLEET_LIST_SEEN && idle) {
        fleet->write_due_ms = now_ms + fleet->config.write_back_ms;
    }
}

void fleet_list_push(struct fleet *fleet, enum fleet_list which, struct entry *entry)
{
    struct entry_list *list = &fleet->lists[which];
    if (entry->listed[which])
        return;
    if (fleet->write_failures == 0)
        make_due(fleet, which);
    entry->listed[which] = true;
    entry->next[which] = NULL;
    if (list->first)
        list->last->next[which] = entry;
    else
        list->first = entry;
    list->last = entry;
}

static struct entry *list_pop(struct fleet *fleet, enum fleet_list which)
{
    struct entry *entry = fleet->lists[which].first;
    if (entry) {
        fleet->lists[which].first = entry->next[which];
        entry->listed[which] = false;
    }
    return entry;
}

void fleet_list_remove(struct fleet *fleet, enum fleet_list which, struct entry *entry)
{
    struct entry_list *list = &fleet->lists[which];
    struct entry *before = NULL;
    if (!entry->listed[which])
        return;
    for (struct entry *at = list->first; at != entry; at = at->next[which])
        before = at;
    if (before)
        before->next[which] = entry->next[which];
    else
        list->first = entry->next[which];
    if (list->last == entry)
        list->last = before;
    entry->listed[which] = false;
}

void fleet_mark_changed(struct fleet *fleet, struct fleet_device *device)
{
    fleet_list_push(fleet, FLEET_LIST_CHANGED, entry_of(device));
}

struct fleet_device *fleet_next_changed(struct fleet *fleet)
{
    struct entry *entry = list_pop(fleet, FLEET_LIST_CHANGED);
    if (!entry)
        return NULL;
    entry->mirrored_ms = entry->device.last_seen_ms;
    return &entry->device;
}

void fleet_record(const struct entry *entry, struct registry_device *out)
{
    const struct fleet_device *device = &entry->device;
    memset(out, 0, sizeof *out);
    memcpy(out->id, device->id, sizeof out->id);
    memcpy(out->type, device->type, sizeof out->type);
    snprintf(out->name, sizeof out->name, "%s", device->name);
    snprintf(out->location, sizeof out->location, "%s", device->location);
    snprintf(out->config_json, sizeof out->config_json, "%s", device->config_json);
    out->claimed = device->claimed;
    out->registered_ms = device->registered_ms;
    out->last_seen_ms = device->last_seen_ms;
}

static int write_records(struct fleet *fleet)
{
    struct write_buffer *buffer = fleet->write_buffer;
    struct entry *entry;
    size_t count = 0;
    while (count < FLEET_RECORDS_AT_ONCE && (entry = list_pop(fleet, FLEET_LIST_RECORD))) {
        fleet_record(entry, &buffer->records[count]);
        buffer->taken[count++] = entry;
    }
    int err = fleet->registry->ops->devices_put(fleet->registry->ctx, buffer->records, count);
    for (size_t i = 0; i < count; i++) {
        if (err)
            fleet_list_push(fleet, FLEET_LIST_RECORD, buffer->taken[i]);
        else
            buffer->taken[i]->saved_once = true;
    }
    return err;
}

static int write_seen(struct fleet *fleet)
{
    struct write_buffer *buffer = fleet->write_buffer;
    struct entry *entry;
    size_t count = 0;
    while (count < FLEET_SEEN_AT_ONCE && (entry = list_pop(fleet, FLEET_LIST_SEEN))) {
        memcpy(buffer->ids[count], entry->device.id, sizeof buffer->ids[count]);
        buffer->seen_ms[count] = entry->device.last_seen_ms;
        buffer->taken[count++] = entry;
    }
    int err = fleet->registry->ops->devices_seen(
        fleet->registry->ctx, (const char(*)[65])buffer->ids, buffer->seen_ms, count);
    for (size_t i = 0; err && i < count; i++)
        fleet_list_push(fleet, FLEET_LIST_SEEN, buffer->taken[i]);
    return err;
}

static uint64_t retry_ms(const struct fleet *fleet)
{
    uint64_t wait_ms = fleet->config.write_back_ms;
    for (uint32_t i = 0; i < fleet->write_failures && wait_ms < RETRY_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS;
}

uint64_t fleet_write_back(struct fleet *fleet, uint64_t now_ms)
{
    bool records = fleet->lists[FLEET_LIST_RECORD].first != NULL;
    if (!records && !fleet->lists[FLEET_LIST_SEEN].first)
        return UINT64_MAX;
    if (now_ms < fleet->write_due_ms)
        return fleet->write_due_ms;
    int err = records ? write_records(fleet) : write_seen(fleet);
    fleet->written_ms = now_ms;
    if (err) {
        if (fleet->write_failures++ == 0)
            HOST_LOG(ROOST_LOG_ERROR, "fleet", "registry write failed, will be retried",
                     RF_ERR("error", err));
        metric_add(fleet->write_failed, 1);
        fleet->write_due_ms = now_ms + retry_ms(fleet);
        return fleet->write_due_ms;
    }
    fleet->write_failures = 0;
    if (!fleet->lists[FLEET_LIST_RECORD].first && !fleet->lists[FLEET_LIST_SEEN].first)
        return UINT64_MAX;
    fleet->write_due_ms = now_ms + NEXT_MS;
    return fleet->write_due_ms;
}
