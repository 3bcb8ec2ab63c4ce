/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/json_read.h"

enum { TOKENS = 32 };

static struct roost_json doc;
static struct roost_json_token tokens[TOKENS];

static int parse(const char *text)
{
    return roost_json_parse(&doc, tokens, TOKENS, text, strlen(text));
}

static void good_documents_are_taken(void **state)
{
    (void)state;
    static const char *const good[] = {
        "{}",
        "[]",
        " \t\r\n{ } ",
        "0",
        "-1.5e3 ",
        " true",
        "null",
        "\"\"",
        "\"text\"",
        "[1]",
        "[1,2 , 3]",
        "[[],{},[[]]]",
        "{\"a\":1}",
        "{ \"a\" : { \"b\" : [ 1 , { } ] } , \"c\" : null }",
        "{\"\":\"\"}",
        "[\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u20aC\\ud83e\\uddf8\"]",
        "[\"\xD8\xAF\xD8\xA8 \xE2\x82\xAC \xF0\x9F\xA7\xB8 \x7F\"]",
        "[[[[[[[[1]]]]]]]]",
        "[1e999]",
        "{\"a\":1,\"a\":2}",
        "\"abcdefgh\\nabcdefghijklmnop\"",
    };
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        assert_int_equal(parse(good[i]), 0);
}

static const char *const malformed[] = {
    "tru",
    "nul",
    "True",
    "nan",
    "1 2",
    "{} {}",
    "[1]x",
    "[1]]",
    "{}}",
    "]",
    "}",
    ":",
    ",",
    "'a'",
    "[1 2]",
    "[1,]",
    "[,1]",
    "[,]",
    "[1,,2]",
    "[1:2]",
    "[01]",
    "[1.]",
    "[.5]",
    "[+1]",
    "[-]",
    "[1e]",
    "[0x1]",
    "[truefalse]",
    "[tru]",
    "[nulll]",
    "[NaN]",
    "[-Infinity]",
    "{\"a\"}",
    "{\"a\":}",
    "{\"a\":,}",
    "{\"a\" 1}",
    "{\"a\"::1}",
    "{\"a\":1:2}",
    "{\"a\":1,}",
    "{,\"a\":1}",
    "{\"a\":1 \"b\":2}",
    "{\"a\",\"b\":1}",
    "{\"a\":1,\"b\"}",
    "{\"a\":1,2}",
    "{1:2}",
    "{null:1}",
    "{[]:1}",
    "{\"a\":[}]",
    "[}",
    "{]",
    "[1}",
    "{\"a\":1]",
    "[\"a\" \"b\"]",
    "[\"a\":1]",
    "\"a\" 1",
    "\"a\":1",
    "\"a\",",
    "1,",
    "[\"\\x\"]",
    "[\"\\u12\"]",
    "[\"\\u12g4\"]",
    "[\"\\u+123\"]",
    "[\"\\ud800\"]",
    "[\"\\udc00\"]",
    "[\"\\ud800\\n\"]",
    "[\"\\ud800\\ud800\"]",
    "[\"\\ud83e\\u0041\"]",
    "[\"a\tb\"]",
    "[\"a\nb\"]",
    "[\"\x01\"]",
    "[\"\xC3\"]",
    "[\"\xC0\x80\"]",
    "[\"\xED\xA0\x80\"]",
    "[\"\xF5\x80\x80\x80\"]",
    "[\"abcdefg\x80\"]",
    "[\"abcdefghijklmno\x1F\"]",
    "\xEF\xBB\xBF{}",
    "/**/{}",
    "{}//",
    "[[[[[[[[[1]]]]]]]]]",
};

static void malformed_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof malformed / sizeof malformed[0]; i++)
        assert_int_equal(parse(malformed[i]), ROOST_ERR_INVALID);
}

static void nul_bytes_are_refused(void **state)
{
    (void)state;
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, "{}\0", 3), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, "[\"a\0\"]", 6), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, "[1\0]", 4), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, "\0", 1), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, "[\"\\\0\"]", 6), ROOST_ERR_INVALID);
}

