/* SPDX-License-Identifier: Apache-2.0 */
/* What devices say about themselves, kept, and told to the dashboard's live view. */
#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/json_write.h"
#include "hub/fleet/fleet_internal.h"
#include "hub/fleet/view.h"

void fleet_send_device(struct fleet *fleet, const struct entry *entry)
{
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    if (!hub_feed_wanted(fleet->feed))
        return;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_device(&w, &entry->device, fleet->services);
    hub_feed_send(fleet->feed, "device", &w);
}

void fleet_send_command(struct fleet *fleet, const struct registry_command *command)
{
    char json[FLEET_VIEW_MAX];
    struct roost_json_writer w;
    if (!hub_feed_wanted(fleet->feed))
        return;
    roost_json_begin(&w, json, sizeof json);
    fleet_view_command(&w, command);
    hub_feed_send(fleet->feed, "command", &w);
}

uint64_t fleet_tell(struct fleet *fleet, uint64_t now_ms)
{
    const struct entry_list *list = &fleet->lists[FLEET_LIST_TELL];
    if (!list->first)
        return UINT64_MAX;
    if (now_ms < fleet->tell_due_ms)
        return fleet->tell_due_ms;
    /* Bounded, so that ten thousand devices falling silent at once do not hold up the loop. Where
     * nobody looks the list is only emptied. */
    bool anybody = hub_feed_wanted(fleet->feed);
    for (int told = 0; list->first && (!anybody || told < FLEET_TELL_AT_ONCE); told++) {
        struct entry *entry = list->first;
        fleet_list_remove(fleet, FLEET_LIST_TELL, entry);
        fleet_send_device(fleet, entry);
    }
    fleet->tell_due_ms = now_ms + FLEET_TELL_MS;
    return list->first ? fleet->tell_due_ms : UINT64_MAX;
}

enum { KEEP_STATUS_MS = 600000 };

/* The registry keeps a device's health for the next start: at once what is another than before, and
 * its counters now and then. */
static bool worth_keeping(const struct fleet *fleet, const struct entry *entry,
                          const struct roost_status *status)
{
    const struct roost_status *before = entry->device.status;

    return !before || entry->status_kept_ms == 0 || before->online != status->online ||
           before->fault_number != status->fault_number ||
           before->journal_id != status->journal_id ||
           strcmp(before->firmware, status->firmware) != 0 ||
           strcmp(before->update.state, status->update.state) != 0 ||
           fleet_now(fleet) - entry->status_kept_ms >= KEEP_STATUS_MS;
}

bool fleet_says_offline(const char *payload, size_t len)
{
    struct roost_status status;

    return payload && roost_status_parse(&status, payload, len) == 0 && !status.online;
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
    bool keep = worth_keeping(fleet, entry_of(device), &status);
    struct roost_status *kept = (struct roost_status *)device->status;
    if (!kept && !(kept = malloc(sizeof *kept)))
        return ROOST_ERR_NO_MEMORY;
    *kept = status;
    device->status = kept;
    device->online = status.online;
    if (keep)
        fleet_list_push(fleet, FLEET_LIST_STATUS, entry_of(device));
    if (status.type[0] && strcmp(status.type, device->type) != 0) {
        memcpy(device->type, status.type, sizeof device->type);
        fleet_list_push(fleet, FLEET_LIST_RECORD, entry_of(device));
    }
    /* A retained status may be of any age: it is no sign of life. */
    if (status.online && !retained)
        fleet_heard(fleet, device);
    fleet_judge(fleet, entry_of(device), fleet_now(fleet));
    fleet_send_device(fleet, entry_of(device));
    return 0;
}
