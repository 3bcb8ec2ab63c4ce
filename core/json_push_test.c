/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/json_push.h"

static const char marks[] = "{[)_K_T0BN_R"; /* by event; pieces are put together */
static char told[2048];
static size_t told_len;
static int answer; /* to every object and array */

static int note(void *ctx, enum roost_json_event event, const char *text, size_t len)
{
    (void)ctx;
    bool scalar = event > ROOST_JSON_EV_END;
    if (scalar && told_len + len < sizeof told) {
        memcpy(told + told_len, text, len);
        told_len += len;
    }
    if (marks[event] != '_')
        told[told_len++] = marks[event];
    told[told_len] = '\0';
    return event == ROOST_JSON_EV_OBJECT || event == ROOST_JSON_EV_ARRAY ? answer : 0;
}

static int read_in_pieces(const char *text, size_t len, size_t piece)
{
    struct roost_json_push push;
    told_len = 0;
    told[0] = '\0';
    roost_json_push_begin(&push, note, NULL);
    for (size_t at = 0; at < len; at += piece)
        (void)roost_json_push_feed(&push, text + at, len - at < piece ? len - at : piece);
    return roost_json_push_end(&push);
}

/* In pieces of every size the same is told. */
static void expect(const char *text, const char *expected)
{
    for (size_t piece = 1; piece <= strlen(text); piece++) {
        assert_int_equal(read_in_pieces(text, strlen(text), piece), 0);
        assert_string_equal(told, expected);
    }
}

static void refuse(const char *text, int err)
{
    for (size_t piece = 1; piece <= strlen(text); piece++)
        assert_int_equal(read_in_pieces(text, strlen(text), piece), err);
}

static void documents_are_told(void **state)
{
    (void)state;
    expect("{\"a\":[\"b\",1]}", "{aK[bT10))");
    expect(" [ ] ", "[)");
    expect("{}", "{)");
    expect("[true,false,null,{\"\":\"\"}]", "[trueBfalseBnullN{KT))");
    expect("-0.5e+10", "-0.5e+100");
    expect("[0,-0,10,1.25,2E3]", "[00-001001.2502E30)");
    expect("{\"a\":{\"b\":{}},\"c\":[]}", "{aK{bK{))cK[))");
}

static void strings_come_unescaped_in_whole_characters(void **state)
{
    (void)state;
    expect("\"a\\n\\\"\\\\\\/\\u0041\\u20ac\"", "a\n\"\\/A\xE2\x82\xACT");
    expect("\"\\ud83d\\ude00 \xF0\x9F\x98\x80\"", "\xF0\x9F\x98\x80 \xF0\x9F\x98\x80T");
    expect("{\"\xC3\xA4\\u00e4\":1}", "{\xC3\xA4\xC3\xA4K10)");
}

static void a_nul_is_told_as_a_byte(void **state)
{
    (void)state;
    assert_int_equal(read_in_pieces("\"a\\u0000b\"", 10, 10), 0);
    assert_int_equal(told_len, 4);
    assert_memory_equal(told, "a\0bT", 5);
}

static void what_is_no_json_is_refused(void **state)
{
    static const char *const bad[] = {"{a:1}",
                                      "[1,]",
                                      "{\"a\":1,}",
                                      "[1 2]",
                                      "01",
                                      "[01]",
                                      "-",
                                      "[-]",
                                      "[1.]",
                                      "[.5]",
                                      "[1e]",
                                      "[+1]",
                                      "[1e+]",
                                      "nul1",
                                      "[tru]",
                                      "\"\x01\"",
                                      "\"\\x\"",
                                      "\"\\u12g4\"",
                                      "\"\\udc00\"",
                                      "\"\\ud83dxxxxxx\"",
                                      "\"\\ud83d\\u0041\"",
                                      "\"\xC0\x80\"",
                                      "\"\xED\xA0\x80\"",
                                      "\"\xF5\x80\x80\x80\"",
                                      "\"\x80\"",
                                      "[}",
                                      "{]",
                                      "{\"a\"}",
                                      "{\"a\" 1}",
                                      "[] []",
                                      "1 1",
                                      ",",
                                      "]",
                                      "{1:1}",
                                      "'a'"};
    (void)state;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        refuse(bad[i], ROOST_ERR_INVALID);
}

static void what_ends_early_is_told_from_it(void **state)
{
    static const char whole[] = "{\"a\\u20ac\":[true,-1.5e1,{\"b\":null},\"\xE2\x82\xAC\"]}";
    (void)state;
    for (size_t len = 0; len < sizeof whole - 1; len++)
        for (size_t piece = 1; piece <= len; piece++)
            assert_int_equal(read_in_pieces(whole, len, piece), ROOST_ERR_TRUNCATED);
    assert_int_equal(read_in_pieces("", 0, 1), ROOST_ERR_TRUNCATED);
    assert_int_equal(read_in_pieces(" ", 1, 1), ROOST_ERR_TRUNCATED);
}

static void nesting_has_a_limit(void **state)
{
    char text[2 * ROOST_JSON_PUSH_DEPTH_MAX + 2];
    (void)state;
    for (size_t depth = 1; depth <= ROOST_JSON_PUSH_DEPTH_MAX + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        assert_int_equal(read_in_pieces(text, 2 * depth, 3),
                         depth > ROOST_JSON_PUSH_DEPTH_MAX ? ROOST_ERR_RANGE : 0);
    }
}

static void a_long_number_is_cut_and_still_checked(void **state)
{
    static const char good[] = "[123456789012345678901234567890123456789012345678901234567890]";
    static const char bad[] = "[1234567890123456789012345678901234567890123456789012345678.]";
    (void)state;
    assert_int_equal(read_in_pieces(good, sizeof good - 1, 7), 0);
    assert_string_equal(told, "[12345678901234567890123456789012345678900)");
    assert_int_equal(read_in_pieces(bad, sizeof bad - 1, 7), ROOST_ERR_INVALID);
}

static void a_container_is_told_as_written(void **state)
{
    (void)state;
    answer = ROOST_JSON_PUSH_RAW;
    expect(" {\"a\" : [1, \"\\u20ac\"]} ", "{{\"a\" : [1, \"\\u20ac\"]}R");
    refuse("{\"a\":[}", ROOST_ERR_INVALID);
    answer = ROOST_ERR_FULL;
    refuse("[1]", ROOST_ERR_FULL);
    answer = 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_told),
        cmocka_unit_test(strings_come_unescaped_in_whole_characters),
        cmocka_unit_test(a_nul_is_told_as_a_byte),
        cmocka_unit_test(what_is_no_json_is_refused),
        cmocka_unit_test(what_ends_early_is_told_from_it),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(a_long_number_is_cut_and_still_checked),
        cmocka_unit_test(a_container_is_told_as_written),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
