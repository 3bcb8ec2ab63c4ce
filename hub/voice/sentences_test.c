/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/voice/sentences.h"

enum { PIECES = 256 };

static char got[PIECES][SENTENCES_BUFFER + 1];
static size_t got_count, got_bytes;

static void add(char *text, size_t size, const char *more)
{
    size_t len = strlen(text), more_len = strlen(more);

    assert_true(len + more_len < size);
    memcpy(text + len, more, more_len + 1);
}

static void take(struct sentences *s)
{
    const char *piece;
    size_t len;

    while (sentences_next(s, &piece, &len)) {
        assert_true(got_count < PIECES && len > 0);
        memcpy(got[got_count], piece, len);
        got[got_count++][len] = '\0';
        got_bytes += len;
    }
}

/* Fed `step` bytes at a time (0: at once), whole letters only. */
static void cut(const char *text, size_t step, bool first)
{
    struct sentences s;
    size_t len = strlen(text), at = 0;
    char *joined = calloc(1, len + 1);

    sentences_init(&s);
    s.later = !first;
    got_count = got_bytes = 0;
    while (at < len) {
        size_t n = step && step < len - at ? step : len - at;
        while (at + n < len && ((uint8_t)text[at + n] & 0xC0) == 0x80)
            n++;
        while (n > 0) {
            size_t taken = sentences_put(&s, text + at, n);
            at += taken;
            n -= taken;
            size_t before = got_bytes;
            take(&s);
            assert_true(taken > 0 || got_bytes > before); /* it always goes on */
        }
    }
    sentences_end(&s);
    take(&s);
    for (size_t i = 0; i < got_count; i++)
        add(joined, len + 1, got[i]);
    assert_string_equal(joined, text);
    free(joined);
}

static void expect(const char *text, const char *const *pieces)
{
    for (size_t step = 0; step < 4; step++) {
        cut(text, step, false);
        size_t count = 0;
        for (; pieces[count]; count++)
            if (count >= got_count || strcmp(pieces[count], got[count]) != 0)
                fail_msg("\"%s\" in steps of %zu: piece %zu is \"%s\", not \"%s\"", text, step,
                         count, count < got_count ? got[count] : "(none)", pieces[count]);
        assert_int_equal(got_count, count);
    }
}

#define EXPECT(text, ...) expect(text, (const char *const[]){__VA_ARGS__, NULL})

/* V7 */
static void v7_sentences_end_where_a_person_would_pause(void **state)
{
    (void)state;
    EXPECT("It is 3.5 metres long. Wow!", "It is 3.5 metres long. ", "Wow!");
    EXPECT("Dr. Bear is here. Say hello.", "Dr. Bear is here. ", "Say hello.");
    EXPECT("Wait!!! What?", "Wait!!! ", "What?");
    EXPECT("…", "…");
    EXPECT("… Hm.", "… Hm.");
    EXPECT("Well… maybe. Yes.", "Well… maybe. ", "Yes.");
    EXPECT("Well... Maybe.", "Well... ", "Maybe.");
    EXPECT("He said \"Go!\" Then he went.", "He said \"Go!\" ", "Then he went.");
    EXPECT("1. Take a cup. 2. Drink.", "1. Take a cup. ", "2. Drink.");
    EXPECT("One line\nanother line\n", "One line\n", "another line\n");
    EXPECT("It costs 1,000.50 at 12:30.", "It costs 1,000.50 at 12:30.");
    EXPECT("See roost.example for more.", "See roost.example for more.");
    EXPECT("No stop at all", "No stop at all");
}

/* V7 */
static void v7_arabic_has_its_own_marks(void **state)
{
    (void)state;
    EXPECT("كيف حالك؟ أنا بخير.", "كيف حالك؟ ", "أنا بخير.");
    EXPECT("نعم، أحب القصص؛ هيا بنا! هل نبدأ؟", "نعم، أحب القصص؛ هيا بنا! ", "هل نبدأ؟");
    EXPECT("ما هذا؟هذا قط.", "ما هذا؟", "هذا قط.");
    EXPECT("د. سامي طبيب. مرحبا.", "د. سامي طبيب. ", "مرحبا.");
    cut("مرحبا يا ليلى، كيف حالك اليوم؟", 0, true);
    assert_string_equal(got[0], "مرحبا يا ليلى، ");
}

