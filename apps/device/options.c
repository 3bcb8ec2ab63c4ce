/* SPDX-License-Identifier: Apache-2.0 */
#include "apps/device/options.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

static bool has(const struct device_options *options, const char *name)
{
    for (size_t i = 0; i < options->count; i++)
        if (strcmp(options->rows[i].name, name) == 0)
            return true;
    return false;
}

void device_options_add(struct device_options *options, const struct option_spec *rows,
                        size_t count, size_t base)
{
    for (size_t i = 0; i < count; i++) {
        ROOST_ASSERT(options->count < DEVICE_OPTIONS_MAX && !has(options, rows[i].name));
        options->rows[options->count] = rows[i];
        options->rows[options->count++].at += base;
    }
}

int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason)
{
    snprintf(why, why_size, "--%s %s: %s", option, value, reason);
    return ROOST_ERR_INVALID;
}
