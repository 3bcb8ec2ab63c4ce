/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/faults.md from the catalogue in core/fault_list.h. */
#include <ctype.h>
#include <stdio.h>

#include "core/fault.h"

static const char head[] =
    "# Fault codes\n\n"
    "Generated from `core/fault_list.h` by `tools/docs/generate.sh`. A device reports the worst\n"
    "fault that holds in its status message (`fault`, `fault_number`) and in the dashboard.\n"
    "1xx: every device. 2xx: the window. Numbers are never reused.\n\n"
    "| number | name | severity | what it is | what to do |\n"
    "| --- | --- | --- | --- | --- |\n";

int main(void)
{
    fputs(head, stdout);
    for (int i = 0; i < ROOST_FAULT_COUNT; i++) {
        const struct roost_fault_info *info = roost_fault_info((enum roost_fault)i);
        printf("| %u | `", info->number);
        for (const char *c = info->name; *c != '\0'; c++)
            putchar(tolower((unsigned char)*c));
        printf("` | %s | %s | %s |\n", roost_severity_name(info->severity), info->text,
               roost_fault_action((enum roost_fault)i));
    }
    return 0;
}
