/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/safety/lexicon.h"
#include "hub/safety/match.h"

static struct lexicon *read_lexicon(const char *text)
{
    char why[256] = "";
    struct lexicon *lexicon = lexicon_new();
    assert_non_null(lexicon);
    if (lexicon_read(lexicon, "t.txt", text, strlen(text), why, sizeof why) < 0)
        fail_msg("%s", why);
    assert_int_equal(lexicon_finish(lexicon), 0);
    return lexicon;
}

static struct gate_result judge_as(const struct lexicon *lexicon, const char *text,
                                   struct match_for who)
{
    struct gate_result result = {GATE_ALLOW, GATE_NONE};
    struct normal normal;
    assert_int_equal(normal_read(&normal, text, strlen(text)), 0);
    assert_int_equal(match_text(lexicon, &normal, 0, &who, &result), 0);
    normal_free(&normal);
    return result;
}

static enum gate_verdict judge(const struct lexicon *lexicon, const char *text)
{
    return judge_as(lexicon, text, (struct match_for){GATE_IN, CHILD_6_8, false, NULL}).verdict;
}

static void phrases_are_found(void **state)
{
    static const struct {
        const char *phrase, *found, *not_found;
    } cases[] = {
        {"bad", "a bad word", "badly"},
        {"bad*", "badly", "bat"},
        {"stab~", "stabbing", "stable"},
        {"=bad", "bad", "baaad"},
        {"bad", "baaad", "bed"},
        {"f%", "f", "g"},
        {"word%", "w**d", "w*d"},
        {"very? bad", "bad", "very"},
        {"^ bad", "so it is. bad dog", "a bad dog"},
        {"bad $", "so bad. yes", "bad dog"},
        {"(bad|very good) dog", "very good dog", "good dog"},
        {"bad (dog|$)", "so bad", "bad cat"},
        {"a .. b", "a 1 2 3 b", "a 1 2 3 4 b"},
        {"a ... b", "a 1 2 3 4 5 6 b", "a 1 2 3 4 5 6 7 b"},
        {"a .. b", "a. b", "a 1. 2 b"},
        {"a ... b", "a 1. 2 b", "a 1 2. 3 4 5 b"},
        {"a b", "a. b", "a 1 b"},
        {"<set> x", "one x", "x one"},
        {"<set> x", "two three x", "two x"},
        {"<all> x", "one x", "five x"},
        {"#number dogs", "seven dogs", "some dogs"},
        {"#any dogs", "some dogs", "dogs"},
        {"call #phone", "call 555 123 4567", "call 1 2 3 4 5 6 7"},
        {"self-harm", "self harm", "self"},
        {"قتل~", "سيقتلونهم", "قلت"},
    };
    char text[512];
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        snprintf(text, sizeof text,
                 "# a comment\n<set> = one, two three # another\n<all> = <set>,\n  four\n"
                 "[violence block both 3-13]\n%s\n[end]\n",
                 cases[i].phrase);
        struct lexicon *lexicon = read_lexicon(text);
        if (judge(lexicon, cases[i].found) != GATE_BLOCK)
            fail_msg("%s: \"%s\" was not found", cases[i].phrase, cases[i].found);
        if (judge(lexicon, cases[i].not_found) != GATE_ALLOW)
            fail_msg("%s: \"%s\" was found", cases[i].phrase, cases[i].not_found);
        lexicon_free(lexicon);
    }
}

static void a_group_counts_for_whom_it_says(void **state)
{
    struct lexicon *lexicon = read_lexicon(
        "[war care in 3-8; block out]\nbang\n[jailbreak block in pressed]\nplease\n[end]");
    const struct match_for in_small = {GATE_IN, CHILD_3_5, false, NULL},
                           in_big = {GATE_IN, CHILD_9_11, false, NULL},
                           out_big = {GATE_OUT, CHILD_9_11, false, NULL},
                           pressed = {GATE_IN, CHILD_9_11, true, NULL};
    (void)state;
    assert_int_equal(judge_as(lexicon, "bang", in_small).verdict, GATE_CARE);
    assert_int_equal(judge_as(lexicon, "bang", in_big).verdict, GATE_ALLOW);
    assert_int_equal(judge_as(lexicon, "bang", out_big).verdict, GATE_BLOCK);
    assert_int_equal(judge_as(lexicon, "please", in_big).verdict, GATE_ALLOW);
    assert_int_equal(judge_as(lexicon, "please", pressed).category, GATE_JAILBREAK);
    lexicon_free(lexicon);
}

