/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/bytes.h"

static const uint64_t number = UINT64_C(0x0123456789ABCDEF);

static void little_endian_begins_with_the_least(void **state)
{
    (void)state;
    static const uint8_t all[] = {0xEF, 0xCD, 0xAB, 0x89, 0x67, 0x45, 0x23, 0x01};
    for (size_t bytes = 0; bytes <= 8; bytes++) {
        uint8_t out[10];
        memset(out, 0x55, sizeof out);
        roost_le_put(out + 1, number, bytes);
        assert_memory_equal(out + 1, all, bytes);
        assert_int_equal(out[0], 0x55);
        assert_int_equal(out[1 + bytes], 0x55);
        uint64_t kept = bytes == 8 ? number : number & ((UINT64_C(1) << 8 * bytes) - 1);
        assert_true(roost_le_get(out + 1, bytes) == kept);
    }
    assert_int_equal(roost_le_get16(all + 1), 0xABCD);
    assert_true(roost_le_get32(all + 1) == 0x6789ABCD);
}

static void big_endian_begins_with_the_greatest(void **state)
{
    (void)state;
    static const uint8_t all[] = {0x01, 0x23, 0x45, 0x67, 0x89, 0xAB, 0xCD, 0xEF};
    for (size_t bytes = 0; bytes <= 8; bytes++) {
        uint8_t out[10];
        memset(out, 0x55, sizeof out);
        roost_be_put(out + 1, number, bytes);
        assert_memory_equal(out + 1, all + 8 - bytes, bytes);
        assert_int_equal(out[0], 0x55);
        assert_int_equal(out[1 + bytes], 0x55);
        uint64_t kept = bytes == 8 ? number : number & ((UINT64_C(1) << 8 * bytes) - 1);
        assert_true(roost_be_get(out + 1, bytes) == kept);
    }
    assert_int_equal(roost_be_get16(all + 1), 0x2345);
}

static void the_sign_is_the_types(void **state)
{
    (void)state;
    uint8_t out[4];
    roost_le_put(out, (uint64_t)(int64_t)-2, 4);
    assert_int_equal((int32_t)roost_le_get32(out), -2);
    roost_le_put(out, (uint64_t)(int64_t)INT16_MIN, 2);
    assert_int_equal((int16_t)roost_le_get16(out), INT16_MIN);
    memset(out, 0xFF, sizeof out);
    assert_true(roost_le_get32(out) == UINT32_MAX);
    assert_int_equal(roost_be_get16(out), 0xFFFF);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(little_endian_begins_with_the_least),
        cmocka_unit_test(big_endian_begins_with_the_greatest),
        cmocka_unit_test(the_sign_is_the_types),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
