/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "tools/safety/lines.h"

static char folder[] = "/tmp/roost-lines-XXXXXX";
static char path[64];
static char why[160];

static int make_folder(void **state)
{
    (void)state;
    if (!mkdtemp(folder))
        return -1;
    snprintf(path, sizeof path, "%s/en.txt", folder);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    unlink(path);
    return rmdir(folder);
}

static void write_file(const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    fputs(text, file);
    fclose(file);
}

static void heads_say_what_lines_are(void **state)
{
    struct lines lines = {0};
    (void)state;
    write_file("# for nobody\n[weapons block in]\nI made a bomb\n\n"
               "[war care in 3-5 6-8]\nare the planes coming\n"
               "[none allow both]\n#1 is my favourite\n[end]\n");
    assert_int_equal(lines_read_folder(&lines, folder, why, sizeof why), 0);
    assert_int_equal(lines.count, 4);
    assert_string_equal(lines.at[0].text, "I made a bomb");
    assert_int_equal(lines.at[0].verdict, GATE_BLOCK);
    assert_int_equal(lines.at[0].category, GATE_WEAPONS);
    assert_int_equal(lines.at[0].groups, 15);
    assert_int_equal(lines.at[1].verdict, GATE_CARE);
    assert_int_equal(lines.at[1].groups, 1u << CHILD_3_5 | 1u << CHILD_6_8);
    assert_int_equal(lines.at[2].direction, GATE_IN);
    assert_int_equal(lines.at[3].direction, GATE_OUT);
    assert_string_equal(lines.at[3].text, "#1 is my favourite");
    lines_free(&lines);
}

static void what_is_harmless_at_some_ages_is_left_out(void **state)
{
    struct lines lines = {0};
    (void)state;
    write_file("[death allow in 9-11]\nmy cat died\n[end]\n");
    assert_int_equal(lines_read(&lines, path, why, sizeof why), 0);
    assert_int_equal(lines.count, 0);
    lines_free(&lines);
}

static void columns_are_read(void **state)
{
    struct lines lines = {0};
    (void)state;
    write_file(
        "a-1\ten\t6-8\tin\tcare\tdistress\tI am lost\na-2\ten\t6-8\tin\tallow\tnone\thello\n");
    assert_int_equal(lines_read_cases(&lines, path, why, sizeof why), 0);
    assert_int_equal(lines.count, 2);
    assert_string_equal(lines.at[0].text, "I am lost");
    assert_int_equal(lines.at[0].groups, 1u << CHILD_6_8);
    assert_int_equal(lines.at[1].groups, 15);
    lines_free(&lines);
}

static void what_is_wrong_is_named(void **state)
{
    static const char *const cases[][2] = {
        {"hello\n[end]\n", ":1: a sentence stands below"},
        {"[nothing block in]\n[end]\n", ":1: no category: nothing"},
        {"[none stop in]\n[end]\n", ":1: allow, block or care, not stop"},
        {"\n[none allow up]\n[end]\n", ":2: in, out or both, not up"},
        {"[none allow in old]\n[end]\n", ":1: no age group: old"},
        {"[none allow]\n[end]\n", ":1: a head is"},
        {"[none allow in\n[end]\n", ":1: the closing ] is not there"},
        {"[none allow in]\nhello\n", "cut off"},
        {"[end]\nhello\n", ":2: something follows [end]"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lines lines = {0};
        write_file(cases[i][0]);
        assert_int_equal(lines_read(&lines, path, why, sizeof why), ROOST_ERR_INVALID);
        if (!strstr(why, cases[i][1]) || !strstr(why, path))
            fail_msg("%s", why);
        lines_free(&lines);
    }
    struct lines lines = {0};
    write_file("a-1\ten\t6-8\tin\n");
    assert_int_equal(lines_read_cases(&lines, path, why, sizeof why), ROOST_ERR_INVALID);
    assert_int_equal(lines_read(&lines, "/nowhere.txt", why, sizeof why), ROOST_ERR_IO);
    assert_int_equal(lines_read_folder(&lines, "/nowhere", why, sizeof why), ROOST_ERR_IO);
    lines_free(&lines);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(heads_say_what_lines_are),
        cmocka_unit_test(what_is_harmless_at_some_ages_is_left_out),
        cmocka_unit_test(columns_are_read),
        cmocka_unit_test(what_is_wrong_is_named),
    };
    return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
