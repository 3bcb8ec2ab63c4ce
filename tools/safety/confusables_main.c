/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes hub/safety/confusables.c: which letters of the world look like one of a to z, or like
 * another Arabic letter, by Unicode's own data (UTS #39, confusables.txt, as ICU carries it). Run
 * again when Unicode has new letters:
 *
 *     build/tools/roost-confusables > hub/safety/confusables.c
 *     clang-format -i hub/safety/confusables.c
 *
 * ICU's skeleton alone is no use to the gate: it turns m into rn, and Cyrillic к, which everybody
 * takes for a k, has a skeleton of its own. So a letter counts as an a to z when its skeleton is
 * that letter's own, or when its capital's skeleton is that of the capital letter.
 */
#include <stdio.h>
#include <stdlib.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/uscript.h>
#include <unicode/uspoof.h>
#include <unicode/ustring.h>
#include <unicode/uversion.h>

enum { SKELETON_MAX = 64 };

struct skeleton {
    UChar text[SKELETON_MAX];
    int32_t len;
};

static USpoofChecker *checker;
static const UNormalizer2 *nfkc;

static void check(UErrorCode err)
{
    if (U_FAILURE(err)) {
        fprintf(stderr, "roost-confusables: ICU: %s\n", u_errorName(err));
        exit(1);
    }
}

static struct skeleton skeleton_of(UChar32 c)
{
    struct skeleton made = {.len = 0};
    UChar text[2];
    int32_t len = 0;
    UErrorCode err = U_ZERO_ERROR;
    U16_APPEND_UNSAFE(text, len, c);
    made.len = uspoof_getSkeleton(checker, 0, text, len, made.text, SKELETON_MAX, &err);
    if (err == U_BUFFER_OVERFLOW_ERROR)
        made.len = 0;
    else
        check(err);
    return made;
}

static int same(const struct skeleton *a, const struct skeleton *b)
{
    return a->len > 0 && a->len == b->len && u_memcmp(a->text, b->text, a->len) == 0;
}

/* What comes to the table has been through NFKC and casefolding and has lost its marks. */
static int arrives(UChar32 c)
{
    UErrorCode err = U_ZERO_ERROR;
    UChar text[2], folded[SKELETON_MAX];
    int32_t len = 0;
    if (!u_isalpha(c) || u_isdigit(c))
        return 0;
    U16_APPEND_UNSAFE(text, len, c);
    int32_t folded_len = unorm2_normalize(nfkc, text, len, folded, SKELETON_MAX, &err);
    return U_SUCCESS(err) && folded_len == len && u_memcmp(text, folded, len) == 0;
}

static struct skeleton small[26], capital[26];

static UChar32 latin(UChar32 c)
{
    struct skeleton own = skeleton_of(c), upper = skeleton_of(u_toupper(c));
    for (int i = 0; i < 26; i++)
        if (same(&own, &small[i]))
            return 'a' + i;
    for (int i = 0; i < 26; i++)
        if (u_toupper(c) != c && same(&upper, &capital[i]))
            return 'a' + i;
    return 0;
}

/* The letters of Arabic as it is written; what looks like one of them becomes it. */
static const UChar32 arabic_letters[] = {0x627, 0x628, 0x62a, 0x62b, 0x62c, 0x62d, 0x62e,
                                         0x62f, 0x630, 0x631, 0x632, 0x633, 0x634, 0x635,
                                         0x636, 0x637, 0x638, 0x639, 0x63a, 0x641, 0x642,
                                         0x643, 0x644, 0x645, 0x646, 0x647, 0x648, 0x64a};

static UChar32 arabic(UChar32 c)
{
    struct skeleton own = skeleton_of(c);
    for (size_t i = 0; i < sizeof arabic_letters / sizeof arabic_letters[0]; i++) {
        struct skeleton letter = skeleton_of(arabic_letters[i]);
        if (same(&own, &letter))
            return c == arabic_letters[i] ? 0 : arabic_letters[i];
    }
    return 0;
}

static UChar32 looks_like(UChar32 c)
{
    UErrorCode err = U_ZERO_ERROR;
    UScriptCode script = uscript_getScript(c, &err);
    check(err);
    return script == USCRIPT_ARABIC ? arabic(c) : latin(c);
}

int main(void)
{
    UErrorCode err = U_ZERO_ERROR;
    checker = uspoof_open(&err);
    nfkc = unorm2_getNFKCCasefoldInstance(&err);
    check(err);
    for (int i = 0; i < 26; i++) {
        small[i] = skeleton_of('a' + i);
        capital[i] = skeleton_of('A' + i);
    }
    printf(
        "/* SPDX-License-Identifier: Apache-2.0 AND Unicode-DFS-2016 */\n"
        "/* Made by tools/safety/confusables.c from Unicode %s's confusables (UTS #39), as ICU %s "
        "has them:\n * data (c) Unicode, Inc. (https://www.unicode.org/copyright.html). */\n"
        "#include \"hub/safety/confusables.h\"\n\n"
        "const struct confusable confusables[] = {",
        U_UNICODE_VERSION, U_ICU_VERSION);
    size_t count = 0;
    for (UChar32 c = 0x80; c <= 0x1ffff; c++) {
        UChar32 letter = arrives(c) ? looks_like(c) : 0;
        if (letter)
            printf("%s{0x%x, 0x%x},", count++ % 5 ? " " : "\n    ", (unsigned)c, (unsigned)letter);
    }
    printf("\n};\n\nconst size_t confusables_count = %zu;\n", count);
    uspoof_close(checker);
    return 0;
}
