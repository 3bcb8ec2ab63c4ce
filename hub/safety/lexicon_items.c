/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/lexicon_items.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "hub/safety/lexicon_words.h"
#include "hub/safety/normalize.h"

enum { VARIANTS_MAX = 32 /* of one word with its endings */ };

/* What one written word stands for: the words of which any will do, for each of its parts
 * ("self-harm~" has two). */
struct variants {
    uint32_t words[VARIANTS_MAX];
    size_t count;
};
struct spec {
    struct variants parts[LEXICON_PHRASE_MAX];
    size_t count;
    bool hidden; /* the % sign: also with stars in it */
    struct normal normal;
};

int lexicon_wrong(const struct lexicon_line *line, const char *format, ...)
{
    va_list args;
    int used = snprintf(line->why, line->why_size, "%s:%u: ", line->file, line->number);
    if (used >= 0 && (size_t)used < line->why_size) {
        va_start(args, format);
        vsnprintf(line->why + used, line->why_size - (size_t)used, format, args);
        va_end(args);
    }
    return ROOST_ERR_INVALID;
}

struct collector {
    struct lexicon *lexicon;
    struct variants *into;
};

static void collect(void *arg, const uint32_t *letters, size_t len)
{
    struct collector *collector = arg;
    if (collector->into->count < VARIANTS_MAX)
        collector->into->words[collector->into->count++] =
            lexicon_word(collector->lexicon, 0, letters, len);
}

static void read_part(struct lexicon *lexicon, struct variants *into, const uint32_t *letters,
                      size_t len, char sign)
{
    bool arabic = letters[0] >= 0x621 && letters[0] <= 0x64a;
    into->count = 0;
    if (sign == '~' && !arabic) {
        lexicon_endings(letters, len, collect, &(struct collector){lexicon, into});
        return;
    }
    into->words[into->count++] = lexicon_word(lexicon, sign, letters, len);
}

static const struct {
    const char *name;
    enum special word;
} specials[] = {{"#number", SPECIAL_NUMBER}, {"#digits", SPECIAL_DIGITS}, {"#phone", SPECIAL_PHONE},
                {"#email", SPECIAL_EMAIL},   {"#url", SPECIAL_URL},       {"#any", SPECIAL_ANY}};

static int read_special(const struct lexicon_line *line, struct spec *spec, const char *text,
                        size_t len)
{
    for (size_t i = 0; i < sizeof specials / sizeof specials[0]; i++)
        if (strlen(specials[i].name) == len && memcmp(specials[i].name, text, len) == 0) {
            spec->count = 1;
            spec->parts[0].count = 1;
            spec->parts[0].words[0] = specials[i].word;
            return 0;
        }
    return lexicon_wrong(line, "%.*s is none of #number #digits #phone #email #url #any", (int)len,
                         text);
}

/* A written word with its signs; 0 < len. After 0, spec->normal is to be freed. */
static int read_spec(const struct lexicon_line *line, struct spec *spec, const char *text,
                     size_t len)
{
    char sign = 0;
    const char *whole = text;
    size_t whole_len = len;
    memset(spec, 0, sizeof *spec);
    if (text[0] == '#')
        return read_special(line, spec, text, len);
    if (text[0] == '=') {
        sign = '=';
        text++;
        len--;
    }
    for (; len > 0 && strchr("~*%", text[len - 1]); len--) {
        if (text[len - 1] == '%')
            spec->hidden = true;
        else if (sign)
            return lexicon_wrong(line, "%.*s: only one of = ~ * can be had", (int)whole_len, whole);
        else
            sign = text[len - 1];
    }
    int err = normal_read(&spec->normal, text, len);
    if (err == ROOST_ERR_INVALID)
        return lexicon_wrong(line, "is not UTF-8");
    if (err)
        return err;
    spec->count = spec->normal.token_count;
    if (spec->count == 0 || spec->count > LEXICON_PHRASE_MAX) {
        normal_free(&spec->normal);
        return lexicon_wrong(line, "\"%.*s\" is no word", (int)whole_len, whole);
    }
    for (size_t i = 0; i < spec->count; i++)
        read_part(line->lexicon, &spec->parts[i], &spec->normal.letters[spec->normal.tokens[i].at],
                  spec->normal.tokens[i].len, i + 1 == spec->count || sign == '=' ? sign : 0);
    return 0;
}

/* ---- phrases of a set ---- */

