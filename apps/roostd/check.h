/* SPDX-License-Identifier: Apache-2.0 */
/* roostd --check: tries every backend of the settings, a line for each. */
#ifndef ROOSTD_CHECK_H
#define ROOSTD_CHECK_H

#include "hub/settings.h"

/* Prints to standard output; returns 0 when all can be used, else 1. */
int check_run(const struct settings *settings);

#endif
