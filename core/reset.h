/* SPDX-License-Identifier: Apache-2.0 */
/* The names of reset reasons, as logs and status messages show them. Depends on port/port.h. */
#ifndef ROOST_CORE_RESET_H
#define ROOST_CORE_RESET_H

#include "port/port.h"

/* "power-on", "crash"; "unknown" also for what is no reason. */
const char *roost_reset_text(enum roost_reset_reason reason);

#endif
