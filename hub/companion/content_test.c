/* SPDX-License-Identifier: Apache-2.0 */
/* The content that is shipped: how much there is, that it is understood as it is written and a
 * little otherwise, that a long talk does not repeat itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "hub/companion/companion_internal.h"
#include "hub/companion/shipped_rig.h"

static bool next_language(int *language)
{
    while (++*language < CHILD_LANGUAGES)
        if (companion_speaks(companion, (enum child_language) * language))
            return true;
    return false;
}

static void there_is_enough(void **state)
{
    (void)state;
    assert_true(companion_speaks(companion, CHILD_EN));
    for (int language = -1; next_language(&language);) {
        struct companion_counts n = companion_count(companion, (enum child_language)language);
        print_message("%s: %u intents, %u stories, %u riddles, %u jokes, %u songs, %u things; "
                      "%u alternatives, %u spoken lines, %u words\n",
                      child_language_name((enum child_language)language), n.intents, n.stories,
                      n.riddles, n.jokes, n.songs, n.things, n.hear_lines, n.say_lines, n.words);
        assert_true(n.intents >= 150);
        assert_true(n.stories >= 40);
        assert_true(n.riddles >= (language == CHILD_EN ? 60 : 40));
        assert_true(n.songs >= (language == CHILD_EN ? 20 : 15));
        const struct tongue *tongue = &companion->tongue[language];
        unsigned animals = 0;
        for (unsigned i = 0; i < tongue->things.count; i++)
            animals += !strcmp(tongue->kinds.at[tongue->things.at[i].kind], "animal");
        assert_true(animals >= (language == CHILD_EN ? 60 : 40));
        for (int group = 0; group < CHILD_AGE_GROUPS; group++)
            for (int kind = 0; kind < PIECE_KINDS; kind++) {
                unsigned fit = 0;
                for (unsigned i = 0; i < tongue->pieces[kind].count; i++)
                    fit += tongue->pieces[kind].at[i].groups >> group & 1;
                if (fit < 8)
                    fail_msg("only %u pieces of kind %d for ages %s", fit, kind,
                             child_age_group_name((enum child_age_group)group));
            }
    }
}

/* ---- understood ---- */

struct hits {
    unsigned first, first_right, all, right;
    unsigned changed[CHILD_LANGUAGES], changed_right[CHILD_LANGUAGES];
    uint16_t last_owner[CHILD_LANGUAGES];
    uint64_t random;
};

static uint16_t owner_of(const struct tongue *tongue, const struct companion_sentence *sentence,
                         bool *first)
{
    for (unsigned i = 0; i < tongue->patterns.count; i++) {
        const struct pattern *p = &tongue->patterns.at[i];
        if (p->line == sentence->line && !strcmp(tongue->files.at[p->file], sentence->file)) {
            *first = p->owner != NONE && tongue->intents.at[p->owner].hear.first == i;
            return p->owner;
        }
    }
    return NONE;
}

static uint16_t understood(const struct tongue *tongue, const char *text)
{
    struct heard heard;
    struct found found;
    talk_hear(tongue, &heard, text, strlen(text));
    talk_match_intents(tongue, &heard, &found);
    return found.score >= 0.62F ? found.intent : NONE;
}

/* What a recogniser does: one letter of the longest word is another one. */
static bool change(char *text)
{
    size_t at = 0, best = 0;
    for (size_t i = 0; text[i];) {
        size_t len = strcspn(text + i, " ");
        if (len > best) {
            best = len;
            at = i;
        }
        i += len;
        i += text[i] == ' ';
    }
    if ((unsigned char)text[at] >= 0x80 && best >= 10) { /* Arabic: two bytes a letter */
        char *letter = text + at + best / 4 * 2;
        memcpy(letter, memcmp(letter, "\xD9\x85", 2) ? "\xD9\x85" : "\xD8\xB1", 2);
        return true;
    }
    if (best < 5 || (unsigned char)text[at] >= 0x80)
        return false;
    text[at + best / 2] = text[at + best / 2] == 'o' ? 'u' : 'o';
    return true;
}

