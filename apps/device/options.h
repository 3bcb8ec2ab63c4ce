/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What programs with options from several tables do with them, besides options_parse_sets. Depends
 * on host/options.h, core/err.h.
 */
#ifndef ROOST_APPS_DEVICE_OPTIONS_H
#define ROOST_APPS_DEVICE_OPTIONS_H

#include <stddef.h>

#include "host/options.h"

/* As options_print, one table after the other. */
void device_options_print(FILE *out, const struct option_set *sets, size_t count);

/* "--ca x.pem: needs a broker with mqtts://". Returns ROOST_ERR_INVALID. */
int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason);

#endif
