/* SPDX-License-Identifier: Apache-2.0 */
/* The window's own faults, numbered behind every device's. Depends on runtime/faults.h. */
#ifndef ROOST_DEVICES_WINDOW_FAULTS_H
#define ROOST_DEVICES_WINDOW_FAULTS_H

#include "proto/climate/fault_list.h"
#include "runtime/faults.h"

enum window_fault {
    WINDOW_FAULT_BEFORE = ROOST_FAULT_COUNT - 1,
#define X(name, number, severity, text, action) WINDOW_FAULT_##name,
    WINDOW_FAULT_LIST(X)
#undef X
        WINDOW_FAULT_END,
    WINDOW_FAULT_COUNT = WINDOW_FAULT_END - ROOST_FAULT_COUNT
};

extern const struct roost_fault_info window_faults[WINDOW_FAULT_COUNT];

#endif
