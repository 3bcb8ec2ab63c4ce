/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/safety/features.h"

static void read_text(struct features *features, const char *text, enum gate_direction direction)
{
    struct normal normal;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    assert_int_equal(features_read(features, &normal, 0, normal.token_count, direction), 0);
    normal_free(&normal);
}

static size_t of_family(const struct features *features, enum feature_family family)
{
    size_t count = 0;
    for (size_t i = 0; i < features->count; i++)
        count += features->at[i].family == family;
    return count;
}

static size_t shared(const struct features *one, const struct features *other)
{
    size_t count = 0;
    for (size_t i = 0; i < one->count; i++)
        for (size_t k = 0; k < other->count; k++)
            count += one->at[i].key == other->at[k].key;
    return count;
}

static void words_pairs_and_triples(void **state)
{
    struct features features = {0};
    (void)state;
    read_text(&features, "a cat ate", GATE_IN);
    assert_int_equal(of_family(&features, FEATURE_WORDS), 6);    /* 3 words, 2 pairs, 1 triple */
    assert_int_equal(of_family(&features, FEATURE_DIRECTED), 5); /* 3 words, 2 pairs */
    /* " a ": 3 pieces; " cat ": 4 + 3 + 2 + 1; " ate " as many; " a" and "at" are there twice */
    assert_int_equal(of_family(&features, FEATURE_LETTERS), 3 + 10 + 10 - 2);
    for (size_t i = 1; i < features.count; i++)
        assert_true(features.at[i - 1].key < features.at[i].key);
    features_free(&features);
    assert_null(features.at);
}

static void what_is_the_same_is_counted(void **state)
{
    struct features features = {0};
    size_t twice = 0;
    (void)state;
    read_text(&features, "no no", GATE_IN);
    for (size_t i = 0; i < features.count; i++)
        twice += features.at[i].times == 2;
    /* "no" in two families; " n", " no", " no ", "no", "no ", "o " */
    assert_int_equal(twice, 2 + 6);
    features_free(&features);
}

static void it_matters_who_says_it(void **state)
{
    struct features in = {0}, out = {0};
    (void)state;
    read_text(&in, "come to me", GATE_IN);
    read_text(&out, "come to me", GATE_OUT);
    assert_int_equal(in.count, out.count);
    assert_int_equal(shared(&in, &out), in.count - of_family(&in, FEATURE_DIRECTED));
    features_free(&in);
    features_free(&out);
}

static void case_and_marks_do_not_matter(void **state)
{
    struct features plain = {0}, marked = {0};
    (void)state;
    read_text(&plain, "مدرسة كبيرة", GATE_IN);
    read_text(&marked, "مَدْرَسَةٌ كَبِيرَةٌ", GATE_IN);
    assert_int_equal(plain.count, marked.count);
    assert_int_equal(shared(&plain, &marked), plain.count);
    features_free(&plain);
    features_free(&marked);
}

static void nothing_has_none(void **state)
{
    struct features features = {0};
    (void)state;
    read_text(&features, "a long word goes first", GATE_IN);
    read_text(&features, " ... ", GATE_IN);
    assert_int_equal(features.count, 0);
    features_free(&features);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_pairs_and_triples), cmocka_unit_test(what_is_the_same_is_counted),
        cmocka_unit_test(it_matters_who_says_it),  cmocka_unit_test(case_and_marks_do_not_matter),
        cmocka_unit_test(nothing_has_none),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
