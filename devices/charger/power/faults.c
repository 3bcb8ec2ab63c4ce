/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/power/power.h"

_Static_assert(CHARGER_FAULT_COUNT <= 32, "a set of them is a word");

const struct roost_fault_info charger_faults[CHARGER_FAULT_COUNT] = {
    CHARGER_FAULT_LIST(ROOST_FAULT_ROW)};

/* A byte for each fault, and one more for those that a hand clears, which are kept over a reboot.
 */
#define BY_HAND(X, name, number, severity, class, release, text, action)                           \
    char name[1 + (CHARGER_RELEASE_##release == CHARGER_RELEASE_HAND)];
struct by_hand {
    CHARGER_FAULT_ROWS(BY_HAND, )
};
_Static_assert(sizeof(struct by_hand) - CHARGER_FAULT_COUNT <= CHARGER_LATCHED_MAX,
               "each of them has its place");

void charger_faults_set(struct roost_faults *faults, uint32_t held)
{
    for (unsigned i = 0; i < CHARGER_FAULT_COUNT; i++)
        (void)roost_faults_set(faults, ROOST_FAULT_COUNT + i, held >> i & 1);
}
