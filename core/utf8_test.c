/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/utf8.h"

static void every_character_round_trips(void **state)
{
    (void)state;
    for (uint32_t c = 0; c <= 0x10FFFF; c += c < 0x3000 ? 1 : 97) {
        char text[4];
        size_t len = roost_utf8_write(text, c);
        assert_int_equal(roost_utf8_read(text, len), c);
        size_t expected = c >= 0xD800 && c < 0xE000 ? 0 : len;
        assert_int_equal(roost_utf8_len(text, text + len), expected);
        assert_int_equal(roost_utf8_len(text, text + len - 1), 0);
    }
}

static void known_forms(void **state)
{
    (void)state;
    char out[4];
    assert_int_equal(roost_utf8_write(out, 0x20AC), 3);
    assert_memory_equal(out, "\xE2\x82\xAC", 3);
    assert_int_equal(roost_utf8_write(out, 0x1F9F8), 4);
    assert_memory_equal(out, "\xF0\x9F\xA7\xB8", 4);
    assert_int_equal(roost_utf8_write(out, 0x62F), 2);
    assert_memory_equal(out, "\xD8\xAF", 2);
}

static void malformed_is_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "\x80",
        "\xBF",
        "\xC0\x80",
        "\xC1\xBF",
        "\xC3",
        "\xC3(",
        "\xE0\x80\x80",
        "\xE0\x9F\xBF",
        "\xE2\x82",
        "\xE2(\xA1",
        "\xED\xA0\x80",
        "\xED\xBF\xBF",
        "\xF0\x80\x80\x80",
        "\xF0\x8F\xBF\xBF",
        "\xF0\x9F\xA7",
        "\xF4\x90\x80\x80",
        "\xF5\x80\x80\x80",
        "\xF8\x88\x80\x80\x80",
        "\xFE",
        "\xFF",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(roost_utf8_len(bad[i], bad[i] + strlen(bad[i])), 0);
    assert_int_equal(roost_utf8_len("", ""), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_character_round_trips),
        cmocka_unit_test(known_forms),
        cmocka_unit_test(malformed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
