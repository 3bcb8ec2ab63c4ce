/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/companion/fold.h"

#include <string.h>

#include "core/utf8.h"

enum { APART = ' ', NOTHING = 0 };

/* U+00C0..U+00FF; a space where it is no letter. */
static const char latin1[] = "aaaaaaaceeeeiiiidnooooo ouuuuytsaaaaaaaceeeeiiiidnooooo ouuuuyty";

static uint32_t fold_arabic(uint32_t c)
{
    if ((c >= 0x64B && c <= 0x65F) || c == 0x670 || c == 0x640 || (c >= 0x610 && c <= 0x61A) ||
        (c >= 0x6D6 && c <= 0x6ED))
        return NOTHING;
    if (c >= 0x660 && c <= 0x669)
        return '0' + (c - 0x660);
    if (c >= 0x6F0 && c <= 0x6F9)
        return '0' + (c - 0x6F0);
    switch (c) {
    case 0x622: /* alef with madda, hamza above, hamza below; wasla */
    case 0x623:
    case 0x625:
    case 0x671:
        return 0x627;
    case 0x649: /* alef maksura, Persian ya */
    case 0x6CC:
        return 0x64A;
    case 0x629: /* ta marbuta */
        return 0x647;
    case 0x624: /* hamza on waw, on ya */
    case 0x626:
        return 0x621;
    case 0x6A9:
        return 0x643;
    default:
        return c >= 0x621 && c <= 0x64A ? c : APART;
    }
}

static uint32_t fold_letter(uint32_t c)
{
    if (c >= 'A' && c <= 'Z')
        return c - 'A' + 'a';
    if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'))
        return c;
    if (c == '\'' || c == 0x2019 || c == 0x2018 || c == 0xAD || c == 0xFEFF ||
        (c >= 0x200B && c <= 0x200F) || (c >= 0x202A && c <= 0x202E) ||
        (c >= 0x2060 && c <= 0x2069) || (c >= 0x300 && c <= 0x36F))
        return NOTHING;
    if (c >= 0xC0 && c <= 0xFF)
        return (unsigned char)latin1[c - 0xC0];
    return c >= 0x600 && c <= 0x6FF ? fold_arabic(c) : APART;
}

void fold_words(struct fold_words *words, const char *text, size_t len)
{
    words->count = 0;
    size_t used = 0;
    for (const char *p = text, *end = text + len; p < end && words->count < FOLD_WORDS_MAX;) {
        size_t n = roost_utf8_len(p, end);
        uint32_t c = n ? fold_letter(roost_utf8_read(p, n)) : APART;
        p += n ? n : 1;
        char bytes[4];
        if (c == NOTHING)
            continue;
        if (c == APART) {
            words->word[words->count][used] = 0;
            words->count += used > 0;
            used = 0;
        } else {
            size_t size = roost_utf8_write(bytes, c);
            if (used + size > FOLD_WORD_MAX)
                continue;
            memcpy(words->word[words->count] + used, bytes, size);
            used += size;
        }
    }
    if (used && words->count < FOLD_WORDS_MAX)
        words->word[words->count++][used] = 0;
}

static bool ends(const char *word, size_t len, const char *ending, size_t at_least)
{
    size_t n = strlen(ending);
    return len >= n + at_least && !strcmp(word + len - n, ending);
}

static void stem_latin(char *word, size_t len)
{
    if (ends(word, len, "ies", 2))
        memcpy(word + len - 3, "y", 2);
    else if (ends(word, len, "sses", 1) || ends(word, len, "xes", 1) ||
             ends(word, len, "ches", 1) || ends(word, len, "shes", 1))
        word[len - 2] = 0;
    else if (ends(word, len, "s", 3) && !ends(word, len, "ss", 0) && !ends(word, len, "us", 0) &&
             !ends(word, len, "is", 0))
        word[len - 1] = 0;
    else if (ends(word, len, "ing", 3))
        word[len - 3] = 0;
    else if (ends(word, len, "ed", 3) && !ends(word, len, "eed", 0))
        word[len - 2] = 0;
    len = strlen(word);
    /* "running" -> "run", "make" and "making" -> "mak" */
    if (len > 3 && word[len - 1] == word[len - 2] && !strchr("lsez", word[len - 1]))
        word[--len] = 0;
    if (len > 3 && word[len - 1] == 'e')
        word[--len] = 0;
}

/* Letters of Arabic are two bytes each. */
static const char *const joined[] = {"وال", "بال", "كال", "فال", "لل", "ال"};
static const char *const endings[] = {"ات", "ين", "ون", "ها", "ني", "ه", "ي", "ك"};

static void stem_arabic(char *word, size_t len)
{
    for (size_t i = 0; i < sizeof joined / sizeof *joined; i++) {
        size_t n = strlen(joined[i]);
        if (len >= n + 4 && !strncmp(word, joined[i], n)) {
            memmove(word, word + n, len - n + 1);
            len -= n;
            break;
        }
    }
    for (size_t i = 0; i < sizeof endings / sizeof *endings; i++)
        if (ends(word, len, endings[i], 6)) {
            word[len - strlen(endings[i])] = 0;
            return;
        }
}

void fold_stem(char word[FOLD_WORD_MAX + 1])
{
    size_t len = strlen(word);
    if ((unsigned char)word[0] >= 0x80)
        stem_arabic(word, len);
    else if (word[0] < '0' || word[0] > '9')
        stem_latin(word, len);
}

