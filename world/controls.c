/* SPDX-License-Identifier: Apache-2.0 */
#include "world/controls.h"

#include <string.h>

#include "core/err.h"

const struct world_quantity *world_quantity_find(const struct world_controls *controls,
                                                 const char *name)
{
    for (size_t i = 0; i < controls->quantity_count; i++)
        if (strcmp(controls->quantities[i].name, name) == 0)
            return &controls->quantities[i];
    return NULL;
}

int world_fault_find(const struct world_controls *controls, const char *name, size_t len)
{
    for (unsigned i = 0; i < controls->fault_count; i++)
        if (strlen(controls->fault_names[i]) == len &&
            memcmp(controls->fault_names[i], name, len) == 0)
            return (int)i;
    return ROOST_ERR_NOT_FOUND;
}
