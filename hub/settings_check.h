/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What hub/settings.c cannot tell row by row: addresses and URLs taken apart, settings that need
 * each other, secrets. For hub/settings.c only.
 */
#ifndef ROOST_HUB_SETTINGS_CHECK_H
#define ROOST_HUB_SETTINGS_CHECK_H

#include <stdbool.h>
#include <stddef.h>

struct settings;

/* Fills in the members that come from others. keep: a key that is drawn is kept in a file. On error
 * `why` says it in one line. */
int settings_check(struct settings *settings, bool keep, char *why, size_t why_size);

/* Copies a text that lives as long as the settings; NULL when memory is out. */
const char *settings_keep(struct settings *settings, const char *text);

#endif
