/* SPDX-License-Identifier: Apache-2.0 */
/* Devices' clocks as they are shown, and the hub's own when it is set. */
#include "core/assert.h"
#include "hub/fleet/fleet_internal.h"

static const char *const names[FLEET_CLOCK_COUNT] = {
    [FLEET_CLOCK_OK] = "ok",           [FLEET_CLOCK_AHEAD] = "ahead",
    [FLEET_CLOCK_BEHIND] = "behind",   [FLEET_CLOCK_UPTIME] = "uptime",
    [FLEET_CLOCK_SECONDS] = "seconds",
};

const char *fleet_clock_name(enum fleet_clock_kind kind)
{
    ROOST_ASSERT((unsigned)kind < FLEET_CLOCK_COUNT);
    return names[kind];
}

bool fleet_clock_is(struct fleet *fleet, struct fleet_device *device, enum fleet_clock_kind kind,
                    int64_t skew_ms)
{
    bool changed = device->clock.kind != kind;
    device->clock.kind = kind;
    device->clock.skew_ms = skew_ms;
    if (!changed)
        return false;
    device->clock.since_ms = kind == FLEET_CLOCK_OK ? 0 : fleet_unix(fleet);
    fleet_send_device(fleet, entry_of(device));
    return true;
}

enum fleet_condition fleet_device_condition(const struct fleet_device *device)
{
    enum fleet_condition condition = fleet_condition(device->status);
    return condition == FLEET_OK && device->clock.kind != FLEET_CLOCK_OK ? FLEET_WARNING
                                                                         : condition;
}

void fleet_clock_set(struct fleet *fleet)
{
    int64_t unix_ms = fleet_unix(fleet);
    int64_t now_ms = (int64_t)fleet_now(fleet);
    for (size_t i = 0; i < fleet->table.size; i++) {
        struct entry *entry = fleet->table.slots[i].item;
        if (!entry || entry->device.last_seen_ms == 0)
            continue;
        /* Of whom was heard since the hub started the silence is known, whatever the clock said. */
        int64_t seen_ms = entry->heard ? unix_ms - (now_ms - entry->heard_ms) : unix_ms;
        if (!entry->heard && entry->device.last_seen_ms <= unix_ms)
            continue;
        entry->back = entry->back || seen_ms < entry->device.last_seen_ms;
        entry->device.last_seen_ms = seen_ms;
        if (!entry->listed[FLEET_LIST_RECORD])
            fleet_list_push(fleet, FLEET_LIST_SEEN, entry);
        fleet_mark_changed(fleet, &entry->device);
        fleet_list_push(fleet, FLEET_LIST_TELL, entry);
    }
}
