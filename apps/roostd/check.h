/* SPDX-License-Identifier: Apache-2.0 */
/*
 * roostd --check: tries every backend of the settings, a line for each. It leaves no file behind
 * and changes none, so that it can be run beside a hub, or before its first start.
 */
#ifndef ROOSTD_CHECK_H
#define ROOSTD_CHECK_H

#include "hub/settings.h"

/* Prints to standard output; returns 0 when all can be used, else 1. */
int check_run(const struct settings *settings);

/* What is allowed and should be meant: in production plain HTTP, plain MQTT and devices that need
 * no operator; names in the environment that are no settings; a client id that the shipped broker
 * binds to nobody. Once for each, with the setting and one sentence. */
typedef void (*check_warning_fn)(void *ctx, const char *setting, const char *why);
void check_warnings(const struct settings *settings, check_warning_fn warn, void *ctx);

#endif