/* Adds every way to choose from the variants of each word. */
static void add_ways(struct lexicon *lexicon, uint32_t set, const struct variants *parts,
                     size_t count)
{
    size_t chosen[LEXICON_PHRASE_MAX] = {0};
    for (;;) {
        uint32_t words[LEXICON_PHRASE_MAX] = {0};
        size_t i;
        for (i = 0; i < count; i++)
            words[i] = parts[i].words[chosen[i]];
        if (count == 1)
            lexicon_set_add_word(lexicon, set, words[0]);
        else
            lexicon_set_add_phrase(lexicon, set, words, count);
        for (i = 0; i < count && ++chosen[i] == parts[i].count; i++)
            chosen[i] = 0;
        if (i == count || lexicon->failed)
            return;
    }
}

static void add_hidden(struct lexicon *lexicon, uint32_t set, const struct variants *part)
{
    for (size_t i = 0; i < part->count; i++) {
        uint32_t letters[TOKEN_LETTERS_MAX];
        const struct word *word = &lexicon->words.at[part->words[i]];
        size_t len = word->len;
        memcpy(letters, &lexicon->letters.at[word->at], len * sizeof *letters);
        lexicon_set_add_hidden(lexicon, set, letters, len);
    }
}

static size_t spaces(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && (text[i] == ' ' || text[i] == '\t'))
        i++;
    return i;
}

static size_t until_space(const char *text, size_t len)
{
    size_t i = 0;
    while (i < len && text[i] != ' ' && text[i] != '\t')
        i++;
    return i;
}

static int include(const struct lexicon_line *line, uint32_t set, const char *text, size_t len)
{
    uint32_t from = len > 2 && text[len - 1] == '>'
                        ? lexicon_set_named(line->lexicon, text + 1, len - 2)
                        : LEXICON_NONE;
    if (from == LEXICON_NONE || from >= set)
        return lexicon_wrong(line, "%.*s is no set that stands above", (int)len, text);
    lexicon_set_include(line->lexicon, set, from);
    return 0;
}

static int read_item(const struct lexicon_line *line, uint32_t set, const char *text, size_t len)
{
    struct variants parts[LEXICON_PHRASE_MAX];
    size_t count = 0, i = spaces(text, len);
    while (len > i && (text[len - 1] == ' ' || text[len - 1] == '\t'))
        len--;
    if (i == len)
        return lexicon_wrong(line, "there is nothing between two commas or bars");
    if (len - i == 1 && text[i] == '$') {
        line->lexicon->sets.at[set].or_end = true;
        return 0;
    }
    if (text[i] == '<')
        return include(line, set, text + i, len - i);
    while (i < len) {
        struct spec spec;
        size_t word = until_space(text + i, len - i);
        int err = read_spec(line, &spec, text + i, word);
        if (err)
            return err;
        for (size_t k = 0; k < spec.count; k++) {
            if (count == LEXICON_PHRASE_MAX) {
                normal_free(&spec.normal);
                return lexicon_wrong(line, "\"%.*s\" has more than %d words", (int)len, text,
                                     LEXICON_PHRASE_MAX);
            }
            parts[count++] = spec.parts[k];
        }
        if (spec.hidden && spec.count == 1)
            add_hidden(line->lexicon, set, &spec.parts[0]);
        normal_free(&spec.normal);
        i += word;
        i += spaces(text + i, len - i);
    }
    add_ways(line->lexicon, set, parts, count);
    return 0;
}

int lexicon_items_read(const struct lexicon_line *line, uint32_t set, const char *text, size_t len,
                       char separator)
{
    for (size_t i = 0;;) {
        size_t end = i, comma = 0;
        for (; end < len; end++) {
            if (text[end] == separator)
                comma = 1;
            else if (separator == ',' && len - end >= 2 && memcmp(text + end, "\xd8\x8c", 2) == 0)
                comma = 2; /* an Arabic one */
            if (comma)
                break;
        }
        int err = read_item(line, set, text + i, end - i);
        if (err || end == len)
            return err;
        i = end + comma;
    }
}

/* ---- phrases of a group ---- */

static int add_element(const struct lexicon_line *line, struct pattern *pattern,
                       struct element element)
{
    struct lexicon *lexicon = line->lexicon;
    if (pattern->count == LEXICON_ELEMENTS_MAX)
        return lexicon_wrong(line, "a phrase has at most %d parts", LEXICON_ELEMENTS_MAX);
    if (!LEXICON_MORE(lexicon, lexicon->elements))
        return ROOST_ERR_NO_MEMORY;
    lexicon->elements.at[lexicon->elements.count++] = element;
    pattern->count++;
    return 0;
}

