/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Environment variables that look like settings and are none: a misspelt name must not leave its
 * setting at the default in silence. For hub/settings.c only.
 *
 *     if (settings_name_judge(name, len, &near) == SETTINGS_NAME_MISSPELT)
 *         ... "unknown setting %s; %s is meant", name, near
 */
#ifndef ROOST_HUB_SETTINGS_NAMES_H
#define ROOST_HUB_SETTINGS_NAMES_H

#include <stddef.h>

enum settings_name {
    SETTINGS_NAME_FOREIGN,  /* none of ours: another program's, or of the house's other programs */
    SETTINGS_NAME_UNKNOWN,  /* begins like ours and is like none of them */
    SETTINGS_NAME_MISSPELT, /* *near is the setting that is meant */
};

/* Of a name that is no setting; *near lives as long as the table. */
enum settings_name settings_name_judge(const char *name, size_t len, const char **near);

#endif