static int count_hit(void *ctx, const struct companion_sentence *sentence)
{
    struct hits *hits = ctx;
    const struct tongue *tongue = &companion->tongue[sentence->language];
    bool first;
    if (sentence->kind != COMPANION_HEAR)
        return 0;
    uint16_t owner = owner_of(tongue, sentence, &first), got;
    if (owner == NONE)
        return 0;
    /* The entry's own first sentence, whatever else its line holds. */
    first = first && hits->last_owner[sentence->language] != owner;
    hits->last_owner[sentence->language] = owner;
    char longer[2101];
    got = understood(tongue, sentence->text);
    snprintf(longer, sizeof longer, "%s something", sentence->text); /* {any} is left out */
    if (got != owner && understood(tongue, longer) == owner)
        got = owner;
    if (got != owner && got != NONE && tongue->intents.at[got].act == DO_FACT &&
        tongue->intents.at[owner].act == DO_FACT)
        got = owner; /* the same fact, whether it is asked for as a thing or as an animal */
    hits->first += first;
    hits->first_right += first && got == owner;
    hits->all++;
    hits->right += got == owner;
    if (got != owner)
        print_message("%s:%u: \"%s\" is understood as %s\n", sentence->file, sentence->line,
                      sentence->text, got == NONE ? "nothing" : tongue->intents.at[got].name);
    char changed[2001];
    snprintf(changed, sizeof changed, "%s", sentence->text);
    if (change(changed)) {
        hits->changed[sentence->language]++;
        hits->changed_right[sentence->language] += understood(tongue, changed) == owner;
    }
    return 0;
}

static void every_sentence_leads_to_its_intent(void **state)
{
    (void)state;
    struct hits hits = {.last_owner = {NONE, NONE}};
    assert_int_equal(companion_each_sentence(companion, count_hit, &hits), 0);
    print_message("first lines %u of %u, all sentences %u of %u\n", hits.first_right, hits.first,
                  hits.right, hits.all);
    assert_int_equal(hits.first_right, hits.first);
    assert_true(hits.right * 1000 >= hits.all * 990);
    /* In Arabic a letter is a third of a root. */
    static const unsigned at_least[CHILD_LANGUAGES] = {[CHILD_EN] = 90, [CHILD_AR] = 65};
    for (int language = -1; next_language(&language);) {
        print_message("%s, with a letter wrong: %u of %u\n",
                      child_language_name((enum child_language)language),
                      hits.changed_right[language], hits.changed[language]);
        assert_true(hits.changed_right[language] * 100 >=
                    hits.changed[language] * at_least[language]);
    }
}

/* Said in a child's way, as nobody wrote it into the files. */
static void is_understood_in_other_words(void **state)
{
    (void)state;
    static const struct {
        const char *text, *intent;
    } cases[] = {
        {"can you please tell me a nice story", "tell-story"},
        {"um i want to hear a story now", "tell-story"},
        {"could you sing a song for me", "sing-song"},
        {"tell me a funny joke please", "tell-joke"},
        {"do you have a riddle for me", "tell-riddle"},
        {"how much is three plus four", "sum-add"},
        {"what is 12 minus 5", "sum-subtract"},
        {"please count to twenty", "count-to"},
        {"i am feeling really sad today", "feel-sad"},
        {"im so angry at my brother", "feel-angry"},
        {"i feel so lonely", "feel-lonely"},
        {"im scared of the dark in my room", "scared-dark"},
        {"why is the sky so blue", "why-sky-blue"},
        {"where do the babies come from", "where-babies"},
        {"whats your name", "your-name"},
        {"how old are you teddy", "your-age"},
        {"are you really alive", "are-you-alive"},
        {"do you really love me", "love-me"},
        {"good night my teddy", "good-night"},
        {"what sound does the cow make", "animal-sound"},
        {"tell me something about penguins", "fact-thing"},
        {"lets play a game together", "play-game"},
        {"what are you able to do", "what-can-you-do"},
        {"i had a really bad dream", "bad-dream"},
        {"my tummy really hurts", "feel-sick"},
        {"can you say the abc", "alphabet"},
        {"stop it now", "stop"},
        {"say it one more time", "again"},
        {"i dont want to go to sleep", "cannot-sleep"},
        {"tell me a storey", "tell-story"},
    };
    const struct tongue *tongue = &companion->tongue[CHILD_EN];
    unsigned right = 0, count = sizeof cases / sizeof *cases;
    for (unsigned i = 0; i < count; i++) {
        uint16_t got = understood(tongue, cases[i].text);
        const char *name = got == NONE ? "nothing" : tongue->intents.at[got].name;
        right += !strcmp(name, cases[i].intent);
        if (strcmp(name, cases[i].intent) != 0)
            print_message("\"%s\" is understood as %s, not %s\n", cases[i].text, name,
                          cases[i].intent);
    }
    print_message("in other words: %u of %u\n", right, count);
    assert_true(right * 10 >= count * 9);
}

