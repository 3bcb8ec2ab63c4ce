/* SPDX-License-Identifier: Apache-2.0 */
/* Talks with the least content: what is open, what is remembered, what is computed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hub/companion/companion_internal.h"
#include "hub/companion/content_rig.h"

static struct companion *companion;
static struct companion_thread thread;
static struct companion_turn turn;
static char said[COMPANION_REPLY_MAX + 1];

static int load(void **state)
{
    (void)state;
    char why[300], *text = content_rig(CHILD_EN, "");
    int err =
        companion_load_text(&companion, CHILD_EN, "en/x.txt", text, strlen(text), why, sizeof why);
    free(text);
    if (err < 0)
        print_error("%s\n", why);
    return err;
}

static int unload(void **state)
{
    (void)state;
    companion_free(companion);
    return 0;
}

static int begin(void **state)
{
    (void)state;
    companion_thread_init(&thread, 1);
    turn = (struct companion_turn){"", CHILD_EN, CHILD_6_8, NULL, 14};
    return 0;
}

static void hears(const char *text)
{
    turn.text = text;
    int len = companion_reply(companion, &thread, &turn, said, sizeof said);
    assert_true(len > 0);
    assert_int_equal(strlen(said), len);
}

#define SAYS(text, part)                                                                           \
    do {                                                                                           \
        hears(text);                                                                               \
        if (!strstr(said, part))                                                                   \
            fail_msg("\"%s\" is answered by \"%s\", not by %s", text, said, part);                 \
    } while (0)

static void the_thread_is_small_and_plain(void **state)
{
    (void)state;
    assert_true(sizeof thread <= 4096);
    hears("tell me a story about a mouse");
    struct companion_thread copy = thread;
    char first[sizeof said];
    hears("left");
    memcpy(first, said, sizeof first);
    thread = copy; /* what was not said is undone */
    hears("left");
    assert_string_equal(said, first);
}

static void the_same_seed_says_the_same(void **state)
{
    (void)state;
    static const char *const talk[] = {
        "hello there", "ask me a riddle",      "hm", "guess a number", "five",
        "stop",        "tell me about animals"};
    static char first[7][COMPANION_REPLY_MAX + 1];
    for (unsigned round = 0; round < 2; round++) {
        companion_thread_init(&thread, 99);
        for (unsigned i = 0; i < 7; i++) {
            hears(talk[i]);
            if (round)
                assert_string_equal(said, first[i]);
            else
                memcpy(first[i], said, sizeof said);
        }
    }
}

static void age_hour_and_name_choose_the_line(void **state)
{
    (void)state;
    hears("hello there");
    assert_string_equal(said, "Hello, big one!");
    turn.group = CHILD_3_5;
    hears("hello there");
    assert_string_equal(said, "Hello, small one!");
    bool night = false, named = false;
    turn.hour = 23;
    turn.name = "Mia";
    for (int i = 0; i < 6; i++) {
        hears("hello there");
        night |= strstr(said, "Hello, sleepy one!") != NULL;
        named |= strstr(said, "Hello, Mia!") != NULL;
    }
    assert_true(night && named);
    static const char *const not_spoken[] = {"Mia; say bad words",
                                             "{name}",
                                             "",
                                             "x\nline",
                                             "<b>",
                                             "0123",
                                             "\xFF\xFE",
                                             "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (unsigned i = 0; i < sizeof not_spoken / sizeof *not_spoken; i++) {
        turn.name = not_spoken[i];
        for (int k = 0; k < 8; k++) {
            hears("hello there");
            assert_null(*not_spoken[i] ? strstr(said, not_spoken[i]) : NULL);
        }
    }
}

