/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/log.h"

static struct roost_log log_;
static char ring[256];
static uint64_t clock_ms;
static char last[ROOST_LOG_LINE_MAX + 1];
static size_t sink_lines;

static uint64_t now(void *ctx)
{
    (void)ctx;
    return clock_ms;
}

static void sink(void *ctx, enum roost_log_level level, const char *line, size_t len)
{
    (void)ctx;
    (void)level;
    assert_true(len <= ROOST_LOG_LINE_MAX);
    assert_int_equal(strlen(line), len);
    memcpy(last, line, len + 1);
    sink_lines++;
}

static void start(size_t ring_size)
{
    memset(ring, 0x55, sizeof ring);
    clock_ms = 12345;
    sink_lines = 0;
    roost_log_init(&log_, ring, ring_size, now, sink, NULL);
}

static void lines_have_the_documented_form(void **state)
{
    (void)state;
    start(sizeof ring);
    ROOST_LOG(&log_, ROOST_LOG_WARN, "motor", "stalled", RF_INT("position_pct", 12));
    assert_string_equal(last, "12.345 W motor: stalled position_pct=12");
    clock_ms = 60007;
    ROOST_LOG(&log_, ROOST_LOG_ERROR, "journal", "append failed", RF_ERR("error", ROOST_ERR_IO),
              RF_MILLI("temperature", -25500), RF_STR("phase", "boot"), RF_INT("n", -3));
    assert_string_equal(
        last, "60.007 E journal: append failed error=IO temperature=-25.5 phase=boot n=-3");
    roost_log_write(&log_, ROOST_LOG_INFO, "net", "up", NULL, 0);
    assert_string_equal(last, "60.007 I net: up");
    assert_int_equal(log_.lines, 3);
    assert_int_equal(log_.errors, 1);
}

static void no_field_is_none(void **state)
{
    (void)state;
    start(sizeof ring);
    ROOST_LOG(&log_, ROOST_LOG_INFO, "net", "up", {0});
    assert_string_equal(last, "12.345 I net: up");
    ROOST_LOG(&log_, ROOST_LOG_INFO, "net", "up", {0}, RF_INT("n", 1));
    assert_string_equal(last, "12.345 I net: up n=1");
}

static void strings_are_quoted_where_needed(void **state)
{
    (void)state;
    start(sizeof ring);
    ROOST_LOG(&log_, ROOST_LOG_INFO, "a", "t", RF_STR("a", "two words"), RF_STR("b", ""),
              RF_STR("c", "say \"hi\"\\"), RF_STR("d", "x\r\n\ty"), RF_STR("e", NULL),
              RF_STR("f", "a=b"), RF_STR("g", "\xD8\xAF"), RF_STR("h", "\xFFq\x01"));
    assert_string_equal(last, "12.345 I a: t a=\"two words\" b=\"\" c=\"say \\\"hi\\\"\\\\\" "
                              "d=\"x\\r\\n\\ty\" e=null f=\"a=b\" g=\xD8\xAF h=\"?q?\"");
    ROOST_LOG(&log_, ROOST_LOG_INFO, "a\nb", "line\nbreak", RF_INT("k\n", 1));
    assert_string_equal(last, "12.345 I a?b: line?break k?=1");
}

static void secrets_are_masked(void **state)
{
    (void)state;
    static const char *const secret[] = {
        "password",   "psk",           "secret",        "token",         "key",     "hmac",
        "child_name", "authorization", "mqtt_password", "Authorization", "wifi_PSK"};
    static const char *const open[] = {"key_id", "monkey", "tokens", "name", "", "psks"};
    for (size_t i = 0; i < sizeof secret / sizeof secret[0]; i++) {
        start(sizeof ring);
        ROOST_LOG(&log_, ROOST_LOG_ERROR, "a", "t", RF_STR(secret[i], "swordfish"),
                  RF_INT(secret[i], 4711));
        char all[sizeof ring];
        roost_log_read(&log_, all, sizeof all);
        assert_null(strstr(all, "swordfish"));
        assert_null(strstr(all, "4711"));
        assert_non_null(strstr(last, "=*** "));
        assert_true(roost_log_is_secret(secret[i]));
    }
    for (size_t i = 0; i < sizeof open / sizeof open[0]; i++)
        assert_false(roost_log_is_secret(open[i]));
}

static void levels_filter(void **state)
{
    (void)state;
    start(sizeof ring);
    ROOST_LOG(&log_, ROOST_LOG_DEBUG, "a", "t", RF_INT("n", 1));
    assert_int_equal(sink_lines, 0);
    assert_int_equal(log_.used, 0);
    log_.level = ROOST_LOG_DEBUG;
    ROOST_LOG(&log_, ROOST_LOG_DEBUG, "a", "t", RF_INT("n", 1));
    assert_string_equal(last, "12.345 D a: t n=1");
    log_.level = ROOST_LOG_ERROR;
    ROOST_LOG(&log_, ROOST_LOG_WARN, "a", "t", RF_INT("n", 2));
    assert_int_equal(sink_lines, 1);
}

static void level_names_round_trip(void **state)
{
    (void)state;
    enum roost_log_level level = ROOST_LOG_INFO;
    for (int i = ROOST_LOG_ERROR; i <= ROOST_LOG_DEBUG; i++) {
        const char *name = roost_log_level_name((enum roost_log_level)i);
        assert_int_equal(roost_log_level_parse(name, strlen(name), &level), 0);
        assert_int_equal(level, i);
    }
    assert_int_equal(roost_log_level_parse("Error", 5, &level), ROOST_ERR_INVALID);
    assert_int_equal(roost_log_level_parse("errors", 6, &level), ROOST_ERR_INVALID);
    assert_int_equal(roost_log_level_parse("erro", 4, &level), ROOST_ERR_INVALID);
    assert_int_equal(roost_log_level_parse("", 0, &level), ROOST_ERR_INVALID);
    assert_int_equal(level, ROOST_LOG_DEBUG);
    assert_string_equal(roost_log_level_name((enum roost_log_level)9), "unknown");
}

