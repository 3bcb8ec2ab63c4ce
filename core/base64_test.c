/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"

/* RFC 4648 section 10. */
static void vectors_of_the_rfc(void **state)
{
    (void)state;
    static const char *const plain[] = {"", "f", "fo", "foo", "foob", "fooba", "foobar"};
    static const char *const coded[] = {"",         "Zg==",     "Zm8=",    "Zm9v",
                                        "Zm9vYg==", "Zm9vYmE=", "Zm9vYmFy"};
    for (size_t i = 0; i < 7; i++) {
        char text[16];
        size_t len = roost_base64_encode(text, plain[i], i);
        assert_int_equal(len, strlen(coded[i]));
        assert_int_equal(len, ROOST_BASE64_LEN(i));
        assert_memory_equal(text, coded[i], len);
        char back[16];
        assert_int_equal(roost_base64_decode(back, i, text, len), i);
        assert_memory_equal(back, plain[i], i);
    }
}

static void every_byte_and_length_round_trips(void **state)
{
    (void)state;
    uint8_t bytes[256], back[256];
    char text[ROOST_BASE64_LEN(256)];
    for (int i = 0; i < 256; i++)
        bytes[i] = (uint8_t)(i * 167 + 11);
    for (size_t len = 0; len <= 256; len++) {
        size_t chars = roost_base64_encode(text, bytes, len);
        assert_int_equal(roost_base64_decode(back, len, text, chars), len);
        assert_memory_equal(back, bytes, len);
    }
}

static void codes_in_place(void **state)
{
    (void)state;
    for (size_t len = 0; len < 100; len++) {
        char buffer[ROOST_BASE64_LEN(100)], expected[ROOST_BASE64_LEN(100)];
        uint8_t bytes[100];
        for (size_t i = 0; i < len; i++)
            bytes[i] = (uint8_t)(i * 31 + len);
        size_t chars = roost_base64_encode(expected, bytes, len);
        memcpy(buffer + chars - len, bytes, len); /* input at the end of the output */
        assert_int_equal(roost_base64_encode(buffer, buffer + chars - len, len), chars);
        assert_memory_equal(buffer, expected, chars);
        assert_int_equal(roost_base64_decode(buffer, sizeof buffer, buffer, chars), len);
        assert_memory_equal(buffer, bytes, len);
    }
}

static void malformed_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "Z",    "Zg",       "Zg=",        "Zm9",  "=",        "====",   "Zg===",
        "Z===", "Zh==",     "Zm9=",       "Zg=v", "Zg==Zg==", "Zm9v\n", "Zm 9",
        "Zm-_", "Zm9v Zm9", "\xc3\xa9g=", "Zm9*", "Zm9{",     "=m9v",   "Z=9v",
    };
    uint8_t out[16];
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(roost_base64_decode(out, sizeof out, bad[i], strlen(bad[i])),
                         ROOST_ERR_INVALID);
    assert_int_equal(roost_base64_decode(out, sizeof out, "Zg\0=", 4), ROOST_ERR_INVALID);
}

static void output_stays_in_its_bounds(void **state)
{
    (void)state;
    uint8_t out[4] = {0, 0, 0, 0x55};
    assert_int_equal(roost_base64_decode(out, 2, "Zm9v", 4), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_base64_decode(out, 0, "Zg==", 4), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_base64_decode(out, 0, "", 0), 0);
    assert_int_equal(roost_base64_decode(out, 3, "Zm9v", 4), 3);
    assert_int_equal(out[3], 0x55);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(vectors_of_the_rfc),
        cmocka_unit_test(every_byte_and_length_round_trips),
        cmocka_unit_test(codes_in_place),
        cmocka_unit_test(malformed_is_refused),
        cmocka_unit_test(output_stays_in_its_bounds),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