/* A document cut anywhere is never taken, and the caller can tell that more might come. */
static void truncated_is_told(void **state)
{
    (void)state;
    static const char text[] = "{\"a\":[1,true,\"x\\u20ac\\ud83e\\uddf8\"],\"b\":{\"c\":null}}";
    for (size_t len = 0; len < sizeof text - 1; len++)
        assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, text, len), ROOST_ERR_TRUNCATED);
    assert_int_equal(roost_json_parse(&doc, tokens, TOKENS, text, sizeof text - 1), 0);
    assert_int_equal(parse("  "), ROOST_ERR_TRUNCATED);
    assert_int_equal(parse("\"ab"), ROOST_ERR_TRUNCATED);
}

/* Cut inside a scalar, it might go on; what no continuation mends is told as that. */
static void truncated_is_not_malformed(void **state)
{
    (void)state;
    static const char *const cut[] = {"[tru", "[-",         "[1",      "[1.",
                                      "[1e+", "{\"a\":n",   "[\"\\",   "[\"\\u1",
                                      "[\"a", "[\"\\ud83e", "[\"\xE2", "[\"\xE2\x82"};
    static const char *const bad[] = {"[1 2",     "{1",        "{\"a\" 1", "[}",
                                      "[\"a\x01", "[[[[[[[[[", "[01"};
    for (size_t i = 0; i < sizeof cut / sizeof cut[0]; i++)
        assert_int_equal(parse(cut[i]), ROOST_ERR_TRUNCATED);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parse(bad[i]), ROOST_ERR_INVALID);
}

static void too_many_values_are_told(void **state)
{
    (void)state;
    assert_int_equal(roost_json_parse(&doc, tokens, 3, "[1,2]", 5), 0);
    assert_int_equal(roost_json_parse(&doc, tokens, 3, "[1,2,3]", 7), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_json_parse(&doc, tokens, 0, "1", 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_json_parse(&doc, tokens, 1, "1", 1), 0);
    assert_int_equal(roost_json_parse(&doc, tokens, 1, "1", (size_t)ROOST_JSON_LEN_MAX + 1),
                     ROOST_ERR_TOO_LONG);
}

static void members_are_found(void **state)
{
    (void)state;
    static const char text[] = "{\"x\":{\"position\":1},\"list\":[{\"position\":2},3],"
                               "\"position\":42.5,\"position\":9,\"pos\\u0069\":7,\"n\":null}";
    double value = 0.0;
    assert_int_equal(parse(text), 0);
    assert_int_equal(roost_json_get_double(&doc, ROOST_JSON_ROOT, "position", &value), 0);
    assert_true(value == 42.5);
    assert_int_equal(roost_json_get_double(&doc, ROOST_JSON_ROOT, "posi", &value), 0);
    assert_true(value == 7.0);
    int x = roost_json_find(&doc, ROOST_JSON_ROOT, "x");
    assert_int_equal(roost_json_get_double(&doc, x, "position", &value), 0);
    assert_true(value == 1.0);
    assert_int_equal(roost_json_get_double(&doc, x, "list", &value), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "pos"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "positions"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, ""), ROOST_ERR_NOT_FOUND);
    int n = roost_json_find(&doc, ROOST_JSON_ROOT, "n");
    assert_int_equal(roost_json_type(&doc, n), ROOST_JSON_NULL);
    assert_int_equal(roost_json_size(&doc, ROOST_JSON_ROOT), 6);
}

/* As text, each of these keys is another's spelling. */
static void escaped_keys_are_what_they_spell(void **state)
{
    (void)state;
    assert_int_equal(parse("{\"a\\nb\":1,\"\\u0061\":2,\"\\\\n\":3,\"\":4}"), 0);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "a\nb"), 2);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "a\\nb"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "a"), 4);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "\\u0061"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "\\n"), 6);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "\n"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, ""), 8);
}

