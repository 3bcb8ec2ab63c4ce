/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one table of the hub's settings, for hub/settings.c only. A row's value goes to `offset` in
 * struct settings; --help-config, the file, the environment and the checks all read this table.
 */
#ifndef ROOST_HUB_SETTINGS_TABLE_H
#define ROOST_HUB_SETTINGS_TABLE_H

#include <stddef.h>

#include "hub/settings.h"

/* TEXT: at most max bytes. INT: uint32_t. DECIMAL: double. CHOICE: index into choices, an int.
 * BOOL. URL: text whose password is masked. SECRET: text that is never shown. SECRET_FILE: a path;
 * the file's first line becomes the SECRET at the same offset. */
enum setting_type {
    SETTING_TEXT,
    SETTING_INT,
    SETTING_DECIMAL,
    SETTING_CHOICE,
    SETTING_BOOL,
    SETTING_URL,
    SETTING_SECRET,
    SETTING_SECRET_FILE,
};

struct setting {
    const char *name;
    enum setting_type type;
    const char *initial;
    double min, max;
    const char *const *choices; /* NULL-terminated */
    size_t offset;
    const char *help;
};

extern const struct setting setting_table[];
extern const size_t setting_count;

#endif
