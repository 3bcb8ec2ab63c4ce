/* SPDX-License-Identifier: Apache-2.0 */
#include "core/assert.h"

#include <stddef.h>

/* The one mutable global of the portable code: a bug is the whole program's affair. */
static roost_assert_fn installed;

void roost_assert_handler(roost_assert_fn handler)
{
    installed = handler;
}

_Noreturn void roost_assert_failed(const char *file, int line)
{
    if (installed)
        installed(file, line);
    __builtin_trap();
}
