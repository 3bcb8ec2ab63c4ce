/* SPDX-License-Identifier: Apache-2.0 */
#include "csv.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "values.h"

static struct roost_json doc;
static struct roost_json_token tokens[256];

static void parse(const char *text)
{
    assert_int_equal(roost_json_parse(&doc, tokens, 256, text, strlen(text)), 0);
}

/* What is printed between begin() and expect(). */
static char *text;
static size_t len;

static FILE *begin(void)
{
    FILE *file = open_memstream(&text, &len);
    assert_non_null(file);
    return file;
}

static void expect(FILE *file, const char *wanted)
{
    fclose(file);
    assert_string_equal(text, wanted);
    free(text);
}

static void fields_are_quoted_where_they_have_to_be(void **state)
{
    static const char *const rows[][2] = {
        {"", ""},
        {"plain text", "plain text"},
        {"a,b", "\"a,b\""},
        {"a\"b", "\"a\"\"b\""},
        {"a\nb", "\"a\nb\""},
        {"a\rb", "\"a\rb\""},
        {"a;b", "\"a;b\""},
        {"a\tb", "\"a\tb\""},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FILE *file = begin();
        csv_field(file, rows[i][0]);
        expect(file, rows[i][1]);
    }
}

/* Names are other people's: a spreadsheet that opens the file computes none of them. */
static void formulas_become_text(void **state)
{
    static const char *const rows[][2] = {
        {"=1+2", "'=1+2"},
        {"=HYPERLINK(\"http://x\",1)", "\"'=HYPERLINK(\"\"http://x\"\",1)\""},
        {"+A1", "'+A1"},
        {"-A1", "'-A1"},
        {"@SUM(A1)", "'@SUM(A1)"},
        {"\t=1", "\"'\t=1\""},
        {"\r=1", "\"'\r=1\""},
        {"\n=1", "\"'\n=1\""},
        {" =1", "' =1"},
        {"\xEF\xBC\x9D"
         "1",
         "'\xEF\xBC\x9D"
         "1"},
        {"-", "'-"},
        {"-5+cmd|' /C calc'!A0", "'-5+cmd|' /C calc'!A0"},
        {"a;=1", "\"a;=1\""},
        {"-3.5", "-3.5"},
        {"-1e-3", "-1e-3"},
        {"21.5", "21.5"},
        {"a=b", "a=b"},
        {"window-1", "window-1"},
        {"1970-01-01T00:00:00.000Z", "1970-01-01T00:00:00.000Z"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        FILE *file = begin();
        csv_field(file, rows[i][0]);
        expect(file, rows[i][1]);
    }
    FILE *file = begin();
    parse("{\"devices\":[{\"device_id\":\"-w\",\"name\":\"=1\",\"location\":\"@x\","
          "\"latest\":{\"sound\":{\"value\":-40.5}},\"health\":{\"firmware\":\"+1\"}}]}");
    csv_devices(file, &doc);
    expect(file, "'-w,,'=1,'@x,false,,,,,,-40.5,,'+1,\n");
}

static void a_device_is_a_line(void **state)
{
    (void)state;
    FILE *file = begin();
    parse("{\"devices\":[{\"device_id\":\"w1\",\"type\":\"window\",\"name\":\"a, "
          "b\",\"location\":\"\","
          "\"claimed\":true,\"connectivity\":\"online\",\"condition\":\"warning\","
          "\"last_seen_at_ms\":0,\"latest\":{\"temperature\":{\"value\":21.5},\"humidity\":null},"
          "\"health\":{\"fault\":\"MOTOR_STALL\",\"firmware\":\"1.4.0\"},"
          "\"update\":{\"state\":\"idle\",\"error\":true}},"
          "{\"device_id\":\"w2\",\"health\":null,\"update\":null,\"last_seen_at_ms\":null}]}");
    csv_devices(file, &doc);
    expect(file, "w1,window,\"a, b\",,true,online,warning,MOTOR_STALL,21.5,,,"
                 "1970-01-01T00:00:00.000Z,1.4.0,update-failed\n"
                 "w2,,,,false,,,,,,,,,\n");
    file = begin();
    csv_devices_head(file);
    expect(file, "device_id,type,name,location,claimed,connectivity,condition,fault,temperature,"
                 "humidity,sound,last_seen,firmware,update\n");
}

static void a_history_says_what_it_is(void **state)
{
    (void)state;
    FILE *file = begin();
    parse("{\"metric\":\"sound\",\"unit\":\"dBFS\",\"points\":[[1000,-3.5,-4,-3],[2000,1]]}");
    csv_history(file, &doc);
    expect(file, "time,metric,unit,mean,min,max\n"
                 "1970-01-01T00:00:01.000Z,sound,dBFS,-3.5,-4,-3\n"
                 "1970-01-01T00:00:02.000Z,sound,dBFS,1,,\n");
    file = begin();
    parse("{}");
    csv_history(file, &doc);
    expect(file, "time,metric,unit,mean,min,max\n");
}

/* What a device says of itself does not steer the terminal. */
static void control_characters_are_not_passed_on(void **state)
{
    char out[40];
    (void)state;
    parse("{\"firmware\":\"1\\u001b[2J\\u007f\\n2\"}");
    assert_string_equal(value_text(&doc, ROOST_JSON_ROOT, "firmware", "-", out, sizeof out),
                        "1?[2J??2");
    assert_string_equal(value_text(&doc, ROOST_JSON_ROOT, "absent", "-", out, sizeof out), "-");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_quoted_where_they_have_to_be),
        cmocka_unit_test(formulas_become_text),
        cmocka_unit_test(a_device_is_a_line),
        cmocka_unit_test(a_history_says_what_it_is),
        cmocka_unit_test(control_characters_are_not_passed_on),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
