/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/fleet/condition.h"

#include <stdbool.h>
#include <stddef.h>
#include <string.h>

#include "core/assert.h"
#include "proto/faults.h"

static const char *const connectivity_names[FLEET_CONNECTIVITY_COUNT] = {
    [FLEET_NEVER] = "never",
    [FLEET_OFFLINE] = "offline",
    [FLEET_LATE] = "late",
    [FLEET_ONLINE] = "online",
};

static const char *const condition_names[FLEET_CONDITION_COUNT] = {
    [FLEET_OK] = "ok",
    [FLEET_UPDATING] = "updating",
    [FLEET_WARNING] = "warning",
    [FLEET_CRITICAL] = "critical",
};

uint32_t fleet_late_after_ms(uint32_t offline_after_ms)
{
    return offline_after_ms / 2;
}

enum fleet_connectivity fleet_connectivity(const struct roost_status *status, int64_t silent_ms,
                                           uint32_t offline_after_ms)
{
    if (!status && silent_ms < 0)
        return FLEET_NEVER;
    if ((status && !status->online) || silent_ms < 0 || silent_ms >= (int64_t)offline_after_ms)
        return FLEET_OFFLINE;
    return silent_ms >= (int64_t)fleet_late_after_ms(offline_after_ms) ? FLEET_LATE : FLEET_ONLINE;
}

/* The states of runtime/ota in which a new image is on its way. Asking the hub for one is not. */
static bool updates(const struct roost_status *status)
{
    static const char *const states[] = {"loading", "verifying", "ready", "trial"};
    for (size_t i = 0; i < sizeof states / sizeof states[0]; i++)
        if (status->has_update && strcmp(status->update.state, states[i]) == 0)
            return true;
    return false;
}

static enum roost_severity severity_of(uint32_t fault_number)
{
    const struct roost_fault_entry *fault = roost_fault_find(fault_number);
    if (fault_number == 0)
        return ROOST_SEVERITY_INFO;
    /* A newer firmware may have faults that this hub does not know. */
    return fault ? (enum roost_severity)fault->info.severity : ROOST_SEVERITY_WARNING;
}

enum fleet_condition fleet_condition(const struct roost_status *status)
{
    if (!status)
        return FLEET_OK;
    enum roost_severity worst = severity_of(status->fault_number);
    if (worst == ROOST_SEVERITY_CRITICAL)
        return FLEET_CRITICAL;
    if (updates(status))
        return FLEET_UPDATING;
    return worst == ROOST_SEVERITY_WARNING ? FLEET_WARNING : FLEET_OK;
}

const char *fleet_connectivity_name(enum fleet_connectivity connectivity)
{
    ROOST_ASSERT((unsigned)connectivity < FLEET_CONNECTIVITY_COUNT);
    return connectivity_names[connectivity];
}

const char *fleet_condition_name(enum fleet_condition condition)
{
    ROOST_ASSERT((unsigned)condition < FLEET_CONDITION_COUNT);
    return condition_names[condition];
}

static int find(const char *const *names, int count, const char *name)
{
    for (int i = 0; i < count; i++)
        if (strcmp(names[i], name) == 0)
            return i;
    return -1;
}

int fleet_connectivity_find(const char *name)
{
    return find(connectivity_names, FLEET_CONNECTIVITY_COUNT, name);
}

int fleet_condition_find(const char *name)
{
    return find(condition_names, FLEET_CONDITION_COUNT, name);
}