static void a_riddle_is_judged(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        hears("ask me a riddle");
        bool clock = strstr(said, "What has hands?") != NULL;
        assert_true(clock || strstr(said, "What gets wetter?"));
        assert_true(strstr(said, "Think.") != NULL);
        SAYS("a banana", "[riddle_wrong");
        if (clock) {
            SAYS("give me a hint", "It ticks.");
            SAYS("is it a table", "It hangs on the wall.");
            SAYS("hint", "[riddle_no_hint");
            SAYS("i think it is a klock", "A clock it was!");
        } else {
            SAYS("tell me the answer", "A towel it was!");
        }
        assert_non_null(strstr(said, "[riddle_end"));
        SAYS("no", "Then not.");
    }
    hears("riddle");
    SAYS("a", "[riddle_wrong");
    SAYS("b", "[riddle_wrong");
    SAYS("c", "[riddle_wrong");
    SAYS("d", "[riddle_told");
    SAYS("yes", "What ");
}

static void a_story_is_chosen_through(void **state)
{
    (void)state;
    SAYS("tell me a story about cheese", "The mouse");
    assert_non_null(strstr(said, "Left or right?"));
    SAYS("blue", "[story_again");
    assert_non_null(strstr(said, "Left or right?"));
    SAYS("to the right please", "Mouse right");
    SAYS("up", "Mouse up.");
    assert_non_null(strstr(said, "[story_end"));
    SAYS("yes", "The ship"); /* the mouse was told */
    SAYS("hm", "[story_again");
    SAYS("hm", "[story_choose");
    assert_int_equal(thread.story_open, 0);
}

static void a_scene_goes_on_by_itself(void **state)
{
    (void)state;
    hears("story about a mouse");
    SAYS("left", "Mouse end.");
    hears("story about a mouse");
    SAYS("go on", "Left or right?");
    SAYS("more", "[story_choose");
}

static void a_story_waits(void **state)
{
    (void)state;
    hears("story about the sea");
    SAYS("how is the weather outside", "[story_back");
    SAYS("yes", "East or west?");
    SAYS("what is five plus two", "[story_back");
    SAYS("no", "Then not.");
    SAYS("continue the story", "[nothing_open");
    hears("story about the sea");
    SAYS("stop", "Stopped.");
    assert_int_equal(thread.expects, EXPECT_NOTHING);
}

static void a_birthday_in_a_story_leaves_no_silence(void **state)
{
    (void)state;
    hears("story about a mouse");
    turn.group = CHILD_9_11;
    hears("left");
    hears("go on");
}

static void not_the_moon_is_no_choice(void **state)
{
    (void)state;
    hears("story about the sea");
    SAYS("not east", "[story_again");
}

static void a_joke_has_its_end(void **state)
{
    (void)state;
    hears("tell me a joke");
    bool bike = strstr(said, "Why did it fall?") != NULL;
    SAYS("why", bike ? "Two tired." : "Quack.");
    SAYS("more", bike ? "Why the duck?" : "Why did it fall?");
    SAYS("stop", "Stopped.");
}

static void songs_and_facts(void **state)
{
    (void)state;
    SAYS("sing about a boat", "Boat one, boat two.");
    SAYS("yes", "Star one, star two.");
    SAYS("what does the cow say", "Moo!");
    SAYS("and a cow", "Moo!"); /* of sounds, still */
    SAYS("more", "Cow fact");
    SAYS("more", "Cow fact");
    SAYS("tell me about elefants", "Elephant fact.");
    SAYS("tell me about the moon", "Moon fact.");
    SAYS("tell me about animals", " fact");
    assert_null(strstr(said, "Moon"));
    SAYS("a cow", "Cow fact"); /* better than to know nothing */
    for (int i = 0; i < 3; i++)
        SAYS("tell me about cows two", "Cow fact two.");
}

static void what_was_asked_is_answered(void **state)
{
    (void)state;
    hears("how is the weather outside");
    SAYS("it is very wet", "Take boots.");
    hears("how is the weather outside");
    SAYS("no", "Take a ball.");
    hears("how is the weather outside");
    SAYS("sure", "Take boots.");
    hears("how is the weather outside");
    SAYS("my uncle painted the fence", "I see.");
    hears("how is the weather outside");
    SAYS("two plus two", "make four");
    SAYS("yes", "Yes to what?");
}

