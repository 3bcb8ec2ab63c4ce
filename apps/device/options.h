/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How an option is refused that was read and does not go with the others. Depends on core/err.h.
 */
#ifndef ROOST_APPS_DEVICE_OPTIONS_H
#define ROOST_APPS_DEVICE_OPTIONS_H

#include <stddef.h>

#include "host/options.h"

/* "--ca x.pem: needs a broker with mqtts://". Returns ROOST_ERR_INVALID. */
int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason);

#endif