static void elements_are_indexed(void **state)
{
    (void)state;
    assert_int_equal(parse("[10,[11,12],{\"k\":[13],\"l\":14},\"s\",false]"), 0);
    assert_int_equal(roost_json_size(&doc, ROOST_JSON_ROOT), 5);
    static const enum roost_json_type types[] = {
        ROOST_JSON_NUMBER, ROOST_JSON_ARRAY, ROOST_JSON_OBJECT, ROOST_JSON_STRING, ROOST_JSON_BOOL};
    for (size_t i = 0; i < 5; i++)
        assert_int_equal(roost_json_type(&doc, roost_json_at(&doc, ROOST_JSON_ROOT, i)), types[i]);
    assert_int_equal(roost_json_at(&doc, ROOST_JSON_ROOT, 5), ROOST_ERR_NOT_FOUND);

    size_t len = 0;
    int object = roost_json_at(&doc, ROOST_JSON_ROOT, 2);
    int key = roost_json_at(&doc, object, 1);
    const char *text = roost_json_text(&doc, key, &len);
    assert_int_equal(len, 1);
    assert_memory_equal(text, "l", 1);
    text = roost_json_text(&doc, key + 1, &len);
    assert_int_equal(len, 2);
    assert_memory_equal(text, "14", 2);

    int walked = roost_json_at(&doc, ROOST_JSON_ROOT, 0);
    for (size_t i = 1; i < 5; i++) {
        walked = roost_json_next(&doc, walked);
        assert_int_equal(walked, roost_json_at(&doc, ROOST_JSON_ROOT, i));
    }
    assert_int_equal(roost_json_next(&doc, roost_json_next(&doc, walked)), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_next(&doc, -1), ROOST_ERR_NOT_FOUND);
}

static void wrong_types_are_refused(void **state)
{
    (void)state;
    double d = 7.0;
    int64_t n = 7;
    uint64_t u = 7;
    bool b = true;
    char s[8] = "same";
    static const char text[] = "{\"s\":\"1\",\"n\":1.5,\"b\":false,\"z\":null,\"a\":[],\"m\":-1,"
                               "\"big\":1e308,\"long\":\"12345678\",\"nul\":\"a\\u0000\"}";
    assert_int_equal(parse(text), 0);
    static const char *const no_number[] = {"s", "b", "z", "a"};
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(roost_json_get_double(&doc, 0, no_number[i], &d), ROOST_ERR_INVALID);
        assert_int_equal(roost_json_get_int64(&doc, 0, no_number[i], &n), ROOST_ERR_INVALID);
        assert_int_equal(roost_json_get_uint64(&doc, 0, no_number[i], &u), ROOST_ERR_INVALID);
    }
    assert_int_equal(roost_json_get_bool(&doc, 0, "n", &b), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_get_bool(&doc, 0, "z", &b), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_get_string(&doc, 0, "n", s, sizeof s), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_get_string(&doc, 0, "nul", s, sizeof s), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_get_string(&doc, 0, "long", s, sizeof s), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_json_get_string(&doc, 0, "none", s, sizeof s), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_get_double(&doc, 0, "big", &d), ROOST_ERR_RANGE);
    assert_int_equal(roost_json_get_int64(&doc, 0, "n", &n), ROOST_ERR_RANGE);
    assert_int_equal(roost_json_get_uint64(&doc, 0, "m", &u), ROOST_ERR_RANGE);
    assert_true(d == 7.0 && n == 7 && u == 7 && b);
    assert_string_equal(s, "same");

    assert_int_equal(roost_json_get_bool(&doc, 0, "b", &b), 0);
    assert_false(b);
    assert_int_equal(roost_json_get_int64(&doc, 0, "m", &n), 0);
    assert_int_equal(n, -1);
}

static void strings_are_unescaped(void **state)
{
    (void)state;
    char out[64];
    const char *raw;
    size_t len;
    assert_int_equal(
        parse("{\"t\":\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0041\\u062f\\u20AC\\ud83e\\uddf8\"}"), 0);
    assert_int_equal(roost_json_get_string(&doc, 0, "t", out, sizeof out), 0);
    assert_string_equal(out, "\"\\/\b\f\n\r\tA\xD8\xAF\xE2\x82\xAC\xF0\x9F\xA7\xB8");
    assert_int_equal(roost_json_get_raw(&doc, 0, "t", &raw, &len), 0);
    assert_int_equal(len, 46);
    assert_memory_equal(raw, "\\\"\\\\", 4);

    assert_int_equal(parse("{\"t\":\"1234567\"}"), 0);
    assert_int_equal(roost_json_get_string(&doc, 0, "t", out, 8), 0);
    assert_int_equal(roost_json_get_string(&doc, 0, "t", out, 7), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_json_get_string(&doc, 0, "t", out, 0), ROOST_ERR_TOO_LONG);
}

