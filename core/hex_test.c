/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/hex.h"

static void bytes_become_digits(void **state)
{
    static const uint8_t bytes[] = {0x00, 0x1f, 0xa0, 0xff};
    char out[10] = "xxxxxxxxx";
    (void)state;
    roost_hex_write(out, bytes, sizeof bytes);
    assert_string_equal(out, "001fa0ff");
    roost_hex_write(out, bytes, 0);
    assert_string_equal(out, "");
}

static void only_digits_stand_for_something(void **state)
{
    static const char lower[] = "0123456789abcdef", upper[] = "0123456789ABCDEF";
    (void)state;
    for (int i = 0; i < 256; i++) {
        const char *at = i ? strchr(lower, i) : NULL;
        int wanted = at ? (int)(at - lower) : -1;
        at = i ? strchr(upper, i) : NULL;
        wanted = at ? (int)(at - upper) : wanted;
        assert_int_equal(roost_hex_digit((char)i), wanted);
    }
}

static void pairs_of_digits_become_bytes(void **state)
{
    (void)state;
    static const uint8_t wanted[3] = {0x00, 0xA5, 0xFF};
    uint8_t out[4] = {1, 1, 1, 1};
    assert_true(roost_hex_read(out, "00a5Ff", 3));
    assert_memory_equal(out, wanted, 3);
    assert_int_equal(out[3], 1);
    assert_true(roost_hex_read(out, "", 0));
    assert_false(roost_hex_read(out, "00a5F", 3));
    assert_false(roost_hex_read(out, "00a5", 3));
    assert_false(roost_hex_read(out, "0g", 1));
    assert_false(roost_hex_read(out, "g0", 1));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(bytes_become_digits),
        cmocka_unit_test(only_digits_stand_for_something),
        cmocka_unit_test(pairs_of_digits_become_bytes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
