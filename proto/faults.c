/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/faults.h"

#include "examples/lamp/fault_list.h"
#include "proto/can/fault_list.h"
#include "proto/climate/fault_list.h"
#include "proto/fleet/fault_list.h"
#include "proto/voice/fault_list.h"

#define ENTRY(fault, code, level, description, advice)                                             \
    {.info = {.name = #fault,                                                                      \
              .text = (description),                                                               \
              .number = (code),                                                                    \
              .severity = ROOST_SEVERITY_##level},                                                 \
     .action = (advice)},

const struct roost_fault_entry roost_fault_catalogue[] = {
    ROOST_FAULT_LIST(ENTRY)   /* every device */
    WINDOW_FAULT_LIST(ENTRY)  /* window */
    TEDDY_FAULT_LIST(ENTRY)   /* teddy */
    CHARGER_FAULT_LIST(ENTRY) /* charger */
    LAMP_FAULT_LIST(ENTRY)    /* the example */
};
const size_t roost_fault_catalogue_count =
    sizeof roost_fault_catalogue / sizeof roost_fault_catalogue[0];

const struct roost_fault_entry *roost_fault_find(uint32_t number)
{
    for (size_t i = 0; i < roost_fault_catalogue_count; i++)
        if (roost_fault_catalogue[i].info.number == number)
            return &roost_fault_catalogue[i];
    return NULL;
}
