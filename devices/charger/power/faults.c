/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/faults.h"

_Static_assert(CHARGER_FAULT_COUNT <= 32, "a set of them is a word");

const struct roost_fault_info charger_faults[CHARGER_FAULT_COUNT] = {
    CHARGER_FAULT_LIST(ROOST_FAULT_ROW)};

void charger_faults_set(struct roost_faults *faults, uint32_t held)
{
    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        (void)roost_faults_set(faults, ROOST_FAULT_COUNT + i, held >> i & 1);
}