static void again_says_it_again(void **state)
{
    (void)state;
    SAYS("again", "[nothing_to_repeat");
    static const char *const asks[] = {"three plus four",     "count to five", "tell me about cows",
                                       "story about a mouse", "xyzzy",         "hello there"};
    for (unsigned i = 0; i < sizeof asks / sizeof *asks; i++) {
        char first[sizeof said];
        hears(asks[i]);
        memcpy(first, said, sizeof first);
        hears("say that again");
        assert_string_equal(said, first);
        hears("again");
        assert_string_equal(said, first);
    }
    SAYS("more", "[nothing_more");
}

static void sums_are_computed(void **state)
{
    (void)state;
    static const struct {
        const char *text, *part;
    } sums[] = {
        {"three plus four", "Three and four make seven."},
        {"3 plus 4", "make seven"},
        {"1000 plus 234", "1234"},
        {"ten minus three", "Left are seven"},
        {"three minus ten", "[sum_below"},
        {"take three from ten", "Ten less three is seven."},
        {"six times seven", "Product numberec"},
        {"999999 times 999999", "[sum_far"},
        {"ten divided by two", "Each five"},
        {"seven divided by two", "three one"},
        {"seven divided by zero", "[sum_zero"},
        {"double four", "Double eight"},
        {"half of eight", "Half four"},
        {"half of seven", "[sum_rest"},
        {"what comes after nine", "After ten"},
        {"what comes before one", "Before zero"},
        {"what comes before zero", "[sum_below"},
        {"which is bigger nine or three", "Bigger nine"},
        {"which is bigger three or three", "[sum_equal"},
        {"which is smaller nine or three", "Smaller three"},
        {"9999999 plus 9999999", "[sum_far"},
        {"12345678 plus 1", "["}, /* no number at all */
        {"count to five", "One, two, three, four, five."},
        {"count to zero", "Zero."},
        {"count down from three", "Three, two, one, zero."},
        {"count by two", "Two, four, six, eight, ten,"},
        {"count by zero", "One, two"},
        {"count to 9999999", "[count_far"},
        {"count down from hundred", "[count_far"},
    };
    for (unsigned i = 0; i < sizeof sums / sizeof *sums; i++)
        SAYS(sums[i].text, sums[i].part);
}

static void counting_goes_as_far_as_the_age(void **state)
{
    (void)state;
    static const char *const last[] = {"numberca.", "numberfa.", " hundred.", " hundred."};
    for (int i = 0; i < CHILD_AGE_GROUPS; i++) {
        turn.group = (enum child_age_group)i;
        SAYS("count to hundred", last[i]);
    }
}

static void the_quiz_is_judged_by_age(void **state)
{
    (void)state;
    for (int group = 0; group < CHILD_AGE_GROUPS; group++) {
        turn.group = (enum child_age_group)group;
        hears("ask me a sum");
        for (int i = 0; i < 40; i++) {
            char answer[12];
            int32_t a = thread.quiz[0], b = thread.quiz[1], result = thread.quiz_result;
            assert_int_equal(result, thread.quiz_do == DO_ADD        ? a + b
                                     : thread.quiz_do == DO_SUBTRACT ? a - b
                                     : thread.quiz_do == DO_MULTIPLY ? a * b
                                                                     : a / b);
            if (thread.quiz_do == DO_DIVIDE)
                assert_int_equal(a % b, 0);
            assert_true(result >= 0 && a > 0 && b > 0);
            if (group == CHILD_3_5)
                assert_true(result <= 10 && thread.quiz_do == DO_ADD);
            if (group == CHILD_6_8)
                assert_true(result <= 50);
            snprintf(answer, sizeof answer, "%d", result);
            SAYS(answer, "[quiz_right");
        }
        SAYS("blue", "[quiz_number");
        SAYS("99999", "[quiz_wrong");
        SAYS("99998", "[quiz_told");
        hears("ask me a sum");
        SAYS("i give up", "[quiz_told");
        hears("yes");
        assert_int_equal(thread.expects, EXPECT_QUIZ);
        SAYS("stop", "Stopped.");
    }
}

