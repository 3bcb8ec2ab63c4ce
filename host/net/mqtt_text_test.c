/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "host/net/mqtt_text.h"

static bool utf8(const char *text)
{
    return mqtt_utf8_valid((const uint8_t *)text, strlen(text));
}

static bool topic(const char *text)
{
    return mqtt_topic_valid((const uint8_t *)text, strlen(text));
}

static bool filter(const char *text)
{
    return mqtt_filter_valid((const uint8_t *)text, strlen(text));
}

static void text_is_well_formed_utf8(void **state)
{
    (void)state;
    assert_true(utf8(""));
    assert_true(utf8("plain"));
    assert_true(utf8("\xc3\xa9 \xd8\xb3\xd8\xa7\xd8\xb1\xd8\xa9"));
    assert_true(utf8("\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbb\xbf")); /* a BOM stays text */
    assert_true(utf8("\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"));
    assert_false(mqtt_utf8_valid((const uint8_t *)"a\0b", 3));
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\xaf",
        "\xc1\xbf",
        "\xc3",
        "\xc3(",
        "\xe0\x9f\xbf",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xe2\x82",
        "\xe2(\xa1",
        "\xe2\x82(",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x9f\x92",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xf0\x9f\x92(",
    };
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(utf8(bad[i]));
}

static void topics_have_no_wildcard(void **state)
{
    (void)state;
    assert_true(topic("sensor/win-1/temperature"));
    assert_true(topic("/"));
    assert_true(topic("a//b "));
    assert_true(topic("$SYS/broker"));
    assert_false(topic(""));
    assert_false(topic("sensor/+/temperature"));
    assert_false(topic("sensor/#"));
    assert_false(topic("a+b"));
    assert_false(topic("\xff"));
}

static void wildcards_stand_alone(void **state)
{
    (void)state;
    static const char *const good[] = {"#",   "+",   "+/+",   "/+",          "sensor/+/temperature",
                                       "a/#", "/#",  "+/a/#", "plain/topic", "a/+/b/+",
                                       "//",  "+/#", "$SYS/#"};
    static const char *const bad[] = {"",     "a#", "a/#/b",  "#/a", "a+", "+a",
                                      "a/b+", "+#", "a/+b/c", "##",  "++", "a/##"};
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_true(filter(good[i]));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(filter(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(text_is_well_formed_utf8),
        cmocka_unit_test(topics_have_no_wildcard),
        cmocka_unit_test(wildcards_stand_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
