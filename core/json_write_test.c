/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"

static struct roost_json_writer w;
static char out[512];

static void expect(const char *expected)
{
    assert_int_equal(roost_json_finish(&w), strlen(expected));
    assert_string_equal(out, expected);
}

static void write_everything(size_t size)
{
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_key(&w, "position");
    roost_json_milli(&w, 42500);
    roost_json_key(&w, "list");
    roost_json_array(&w);
    roost_json_int(&w, -7);
    roost_json_uint(&w, UINT64_MAX);
    roost_json_object(&w);
    roost_json_end(&w);
    roost_json_array(&w);
    roost_json_end(&w);
    roost_json_null(&w);
    roost_json_bool(&w, true);
    roost_json_bool(&w, false);
    roost_json_double(&w, 0.8754, 3);
    roost_json_end(&w);
    roost_json_key(&w, "text");
    roost_json_str(&w, "a\"b");
    roost_json_key(&w, "none");
    roost_json_str(&w, NULL);
    roost_json_key(&w, "raw");
    roost_json_raw(&w, "{\"x\":1}", 7);
    roost_json_end(&w);
}

static const char everything[] =
    "{\"position\":42.5,\"list\":[-7,18446744073709551615,{},[],null,true,false,0.875],"
    "\"text\":\"a\\\"b\",\"none\":null,\"raw\":{\"x\":1}}";

static void documents_are_written(void **state)
{
    (void)state;
    write_everything(sizeof out);
    expect(everything);
    roost_json_begin(&w, out, sizeof out);
    roost_json_str(&w, "");
    expect("\"\"");
}

/* A member put in one call is its key and its value. */
static void members_are_put(void **state)
{
    (void)state;
    roost_json_begin(&w, out, sizeof out);
    roost_json_object(&w);
    roost_json_put_object(&w, "object");
    roost_json_put_null(&w, "null");
    roost_json_put_bool(&w, "bool", true);
    roost_json_end(&w);
    roost_json_put_array(&w, "array");
    roost_json_int(&w, 1);
    roost_json_end(&w);
    roost_json_put_str(&w, "str", "a\"b");
    roost_json_put_str(&w, "none", NULL);
    roost_json_put_strn(&w, "strn", "abc", 2);
    roost_json_put_int(&w, "int", INT64_MIN);
    roost_json_put_uint(&w, "u\"int", UINT64_MAX);
    roost_json_put_milli(&w, "milli", -42500);
    roost_json_put_double(&w, "double", 0.8754, 3);
    roost_json_put_raw(&w, "raw", "[2]", 3);
    roost_json_end(&w);
    expect("{\"object\":{\"null\":null,\"bool\":true},\"array\":[1],\"str\":\"a\\\"b\","
           "\"none\":null,\"strn\":\"ab\",\"int\":-9223372036854775808,"
           "\"u\\\"int\":18446744073709551615,\"milli\":-42.5,\"double\":0.875,\"raw\":[2]}");
    for (size_t size = 0; size < 8; size++) {
        roost_json_begin(&w, out, size);
        roost_json_object(&w);
        roost_json_put_uint(&w, "a", 10);
        roost_json_end(&w);
        assert_int_equal(roost_json_finish(&w), ROOST_ERR_TOO_LONG);
    }
}

/* At every size the writer stays inside, and reports what did not fit. */
static void every_size_is_kept(void **state)
{
    (void)state;
    for (size_t size = 0; size <= sizeof everything; size++) {
        memset(out, 0x55, sizeof out);
        write_everything(size);
        int len = roost_json_finish(&w);
        assert_int_equal(len, size < sizeof everything ? ROOST_ERR_TOO_LONG
                                                       : (int)sizeof everything - 1);
        assert_int_equal(out[size], 0x55);
        if (size > 0)
            assert_int_equal(strlen(out), len < 0 ? 0 : len);
    }
}

