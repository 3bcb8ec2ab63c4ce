/* SPDX-License-Identifier: Apache-2.0 */
/* What the registry has to learn about devices: new ones at the next tick, last_seen after a while,
 * a few hundred at a time: each commit waits for the disk. One request is under way at most. */
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "hub/fleet/fleet_internal.h"
#include "host/log.h"

enum { NEXT_MS = 20, RETRY_MAX_MS = 30000 }; /* pause between two commits: many share one */

static bool is_empty(const struct fleet *fleet)
{
    return !fleet->lists[FLEET_LIST_RECORD].first && !fleet->lists[FLEET_LIST_SEEN].first &&
           !fleet->lists[FLEET_LIST_STATUS].first;
}

static void make_due(struct fleet *fleet, enum fleet_list which)
{
    bool idle = is_empty(fleet);
    uint64_t now_ms = fleet_now(fleet);
    if (fleet->flushing)
        fleet->write_due_ms = now_ms;
    else if (which == FLEET_LIST_RECORD && !fleet->lists[FLEET_LIST_RECORD].first) {
        uint64_t pause_over_ms = fleet->written_ms + NEXT_MS;
        fleet->write_due_ms = pause_over_ms > now_ms ? pause_over_ms : now_ms;
    } else if (which <= FLEET_LIST_STATUS && idle) {
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

static uint64_t retry_ms(const struct fleet *fleet)
{
    uint64_t wait_ms = fleet->config.write_back_ms;
    for (uint32_t i = 0; i < fleet->write_failures && wait_ms < RETRY_MAX_MS; i++)
        wait_ms *= 2;
    return wait_ms < RETRY_MAX_MS ? wait_ms : RETRY_MAX_MS;
}

static void written(void *arg, int err, const struct registry_answer *answer)
{
    struct fleet *fleet = arg;
    struct write_buffer *buffer = fleet->write_buffer;
    uint64_t now_ms = fleet_now(fleet);
    (void)answer;
    for (size_t i = 0; i < buffer->count; i++) {
        struct entry *entry = buffer->taken[i];
        if (entry && err)
            fleet_list_push(fleet, buffer->list, entry);
        else if (entry && buffer->list != FLEET_LIST_STATUS)
            entry->saved_once = true;
    }
    buffer->count = 0;
    fleet->writing = false;
    fleet->written_ms = now_ms;
    if (!err) {
        if (buffer->more || fleet->write_failures > 0) /* else its own time was set by the push */
            fleet->write_due_ms = now_ms + (fleet->flushing ? 0 : NEXT_MS);
        fleet->write_failures = 0;
        return;
    }
    if (fleet->write_failures++ == 0 && err != ROOST_ERR_CLOSED)
        HOST_LOG(ROOST_LOG_ERROR, "fleet", "registry write failed, will be retried",
                 RF_ERR("error", err));
    metric_add(fleet->write_failed, 1);
    fleet->write_due_ms = now_ms + retry_ms(fleet);
}

/* What is written next, and how many of it at once. */
static enum fleet_list next_list(const struct fleet *fleet, size_t *max)
{
    static const size_t at_once[] = {[FLEET_LIST_RECORD] = FLEET_RECORDS_AT_ONCE,
                                     [FLEET_LIST_SEEN] = FLEET_SEEN_AT_ONCE,
                                     [FLEET_LIST_STATUS] = FLEET_STATUSES_AT_ONCE};
    enum fleet_list list = FLEET_LIST_RECORD;

    while (list < FLEET_LIST_STATUS && !fleet->lists[list].first)
        list++;
    *max = at_once[list];
    return list;
}

static void fill_one(struct fleet *fleet, struct entry *entry, size_t at)
{
    struct write_buffer *buffer = fleet->write_buffer;
    struct registry_seen *seen = &buffer->seen[at];
    struct registry_status *status = &buffer->statuses[at];

    switch (buffer->list) {
    case FLEET_LIST_RECORD:
        fleet_record(entry, &buffer->records[at]);
        break;
    case FLEET_LIST_SEEN:
        memcpy(seen->device_id, entry->device.id, sizeof seen->device_id);
        seen->unix_ms = entry->device.last_seen_ms;
        seen->back = entry->back;
        break;
    default:
        memcpy(status->device_id, entry->device.id, sizeof status->device_id);
        if (roost_status_write(status->json, sizeof status->json, entry->device.status) < 0)
            status->json[0] = '\0';
        entry->status_kept_ms = fleet_now(fleet);
        break;
    }
}

/* Takes from the lists what one request holds; new devices go first, health last. */
static void fill_request(struct fleet *fleet, struct registry_request *request)
{
    struct write_buffer *buffer = fleet->write_buffer;
    size_t max;
    struct entry *entry;

    buffer->list = next_list(fleet, &max);
    while (buffer->count < max && (entry = list_pop(fleet, buffer->list))) {
        if (entry->leaving) /* it must not come back behind its removal */
            continue;
        fill_one(fleet, entry, buffer->count);
        buffer->taken[buffer->count++] = entry;
    }
    buffer->more = !is_empty(fleet);
    *request = (struct registry_request){
        .op = buffer->list == FLEET_LIST_RECORD ? REGISTRY_DEVICES_MEET
              : buffer->list == FLEET_LIST_SEEN ? REGISTRY_DEVICES_SEEN
                                                : REGISTRY_DEVICES_STATUS,
        .devices = buffer->records,
        .seen = buffer->seen,
        .statuses = buffer->statuses,
        .count = buffer->count,
    };
    /* A request copies all that it points to. */
    if (buffer->list != FLEET_LIST_RECORD)
        request->devices = NULL;
    if (buffer->list != FLEET_LIST_SEEN)
        request->seen = NULL;
    if (buffer->list != FLEET_LIST_STATUS)
        request->statuses = NULL;
}

uint64_t fleet_write_back(struct fleet *fleet, uint64_t now_ms)
{
    struct registry_request request;
    if (is_empty(fleet) || fleet->writing)
        return UINT64_MAX;
    if (now_ms < fleet->write_due_ms)
        return fleet->write_due_ms;
    fill_request(fleet, &request);
    fleet->writing = true;
    int err = registry_ask(fleet->registry, &request, written, fleet);
    if (err)
        written(fleet, err, NULL);
    return fleet->writing || is_empty(fleet) ? UINT64_MAX : fleet->write_due_ms;
}

void fleet_flush(struct fleet *fleet)
{
    fleet->flushing = true;
    fleet->write_due_ms = 0;
}

bool fleet_flushes(const struct fleet *fleet)
{
    return fleet->flushing && (fleet->writing || !is_empty(fleet));
}