static void a_number_is_found(void **state)
{
    (void)state;
    hears("guess a number");
    int low = 1, high = thread.guess_top, secret = thread.guess_secret;
    assert_int_equal(high, 20);
    SAYS("blue", "[guess_number");
    for (int tries = 0; tries < 6; tries++) {
        char guess[24];
        int middle = (low + high) / 2;
        snprintf(guess, sizeof guess, "is it %d", middle);
        hears(guess);
        if (middle == secret) {
            assert_non_null(strstr(said, "[guess_right"));
            SAYS("yes", "[guess_start");
            SAYS("tell me the answer", "[guess_told");
            return;
        }
        assert_non_null(strstr(said, middle < secret ? "[guess_higher" : "[guess_lower"));
        if (middle < secret)
            low = middle + 1;
        else
            high = middle - 1;
    }
    fail_msg("not found");
}

static void it_says_when_it_does_not_know(void **state)
{
    (void)state;
    SAYS("the parliament adjourned", "[not_understood");
    assert_non_null(strstr(said, "[offer_three"));
    hears("yes"); /* the first that was offered */
    assert_true(thread.expects == EXPECT_STORY || thread.expects == EXPECT_RIDDLE ||
                thread.expects == EXPECT_JOKE || thread.expects == EXPECT_MORE);
    hears("stop");
    SAYS("...", "[did_not_hear");
    SAYS("", "[did_not_hear");
}

static void it_asks_again_when_unsure(void **state)
{
    (void)state;
    SAYS("which riddle thing now", "[not_sure");
    assert_non_null(strstr(said, "ask a riddle"));
    SAYS("yes", "Think.");
    hears("stop");
    SAYS("which riddle thing now", "[not_sure");
    SAYS("no", "Then not.");
}

static void lines_are_named(void **state)
{
    (void)state;
    assert_string_equal(companion_line_text(COMPANION_LINE_DID_NOT_HEAR), "did_not_hear");
    assert_int_equal(companion_line_find("time_limit"), COMPANION_LINE_TIME_LIMIT);
    assert_int_equal(companion_line_find("x"), COMPANION_LINE_COUNT);
    for (int i = 0; i < COMPANION_LINE_COUNT; i++) {
        char first[sizeof said];
        int len = companion_line(companion, &thread, (enum companion_line_name)i, &turn, said,
                                 sizeof said);
        assert_true(len > 0);
        assert_non_null(strstr(said, companion_line_text((enum companion_line_name)i)));
        memcpy(first, said, sizeof first);
        companion_line(companion, &thread, (enum companion_line_name)i, &turn, said, sizeof said);
        assert_string_not_equal(said, first); /* remembered in the thread */
        assert_true(companion_line(companion, NULL, (enum companion_line_name)i, &turn, said,
                                   sizeof said) > 0);
    }
    assert_int_equal(companion_line(companion, NULL, COMPANION_LINE_COUNT, &turn, said, 100),
                     ROOST_ERR_UNSUPPORTED);
    assert_int_equal(companion_line(companion, NULL, COMPANION_LINE_BUSY, &turn, said, 3),
                     ROOST_ERR_RANGE);
}

static void a_short_buffer_gets_whole_lines(void **state)
{
    (void)state;
    char small[40];
    turn.text = "story about a mouse";
    for (size_t size = 1; size < sizeof small; size++) {
        companion_thread_init(&thread, size);
        int len = companion_reply(companion, &thread, &turn, small, size);
        assert_true(len == ROOST_ERR_RANGE || (len > 0 && (size_t)len < size));
        if (len > 0)
            assert_int_equal(small[len - 1], '.');
    }
}

static void a_thread_of_anything_does_no_harm(void **state)
{
    (void)state;
    static const char *const texts[] = {"yes",   "no",   "more", "again",
                                        "five",  "left", "hint", "i give up",
                                        "go on", "stop", "hm",   "tell me about cows"};
    unsigned char *bytes = (unsigned char *)&thread;
    uint32_t random = 12345;
    for (unsigned i = 0; i < 5000; i++) {
        for (size_t k = 0; k < sizeof thread; k++) {
            random = random * 1664525 + 1013904223;
            bytes[k] = (unsigned char)(random >> 24);
        }
        thread.language = CHILD_EN + 1;
        thread.expects = (uint8_t)(i % (EXPECT_GUESS + 1));
        thread.more = (uint8_t)(i % DO_COUNT_OF);
        turn.text = texts[i % (sizeof texts / sizeof *texts)];
        int len = companion_reply(companion, &thread, &turn, said, sizeof said);
        assert_true(len > 0 || len == ROOST_ERR_RANGE);
    }
}

