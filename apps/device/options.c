/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/options.h"

#include "core/err.h"

int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason)
{
    snprintf(why, why_size, "--%s %s: %s", option, value, reason);
    return ROOST_ERR_INVALID;
}
