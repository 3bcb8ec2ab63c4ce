/* SPDX-License-Identifier: Apache-2.0 */
/* The shipped Arabic: how much there is, that everyday Arabic is understood, that a synthesizer
 * finds a vowel mark on every letter it needs, that a long talk does not repeat itself. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "core/utf8.h"
#include "hub/companion/companion_internal.h"
#include "hub/companion/shipped_rig.h"

static void arabic_is_spoken(void **state)
{
    (void)state;
    assert_true(companion_speaks(companion, CHILD_AR));
    struct companion_counts n = companion_count(companion, CHILD_AR);
    assert_true(n.intents >= 150);
    assert_true(n.stories >= 40);
    assert_true(n.riddles >= 40);
    assert_true(n.jokes >= 30);
    assert_true(n.songs >= 15);
}

/* ---- understood ---- */

static const char *understood(const char *text)
{
    const struct tongue *tongue = &companion->tongue[CHILD_AR];
    struct heard heard;
    struct found found;
    talk_hear(tongue, &heard, text, strlen(text));
    talk_match_intents(tongue, &heard, &found);
    return found.score >= 0.62F && found.intent != NONE ? tongue->intents.at[found.intent].name
                                                        : "nothing";
}

/* As children of Egypt, the Gulf and the Levant say it, not as it stands in the files. */
static void everyday_arabic_is_understood(void **state)
{
    (void)state;
    static const struct {
        const char *text, *intent;
    } cases[] = {
        {"ازيك يا دبدوب عامل ايه", "how-are-you"},
        {"انت اسمك ايه يا دبدوب", "your-name"},
        {"وش اسمك", "your-name"},
        {"احكيلي حكاية عن جمل", "tell-story"},
        {"ابغى قصة عن القمر", "tell-story"},
        {"عايزة اسمع حدوتة", "tell-story"},
        {"أريد أن أسمع قصةً قصيرةً عن أرنب", "tell-story"},
        {"قولي نكتة تضحك", "tell-joke"},
        {"غني لي اغنية عن المطر", "sing-song"},
        {"عندك حزورة", "ask-riddle"},
        {"تعال العب معاي", "play-with-me"},
        {"انا زعلانة", "sad"},
        {"جعانة يا دبدوب", "hungry"},
        {"بطني بيوجعني", "sick"},
        {"سبعة وعشرين زائد ثلاثة", "add"},
        {"كم يساوي عشرة ناقص اربعة", "subtract"},
        {"خمسة في ستة بكام", "multiply"},
        {"عشرين على اربعة", "divide"},
        {"عد لعشرين", "count-to"},
        {"عد من واحد لخمسة وعشرين", "count-to"},
        {"وش صوت البقرة", "animal-sound"},
        {"احكيلي عن الاسد", "thing-fact"},
        {"ليه السماء زرقاء", "why-sky-blue"},
        {"بحبك اوي يا دبدوب", "i-love-you"},
        {"مع السلامة يا دبدوب", "goodbye"},
        {"مرة تانية", "again"},
        {"لا ما ابغى", "no"},
        {"اي والله", "yes"},
        {"ماما زعلانة مني", "told-off"},
        {"عندي امتحان بكره", "exam"},
        {"الساعة كم", "what-time"},
        {"مين الله", "ask-faith"},
        {"فين بابا", "where-parent"},
        {"الولاد بيضحكوا عليا في المدرسة", "bullied"},
        {"عمري ست سنوات", "my-age"},
        {"تصبحي على خير", "good-night"},
        {"لا أعرف", "hint"},
    };
    unsigned right = 0, count = sizeof cases / sizeof *cases;
    for (unsigned i = 0; i < count; i++) {
        const char *got = understood(cases[i].text);
        right += !strcmp(got, cases[i].intent);
        if (strcmp(got, cases[i].intent) != 0)
            print_message("\"%s\" is understood as %s, not %s\n", cases[i].text, got,
                          cases[i].intent);
    }
    print_message("everyday Arabic: %u of %u\n", right, count);
    assert_true(right * 10 >= count * 9);
}

