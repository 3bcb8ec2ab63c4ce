/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a device is, in two words that API, console and command line show as they stand here: nobody
 * computes them a second time. Connectivity is whether it can be reached, condition is whether it
 * is well. Pure; time enters as how long the device has been silent. Depends on
 * proto/fleet/status.h and the fault catalogue.
 *
 *     int64_t silent_ms = now_ms - heard_ms;
 *     if (fleet_connectivity(device->status, silent_ms, 300000) == FLEET_LATE)
 *         ...                                    it says online, and two health reports are missing
 *
 * Connectivity, by what the device's own status (or its last will) says and by its silence:
 *
 *     status says     never heard   < late_after   < offline_after   longer
 *     nothing yet     never         online         late              offline
 *     online          offline       online         late              offline
 *     offline         offline       offline        offline           offline
 *
 * offline_after is ROOST_INACTIVE_AFTER_S, after which a device counts as inactive (300 s); a
 * device is late at half of it: 150 s, two and a half of the 60 s between two health reports. Heard
 * is whatever the device itself sent, a retained message is not; so a device known only by what the
 * broker kept is offline until it speaks. A device without a status of its own (a bare sensor) is
 * judged by its silence alone.
 *
 * Condition, by the first row that holds; what an offline device said last goes on holding:
 *
 *     critical   its worst fault is critical in the fault catalogue
 *     updating   an update loads, is verified, waits for the restart (ready), or is on trial
 *     warning    its worst fault is a warning, or has a number this catalogue does not know
 *     ok         everything else: no fault, a fault that only informs, no status yet
 *
 * An update does not hide a critical fault, because that needs a person now; it does hide a
 * warning, which may well be gone with it.
 */
#ifndef ROOST_HUB_FLEET_CONDITION_H
#define ROOST_HUB_FLEET_CONDITION_H

#include <stdint.h>

#include "proto/fleet/status.h"

enum fleet_connectivity {
    FLEET_NEVER, /* never spoke */
    FLEET_OFFLINE,
    FLEET_LATE,
    FLEET_ONLINE,
    FLEET_CONNECTIVITY_COUNT
};

enum fleet_condition {
    FLEET_OK,
    FLEET_UPDATING,
    FLEET_WARNING,
    FLEET_CRITICAL,
    FLEET_CONDITION_COUNT
};

enum { FLEET_NEVER_HEARD = -1 };

/* The silence after which a device that says online is late. */
uint32_t fleet_late_after_ms(uint32_t offline_after_ms);

/* status: NULL while there is none. silent_ms: since the device was heard, or FLEET_NEVER_HEARD. */
enum fleet_connectivity fleet_connectivity(const struct roost_status *status, int64_t silent_ms,
                                           uint32_t offline_after_ms);
enum fleet_condition fleet_condition(const struct roost_status *status);

/* "never", "offline", "late", "online"; "ok", "updating", "warning", "critical". */
const char *fleet_connectivity_name(enum fleet_connectivity connectivity);
const char *fleet_condition_name(enum fleet_condition condition);

/* The value of that name, or -1. */
int fleet_connectivity_find(const char *name);
int fleet_condition_find(const char *name);

#endif
