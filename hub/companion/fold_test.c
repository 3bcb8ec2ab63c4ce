/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hub/companion/fold.h"

static void expect(const char *text, const char *folded)
{
    struct fold_words words;
    char joined[4000] = "";
    fold_words(&words, text, strlen(text));
    for (unsigned i = 0, len = 0; i < words.count; i++)
        len += (unsigned)snprintf(joined + len, sizeof joined - len, "%s%s", i ? " " : "",
                                  words.word[i]);
    assert_string_equal(joined, folded);
}

static void latin_letters_lose_case_and_marks(void **state)
{
    (void)state;
    expect("What's a GIRAFFE?", "whats a giraffe");
    expect("it\xE2\x80\x99s", "its");
    expect("  Caf\xC3\xA9, d\xC3\xA9j\xC3\xA0-vu... ", "cafe deja vu");
    expect("T-Rex 12", "t rex 12");
    expect("", "");
    expect("?!", "");
    expect("a\xE2\x80\x8B"
           "b\xEF\xBB\xBF"
           "c",
           "abc"); /* zero width */
}

static void arabic_forms_become_one(void **state)
{
    (void)state;
    expect("أَحْكِي", "احكي");
    expect("آدم إبراهيم ٱلله", "ادم ابراهيم الله");
    expect("قصّة مدرســـة", "قصه مدرسه");
    expect("على شئ مؤمن", "علي شء مءمن");
    expect("کتاب فارسی", "كتاب فارسي");
    expect("٣ و ۴", "3 و 4");
    expect("ماذا؟ نعم، لا؛", "ماذا نعم لا");
    expect("\xE2\x80\xAEقصة\xE2\x80\xAC", "قصه"); /* bidi marks */
}

static void what_is_no_text_parts_words(void **state)
{
    (void)state;
    expect("a\xFF"
           "b\xC3",
           "a b");
    expect("дом cat 家", "cat");
    expect("one\ttwo\nthree", "one two three");
}

static void sizes_are_bounded(void **state)
{
    (void)state;
    static char text[20000];
    struct fold_words words;
    memset(text, 'x', sizeof text);
    fold_words(&words, text, sizeof text);
    assert_int_equal(words.count, 1);
    assert_int_equal(strlen(words.word[0]), FOLD_WORD_MAX);
    for (size_t i = 1; i < sizeof text; i += 2)
        text[i] = ' ';
    fold_words(&words, text, sizeof text);
    assert_int_equal(words.count, FOLD_WORDS_MAX);
    for (size_t i = 0; i + 1 < sizeof text; i += 2)
        memcpy(text + i, "\xD8\xA7", 2);
    fold_words(&words, text, sizeof text);
    assert_int_equal(strlen(words.word[0]), 30); /* never half a letter */
}

static void expect_stems(const char *a, const char *b, bool same)
{
    char x[FOLD_WORD_MAX + 1], y[FOLD_WORD_MAX + 1];
    snprintf(x, sizeof x, "%s", a);
    snprintf(y, sizeof y, "%s", b);
    fold_stem(x);
    fold_stem(y);
    if (!strcmp(x, y) != same)
        fail_msg("%s -> %s, %s -> %s", a, x, b, y);
}

static void endings_go(void **state)
{
    (void)state;
    expect_stems("dance", "dancing", true);
    expect_stems("dances", "danced", true);
    expect_stems("run", "running", true);
    expect_stems("story", "stories", true);
    expect_stems("boxes", "box", true);
    expect_stems("cats", "cat", true);
    expect_stems("bus", "bu", false);
    expect_stems("glass", "gla", false);
    expect_stems("king", "k", false);
    expect_stems("is", "i", false);
    expect_stems("1000", "100", false);
    expect_stems("القصه", "قصه", true);
    expect_stems("والحيوانات", "حيوان", true);
    expect_stems("بالليل", "ليل", true);
    expect_stems("ولد", "لد", false);
    expect_stems("الي", "ي", false);
}

static void like_words_are_found(void **state)
{
    (void)state;
    assert_int_equal(fold_likeness("story", "story"), 100);
    assert_true(fold_likeness("storey", "story") >= 68);
    assert_true(fold_likeness("elefant", "elephant") >= 70);
    assert_true(fold_likeness("girafe", "giraff") >= 68);
    assert_true(fold_likeness("rihtmus", "ritmus") > 0);
    assert_true(fold_likeness("ridlle", "riddle") >= 68); /* swapped */
    assert_int_equal(fold_likeness("cat", "dog"), 0);
    assert_int_equal(fold_likeness("into", "ant") >= 70, 0);
    assert_int_equal(fold_likeness("able", "apple") >= 70, 0);
    assert_int_equal(fold_likeness("12", "13"), 0);
    assert_int_equal(fold_likeness("i", "o"), 0);
    assert_true(fold_likeness("صندوق", "سندوق") >= 60);
    assert_int_equal(fold_likeness("كلب", "قلم"), 0);
    assert_int_equal(fold_likeness("", "a"), 0);
}

static void the_quick_look_rules_out_nothing_alike(void **state)
{
    (void)state;
    static const char *const words[] = {"story",    "storey", "riddle", "ridlle", "elephant",
                                        "elephent", "giraff", "girafe", "صندوق",  "سندوق"};
    for (size_t i = 0; i < sizeof words / sizeof *words; i += 2)
        assert_true(fold_may_be_alike(fold_letters(words[i]), fold_letters(words[i + 1])));
    assert_false(fold_may_be_alike(fold_letters("cat"), fold_letters("monkey")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(latin_letters_lose_case_and_marks),
        cmocka_unit_test(arabic_forms_become_one),
        cmocka_unit_test(what_is_no_text_parts_words),
        cmocka_unit_test(sizes_are_bounded),
        cmocka_unit_test(endings_go),
        cmocka_unit_test(like_words_are_found),
        cmocka_unit_test(the_quick_look_rules_out_nothing_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
