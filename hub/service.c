/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/service.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"

enum hub_outcome hub_refusal(int err)
{
    switch (err) {
    case ROOST_ERR_RANGE:
        return HUB_RANGE;
    case ROOST_ERR_TOO_LONG:
        return HUB_TOO_LONG;
    case ROOST_ERR_NO_MEMORY:
        return HUB_NO_MEMORY;
    default:
        return HUB_BAD_PAYLOAD;
    }
}

const void *hub_extra_find(const struct hub_parts *parts, const char *name)
{
    const struct hub_extra *extra = parts->extras;

    for (; extra && extra->name; extra++)
        if (strcmp(extra->name, name) == 0)
            return extra->what;
    return NULL;
}

bool hub_type_known(const struct hub_set *set, const char *type)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->at[i].row->type && strcmp(set->at[i].row->type, type) == 0)
            return true;
    return false;
}

void hub_types_write(const struct hub_set *set, char *out, size_t size)
{
    size_t left = 0, len = 0;

    snprintf(out, size, "%s", "");
    for (size_t i = 0; i < set->count; i++)
        left += set->at[i].row->type != NULL;
    for (size_t i = 0; i < set->count && len < size; i++) {
        const char *type = set->at[i].row->type;

        if (!type)
            continue;
        left--;
        len += (size_t)snprintf(out + len, size - len, "%s%s", type,
                                left > 1    ? ", "
                                : left == 1 ? " or "
                                            : "");
    }
}