/* Beyond what the content knows: better nothing than something wrong. */
static void knows_what_it_does_not_know(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "what is the capital of france",
        "who won the football match yesterday",
        "quantum mechanics is difficult",
        "how many people live in toronto",
        "please order a taxi to the station",
        "the committee postponed its decision",
        "translate this sentence into french",
        "what is the square root of pi",
        "my uncle drives to the office every day",
        "turn on the lights in the kitchen",
        "the blue paper lies under the table",
        "remind me about the dentist on tuesday",
        "seven people walked past the window",
        "how many litres fit into a barrel",
        "explain inflation to me",
        "what did julius say to the senate",
        "the printer has no more ink",
        "when does the next ferry leave",
        "i would like a haircut",
        "add bread to the shopping list",
    };
    const struct tongue *tongue = &companion->tongue[CHILD_EN];
    unsigned wrong = 0, count = sizeof cases / sizeof *cases;
    for (unsigned i = 0; i < count; i++) {
        uint16_t got = understood(tongue, cases[i]);
        if (got != NONE) {
            print_message("\"%s\" is understood as %s\n", cases[i], tongue->intents.at[got].name);
            wrong++;
        }
    }
    assert_true(wrong * 10 <= count);
}

/* ---- a long talk ---- */

static const char *const talk[] = {
    "hello",
    "how are you",
    "tell me a story",
    "yes",
    "i do not know",
    "tell me a joke",
    "why",
    "no",
    "who are you",
    "i am bored",
    "yes",
    "what is that",
    "xyzzy plugh",
    "tell me about dogs",
    "more",
    "more",
    "sing a song",
    "yes",
    "no",
    "let us play",
    "guess",
    "seven",
    "stop",
    "i am sad",
    "yes",
    "i lost my ball",
    "ask me a sum",
    "four",
    "i give up",
    "no",
};
enum { TURNS = 60, APART = 10, TEXT = COMPANION_REPLY_MAX + 1 };

/* A turn of a talk made of the content's own sentences: fifteen intents, each four times. */
static const char *own_sentence(const struct tongue *tongue, unsigned turn, uint64_t seed)
{
    for (unsigned i = (turn % 15) * 17 + (unsigned)seed * 5;; i++) {
        const struct intent *intent = &tongue->intents.at[i % tongue->intents.count];
        const char *text =
            intent->hear.count ? tongue->patterns.at[intent->hear.first].text : "{none}";
        if (intent->act != DO_AGAIN && !strpbrk(text, "{["))
            return text;
    }
}

static void talk_of(enum child_language language, enum child_age_group group, uint64_t seed,
                    const char *one_sentence)
{
    static char said[TURNS][TEXT];
    struct companion_thread thread;
    companion_thread_init(&thread, seed);
    for (unsigned i = 0; i < TURNS; i++) {
        const char *text = one_sentence ? one_sentence
                           : language == CHILD_EN && seed % 2
                               ? talk[(i + seed) % (sizeof talk / sizeof *talk)]
                               : own_sentence(&companion->tongue[language], i, seed);
        struct companion_turn turn = {text, language, group, NULL, (int)(i % 24)};
        assert_true(companion_reply(companion, &thread, &turn, said[i], TEXT) > 0);
        for (unsigned k = i >= APART ? i - APART : 0; k < i; k++)
            if (!strcmp(said[i], said[k]))
                fail_msg("turn %u, \"%s\", repeats turn %u: %s", i, text, k, said[i]);
    }
}

