/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What stands at the ends of a setting's value and is nobody's intention: blanks, the carriage
 * return of a file with DOS line ends, quotes that a shell would have taken off and an environment
 * file or an ini file keeps. Each makes another path or another password of the value, so it is
 * refused by name and not mended in silence. Depends on nothing.
 *
 *     const char *slip = settings_value_slip("\"sqlite:roost.db\"", false);
 *     if (slip)
 *         printf("DATABASE_URL has %s\n", slip); // ... has quotes around it, which ...
 */
#ifndef ROOST_HUB_SETTINGS_VALUE_H
#define ROOST_HUB_SETTINGS_VALUE_H

#include <stdbool.h>

/* NULL for a value as one is meant, else what it has, in words. A secret may begin or end with a
 * quote, which is as random as any letter; it may not stand in a pair of them. Static storage. */
const char *settings_value_slip(const char *text, bool secret);

#endif