static void strings_are_escaped(void **state)
{
    (void)state;
    roost_json_begin(&w, out, sizeof out);
    roost_json_strn(&w, "\"\\/\b\f\n\r\t\x01\x1F\x7F\0z", 13);
    expect("\"\\\"\\\\/\\b\\f\\n\\r\\t\\u0001\\u001f\x7F\\u0000z\"");
    roost_json_begin(&w, out, sizeof out);
    roost_json_str(&w, "\xD8\xAF \xE2\x82\xAC \xF0\x9F\xA7\xB8");
    expect("\"\xD8\xAF \xE2\x82\xAC \xF0\x9F\xA7\xB8\"");
    roost_json_begin(&w, out, sizeof out);
    roost_json_object(&w);
    roost_json_key(&w, "a\"b");
    roost_json_int(&w, 1);
    roost_json_end(&w);
    expect("{\"a\\\"b\":1}");
}

static void bytes_that_are_no_text_are_replaced(void **state)
{
    (void)state;
    roost_json_begin(&w, out, sizeof out);
    roost_json_str(&w, "a\xFF"
                       "b\xC3"
                       "c\xED\xA0\x80");
    expect("\"a\xEF\xBF\xBD"
           "b\xEF\xBF\xBD"
           "c\xEF\xBF\xBD\xEF\xBF\xBD\xEF\xBF\xBD\"");
}

static void all_bytes_read_back(void **state)
{
    (void)state;
    char text[128], back[128];
    struct roost_json doc;
    struct roost_json_token tokens[1];
    for (int i = 1; i < 128; i++)
        text[i - 1] = (char)i;
    text[127] = '\0';
    roost_json_begin(&w, out, sizeof out);
    roost_json_str(&w, text);
    int len = roost_json_finish(&w);
    assert_true(len > 0);
    assert_int_equal(roost_json_parse(&doc, tokens, 1, out, (size_t)len), 0);
    assert_int_equal(roost_json_string(&doc, ROOST_JSON_ROOT, back, sizeof back), 0);
    assert_string_equal(back, text);
}

static void nesting_has_a_limit(void **state)
{
    (void)state;
    for (int depth = 31; depth <= 32; depth++) {
        roost_json_begin(&w, out, sizeof out);
        for (int i = 0; i < depth; i++)
            roost_json_array(&w);
        for (int i = 0; i < depth; i++)
            roost_json_end(&w);
        assert_int_equal(roost_json_finish(&w), depth == 31 ? 62 : ROOST_ERR_TOO_LONG);
    }
}

static void numbers_that_json_has_not_fail(void **state)
{
    (void)state;
    volatile double zero = 0.0;
    const double bad[] = {0.0 / zero, 1.0 / zero, -1.0 / zero, 9e12, -9e12};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        roost_json_begin(&w, out, sizeof out);
        roost_json_double(&w, bad[i], 3);
        assert_int_equal(roost_json_finish(&w), ROOST_ERR_TOO_LONG);
    }
}

static void a_string_is_written_in_pieces(void **state)
{
    (void)state;
    roost_json_begin(&w, out, sizeof out);
    roost_json_array(&w);
    roost_json_int(&w, 1);
    roost_json_str_begin(&w);
    roost_json_str_piece(&w, "in ", 3);
    roost_json_str_piece(&w, "", 0);
    roost_json_str_piece(&w, "\"pieces\"", 8);
    roost_json_str_end(&w);
    roost_json_int(&w, 2);
    roost_json_end(&w);
    expect("[1,\"in \\\"pieces\\\"\",2]");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(documents_are_written),
        cmocka_unit_test(members_are_put),
        cmocka_unit_test(every_size_is_kept),
        cmocka_unit_test(strings_are_escaped),
        cmocka_unit_test(bytes_that_are_no_text_are_replaced),
        cmocka_unit_test(all_bytes_read_back),
        cmocka_unit_test(nesting_has_a_limit),
        cmocka_unit_test(numbers_that_json_has_not_fail),
        cmocka_unit_test(a_string_is_written_in_pieces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