/* A word, which may stand for several: those become a set that is named as it is written. */
static int read_word(const struct lexicon_line *line, struct pattern *pattern, const char *text,
                     size_t len, bool optional)
{
    struct spec spec;
    int err = read_spec(line, &spec, text, len);
    for (size_t i = 0; i < spec.count && !err; i++) {
        struct element element = {ELEMENT_WORD, 0, optional, spec.parts[i].words[0]};
        if (spec.parts[i].count > 1 || spec.hidden) {
            bool named = spec.count == 1 && len < LEXICON_NAME_MAX;
            uint32_t set = named ? lexicon_set_named(line->lexicon, text, len) : LEXICON_NONE;
            if (set == LEXICON_NONE) {
                set = lexicon_set(line->lexicon, named ? text : "", named ? len : 0);
                add_ways(line->lexicon, set, &spec.parts[i], 1);
                if (spec.hidden)
                    add_hidden(line->lexicon, set, &spec.parts[i]);
            }
            element = (struct element){ELEMENT_SET, 0, optional, set};
        }
        err = add_element(line, pattern, element);
    }
    normal_free(&spec.normal);
    return err;
}

static int read_set_or_alternatives(const struct lexicon_line *line, struct pattern *pattern,
                                    const char *text, size_t len, bool optional)
{
    uint32_t set;
    int err = 0;
    if (text[0] == '<') {
        set = lexicon_set_named(line->lexicon, text + 1, len - 2);
        if (set == LEXICON_NONE)
            return lexicon_wrong(line, "%.*s is no set that stands above", (int)len, text);
    } else {
        set = lexicon_set(line->lexicon, "", 0);
        err = lexicon_items_read(line, set, text + 1, len - 2, '|');
    }
    return err ? err : add_element(line, pattern, (struct element){ELEMENT_SET, 0, optional, set});
}

static int read_element(const struct lexicon_line *line, struct pattern *pattern, const char *text,
                        size_t len)
{
    bool optional = len > 1 && text[len - 1] == '?';
    if (optional)
        len--;
    if (len == 1 && (text[0] == '^' || text[0] == '$')) {
        if (text[0] == '^' && pattern->count > 0)
            return lexicon_wrong(line, "^ is the begin of a sentence: nothing stands before it");
        return add_element(
            line, pattern,
            (struct element){text[0] == '^' ? ELEMENT_BEGIN : ELEMENT_END, 0, false, 0});
    }
    if (len >= 2 && len <= 3 && memcmp(text, "...", len) == 0) {
        if (pattern->count == 0)
            return lexicon_wrong(line, "a phrase does not begin with a gap");
        uint8_t gap = len == 2 ? LEXICON_GAP_SHORT : LEXICON_GAP_LONG;
        return add_element(line, pattern, (struct element){ELEMENT_GAP, gap, false, 0});
    }
    if (text[0] == '(' || text[0] == '<') {
        char closed = text[0] == '(' ? ')' : '>';
        if (len < 3 || text[len - 1] != closed)
            return lexicon_wrong(line, "%.*s: the closing %c is not there", (int)len, text, closed);
        return read_set_or_alternatives(line, pattern, text, len, optional);
    }
    return read_word(line, pattern, text, len, optional);
}

int lexicon_phrase_read(const struct lexicon_line *line, uint16_t group, const char *text,
                        size_t len)
{
    struct lexicon *lexicon = line->lexicon;
    struct pattern pattern = {(uint32_t)lexicon->elements.count, 0, group,
                              (uint16_t)(lexicon->files.count - 1), line->number};
    bool certain = false;
    for (size_t i = spaces(text, len); i < len; i += spaces(text + i, len - i)) {
        size_t end = until_space(text + i, len - i);
        if (text[i] == '(') /* has spaces inside */
            while (i + end < len && !memchr(text + i, ')', end))
                end++;
        if (text[i] == '(' && i + end < len)
            end += until_space(text + i + end, len - i - end);
        int err = read_element(line, &pattern, text + i, end);
        if (err)
            return err;
        i += end;
    }
    for (size_t i = 0; i < pattern.count; i++) {
        const struct element *element = &lexicon->elements.at[pattern.first + i];
        certain = certain || (element->kind <= ELEMENT_SET && !element->optional);
    }
    if (!certain)
        return lexicon_wrong(line, "a phrase needs a word that is not optional");
    if (!LEXICON_MORE(lexicon, lexicon->patterns))
        return ROOST_ERR_NO_MEMORY;
    lexicon->patterns.at[lexicon->patterns.count++] = pattern;
    return 0;
}