static void long_lines_end_in_dots(void **state)
{
    (void)state;
    char text[400];
    for (size_t len = 290; len < 330; len++) {
        memset(text, 'x', sizeof text);
        text[len] = '\0';
        start(sizeof ring);
        roost_log_write(&log_, ROOST_LOG_INFO, "a", text, NULL, 0);
        size_t whole = strlen("12.345 I a: ") + len;
        assert_int_equal(strlen(last), whole < ROOST_LOG_LINE_MAX ? whole : ROOST_LOG_LINE_MAX);
        assert_int_equal(strstr(last, "...") != NULL, whole > ROOST_LOG_LINE_MAX);
    }
    for (size_t len = 290; len < 320; len++) { /* never half a character */
        memset(text, 'x', len);
        for (size_t i = len; i < 396; i += 2)
            memcpy(text + i, "\xD8\xAF", 2);
        text[396] = '\0';
        roost_log_write(&log_, ROOST_LOG_INFO, "a", text, NULL, 0);
        size_t end = strlen(last) - 3;
        assert_string_equal(last + end, "...");
        assert_true(last[end - 1] == 'x' || last[end - 1] == '\xAF');
    }
}

static void line(int n)
{
    ROOST_LOG(&log_, ROOST_LOG_INFO, "a", "t", RF_INT("n", n));
}

static void ring_keeps_the_newest_whole_lines(void **state)
{
    (void)state;
    char out[300];
    /* "12.345 I a: t n=100" and its length: 21 bytes of ring, 20 of output. */
    for (size_t size = 0; size < 130; size++) {
        start(size);
        for (int n = 100; n < 200; n++)
            line(n);
        size_t kept = size / 21;
        assert_int_equal(log_.overwritten, 100 - kept);
        size_t len = roost_log_read(&log_, out, sizeof out);
        assert_int_equal(len, kept ? kept * 20 - 1 : 0);
        assert_int_equal(strlen(out), len);
        for (size_t i = 0; i < kept; i++) {
            char expected[] = "12.345 I a: t n=1??\n";
            expected[17] = (char)('0' + (100 - kept + i) / 10);
            expected[18] = (char)('0' + (100 - kept + i) % 10);
            assert_memory_equal(out + i * 20, expected, i + 1 < kept ? 20 : 19);
        }
        assert_int_equal((unsigned char)ring[size], 0x55);
    }
}

static void reading_takes_what_fits(void **state)
{
    (void)state;
    char out[64];
    start(sizeof ring);
    for (int n = 101; n <= 103; n++)
        line(n);
    for (size_t size = 1; size < sizeof out; size++) {
        memset(out, 0x55, sizeof out);
        size_t lines = size / 20 < 3 ? size / 20 : 3;
        size_t len = roost_log_read(&log_, out, size);
        assert_int_equal(len, lines ? lines * 20 - 1 : 0);
        assert_int_equal(out[len], '\0');
        assert_int_equal(out[size], 0x55);
        if (lines > 0)
            assert_string_equal(out + len - 3, "103");
    }
    assert_int_equal(roost_log_read(&log_, out, 0), 0);
    start(0);
    line(101);
    assert_int_equal(roost_log_read(&log_, out, sizeof out), 0);
    assert_int_equal(sink_lines, 1);
}

static void lines_one_at_a_time(void **state)
{
    char line[ROOST_LOG_LINE_MAX + 1];
    uint32_t place = 0;

    (void)state;
    start(sizeof ring);
    assert_int_equal(roost_log_next(&log_, &place, line), 0);
    assert_string_equal(line, "");
    for (int i = 0; i < 3; i++)
        ROOST_LOG(&log_, ROOST_LOG_INFO, "net", "up", RF_INT("n", i));
    assert_int_equal(roost_log_next(&log_, &place, line), strlen("12.345 I net: up n=0"));
    assert_string_equal(line, "12.345 I net: up n=0");
    /* What it would have come to goes, and more comes: those that are there, in order. */
    for (int i = 3; i < 100; i++)
        ROOST_LOG(&log_, ROOST_LOG_INFO, "net", "up", RF_INT("n", i));
    assert_true(log_.overwritten > 3);
    uint32_t count = 0;
    for (; roost_log_next(&log_, &place, line) > 0; count++) {
        char expected[64];

        assert_int_equal(place, log_.overwritten + count + 1);
        snprintf(expected, sizeof expected, "12.345 I net: up n=%u", (unsigned)place - 1);
        assert_string_equal(line, expected);
    }
    assert_int_equal(count, 100 - log_.overwritten);
    assert_int_equal(roost_log_next(&log_, &place, line), 0);
    ROOST_LOG(&log_, ROOST_LOG_INFO, "net", "down", RF_INT("n", 100));
    assert_true(roost_log_next(&log_, &place, line) > 0);
    assert_string_equal(line, "12.345 I net: down n=100");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lines_one_at_a_time),
        cmocka_unit_test(lines_have_the_documented_form),
        cmocka_unit_test(no_field_is_none),
        cmocka_unit_test(strings_are_quoted_where_needed),
        cmocka_unit_test(secrets_are_masked),
        cmocka_unit_test(levels_filter),
        cmocka_unit_test(level_names_round_trip),
        cmocka_unit_test(long_lines_end_in_dots),
        cmocka_unit_test(ring_keeps_the_newest_whole_lines),
        cmocka_unit_test(reading_takes_what_fits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
