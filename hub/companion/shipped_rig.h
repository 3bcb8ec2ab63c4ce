/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The content that is shipped, loaded once for a test program:
 *
 *     return cmocka_run_group_tests(tests, load, unload);
 *
 * Include it after cmocka.h.
 */
#ifndef ROOST_HUB_COMPANION_SHIPPED_RIG_H
#define ROOST_HUB_COMPANION_SHIPPED_RIG_H

#include "hub/companion/companion.h"

static struct companion *companion;

static int load(void **state)
{
    char why[400];

    (void)state;
    if (companion_load(&companion, ROOST_CONTENT, why, sizeof why) == 0)
        return 0;
    print_error("%s\n", why);
    return -1;
}

static int unload(void **state)
{
    (void)state;
    companion_free(companion);
    return 0;
}

#endif
