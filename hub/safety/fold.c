/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/fold.h"

#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "hub/safety/confusables.h"

/* Letters of Arabic that are written in several ways, or are borrowed from its neighbours. */
static uint32_t fold_arabic(uint32_t c)
{
    switch (c) {
    case 0x622: /* alef with madda, hamza above, below, wasla */
    case 0x623:
    case 0x625:
    case 0x671:
        return 0x627;
    case 0x649: /* alef maqsura, Persian ye */
    case 0x6cc:
        return 0x64a;
    case 0x629: /* teh marbuta */
        return 0x647;
    case 0x624: /* waw and yeh with hamza */
    case 0x626:
        return 0x621;
    case 0x6a9: /* Persian kaf, gaf */
    case 0x6af:
        return 0x643;
    case 0x67e: /* peh, tcheh, veh: spoken in borrowed words */
        return 0x628;
    case 0x686:
        return 0x62c;
    case 0x6a4:
        return 0x641;
    default:
        return c;
    }
}

/* Letters with a stroke and the like: no decomposition, and Unicode calls none of them confusable.
 */
static uint32_t fold_latin(uint32_t c)
{
    static const struct {
        uint32_t from, to;
    } more[] = {{0xe6, 'a'},  {0xf0, 'd'},  {0xf8, 'o'},  {0x111, 'd'}, {0x127, 'h'},
                {0x138, 'k'}, {0x142, 'l'}, {0x153, 'o'}, {0x167, 't'}, {0x180, 'b'},
                {0x1dd, 'e'}, {0x259, 'e'}, {0x26b, 'l'}, {0x43f, 'n'}, {0x438, 'u'}};
    for (size_t i = 0; i < sizeof more / sizeof more[0]; i++)
        if (more[i].from == c)
            return more[i].to;
    if (c >= 0x1f1e6 && c <= 0x1f1ff) /* the letters that flags are made of */
        return 'a' + c - 0x1f1e6;
    if (c >= 0x1f150 && c <= 0x1f169) /* white on black */
        return 'a' + c - 0x1f150;
    if (c >= 0x1f170 && c <= 0x1f189)
        return 'a' + c - 0x1f170;
    return c;
}

static uint32_t fold_lookalike(uint32_t c)
{
    size_t from = 0, to = confusables_count;
    while (from < to) {
        size_t middle = (from + to) / 2;
        if (confusables[middle].letter == c)
            return confusables[middle].looks_like;
        if (confusables[middle].letter < c)
            from = middle + 1;
        else
            to = middle;
    }
    return c;
}

static int is_unseen(uint32_t c)
{
    if (c < 0x80)
        return c < ' ' && c != '\t' && c != '\n' && c != '\r';
    int8_t type = u_charType((UChar32)c);
    return type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK ||
           type == U_COMBINING_SPACING_MARK || type == U_FORMAT_CHAR || type == U_CONTROL_CHAR ||
           type == U_MODIFIER_SYMBOL || c == 0x640 /* tatweel */ ||
           u_hasBinaryProperty((UChar32)c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT);
}

/* UTF-16, which ICU speaks; its own macros do not pass -Wconversion. */
static int32_t write_utf16(UChar out[2], uint32_t c)
{
    if (c < 0x10000) {
        out[0] = (UChar)c;
        return 1;
    }
    out[0] = (UChar)(0xd7c0 + (c >> 10));
    out[1] = (UChar)(0xdc00 | (c & 0x3ff));
    return 2;
}

static uint32_t read_utf16(const UChar *text, int32_t *i, int32_t len)
{
    uint32_t c = text[(*i)++];
    if (c >= 0xd800 && c < 0xdc00 && *i < len)
        c = 0x10000 + ((c - 0xd800) << 10) + (text[(*i)++] - 0xdc00u);
    return c;
}

/* What is left of a character that was folded by NFKC and case: its base. */
static size_t fold_base(uint32_t out[FOLD_MAX], size_t count, uint32_t c)
{
    UErrorCode err = U_ZERO_ERROR;
    UChar parts[FOLD_MAX];
    uint32_t arabic = fold_arabic(c);
    int32_t len = -1;
    if (arabic == c && c >= 0xc0) {
        const UNormalizer2 *nfd = unorm2_getNFDInstance(&err);
        len = U_SUCCESS(err) ? unorm2_getDecomposition(nfd, (UChar32)c, parts, FOLD_MAX, &err) : -1;
    }
    if (len <= 0 || U_FAILURE(err)) {
        len = write_utf16(parts, arabic);
    }
    for (int32_t i = 0; i < len && count < FOLD_MAX;) {
        uint32_t part = read_utf16(parts, &i, len);
        if (is_unseen(part))
            continue;
        uint32_t base = fold_lookalike(fold_latin(fold_arabic(part)));
        int32_t digit = u_charDigitValue((UChar32)base);
        out[count++] = digit >= 0 ? '0' + (uint32_t)digit : base;
    }
    return count;
}

size_t fold_character(uint32_t out[FOLD_MAX], uint32_t c)
{
    UErrorCode err = U_ZERO_ERROR;
    UChar text[2], folded[FOLD_MAX];
    size_t count = 0;
    if (is_unseen(c))
        return 0;
    if (c < 0x80 || (c >= 0x621 && c <= 0x64a)) { /* most of what comes */
        out[0] = c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : fold_arabic(c);
        return 1;
    }
    const UNormalizer2 *nfkc = unorm2_getNFKCCasefoldInstance(&err);
    int32_t len = write_utf16(text, c);
    if (U_SUCCESS(err))
        len = unorm2_normalize(nfkc, text, len, folded, FOLD_MAX, &err);
    if (U_FAILURE(err)) {
        out[0] = c;
        return 1;
    }
    for (int32_t i = 0; i < len;) {
        count = fold_base(out, count, read_utf16(folded, &i, len));
    }
    return count;
}
