/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/fnv.h"

/* The vectors of the authors' test suite. */
static void known_hashes(void **state)
{
    (void)state;
    assert_true(roost_fnv32(ROOST_FNV32, "", 0) == 0x811c9dc5u);
    assert_true(roost_fnv32(ROOST_FNV32, "a", 1) == 0xe40c292cu);
    assert_true(roost_fnv32(ROOST_FNV32, "foobar", 6) == 0xbf9cf968u);
    assert_true(roost_fnv64(ROOST_FNV64, "", 0) == UINT64_C(0xcbf29ce484222325));
    assert_true(roost_fnv64(ROOST_FNV64, "a", 1) == UINT64_C(0xaf63dc4c8601ec8c));
    assert_true(roost_fnv64(ROOST_FNV64, "foobar", 6) == UINT64_C(0x85944171f73967e8));
}

static void pieces_hash_as_the_whole(void **state)
{
    (void)state;
    assert_true(roost_fnv32(roost_fnv32(ROOST_FNV32, "foo", 3), "bar", 3) == 0xbf9cf968u);
    assert_true(roost_fnv64(roost_fnv64(ROOST_FNV64, "foo", 3), "bar", 3) ==
                UINT64_C(0x85944171f73967e8));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_hashes),
        cmocka_unit_test(pieces_hash_as_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
