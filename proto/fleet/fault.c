/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/fleet/fault.h"

#include <stddef.h>

const char *roost_severity_name(enum roost_severity severity)
{
    static const char *const names[] = {
        [ROOST_SEVERITY_INFO] = "info",
        [ROOST_SEVERITY_WARNING] = "warning",
        [ROOST_SEVERITY_CRITICAL] = "critical",
    };
    return (size_t)severity < sizeof names / sizeof names[0] ? names[severity] : "unknown";
}