static void harmless_words_excuse_only_themselves(void **state)
{
    struct lexicon *lexicon = read_lexicon("[safe violence]\nkill .. time\n[violence block]\nkill\n"
                                           "[profanity block]\nkill darn\n[end]");
    (void)state;
    assert_int_equal(judge(lexicon, "we kill some time"), GATE_ALLOW);
    assert_int_equal(judge(lexicon, "we kill time and kill"), GATE_BLOCK);
    assert_int_equal(judge(lexicon, "kill darn time"), GATE_BLOCK); /* another category */
    lexicon_free(lexicon);
}

static void a_phrase_is_found_anywhere_in_a_long_text(void **state)
{
    struct lexicon *lexicon = read_lexicon("[violence block]\nalpha beta gamma\n[end]");
    (void)state;
    for (size_t before = 0; before < 200; before++) {
        char text[4096] = "";
        size_t used = 0;
        for (size_t i = 0; i < before; i++)
            used += (size_t)snprintf(text + used, sizeof text - used, "word ");
        snprintf(text + used, sizeof text - used, "alpha beta gamma and more");
        assert_int_equal(judge(lexicon, text), GATE_BLOCK);
    }
    lexicon_free(lexicon);
}

static void a_wrong_line_is_named(void **state)
{
    static const struct {
        const char *text, *why;
    } cases[] = {
        {"[violence block]\nx\n", "t.txt:3: the file was cut off"},
        {"", "t.txt:1: the file was cut off"},
        {"x\n[end]", "t.txt:1: a phrase stands below"},
        {"[violents block]\nx\n[end]", "t.txt:1: \"violents\" is no category"},
        {"[violence stop]\n[end]", "t.txt:1: \"stop\" is no verdict"},
        {"[violence block 2-5]\n[end]", "t.txt:1: \"2-5\" is no verdict"},
        {"[violence block\n[end]", "t.txt:1: the closing ]"},
        {"[violence block]\n<no> x\n[end]", "t.txt:2: <no> is no set"},
        {"<a> = b\n<a> = c\n[end]", "t.txt:2: <a> is there already"},
        {"<a> = b,,c\n[end]", "t.txt:1: there is nothing between"},
        {"<a> b\n[end]", "t.txt:1: a phrase stands below"},
        {"[violence block]\n(a|b c\n[end]", "t.txt:2: (a|b c: the closing )"},
        {"[violence block]\n.. a\n[end]", "t.txt:2: a phrase does not begin with a gap"},
        {"[violence block]\na? ..\n[end]", "t.txt:2: a phrase needs a word"},
        {"[violence block]\n#phon\n[end]", "t.txt:2: #phon is none of"},
        {"[violence block]\n=a~\n[end]", "t.txt:2: =a~: only one of"},
        {"[violence block]\na ^\n[end]", "t.txt:2: ^ is the begin"},
        {"[violence block]\n?\n[end]", "t.txt:2: \"?\" is no word"},
        {"[end]\nx", "t.txt:2: something follows [end]"},
        {"<a> = one two three four five six seven\n[end]", "t.txt:1: \" one two three"},
        {"[violence block]\n\xff\n[end]", "t.txt:2: is not UTF-8"},
    };
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        char why[256] = "";
        struct lexicon *lexicon = lexicon_new();
        if (lexicon_read(lexicon, "t.txt", cases[i].text, strlen(cases[i].text), why, sizeof why) !=
            ROOST_ERR_INVALID)
            fail_msg("%s: was taken", cases[i].text);
        if (strncmp(why, cases[i].why, strlen(cases[i].why)) != 0)
            fail_msg("%s: \"%s\"", cases[i].text, why);
        lexicon_free(lexicon);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(phrases_are_found),
        cmocka_unit_test(a_group_counts_for_whom_it_says),
        cmocka_unit_test(harmless_words_excuse_only_themselves),
        cmocka_unit_test(a_phrase_is_found_anywhere_in_a_long_text),
        cmocka_unit_test(a_wrong_line_is_named),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
