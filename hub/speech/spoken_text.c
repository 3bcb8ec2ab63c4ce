/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/spoken_text.h"

#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "core/utf8.h"

/* Latin letters with marks, from U+00C0, as the letters they are spoken as. */
static const char *const latin[] = {
    "A", "A", "A", "A", "A", "A", "Ae", "C", "E", "E", "E", "E", "I", "I", "I",  "I",
    "D", "N", "O", "O", "O", "O", "O",  " ", "O", "U", "U", "U", "U", "Y", "Th", "ss",
    "a", "a", "a", "a", "a", "a", "ae", "c", "e", "e", "e", "e", "i", "i", "i",  "i",
    "d", "n", "o", "o", "o", "o", "o",  " ", "o", "u", "u", "u", "u", "y", "th", "y",
};

/* What stands for a sign outside ASCII; NULL: see the script. */
static const char *sign(uint32_t c)
{
    switch (c) {
    case 0x2018:
    case 0x2019:
    case 0x02BC:
        return "'";
    case 0x2013:
    case 0x2014:
    case 0x2026:
        return ", ";
    case 0x00A0:
    case 0x2009:
    case 0x202F:
    case 0x3000:
        return " ";
    case 0x00D7:
        return " times ";
    case 0x00F7:
        return " divided by ";
    case 0x00BD:
        return " half ";
    default:
        return NULL;
    }
}

static const char *ascii(uint32_t c, enum child_language language, char one[2])
{
    bool word = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
    one[0] = (char)c;
    one[1] = '\0';
    if (word || (c && strchr(".,!?;:'", (int)c)))
        return one;
    if (language == CHILD_EN && c == '%')
        return " percent ";
    if (language == CHILD_EN && c == '&')
        return " and ";
    if (language == CHILD_EN && c == '+')
        return " plus ";
    if (language == CHILD_EN && c == '=')
        return " is ";
    return " "; /* also '-': flite would read "minus" out of some */
}

/* Letters, vowel marks, digits and punctuation of Arabic. */
static bool is_arabic(uint32_t c)
{
    return (c >= 0x0620 && c <= 0x065F) || (c >= 0x0660 && c <= 0x0669) || c == 0x0670 ||
           c == 0x060C || c == 0x061B || c == 0x061F || c == 0x0671;
}

static bool is_said(const char *text)
{
    for (; *text; text++)
        if ((uint8_t)*text >= 0x80 || (*text >= '0' && *text <= '9') ||
            (*text >= 'a' && *text <= 'z') || (*text >= 'A' && *text <= 'Z'))
            return true;
    return false;
}

static const char *spoken(uint32_t c, enum child_language language, const char *p, size_t n,
                          char own[8])
{
    const char *plain = c < 0x80 ? ascii(c, language, own) : sign(c);
    if (plain)
        return plain;
    if (c >= 0xC0 && c < 0xC0 + sizeof latin / sizeof latin[0])
        return latin[c - 0xC0];
    if (language == CHILD_AR && is_arabic(c)) {
        memcpy(own, p, n);
        own[n] = '\0';
        return own;
    }
    return "";
}

size_t spoken_text(char *out, size_t size, enum child_language language, const char *text,
                   size_t len)
{
    size_t made = 0;
    bool said = false;
    for (const char *p = text, *end = text + len; p < end;) {
        size_t n = roost_utf8_len(p, end), some;
        char own[8];
        const char *as = n ? spoken(roost_utf8_read(p, n), language, p, n, own) : "";
        p += n ? n : 1;
        some = strlen(as);
        if (*as == ' ' && (made == 0 || out[made - 1] == ' ')) {
            as++;
            some--;
        }
        if (made + some + 1 > size)
            break;
        memcpy(out + made, as, some);
        made += some;
        said |= is_said(as);
    }
    out[said ? made : 0] = '\0';
    return said ? made : 0;
}
