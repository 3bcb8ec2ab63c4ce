/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "hub/api/sign_ins.h"

static struct {
    char last[37];
    int count;
} ended;

static void note(void *ctx, const char *family)
{
    assert_ptr_equal(ctx, &ended);
    snprintf(ended.last, sizeof ended.last, "%s", family);
    ended.count++;
}

static struct sign_ins *new_list(void)
{
    memset(&ended, 0, sizeof ended);
    struct sign_ins *s = sign_ins_new(note, &ended);
    assert_non_null(s);
    return s;
}

static void one_is_there_until_it_ends(void **state)
{
    (void)state;
    struct sign_ins *s = new_list();
    assert_false(sign_ins_has(s, "a"));
    assert_false(sign_ins_has(s, ""));
    sign_ins_put(s, "a");
    sign_ins_put(s, "a");
    assert_true(sign_ins_has(s, "a"));
    assert_int_equal(sign_ins_count(s), 1);
    sign_ins_end(s, "b");
    assert_int_equal(ended.count, 0);
    sign_ins_end(s, "a");
    assert_string_equal(ended.last, "a");
    assert_false(sign_ins_has(s, "a"));
    sign_ins_end(s, "a");
    assert_int_equal(ended.count, 1);
    sign_ins_free(s);
}

static void the_newest_stay(void **state)
{
    (void)state;
    struct sign_ins *s = new_list();
    char family[37];
    sign_ins_put(s, "first");
    for (int i = 1; i < SIGN_INS_MAX; i++) {
        snprintf(family, sizeof family, "%d", i);
        sign_ins_put(s, family);
    }
    sign_ins_put(s, "first"); /* renewed */
    sign_ins_put(s, "one more");
    assert_int_equal(sign_ins_count(s), SIGN_INS_MAX);
    assert_true(sign_ins_has(s, "first"));
    assert_false(sign_ins_has(s, "1"));
    assert_string_equal(ended.last, "1");
    assert_true(sign_ins_has(s, "2"));
    sign_ins_free(s);
}

static void what_the_registry_lists_is_the_list(void **state)
{
    (void)state;
    struct sign_ins *s = new_list();
    const struct registry_token rows[] = {{.family = "b"}, {.family = "c"}};
    sign_ins_put(s, "a");
    sign_ins_put(s, "b");
    sign_ins_set(s, rows, 2);
    assert_int_equal(sign_ins_count(s), 2);
    assert_string_equal(ended.last, "a");
    assert_true(sign_ins_has(s, "b") && sign_ins_has(s, "c"));
    sign_ins_set(s, NULL, 0);
    assert_int_equal(sign_ins_count(s), 0);
    assert_int_equal(ended.count, 3);
    sign_ins_free(s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_is_there_until_it_ends),
        cmocka_unit_test(the_newest_stay),
        cmocka_unit_test(what_the_registry_lists_is_the_list),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
