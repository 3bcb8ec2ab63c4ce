/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults of all products in one catalogue, for the hub and for docs/faults.md. A product adds
 * its list to the table in proto/faults.c. Depends on the lists.
 *
 *     const struct roost_fault_entry *fault = roost_fault_find(status.fault_number);
 */
#ifndef ROOST_PROTO_FAULTS_H
#define ROOST_PROTO_FAULTS_H

#include <stddef.h>

#include "proto/fleet/fault.h"

struct roost_fault_entry {
    struct roost_fault_info info;
    const char *action; /* what to do about it */
};

extern const struct roost_fault_entry roost_fault_catalogue[]; /* by number */
extern const size_t roost_fault_catalogue_count;

/* NULL: no such fault. */
const struct roost_fault_entry *roost_fault_find(uint32_t number);

#endif
