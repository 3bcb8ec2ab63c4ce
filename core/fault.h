/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The catalogue of faults a device can report, and the set of those that hold now. The catalogue is
 * one X-macro list (core/fault_list.h): number, name, severity, text, what to do; docs/faults.md is
 * generated from it. Numbers are part of the wire and never reused. Depends on core/assert.h.
 *
 *     if (roost_faults_set(&faults, ROOST_FAULT_MOTOR_STALL, stalled))    // an edge: log it
 *         log(roost_fault_info(ROOST_FAULT_MOTOR_STALL)->text);
 */
#ifndef ROOST_CORE_FAULT_H
#define ROOST_CORE_FAULT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault_list.h"

enum roost_severity { ROOST_SEVERITY_INFO, ROOST_SEVERITY_WARNING, ROOST_SEVERITY_CRITICAL };

enum roost_fault {
#define X(name, number, severity, text, action) ROOST_FAULT_##name,
    ROOST_FAULT_LIST(X)
#undef X
        ROOST_FAULT_COUNT
};

struct roost_fault_info {
    uint16_t number;
    enum roost_severity severity;
    const char *name, *text;
};

const struct roost_fault_info *roost_fault_info(enum roost_fault fault);

/* What to do about it. In a file of its own: a device that only reports does not carry the texts.
 */
const char *roost_fault_action(enum roost_fault fault);

/* The fault of that number, or -1. */
int roost_fault_find(uint32_t number);

const char *roost_severity_name(enum roost_severity severity); /* "info", "warning", "critical" */

struct roost_faults {
    uint32_t active;
    uint16_t raised[ROOST_FAULT_COUNT];
};

void roost_faults_init(struct roost_faults *faults);

/* Returns true when this changed the set; `raised` counts the rising edges (saturating). */
bool roost_faults_set(struct roost_faults *faults, enum roost_fault fault, bool active);
bool roost_faults_active(const struct roost_faults *faults, enum roost_fault fault);

/* The active fault of the highest severity, lowest number first, or -1. */
int roost_faults_worst(const struct roost_faults *faults);

#endif
