/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One table of options from several groups (host/options.h): what every program of its kind takes,
 * and what only some do. The offsets of a group count from where its own settings lie in the whole,
 * so that a group is written once. Depends on host/options.h, core/.
 *
 *     device_options_add(&options, common, COMMON_COUNT, 0);
 *     device_options_add(&options, device_login_options, DEVICE_LOGIN_OPTIONS,
 *                        offsetof(struct settings, login));
 *     err = options_parse(options.rows, options.count, &settings, argc, argv, why, sizeof why);
 */
#ifndef ROOST_APPS_DEVICE_OPTIONS_H
#define ROOST_APPS_DEVICE_OPTIONS_H

#include <stddef.h>

#include "host/options.h"

enum { DEVICE_OPTIONS_MAX = 48 };

struct device_options {
    struct option_spec rows[DEVICE_OPTIONS_MAX];
    size_t count;
};

/* A name may come once. */
void device_options_add(struct device_options *options, const struct option_spec *rows,
                        size_t count, size_t base);

/* "--ca x.pem: needs a broker with mqtts://". Returns ROOST_ERR_INVALID. */
int device_option_refuse(char *why, size_t why_size, const char *option, const char *value,
                         const char *reason);

#endif
