/* SPDX-License-Identifier: Apache-2.0 */
#include "host/why.h"

#include <stdarg.h>
#include <stdio.h>

int why_not(struct why *why, int err, const char *format, ...)
{
    va_list values;

    va_start(values, format);
    vsnprintf(why->text, sizeof why->text, format, values);
    va_end(values);
    return err;
}