uint32_t fold_letters(const char *word)
{
    uint32_t set = 0;
    for (const unsigned char *p = (const unsigned char *)word; *p; p++)
        if (*p < 0xC0) /* of two bytes the second tells letters apart */
            set |= UINT32_C(1) << (*p & 31);
    return set;
}

/* Bytes where both are Latin, else letters of two bytes as one number each. */
static size_t letters_of(uint16_t out[FOLD_WORD_MAX], const char *word)
{
    size_t n = 0;
    for (const unsigned char *p = (const unsigned char *)word; *p && n < FOLD_WORD_MAX; n++) {
        if (*p < 0x80 || !p[1]) {
            out[n] = *p++;
        } else {
            out[n] = (uint16_t)(p[0] << 8 | p[1]);
            p += 2;
        }
    }
    return n;
}

/* Letters to change, add, drop or swap with their neighbour, at most `limit`; above: limit + 1. */
static unsigned distance(const uint16_t *a, size_t na, const uint16_t *b, size_t nb, unsigned limit)
{
    unsigned row[3][FOLD_WORD_MAX + 1];
    for (size_t j = 0; j <= nb; j++)
        row[0][j] = (unsigned)j;
    for (size_t i = 1; i <= na; i++) {
        unsigned *now = row[i % 3], *before = row[(i - 1) % 3], *older = row[(i + 1) % 3];
        unsigned least = now[0] = (unsigned)i;
        for (size_t j = 1; j <= nb; j++) {
            unsigned cost = before[j - 1] + (a[i - 1] != b[j - 1]);
            if (before[j] + 1 < cost)
                cost = before[j] + 1;
            if (now[j - 1] + 1 < cost)
                cost = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] &&
                older[j - 2] + 1 < cost)
                cost = older[j - 2] + 1;
            now[j] = cost;
            if (cost < least)
                least = cost;
        }
        if (least > limit)
            return limit + 1;
    }
    return row[na % 3][nb];
}

/* Consonants by their sound; vowels only at the front. Arabic: letters that small children and
 * recognisers take for each other. */
static uint16_t sound_of(uint16_t letter, bool first)
{
    switch (letter) {
    case 'a':
    case 'e':
    case 'i':
    case 'o':
    case 'u':
    case 'y':
    case 'h':
    case 'w':
        return first ? (letter == 'h' || letter == 'w' || letter == 'y' ? letter : 'a') : 0;
    case 'c':
    case 'q':
    case 'g':
        return 'k';
    case 'z':
    case 'x':
        return 's';
    case 'd':
        return 't';
    case 'b':
        return 'p';
    case 'v':
        return 'f';
    case 'j':
        return 'j';
    case 0xD8B5: /* sad, tha -> sin */
    case 0xD8AB:
        return 0xD8B3;
    case 0xD8B7: /* emphatic ta -> ta */
        return 0xD8AA;
    case 0xD8B6: /* dad, za, dhal -> dal */
    case 0xD8B8:
    case 0xD8B0:
        return 0xD8AF;
    case 0xD982: /* qaf -> kaf */
        return 0xD983;
    case 0xD8AD: /* ha */
        return 0xD987;
    case 0xD8A7: /* long vowels inside a word */
    case 0xD988:
    case 0xD98A:
        return first ? letter : 0;
    default:
        return letter;
    }
}

static size_t sounds_of(uint16_t out[FOLD_WORD_MAX], const uint16_t *letters, size_t n)
{
    size_t count = 0;
    for (size_t i = 0; i < n; i++) {
        uint16_t sound = sound_of(letters[i], i == 0);
        if (letters[i] == 'p' && i + 1 < n && letters[i + 1] == 'h')
            sound = 'f';
        if (sound && (!count || out[count - 1] != sound))
            out[count++] = sound;
    }
    return count;
}

unsigned fold_likeness(const char *a, const char *b)
{
    if (!strcmp(a, b))
        return 100;
    uint16_t la[FOLD_WORD_MAX], lb[FOLD_WORD_MAX];
    size_t na = letters_of(la, a), nb = letters_of(lb, b);
    size_t shorter = na < nb ? na : nb, longer = na < nb ? nb : na;
    if (shorter < 3 || longer - shorter > 2 || (a[0] >= '0' && a[0] <= '9') ||
        (b[0] >= '0' && b[0] <= '9'))
        return 0;
    unsigned limit = shorter >= 7 ? 2 : 1;
    unsigned differ = distance(la, na, lb, nb, limit);
    unsigned spelt = 0;
    if (differ <= limit && shorter >= 4)
        spelt = differ == 1 ? 60 + (unsigned)(shorter > 10 ? 10 : shorter) * 2 : 68;
    uint16_t sa[FOLD_WORD_MAX], sb[FOLD_WORD_MAX];
    size_t ca = sounds_of(sa, la, na), cb = sounds_of(sb, lb, nb);
    size_t consonants = ca - (ca && (sa[0] == 'a' || sa[0] == 0xD8A7));
    if (ca != cb || consonants < 2 || memcmp(sa, sb, ca * sizeof *sa) != 0 ||
        (consonants < ca && la[0] != lb[0]))
        return spelt;
    unsigned heard = consonants > 2 ? 72 : 60;
    return spelt > heard ? spelt : heard;
}
