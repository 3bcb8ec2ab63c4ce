/* SPDX-License-Identifier: Apache-2.0 */
#include "core/fault.h"

#include "core/assert.h"

const char *roost_fault_action(enum roost_fault fault)
{
    static const char *const actions[ROOST_FAULT_COUNT] = {
#define X(name, number, severity, text, action) [ROOST_FAULT_##name] = (action),
        ROOST_FAULT_LIST(X)
#undef X
    };
    ROOST_ASSERT((unsigned)fault < ROOST_FAULT_COUNT);
    return actions[fault];
}
