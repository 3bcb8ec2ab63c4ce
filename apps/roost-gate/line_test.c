/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "apps/roost-gate/line.h"

static int parse(struct gate_line *line, const char *text, char *why)
{
    why[0] = '\0';
    return gate_line_parse(line, text, strlen(text), why, 128);
}

static void five_fields_are_read(void **state)
{
    struct gate_line line;
    char why[128];
    (void)state;
    assert_int_equal(parse(&line, "a1\tar\tage 6 to 8\tout\tHello there", why), 0);
    assert_memory_equal(line.id, "a1", line.id_len);
    assert_int_equal(line.language, CHILD_AR);
    assert_int_equal(line.group, CHILD_6_8);
    assert_int_equal(line.direction, GATE_OUT);
    assert_int_equal(line.text_len, strlen("Hello there"));
    assert_int_equal(parse(&line, "a1\ten\t2\tin\t", why), 0);
    assert_int_equal(line.group, CHILD_3_5);
    assert_int_equal(parse(&line, "a1\ten\t17\tin\t", why), 0);
    assert_int_equal(line.group, CHILD_12_13);
}

static void a_bad_field_is_named(void **state)
{
    static const struct {
        const char *text, *field;
    } cases[] = {{"", "text"},
                 {"a\ten\t5\tin", "text"},
                 {"\ten\t5\tin\thi", "id"},
                 {"a\tfr\t5\tin\thi", "lang"},
                 {"a\ten\tyoung\tin\thi", "age_group"},
                 {"a\ten\t5\tIN\thi", "direction"}};
    struct gate_line line;
    char why[128];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        assert_int_equal(parse(&line, cases[i].text, why), ROOST_ERR_INVALID);
        assert_memory_equal(why, cases[i].field, strlen(cases[i].field));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(five_fields_are_read),
        cmocka_unit_test(a_bad_field_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