static void what_is_unknown_stays_unknown(void **state)
{
    (void)state;
    static const char *const cases[] = {
        "ما عاصمة فرنسا",
        "من فاز في مباراة امس",
        "كيف اكتب كلمة موسوعة",
        "اطلب سيارة اجرة الى المحطة",
        "ترجم هذه الجملة الى الفرنسية",
        "ما الجذر التربيعي لتسعة",
        "عمي يذهب الى المكتب كل يوم",
        "اطفئ النور في المطبخ",
        "ذكرني بموعد يوم الثلاثاء",
        "كم لتر في البرميل",
        "اشرح لي التضخم",
        "الطابعة ليس فيها حبر",
        "متى تنطلق العبارة القادمة",
        "اريد قص شعري",
        "اضف خبزا الى قائمة التسوق",
        "اللجنة اجلت قرارها",
        "ما سعر الدولار اليوم",
        "اين تقع مدينة حلب",
        "قرقوش مربوش",
        "من كتب الف ليلة وليلة",
    };
    unsigned wrong = 0, count = sizeof cases / sizeof *cases;
    for (unsigned i = 0; i < count; i++) {
        const char *got = understood(cases[i]);
        if (strcmp(got, "nothing") != 0) {
            print_message("\"%s\" is understood as %s\n", cases[i], got);
            wrong++;
        }
    }
    assert_true(wrong * 10 <= count);
}

/* ---- vowel marks ---- */

struct letter {
    uint32_t letter;
    bool marked, doubled; /* has a vowel or its absence; shadda */
    uint32_t vowel;
};

enum {
    ALEF = 0x627,
    ALEF_MADDA = 0x622,
    ALEF_MAKSURA = 0x649,
    LAM = 0x644,
    WAW = 0x648,
    YA = 0x64A,
    DAMMA = 0x64F,
    KASRA = 0x650,
    SHADDA = 0x651,
};

static bool is_mark(uint32_t c)
{
    return (c >= 0x64B && c <= 0x652) || c == 0x670;
}

static bool is_letter(uint32_t c)
{
    return c >= 0x621 && c <= 0x64A && c != 0x640;
}

/* Long vowels, alefs, and a lam that melts into the next letter have no mark of their own. */
static bool needs_mark(const struct letter *word, unsigned count, unsigned i)
{
    uint32_t c = word[i].letter;
    const struct letter *before = i ? &word[i - 1] : NULL;
    if (c == ALEF || c == ALEF_MADDA || c == ALEF_MAKSURA)
        return false;
    if (c == WAW && before &&
        (before->vowel == DAMMA || (before->letter == WAW && !before->marked)))
        return false;
    if (c == YA && before && (before->vowel == KASRA || (before->letter == YA && !before->marked)))
        return false;
    return !(c == LAM && i + 1 < count && word[i + 1].doubled);
}

static bool is_marked_well(const struct letter *word, unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        if (!word[i].marked && needs_mark(word, count, i))
            return false;
    return true;
}

/* Every word of the line; false at the first that lacks a mark, or has one before its shadda:
 * espeak-ng then swallows the vowel. */
static bool line_is_marked(const char *text)
{
    struct letter word[64];
    unsigned count = 0;
    for (const char *p = text, *end = text + strlen(text); p <= end;) {
        size_t n = p < end ? roost_utf8_len(p, end) : 0;
        uint32_t c = n ? roost_utf8_read(p, n) : 0;
        p += n ? n : 1;
        if (is_letter(c) && count < 64) {
            word[count++] = (struct letter){.letter = c};
        } else if (is_mark(c) && count) {
            struct letter *last = &word[count - 1];
            if (c == SHADDA && last->marked)
                return false;
            last->doubled |= c == SHADDA;
            last->marked |= c != SHADDA;
            if (c != SHADDA)
                last->vowel = c;
        } else {
            if (!is_marked_well(word, count))
                return false;
            count = 0;
        }
    }
    return true;
}