static size_t words(const char *text)
{
    size_t count = 0;

    for (const char *p = text; *p; p++)
        count += *p != ' ' && (p == text || p[-1] == ' ');
    return count;
}

static void the_first_piece_is_short(void **state)
{
    (void)state;
    cut("Hello Mia, how are you today? I am fine.", 0, true);
    assert_string_equal(got[0], "Hello Mia, ");
    assert_string_equal(got[1], "how are you today? ");
    cut("Yes. Of course.", 0, true);
    assert_string_equal(got[0], "Yes. ");
    cut("Once upon a time there was a little bear who lived in a wood.", 0, true);
    assert_true(words(got[0]) <= SENTENCE_FIRST_WORDS);
    cut("The elephant eats leaves and it drinks a lot of water every day.", 1, true);
    assert_string_equal(got[0], "The elephant eats leaves ");
    cut("Seven words do make a short sentence.", 0, true);
    assert_int_equal(got_count, 1);
    cut("The elephant drinks, and later it does something quite different, you see.", 0, true);
    assert_string_equal(got[0], "The elephant drinks, ");
    /* Only the first. */
    assert_string_equal(got[1], "and later it does something quite different, you see.");
}

/* V5 */
static void v5_what_has_no_stop_is_cut_at_a_clause(void **state)
{
    static const char clause[] = "and the little bear went on through the wood, ";
    char *text = calloc(1, 6000);

    (void)state;
    while (strlen(text) < 5000)
        add(text, 6000, clause);
    cut(text, 0, true);
    assert_true(got_count > 5000 / SENTENCE_MAX);
    for (size_t i = 1; i + 1 < got_count; i++) {
        assert_true(strlen(got[i]) <= SENTENCE_MAX);
        assert_string_equal(got[i] + strlen(got[i]) - 2, ", ");
    }
    memset(text, 'a', 5000);
    cut(text, 7, false); /* not even a blank */
    for (size_t i = 0; i < got_count; i++)
        assert_true(strlen(got[i]) <= SENTENCE_MAX + 4);
    text[0] = '\0';
    while (strlen(text) < 5000)
        add(text, 6000, "قطة ");
    cut(text, 3, false);
    for (size_t i = 0; i < got_count; i++)
        assert_true(strlen(got[i]) <= SENTENCE_MAX + 4);
    free(text);
}

static void what_cannot_be_said_is_told_apart(void **state)
{
    (void)state;
    assert_false(sentences_sound("…", strlen("…")));
    assert_false(sentences_sound(" ?!\n", 4));
    assert_false(sentences_sound("", 0));
    assert_true(sentences_sound("\"3\"", 3));
    assert_true(sentences_sound("نعم", strlen("نعم")));
}

/* Whatever comes in whatever portions: nothing is lost, nothing grows. */
static void anything_put_together_is_the_text(void **state)
{
    static const char *const parts[] = {"a", "Dr.", " ",  "...", "…",     "؟",    "، ",
                                        "!", "3.5", "\n", "\"",  "word ", "نعم ", ". ",
                                        "?", " - ", "1.", ")",   "é"};
    uint32_t random = 7;
    char text[2048];

    (void)state;
    for (int round = 0; round < 3000; round++) {
        text[0] = '\0';
        for (int i = 0; i < round % 150; i++) {
            random = random * 1664525u + 1013904223u;
            add(text, sizeof text, parts[(random >> 16) % (sizeof parts / sizeof parts[0])]);
        }
        cut(text, (size_t)round % 9, round % 2 == 0);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(v7_sentences_end_where_a_person_would_pause),
        cmocka_unit_test(v7_arabic_has_its_own_marks),
        cmocka_unit_test(the_first_piece_is_short),
        cmocka_unit_test(v5_what_has_no_stop_is_cut_at_a_clause),
        cmocka_unit_test(what_cannot_be_said_is_told_apart),
        cmocka_unit_test(anything_put_together_is_the_text),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
