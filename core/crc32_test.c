/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/crc32.h"

static void known_values(void **state)
{
    (void)state;
    uint8_t zeros[32] = {0}, ones[32];
    memset(ones, 0xFF, sizeof ones);
    assert_true(roost_crc32(0, "", 0) == 0);
    assert_true(roost_crc32(0, "123456789", 9) == 0xCBF43926u);
    assert_true(roost_crc32(0, zeros, sizeof zeros) == 0x190A55ADu);
    assert_true(roost_crc32(0, ones, sizeof ones) == 0xFF6CAB0Bu);
}

static void pieces_are_the_whole(void **state)
{
    (void)state;
    for (size_t i = 0; i <= 9; i++) {
        uint32_t crc = roost_crc32(0, "123456789", i);
        assert_true(roost_crc32(crc, &"123456789"[i], 9 - i) == 0xCBF43926u);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_values),
        cmocka_unit_test(pieces_are_the_whole),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
