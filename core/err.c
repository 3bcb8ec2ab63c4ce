/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"

#include <stddef.h>

/* Both tables are indexed by -err; the numbers of the list are dense. */
static const char *const names[] = {[0] = "OK",
#define X(name, number, text) [-(number)] = #name,
                                    ROOST_ERR_LIST(X)
#undef X
};

static const char *const texts[] = {[0] = "ok",
#define X(name, number, text) [-(number)] = (text),
                                    ROOST_ERR_LIST(X)
#undef X
};

enum { COUNT = sizeof names / sizeof names[0] };

static const char *look_up(const char *const *table, int err, const char *unknown)
{
    if (err >= 0)
        return table[0];
    if (err <= -(int)COUNT || !table[-err])
        return unknown;
    return table[-err];
}

const char *roost_err_name(int err)
{
    return look_up(names, err, "UNKNOWN");
}

const char *roost_err_text(int err)
{
    return look_up(texts, err, "unknown error");
}
