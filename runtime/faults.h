/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The faults that hold on a device now: every device's (proto/fleet/fault_list.h), then its
 * product's, numbered through. Depends on core/assert.h, proto/fleet/fault.h.
 *
 *     enum lamp_fault { LAMP_FAULT_DRIVER_SILENT = ROOST_FAULT_COUNT, ... };
 *     roost_faults_init(&faults, lamp_faults, LAMP_FAULT_END - ROOST_FAULT_COUNT);
 *     if (roost_faults_set(&faults, LAMP_FAULT_DRIVER_SILENT, silent))    // an edge
 */
#ifndef ROOST_RUNTIME_FAULTS_H
#define ROOST_RUNTIME_FAULTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/fleet/fault.h"
#include "proto/fleet/fault_list.h"

enum roost_fault {
#define X(name, number, severity, text, action) ROOST_FAULT_##name,
    ROOST_FAULT_LIST(X)
#undef X
        ROOST_FAULT_COUNT
};

enum { ROOST_FAULTS_MAX = 64, ROOST_FAULTS_WORDS = ROOST_FAULTS_MAX / 32 }; /* of one device */

struct roost_faults {
    const struct roost_fault_info *product; /* rows of the ids from ROOST_FAULT_COUNT on */
    unsigned count;                         /* of all */
    uint32_t active[ROOST_FAULTS_WORDS];
};

/* The rows are borrowed for good. At most ROOST_FAULTS_MAX in all. */
void roost_faults_init(struct roost_faults *faults, const struct roost_fault_info *product,
                       unsigned product_count);

const struct roost_fault_info *roost_faults_info(const struct roost_faults *faults, unsigned id);

/* Returns true when this changed the set. */
bool roost_faults_set(struct roost_faults *faults, unsigned id, bool active);
bool roost_faults_active(const struct roost_faults *faults, unsigned id);

/* The active fault of the highest severity, lowest number first, or -1. */
int roost_faults_worst(const struct roost_faults *faults);

/* Its name as the wire has it, "motor_stall"; "" for -1. Cut to size. */
void roost_faults_write(const struct roost_faults *faults, int id, char *out, size_t size);

#endif
