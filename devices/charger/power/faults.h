/* SPDX-License-Identifier: Apache-2.0 */
/* The power part's faults, numbered behind every device's. Depends on runtime/faults.h. */
#ifndef ROOST_DEVICES_CHARGER_POWER_FAULTS_H
#define ROOST_DEVICES_CHARGER_POWER_FAULTS_H

#include "proto/can/fault.h"
#include "runtime/faults.h"

enum charger_fault {
    CHARGER_FAULT_BEFORE = ROOST_FAULT_COUNT - 1,
#define X(name, number, severity, text, action) CHARGER_FAULT_##name,
    CHARGER_FAULT_LIST(X)
#undef X
        CHARGER_FAULT_END,
    CHARGER_FAULT_COUNT = CHARGER_FAULT_END - ROOST_FAULT_COUNT
};

/* Sets of them, as one connector has them. */
#define CHARGER_BIT(fault) (1u << ((unsigned)CHARGER_FAULT_##fault - ROOST_FAULT_COUNT))

extern const struct roost_fault_info charger_faults[CHARGER_FAULT_COUNT];

/* Into the device's: what any connector has. */
void charger_faults_set(struct roost_faults *faults, uint32_t held);

#endif
