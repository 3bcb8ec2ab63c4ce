/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "hub/child.h"

static void an_age_has_a_group(void **state)
{
    static const struct {
        unsigned age;
        int err;
        enum child_age_group group;
    } cases[] = {{2, ROOST_ERR_RANGE, 0}, {3, 0, CHILD_3_5},    {5, 0, CHILD_3_5},
                 {6, 0, CHILD_6_8},       {8, 0, CHILD_6_8},    {9, 0, CHILD_9_11},
                 {11, 0, CHILD_9_11},     {12, 0, CHILD_12_13}, {13, 0, CHILD_12_13},
                 {14, ROOST_ERR_RANGE, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum child_age_group group = CHILD_AGE_GROUPS;
        assert_int_equal(child_age_group_of(&group, cases[i].age), cases[i].err);
        if (cases[i].err)
            continue;
        assert_int_equal(group, cases[i].group);
        assert_true(cases[i].age >= child_age_from(group) && cases[i].age <= child_age_to(group));
    }
}

static void a_range_is_read_by_its_first_number(void **state)
{
    static const struct {
        const char *text;
        int err;
        enum child_age_group group;
    } cases[] = {{"7", 0, CHILD_6_8},
                 {"3-5", 0, CHILD_3_5},
                 {"6_8", 0, CHILD_6_8},
                 {"ages 9 to 11", 0, CHILD_9_11},
                 {"12\xe2\x80\x93"
                  "13",
                  0, CHILD_12_13},
                 {"12+", 0, CHILD_12_13},
                 {"", ROOST_ERR_INVALID, 0},
                 {"old", ROOST_ERR_INVALID, 0},
                 {"2-3", ROOST_ERR_RANGE, 0},
                 {"14", ROOST_ERR_RANGE, 0},
                 {"99999999999999999999", ROOST_ERR_RANGE, 0}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        enum child_age_group group = CHILD_AGE_GROUPS;
        assert_int_equal(child_age_group_parse(&group, cases[i].text, strlen(cases[i].text)),
                         cases[i].err);
        if (!cases[i].err)
            assert_int_equal(group, cases[i].group);
    }
}

static void names_are_parsed_again(void **state)
{
    enum child_age_group group;
    enum child_language language;
    (void)state;
    for (int i = 0; i < CHILD_AGE_GROUPS; i++) {
        const char *name = child_age_group_name((enum child_age_group)i);
        assert_int_equal(child_age_group_parse(&group, name, strlen(name)), 0);
        assert_int_equal(group, i);
    }
    for (int i = 0; i < CHILD_LANGUAGES; i++) {
        const char *name = child_language_name((enum child_language)i);
        assert_int_equal(child_language_parse(&language, name, strlen(name)), 0);
        assert_int_equal(language, i);
    }
    assert_int_equal(child_language_parse(&language, "AR-eg", 5), 0);
    assert_int_equal(language, CHILD_AR);
    assert_int_equal(child_language_parse(&language, "eng", 3), ROOST_ERR_INVALID);
    assert_int_equal(child_language_parse(&language, "fr", 2), ROOST_ERR_INVALID);
    assert_int_equal(child_language_parse(&language, "", 0), ROOST_ERR_INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_age_has_a_group),
        cmocka_unit_test(a_range_is_read_by_its_first_number),
        cmocka_unit_test(names_are_parsed_again),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
