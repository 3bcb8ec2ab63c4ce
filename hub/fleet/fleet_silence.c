/* SPDX-License-Identifier: Apache-2.0 */
/* Who is active, and what silence makes of a device: late, then inactive. */
#include "hub/fleet/fleet_internal.h"

/* The list of active devices: whoever spoke goes to its end, so the first is the next to fall
 * inactive. Those before on_time are late already. */

static void list_remove(struct fleet *fleet, struct entry *entry)
{
    if (fleet->on_time == entry)
        fleet->on_time = entry->newer;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        fleet->oldest = entry->newer;
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        fleet->newest = entry->older;
    entry->older = entry->newer = NULL;
}

static void list_append(struct fleet *fleet, struct entry *entry)
{
    entry->older = fleet->newest;
    entry->newer = NULL;
    if (fleet->newest)
        fleet->newest->newer = entry;
    else
        fleet->oldest = entry;
    fleet->newest = entry;
    if (!fleet->on_time)
        fleet->on_time = entry;
}

void fleet_set_active(struct fleet *fleet, struct entry *entry, bool active)
{
    if (entry->device.active == active)
        return;
    entry->device.active = active;
    if (active) {
        fleet->active_count++;
        list_append(fleet, entry);
    } else {
        fleet->active_count--;
        list_remove(fleet, entry);
    }
}

static int64_t silent_ms(const struct entry *entry, uint64_t now_ms)
{
    if (entry->device.last_seen_ms == 0)
        return FLEET_NEVER_HEARD;
    return entry->device.active ? (int64_t)now_ms - entry->heard_ms : INT64_MAX;
}

bool fleet_judge(struct fleet *fleet, struct entry *entry, uint64_t now_ms)
{
    enum fleet_connectivity before = entry->device.connectivity;
    entry->device.connectivity = fleet_connectivity(entry->device.status, silent_ms(entry, now_ms),
                                                    fleet->config.inactive_after_ms);
    return entry->device.connectivity != before;
}

/* When the silence of an active device has lasted this long; UINT64_MAX: there is none. */
static uint64_t silent_until(const struct entry *entry, uint32_t limit_ms)
{
    if (!entry)
        return UINT64_MAX;
    int64_t at_ms = entry->heard_ms + (int64_t)limit_ms;
    return at_ms > 0 ? (uint64_t)at_ms : 0;
}

uint64_t fleet_fall_silent(struct fleet *fleet, uint64_t now_ms)
{
    uint32_t inactive_ms = fleet->config.inactive_after_ms;
    uint32_t late_ms = fleet_late_after_ms(inactive_ms);
    while (silent_until(fleet->on_time, late_ms) <= now_ms) {
        struct entry *entry = fleet->on_time;
        fleet->on_time = entry->newer;
        if (fleet_judge(fleet, entry, now_ms))
            fleet_list_push(fleet, FLEET_LIST_TELL, entry);
    }
    while (silent_until(fleet->oldest, inactive_ms) <= now_ms) {
        struct entry *entry = fleet->oldest;
        fleet_set_active(fleet, entry, false);
        fleet_judge(fleet, entry, now_ms);
        fleet_mark_changed(fleet, &entry->device);
        fleet_list_push(fleet, FLEET_LIST_TELL, entry);
    }
    uint64_t late_at_ms = silent_until(fleet->on_time, late_ms);
    uint64_t inactive_at_ms = silent_until(fleet->oldest, inactive_ms);
    return late_at_ms < inactive_at_ms ? late_at_ms : inactive_at_ms;
}
