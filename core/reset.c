/* SPDX-License-Identifier: Apache-2.0 */
#include "core/reset.h"

const char *roost_reset_text(enum roost_reset_reason reason)
{
    static const char *const texts[] = {
#define X(name, text) [ROOST_RESET_##name] = (text),
        ROOST_RESET_LIST(X)
#undef X
    };
    return (size_t)reason < sizeof texts / sizeof texts[0] ? texts[reason] : "unknown";
}
