/* SPDX-License-Identifier: Apache-2.0 */
/* Arabic words without what is written together with them; letters as normalize.h folds them. */
#include <stdbool.h>
#include <string.h>

#include "hub/safety/forms.h"
#include "hub/safety/normalize.h"

enum { STEM_MIN = 3, STEM_MIN_BEHIND_THE = 2 };

/* Affixes are kept as letters of one byte: the low byte of U+0621..U+064A. */
#define ALEF  "\x27"
#define BEH   "\x28"
#define TEH   "\x2a"
#define HAH   "\x2d"
#define SEEN  "\x33"
#define SHEEN "\x34"
#define AIN   "\x39"
#define FEH   "\x41"
#define KAF   "\x43"
#define LAM   "\x44"
#define MEEM  "\x45"
#define NOON  "\x46"
#define HEH   "\x47"
#define WAW   "\x48"
#define YEH   "\x4a"

/* and, so, with, like, for, the; dialect: this, on the */
static const char *const before_nouns[] = {
    "",
    WAW,
    FEH,
    BEH,
    KAF,
    LAM,
    ALEF LAM,
    LAM LAM,
    WAW ALEF LAM,
    FEH ALEF LAM,
    BEH ALEF LAM,
    KAF ALEF LAM,
    WAW LAM LAM,
    WAW BEH,
    WAW LAM,
    FEH BEH,
    HEH ALEF LAM,
    AIN ALEF LAM,
    WAW BEH ALEF LAM,
};
/* my, your, his, her, our, their; plurals, feminine, duals, and both */
static const char *const behind_nouns[] = {
    "",           YEH,          KAF,          HEH,          HEH ALEF,      NOON ALEF,    HEH MEEM,
    HEH NOON,     KAF MEEM,     ALEF,         ALEF TEH,     WAW NOON,      YEH NOON,     ALEF NOON,
    TEH YEH,      TEH KAF,      TEH HEH,      TEH HEH ALEF, TEH NOON ALEF, TEH HEH MEEM, YEH HEH,
    ALEF TEH YEH, ALEF TEH HEH, ALEF TEH KAF, KAF WAW,      HEH WAW NOON,  WAW,
};
static const char *const before_verbs_first[] = {"", WAW, FEH};
static const char *const before_verbs_tense[] = {"", SEEN, HAH, HEH, BEH, LAM, MEEM};
static const char *const before_verbs_person[] = {"", ALEF, YEH, TEH, NOON};
static const char *const behind_verbs[] = {
    "",       TEH,  TEH MEEM, TEH WAW, NOON ALEF, WAW ALEF, WAW,          WAW NOON,
    YEH NOON, NOON, ALEF,     YEH,     TEH YEH,   TEH ALEF, TEH MEEM WAW, ALEF NOON,
};
static const char *const objects[] = {
    "",       NOON YEH,  KAF,   KAF MEEM,  KAF WAW,        HEH,       HEH ALEF, HEH MEEM,
    HEH NOON, NOON ALEF, SHEEN, KAF SHEEN, NOON YEH SHEEN, HEH SHEEN,
};

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static bool is_at(const uint32_t *letters, size_t len, const char *affix, size_t affix_len)
{
    if (affix_len > len)
        return false;
    for (size_t i = 0; i < affix_len; i++)
        if (letters[i] != 0x600u + (unsigned char)affix[i])
            return false;
    return true;
}

static void send_noun(const uint32_t *stem, size_t len, form_sink *sink, void *arg)
{
    sink(arg, FORM_WORD, stem, len);
    if (stem[len - 1] == 0x62a) { /* teh before a suffix was a teh marbuta, folded to heh */
        uint32_t other[TOKEN_LETTERS_MAX];
        memcpy(other, stem, len * sizeof *other);
        other[len - 1] = 0x647;
        sink(arg, FORM_WORD, other, len);
    }
}

static void send_nouns(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    for (size_t i = 0; i < COUNT(before_nouns); i++) {
        size_t before = strlen(before_nouns[i]);
        if (!is_at(letters, len, before_nouns[i], before))
            continue;
        bool certain = before >= 2 || (before == 1 && before_nouns[i][0] == WAW[0]);
        size_t least = certain ? STEM_MIN_BEHIND_THE : STEM_MIN;
        for (size_t k = 0; k < COUNT(behind_nouns); k++) {
            size_t behind = strlen(behind_nouns[k]);
            if (before + behind > 0 && len >= before + behind + least &&
                is_at(letters + len - behind, behind, behind_nouns[k], behind))
                send_noun(letters + before, len - before - behind, sink, arg);
        }
    }
}

static void send_verb_stems(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    for (size_t i = 0; i < COUNT(objects); i++) {
        size_t object = strlen(objects[i]);
        if (len < object + 2 || !is_at(letters + len - object, object, objects[i], object))
            continue;
        for (size_t k = 0; k < COUNT(behind_verbs); k++) {
            size_t behind = strlen(behind_verbs[k]);
            size_t left = len - object;
            if (left >= behind + 2 &&
                is_at(letters + left - behind, behind, behind_verbs[k], behind))
                sink(arg, FORM_VERB, letters, left - behind);
        }
    }
}

static void send_verbs(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    for (size_t i = 0; i < COUNT(before_verbs_first); i++) {
        size_t first = strlen(before_verbs_first[i]);
        if (!is_at(letters, len, before_verbs_first[i], first))
            continue;
        for (size_t k = 0; k < COUNT(before_verbs_tense); k++) {
            size_t tense = first + strlen(before_verbs_tense[k]);
            if (!is_at(letters + first, len - first, before_verbs_tense[k], tense - first))
                continue;
            for (size_t l = 0; l < COUNT(before_verbs_person); l++) {
                size_t all = tense + strlen(before_verbs_person[l]);
                if (is_at(letters + tense, len - tense, before_verbs_person[l], all - tense) &&
                    len >= all + 2)
                    send_verb_stems(letters + all, len - all, sink, arg);
            }
        }
    }
}

void forms_of_arabic(const uint32_t *letters, size_t len, form_sink *sink, void *arg)
{
    send_nouns(letters, len, sink, arg);
    send_verbs(letters, len, sink, arg);
}