static void a_long_talk_does_not_repeat_itself(void **state)
{
    (void)state;
    for (int language = -1; next_language(&language);)
        for (int group = 0; group < CHILD_AGE_GROUPS; group++)
            for (uint64_t seed = 1; seed <= 20; seed++)
                talk_of((enum child_language)language, (enum child_age_group)group, seed, NULL);
    /* The same sentence sixty times, one that is known and one that is not. */
    talk_of(CHILD_EN, CHILD_6_8, 1, "how are you");
    talk_of(CHILD_EN, CHILD_3_5, 1, "where do babies come from");
    talk_of(CHILD_EN, CHILD_9_11, 1, "florble the gromp");
    talk_of(CHILD_EN, CHILD_12_13, 1, "two plus two");
}

/* ---- stories ---- */

/* Every way of every story, walked by the engine itself. */
static enum child_age_group group_of(const struct piece *piece)
{
    int group = 0;
    while (!(piece->groups >> group & 1))
        group++;
    return (enum child_age_group)group;
}

static void walk(const struct tongue *tongue, const struct companion_thread *at,
                 enum child_language language, unsigned depth, unsigned *endings)
{
    enum child_age_group group = group_of(&tongue->pieces[PIECE_STORY].at[at->story]);
    static char text[TEXT];
    if (depth > 20)
        fail_msg("story %s goes on and on", tongue->pieces[PIECE_STORY].at[at->story].name);
    if (at->expects != EXPECT_STORY) {
        assert_int_equal(at->expects, EXPECT_MORE);
        (*endings)++;
        return;
    }
    const struct scene *scene = &tongue->scenes.at[at->scene];
    for (uint16_t i = scene->choice; i; i = tongue->leads.at[i - 1].next) {
        const struct lead *lead = &tongue->leads.at[i - 1];
        for (unsigned k = 0; k < lead->patterns.count; k++) {
            struct companion_thread next = *at;
            struct companion_turn turn = {tongue->patterns.at[lead->patterns.first + k].text,
                                          language, group, NULL, 16};
            assert_true(companion_reply(companion, &next, &turn, text, sizeof text) > 0);
            if (next.story_misses)
                fail_msg("%s:%u: \"%s\" is not taken as a choice", tongue->files.at[lead->file],
                         lead->line, turn.text);
            if (next.expects == EXPECT_STORY || k)
                continue;
            assert_true(next.expects == EXPECT_MORE);
        }
        struct companion_thread next = *at;
        struct companion_turn turn = {tongue->patterns.at[lead->patterns.first].text, language,
                                      group, NULL, 16};
        companion_reply(companion, &next, &turn, text, sizeof text);
        if (next.expects == EXPECT_STORY && next.scene != lead->to &&
            tongue->scenes.at[lead->to].choice)
            fail_msg("%s:%u: \"%s\" leads elsewhere", tongue->files.at[lead->file], lead->line,
                     turn.text);
        walk(tongue, &next, language, depth + 1, endings);
    }
}

static void every_way_of_every_story_ends(void **state)
{
    (void)state;
    for (int language = -1; next_language(&language);) {
        const struct tongue *tongue = &companion->tongue[language];
        for (unsigned i = 0; i < tongue->pieces[PIECE_STORY].count; i++) {
            struct companion_thread thread;
            static char text[TEXT];
            unsigned endings = 0;
            companion_thread_init(&thread, i);
            struct companion_turn turn = {"", (enum child_language)language, CHILD_6_8, NULL, 16};
            companion_line(companion, &thread, COMPANION_LINE_OPENING, &turn, text, sizeof text);
            thread.story = (uint16_t)i;
            thread.story_open = true;
            thread.scene = tongue->pieces[PIECE_STORY].at[i].scene;
            thread.expects = EXPECT_STORY;
            walk(tongue, &thread, (enum child_language)language, 0, &endings);
            if (endings < 2)
                fail_msg("story %s has %u endings", tongue->pieces[PIECE_STORY].at[i].name,
                         endings);
        }
    }
}

/* ---- riddles ---- */

