/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/settings_value.h"

#include <stddef.h>
#include <string.h>

/* How many bytes of a blank the text begins with: those of ASCII, and those of Unicode that an
 * editor or a web page leaves behind. */
static size_t blank_len(const char *text)
{
    static const char *const wide[] = {"\xC2\xA0",     "\xE2\x80\x8B", "\xE2\x80\xA8",
                                       "\xE2\x80\xA9", "\xE2\x80\xAF", "\xE3\x80\x80",
                                       "\xEF\xBB\xBF"};

    if (*text == ' ' || (*text >= '\t' && *text <= '\r'))
        return 1;
    for (size_t i = 0; i < sizeof wide / sizeof wide[0]; i++)
        if (strncmp(text, wide[i], strlen(wide[i])) == 0)
            return strlen(wide[i]);
    return 0;
}

/* What opens and what closes a quotation, in files and on web pages. */
static const char *const quotes[][2] = {
    {"\"", "\""},
    {"'", "'"},
    {"`", "`"},
    {"\xE2\x80\x9C", "\xE2\x80\x9D"}, /* English */
    {"\xE2\x80\x98", "\xE2\x80\x99"},
    {"\xE2\x80\x9E", "\xE2\x80\x9C"}, /* German */
    {"\xE2\x80\x9A", "\xE2\x80\x98"},
    {"\xE2\x80\x9D", "\xE2\x80\x9D"}, /* Swedish */
    {"\xE2\x80\x99", "\xE2\x80\x99"},
    {"\xC2\xAB", "\xC2\xBB"}, /* French */
    {"\xC2\xBB", "\xC2\xAB"},
};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

static bool ends(const char *text, size_t len, const char *with)
{
    size_t n = strlen(with);

    return n <= len && memcmp(text + len - n, with, n) == 0;
}

static const char *quote_slip(const char *text, size_t len, bool secret)
{
    for (size_t i = 0; i < sizeof quotes / sizeof quotes[0]; i++) {
        const char *open = quotes[i][0], *close = quotes[i][1];
        bool first = begins(text, open), last = ends(text, len, close);
        if (first && last && len >= strlen(open) + strlen(close))
            return "quotes around it, which would be part of it: leave them out";
        if ((first || last) && !secret)
            return "a quote at one end, which would be part of it: leave it out";
    }
    return NULL;
}

const char *settings_value_slip(const char *text, bool secret)
{
    size_t len = strlen(text);

    if (len > 0 && text[len - 1] == '\r')
        return "a carriage return at its end, as of a file with DOS line ends";
    if (blank_len(text) > 0)
        return "a blank at its beginning";
    for (size_t n = 1; n <= 3 && n <= len; n++)
        if (blank_len(text + len - n) == n)
            return "a blank at its end";
    return quote_slip(text, len, secret);
}
