/* SPDX-License-Identifier: Apache-2.0 */
/* Prints docs/faults.md from the catalogue in proto/faults.c. */
#include <ctype.h>
#include <stdio.h>

#include "proto/faults.h"

static const char head[] =
    "# Fault codes\n\n"
    "Generated from the lists in `proto/` by `tools/docs/generate.sh`. A device reports the worst\n"
    "fault that holds in its status message (`fault`, `fault_number`) and in the dashboard.\n"
    "1xx: every device. 2xx: the window. 3xx: the teddy. 4xx: the charger. 9xx: the example. "
    "Numbers are never "
    "reused.\n\n"
    "| number | name | severity | what it is | what to do |\n"
    "| --- | --- | --- | --- | --- |\n";

int main(void)
{
    fputs(head, stdout);
    for (size_t i = 0; i < roost_fault_catalogue_count; i++) {
        const struct roost_fault_entry *entry = &roost_fault_catalogue[i];
        const struct roost_fault_info *info = &entry->info;
        printf("| %u | `", info->number);
        for (const char *c = info->name; *c != '\0'; c++)
            putchar(tolower((unsigned char)*c));
        printf("` | %s | %s | %s |\n", roost_severity_name((enum roost_severity)info->severity),
               info->text, entry->action);
    }
    return 0;
}