static void every_riddle_takes_its_answers(void **state)
{
    (void)state;
    static char text[TEXT];
    for (int language = -1; next_language(&language);) {
        const struct tongue *tongue = &companion->tongue[language];
        for (unsigned i = 0; i < tongue->pieces[PIECE_RIDDLE].count; i++) {
            const struct piece *riddle = &tongue->pieces[PIECE_RIDDLE].at[i];
            for (unsigned k = 0; k < riddle->about.count; k++) {
                struct companion_thread thread;
                companion_thread_init(&thread, i);
                struct companion_turn turn = {tongue->patterns.at[riddle->about.first + k].text,
                                              (enum child_language)language, group_of(riddle), NULL,
                                              16};
                companion_line(companion, &thread, COMPANION_LINE_OPENING, &turn, text,
                               sizeof text);
                thread.piece = (uint16_t)i;
                thread.expects = EXPECT_RIDDLE;
                assert_true(companion_reply(companion, &thread, &turn, text, sizeof text) > 0);
                if (thread.expects != EXPECT_MORE || thread.wrong || thread.more != DO_RIDDLE)
                    fail_msg("riddle %s does not take \"%s\": %s", riddle->name, turn.text, text);
            }
        }
    }
}

/* ---- anything may come ---- */

static void garbage_does_no_harm(void **state)
{
    (void)state;
    static char text[5000], out[TEXT];
    uint64_t random = 88172645463325252U;
    for (int language = -1; next_language(&language);) {
        struct companion_thread thread;
        companion_thread_init(&thread, 7);
        for (unsigned i = 0; i < 3000; i++) {
            size_t len = i % 10 ? i % 60 : sizeof text - 1;
            for (size_t k = 0; k < len; k++) {
                random ^= random << 13;
                random ^= random >> 7;
                random ^= random << 17;
                text[k] = (char)(i % 3 ? "abeis tory{}[]|\xD8\xA7\xD9 0123"[random % 24]
                                       : (char)(random % 255 + 1));
            }
            text[len] = 0;
            struct companion_turn turn = {text, (enum child_language)language,
                                          (enum child_age_group)(i % 4),
                                          i % 2 ? "\xFF{name}" : NULL, (int)(i % 50) - 10};
            int n = companion_reply(companion, &thread, &turn, out, sizeof out);
            assert_true(n > 0 && n <= COMPANION_REPLY_MAX);
            assert_int_equal(strlen(out), n);
            assert_null(strchr(out, '{'));
        }
    }
}

static void a_reply_is_quick(void **state)
{
    (void)state;
    static char text[COMPANION_TEXT_MAX + 1], out[TEXT];
    struct companion_thread thread;
    companion_thread_init(&thread, 7);
    for (size_t i = 0; i + 1 < sizeof text; i++)
        text[i] = "tell me sturm "[i % 14];
    struct companion_turn turn = {text, CHILD_EN, CHILD_6_8, NULL, 12};
    clock_t start = clock();
    for (unsigned i = 0; i < 20; i++)
        assert_true(companion_reply(companion, &thread, &turn, out, sizeof out) > 0);
    double each_ms = (double)(clock() - start) * 1000 / CLOCKS_PER_SEC / 20;
    print_message("a turn of %zu bytes: %.2f ms\n", strlen(text), each_ms);
    assert_true(each_ms < 100); /* a sanitizer's build on a busy machine */
}

static int count_kinds(void *ctx, const struct companion_sentence *sentence)
{
    unsigned *counts = ctx;
    counts[sentence->kind]++;
    assert_true(sentence->text[0] != 0);
    assert_null(strpbrk(sentence->text, "{}"));
    if (sentence->kind == COMPANION_HEAR)
        assert_null(strpbrk(sentence->text, "[]|"));
    assert_true(sentence->groups > 0 && sentence->groups < 16);
    return 0;
}

static void all_sentences_can_be_walked(void **state)
{
    (void)state;
    unsigned counts[2] = {0};
    assert_int_equal(companion_each_sentence(companion, count_kinds, counts), 0);
    print_message("%u sentences heard, %u lines spoken\n", counts[0], counts[1]);
    assert_true(counts[COMPANION_HEAR] > 2000);
    assert_true(counts[COMPANION_SAY] > 2000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(there_is_enough),
        cmocka_unit_test(every_sentence_leads_to_its_intent),
        cmocka_unit_test(is_understood_in_other_words),
        cmocka_unit_test(knows_what_it_does_not_know),
        cmocka_unit_test(a_long_talk_does_not_repeat_itself),
        cmocka_unit_test(every_way_of_every_story_ends),
        cmocka_unit_test(every_riddle_takes_its_answers),
        cmocka_unit_test(garbage_does_no_harm),
        cmocka_unit_test(a_reply_is_quick),
        cmocka_unit_test(all_sentences_can_be_walked),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