static void arabic_is_understood(void **state)
{
    (void)state;
    struct companion *arabic = NULL;
    char why[300];
    char *text = content_rig(CHILD_AR, "intent: hikaya\nhear: احك لي حكاية | اريد قصة\n"
                                       "say: كَانَ يَا مَا كَانَ.\n"
                                       "intent: hazin\nhear: انا حزين\nsay: لَا بَأْسَ.\n"
                                       "intent: sura\nhear: سورة جميلة صندوق كبير\nsay: حَسَنًا.\n"
                                       "intent: adad\nhear: عد الى {number}\ndo: count\n"
                                       "number: 200 = مئتان\nspoken-number: 3 = ثَلَاثَة\n"
                                       "number: 300 = ثلاثمئه\n");
    assert_int_equal(
        companion_load_text(&arabic, CHILD_AR, "ar/x.txt", text, strlen(text), why, sizeof why), 0);
    free(text);
    static const struct {
        const char *text, *part;
    } cases[] = {
        {"اِحْكِ لِي حِكَايَة", "كَانَ"}, {"أريد قصّة", "كَانَ"},  {"أُريدُ القصـــة", "كَانَ"},
        {"أنا حزين.", "بَأْسَ"},    {"انا حزينة", "بَأْسَ"}, {"سورة جميله سندوق كبير", "حَسَنًا"},
        {"عد إلى ٣", "ثَلَاثَة"},
    };
    turn.language = CHILD_AR;
    for (unsigned i = 0; i < sizeof cases / sizeof *cases; i++) {
        companion_thread_init(&thread, 1);
        turn.text = cases[i].text;
        assert_true(companion_reply(arabic, &thread, &turn, said, sizeof said) > 0);
        if (!strstr(said, cases[i].part))
            fail_msg("%s is answered by %s", cases[i].text, said);
    }
    companion_free(arabic);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(the_thread_is_small_and_plain, begin),
        cmocka_unit_test_setup(the_same_seed_says_the_same, begin),
        cmocka_unit_test_setup(age_hour_and_name_choose_the_line, begin),
        cmocka_unit_test_setup(a_riddle_is_judged, begin),
        cmocka_unit_test_setup(a_story_is_chosen_through, begin),
        cmocka_unit_test_setup(a_scene_goes_on_by_itself, begin),
        cmocka_unit_test_setup(a_story_waits, begin),
        cmocka_unit_test_setup(a_birthday_in_a_story_leaves_no_silence, begin),
        cmocka_unit_test_setup(not_the_moon_is_no_choice, begin),
        cmocka_unit_test_setup(a_joke_has_its_end, begin),
        cmocka_unit_test_setup(songs_and_facts, begin),
        cmocka_unit_test_setup(what_was_asked_is_answered, begin),
        cmocka_unit_test_setup(again_says_it_again, begin),
        cmocka_unit_test_setup(sums_are_computed, begin),
        cmocka_unit_test_setup(counting_goes_as_far_as_the_age, begin),
        cmocka_unit_test_setup(the_quiz_is_judged_by_age, begin),
        cmocka_unit_test_setup(a_number_is_found, begin),
        cmocka_unit_test_setup(it_says_when_it_does_not_know, begin),
        cmocka_unit_test_setup(it_asks_again_when_unsure, begin),
        cmocka_unit_test_setup(lines_are_named, begin),
        cmocka_unit_test_setup(a_short_buffer_gets_whole_lines, begin),
        cmocka_unit_test_setup(a_thread_of_anything_does_no_harm, begin),
        cmocka_unit_test_setup(arabic_is_understood, begin),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
