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
    struct roost_status *kept = (struct roost_status *)device->status;
    if (!kept && !(kept = malloc(sizeof *kept)))
        return ROOST_ERR_NO_MEMORY;
    *kept = status;
    device->status = kept;
    device->online = status.online;
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
