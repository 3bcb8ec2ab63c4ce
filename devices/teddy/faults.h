/* SPDX-License-Identifier: Apache-2.0 */
/* The teddy's own faults, numbered behind every device's. Depends on runtime/faults.h. */
#ifndef ROOST_DEVICES_TEDDY_FAULTS_H
#define ROOST_DEVICES_TEDDY_FAULTS_H

#include "proto/voice/fault_list.h"
#include "runtime/faults.h"

enum teddy_fault {
    TEDDY_FAULT_BEFORE = ROOST_FAULT_COUNT - 1,
#define X(name, number, severity, text, action) TEDDY_FAULT_##name,
    TEDDY_FAULT_LIST(X)
#undef X
        TEDDY_FAULT_END,
    TEDDY_FAULT_COUNT = TEDDY_FAULT_END - ROOST_FAULT_COUNT
};

extern const struct roost_fault_info teddy_faults[TEDDY_FAULT_COUNT];

#endif
