/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fault as both ends name it: its number stands in a status message, and is part of the wire and
 * never used again. Every device's are listed in proto/fleet/fault_list.h, a product's in a list of
 * its own beside its payloads; a device carries the rows of both (runtime/faults.h), hub and
 * documentation those of all products (proto/faults.h). Depends on nothing.
 *
 *     static const struct roost_fault_info window_faults[] = {WINDOW_FAULT_LIST(ROOST_FAULT_ROW)};
 */
#ifndef ROOST_PROTO_FLEET_FAULT_H
#define ROOST_PROTO_FLEET_FAULT_H

#include <stdint.h>

enum roost_severity { ROOST_SEVERITY_INFO, ROOST_SEVERITY_WARNING, ROOST_SEVERITY_CRITICAL };

struct roost_fault_info {
    const char *name, *text;
    uint16_t number;
    uint8_t severity; /* enum roost_severity */
};

/* One row of a list as a table's. A device does not carry what to do about it. */
#define ROOST_FAULT_ROW(fault, code, level, description, advice)                                   \
    {.name = #fault, .text = (description), .number = (code), .severity = ROOST_SEVERITY_##level},

const char *roost_severity_name(enum roost_severity severity); /* "info", "warning", "critical" */

#endif
