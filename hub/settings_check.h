/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hub/settings.c cannot tell row by row: addresses and URLs taken apart, settings that need
 * each other, secrets. For hub/settings.c only.
 */
#ifndef ROOST_HUB_SETTINGS_CHECK_H
#define ROOST_HUB_SETTINGS_CHECK_H

#include <stddef.h>

struct settings;

/* Fills in the members that come from others. On error `why` says it in one line. */
int settings_check(struct settings *settings, char *why, size_t why_size);

/* Copies a text that lives as long as the settings; NULL when memory is out. */
const char *settings_keep(struct settings *settings, const char *text);

#endif