static void raw_text_is_unescaped(void **state)
{
    char out[4];
    (void)state;
    assert_int_equal(roost_json_unescape(out, sizeof out, "a\\/\\u002Fb", 10), 4);
    assert_memory_equal(out, "a//b", 4);
    assert_int_equal(roost_json_unescape(out, 3, "a\\/\\u002Fb", 10), ROOST_ERR_TOO_LONG);
    assert_int_equal(roost_json_unescape(out, sizeof out, "\\u0000", 6), ROOST_ERR_INVALID);
    assert_int_equal(roost_json_unescape(out, 0, "", 0), 0);
}

static void indexes_that_do_not_exist_are_harmless(void **state)
{
    (void)state;
    size_t len = 7;
    char out[4];
    assert_int_equal(parse("[1]"), 0);
    static const int indexes[] = {ROOST_ERR_NOT_FOUND, 2, 1000000};
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(roost_json_type(&doc, indexes[i]), ROOST_JSON_NULL);
        assert_int_equal(roost_json_size(&doc, indexes[i]), 0);
        assert_int_equal(roost_json_find(&doc, indexes[i], "a"), ROOST_ERR_NOT_FOUND);
        assert_int_equal(roost_json_at(&doc, indexes[i], 0), ROOST_ERR_NOT_FOUND);
        assert_null(roost_json_text(&doc, indexes[i], &len));
        assert_int_equal(len, 0);
        assert_int_equal(roost_json_string(&doc, indexes[i], out, sizeof out), ROOST_ERR_NOT_FOUND);
    }
    assert_int_equal(roost_json_find(&doc, ROOST_JSON_ROOT, "a"), ROOST_ERR_NOT_FOUND);
    assert_int_equal(roost_json_at(&doc, 1, 0), ROOST_ERR_NOT_FOUND);
    assert_int_equal(parse("[1"), ROOST_ERR_TRUNCATED);
    assert_int_equal(roost_json_type(&doc, ROOST_JSON_ROOT), ROOST_JSON_NULL);
}

/* One string of many kilobytes between small members, as an audio payload is. */
static void long_strings_are_taken(void **state)
{
    (void)state;
    static char text[60000];
    static const char head[] = "{\"data\":\"", tail[] = "\",\"sample_rate\":16000}";
    memset(text, 'A', sizeof text);
    memcpy(text, head, sizeof head - 1);
    memcpy(text + sizeof text - (sizeof tail - 1), tail, sizeof tail - 1);
    assert_int_equal(roost_json_parse(&doc, tokens, 5, text, sizeof text), 0);
    const char *data;
    size_t len;
    int64_t rate = 0;
    assert_int_equal(roost_json_get_raw(&doc, 0, "data", &data, &len), 0);
    assert_int_equal(len, sizeof text - (sizeof head - 1) - (sizeof tail - 1));
    assert_int_equal(roost_json_get_int64(&doc, 0, "sample_rate", &rate), 0);
    assert_int_equal(rate, 16000);

    for (size_t bad = 30000; bad < 30009; bad++) { /* every place in a word of eight */
        text[bad] = '\x1f';
        assert_int_equal(roost_json_parse(&doc, tokens, 5, text, sizeof text), ROOST_ERR_INVALID);
        text[bad] = (char)0x80;
        assert_int_equal(roost_json_parse(&doc, tokens, 5, text, sizeof text), ROOST_ERR_INVALID);
        text[bad] = '\\';
        assert_int_equal(roost_json_parse(&doc, tokens, 5, text, sizeof text), ROOST_ERR_INVALID);
        text[bad] = 'A';
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_documents_are_taken),
        cmocka_unit_test(malformed_is_refused),
        cmocka_unit_test(nul_bytes_are_refused),
        cmocka_unit_test(truncated_is_told),
        cmocka_unit_test(truncated_is_not_malformed),
        cmocka_unit_test(too_many_values_are_told),
        cmocka_unit_test(members_are_found),
        cmocka_unit_test(escaped_keys_are_what_they_spell),
        cmocka_unit_test(elements_are_indexed),
        cmocka_unit_test(wrong_types_are_refused),
        cmocka_unit_test(strings_are_unescaped),
        cmocka_unit_test(raw_text_is_unescaped),
        cmocka_unit_test(indexes_that_do_not_exist_are_harmless),
        cmocka_unit_test(long_strings_are_taken),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