static void every_spoken_word_has_its_vowel_marks(void **state)
{
    (void)state;
    const struct tongue *tongue = &companion->tongue[CHILD_AR];
    unsigned bare = 0;
    assert_true(line_is_marked("الشَّمْسُ فِي السَّمَاءْ."));
    assert_false(line_is_marked("الشمس"));
    assert_false(line_is_marked("هَيَّا")); /* the vowel before the shadda */
    for (unsigned i = 0; i < tongue->spoken.count; i++) {
        const struct spoken *spoken = &tongue->spoken.at[i];
        if (line_is_marked(spoken->text))
            continue;
        print_message("%s:%u: a vowel mark is missing, or stands before a shadda: %s\n",
                      tongue->files.at[spoken->file], spoken->line, spoken->text);
        bare++;
    }
    for (unsigned i = 0; i < tongue->numbers.count; i++) {
        char digits[12];
        assert_true(
            line_is_marked(talk_number_spoken(tongue, tongue->numbers.at[i].value, digits)));
    }
    assert_int_equal(bare, 0);
}

/* ---- a long talk ---- */

static const char *const talk[] = {
    "مرحبا",
    "كيف حالك",
    "احك لي قصة",
    "نعم",
    "مش عارف",
    "قل نكتة",
    "ليه",
    "لا",
    "من انت",
    "انا زهقان",
    "نعم",
    "شو هاد",
    "فلوبي بلوب",
    "احك لي عن القطة",
    "كمان",
    "كمان",
    "غن لي اغنية",
    "نعم",
    "لا",
    "نلعب",
    "تخمين",
    "سبعة",
    "خلاص",
    "انا حزين",
    "ضاعت كرتي",
    "نعم",
    "اسالني في الحساب",
    "اربعة",
    "استسلم",
    "لا",
};
enum { TURNS = 60, APART = 10, TEXT = COMPANION_REPLY_MAX + 1 };

static void talk_of(enum child_age_group group, uint64_t seed, const char *one_sentence)
{
    static char said[TURNS][TEXT];
    struct companion_thread thread;
    companion_thread_init(&thread, seed);
    for (unsigned i = 0; i < TURNS; i++) {
        const char *text =
            one_sentence ? one_sentence : talk[(i + seed) % (sizeof talk / sizeof *talk)];
        struct companion_turn turn = {text, CHILD_AR, group, NULL, (int)(i % 24)};
        assert_true(companion_reply(companion, &thread, &turn, said[i], TEXT) > 0);
        for (unsigned k = i >= APART ? i - APART : 0; k < i; k++)
            if (!strcmp(said[i], said[k]))
                fail_msg("turn %u, \"%s\", repeats turn %u: %s", i, text, k, said[i]);
    }
}

static void a_long_talk_does_not_repeat_itself(void **state)
{
    (void)state;
    for (int group = 0; group < CHILD_AGE_GROUPS; group++)
        for (uint64_t seed = 1; seed <= 5; seed++)
            talk_of((enum child_age_group)group, seed, NULL);
    talk_of(CHILD_6_8, 1, "كيف حالك");
    talk_of(CHILD_3_5, 1, "من اين ياتي الاطفال");
    talk_of(CHILD_9_11, 1, "فلوبي بلوب");
    talk_of(CHILD_12_13, 1, "اثنان زائد اثنان");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(arabic_is_spoken),
        cmocka_unit_test(everyday_arabic_is_understood),
        cmocka_unit_test(what_is_unknown_stays_unknown),
        cmocka_unit_test(every_spoken_word_has_its_vowel_marks),
        cmocka_unit_test(a_long_talk_does_not_repeat_itself),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
