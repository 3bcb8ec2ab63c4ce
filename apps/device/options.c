/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/options.h"

#include "core/err.h"

void device_options_print(FILE *out, const struct option_set *sets, size_t count)
{
    for (size_t i = 0; i < count; i++)
        options_print(out, sets[i].table, sets[i].count);
}

int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason)
{
    snprintf(why, why_size, "--%s %s: %s", option, value, reason);
    return ROOST_ERR_INVALID;
}
