/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/lexicon.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/safety/lexicon_items.h"
#include "hub/safety/lexicon_words.h"

enum { LINE_MAX_BYTES = 16384 /* with the lines that go on it */ };

struct lexicon *lexicon_new(void)
{
    struct lexicon *lexicon = calloc(1, sizeof *lexicon);
    for (int i = 0; lexicon && i < SPECIALS; i++) {
        if (!LEXICON_MORE(lexicon, lexicon->words)) {
            lexicon_free(lexicon);
            return NULL;
        }
        lexicon->words.at[lexicon->words.count++] = (struct word){.postings = LEXICON_NONE};
    }
    return lexicon;
}

void lexicon_free(struct lexicon *lexicon)
{
    if (!lexicon)
        return;
    free(lexicon->letters.at);
    free(lexicon->words.at);
    free(lexicon->sets.at);
    free(lexicon->postings.at);
    free(lexicon->items.at);
    free(lexicon->inclusions.at);
    free(lexicon->elements.at);
    free(lexicon->patterns.at);
    free(lexicon->groups.at);
    free(lexicon->files.at);
    free(lexicon->buckets.at);
    free(lexicon);
}

/* ---- the head of a group: [violence block both 3-13; care in 3-5 pressed] ---- */

/* The next word of *text; its length, 0 at the end. */
static size_t next_word(const char **text, size_t *len, const char **word)
{
    while (*len > 0 && (**text == ' ' || **text == '\t')) {
        (*text)++;
        (*len)--;
    }
    *word = *text;
    size_t count = 0;
    while (count < *len && !strchr(" \t;", (*text)[count]))
        count++;
    if (count == 0 && *len > 0)
        count = 1; /* ; is a word */
    *text += count;
    *len -= count;
    return count;
}

static bool is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static int category_of(const char *word, size_t len)
{
    enum gate_category category;
    if (gate_category_parse(&category, word, len) < 0 || category == GATE_NONE)
        return ROOST_ERR_INVALID;
    return (int)category;
}

/* "3-8" or "9". */
static int ages_of(uint8_t *groups, const char *word, size_t len)
{
    unsigned ages[2] = {0, 0};
    size_t at = 0;
    for (size_t i = 0; i < len; i++) {
        if (word[i] == '-' && at == 0 && i > 0)
            at = 1;
        else if (word[i] >= '0' && word[i] <= '9' && ages[at] < 100)
            ages[at] = ages[at] * 10 + (unsigned)(word[i] - '0');
        else
            return ROOST_ERR_INVALID;
    }
    if (at == 0)
        ages[1] = ages[0];
    if (ages[0] < CHILD_AGE_MIN || ages[1] > CHILD_AGE_MAX || ages[0] > ages[1])
        return ROOST_ERR_RANGE;
    *groups = 0;
    for (int i = 0; i < CHILD_AGE_GROUPS; i++) {
        enum child_age_group group = (enum child_age_group)i;
        if (child_age_from(group) <= ages[1] && child_age_to(group) >= ages[0])
            *groups |= (uint8_t)(1u << i);
    }
    return 0;
}

static int read_clause_word(const struct lexicon_line *line, struct group *group,
                            struct clause *clause, const char *word, size_t len)
{
    if (!group->safe && gate_verdict_parse(&clause->verdict, word, len) == 0)
        return 0;
    if (is(word, len, "pressed"))
        group->pressed = true;
    else if (is(word, len, "in"))
        clause->directions = 1u << GATE_IN;
    else if (is(word, len, "out"))
        clause->directions = 1u << GATE_OUT;
    else if (is(word, len, "both"))
        clause->directions = 1u << GATE_IN | 1u << GATE_OUT;
    else if (ages_of(&clause->groups, word, len) < 0)
        return lexicon_wrong(line,
                             "\"%.*s\" is no verdict (allow, block, care), no direction (in, out, "
                             "both) and no ages of 3-13",
                             (int)len, word);
    return 0;
}

static int read_head(const struct lexicon_line *line, const char *text, size_t len)
{
    struct lexicon *lexicon = line->lexicon;
    const struct clause all = {GATE_BLOCK, 1u << GATE_IN | 1u << GATE_OUT,
                               (1u << CHILD_AGE_GROUPS) - 1};
    struct group group = {.clause_count = 1, .clauses = {all}};
    const char *word;
    size_t count = next_word(&text, &len, &word);
    if (is(word, count, "safe"))
        group.safe = true;
    else if (category_of(word, count) < 0)
        return lexicon_wrong(line, "\"%.*s\" is no category", (int)count, word);
    else
        group.categories = 1u << category_of(word, count);
    while ((count = next_word(&text, &len, &word)) > 0) {
        if (is(word, count, ";")) {
            if (group.clause_count == LEXICON_CLAUSES_MAX)
                return lexicon_wrong(line, "at most %d parts", LEXICON_CLAUSES_MAX);
            group.clauses[group.clause_count++] = all;
        } else if (group.safe && category_of(word, count) > 0) {
            group.categories |= 1u << category_of(word, count);
        } else {
            struct clause *clause = &group.clauses[group.clause_count - 1];
            int err = read_clause_word(line, &group, clause, word, count);
            if (err)
                return err;
        }
    }
    if (group.safe && group.categories == 0)
        group.categories = UINT32_MAX;
    if (lexicon->groups.count > UINT16_MAX)
        return lexicon_wrong(line, "too many groups");
    if (!LEXICON_MORE(lexicon, lexicon->groups))
        return ROOST_ERR_NO_MEMORY;
    lexicon->groups.at[lexicon->groups.count++] = group;
    return 0;
}

/* ---- lines ---- */

/* <name> = item, item */
static int read_set(const struct lexicon_line *line, const char *text, size_t len)
{
    const char *close = memchr(text, '>', len);
    size_t name = close ? (size_t)(close - text) - 1 : 0;
    size_t i = close ? (size_t)(close - text) + 1 : len;
    while (i < len && (text[i] == ' ' || text[i] == '\t'))
        i++;
    if (i == len || text[i] != '=')
        return lexicon_wrong(line, "a set is <name> = word, word");
    if (name == 0 || name >= LEXICON_NAME_MAX)
        return lexicon_wrong(line, "the name of a set has 1 to %d letters", LEXICON_NAME_MAX - 1);
    if (lexicon_set_named(line->lexicon, text + 1, name) != LEXICON_NONE)
        return lexicon_wrong(line, "<%.*s> is there already", (int)name, text + 1);
    uint32_t set = lexicon_set(line->lexicon, text + 1, name);
    return lexicon_items_read(line, set, text + i + 1, len - i - 1, ',');
}

static bool begins_set(const char *text, size_t len)
{
    const char *close = memchr(text, '>', len);
    if (text[0] != '<' || !close)
        return false;
    for (close++; close < text + len; close++)
        if (*close != ' ' && *close != '\t')
            return *close == '=';
    return false;
}

static int read_line(const struct lexicon_line *line, bool *ended, size_t first_group,
                     const char *text, size_t len)
{
    struct lexicon *lexicon = line->lexicon;
    if (*ended)
        return lexicon_wrong(line, "something follows [end]");
    if (is(text, len, "[end]")) {
        *ended = true;
        return 0;
    }
    if (text[0] == '[') {
        if (text[len - 1] != ']')
            return lexicon_wrong(line, "the closing ] is not there");
        return read_head(line, text + 1, len - 2);
    }
    if (begins_set(text, len))
        return read_set(line, text, len);
    if (lexicon->groups.count == first_group)
        return lexicon_wrong(line, "a phrase stands below a [category ...]");
    return lexicon_phrase_read(line, (uint16_t)(lexicon->groups.count - 1), text, len);
}

/* A # with a space behind it, at the begin of the line or behind a space, begins a comment. */
static size_t without_comment(const char *text, size_t len)
{
    for (size_t i = 0; i < len; i++)
        if (text[i] == '#' && (i == 0 || text[i - 1] == ' ' || text[i - 1] == '\t') &&
            (i + 1 == len || strchr(" \t\r", text[i + 1])))
            len = i;
    while (len > 0 && (text[len - 1] == ' ' || text[len - 1] == '\t' || text[len - 1] == '\r'))
        len--;
    return len;
}

/* Puts the line at *text, and those that go on it, into `out` and moves *text behind them. */
static int gather(struct lexicon_line *line, const char **text, const char *end, unsigned *next,
                  char *out, size_t *out_len)
{
    bool first = true;
    *out_len = 0;
    line->number = *next;
    while (*text < end && (first || **text == ' ' || **text == '\t')) {
        const char *newline = memchr(*text, '\n', (size_t)(end - *text));
        size_t raw = (size_t)((newline ? newline : end) - *text);
        size_t len = without_comment(*text, raw);
        if (*out_len + len + 1 > LINE_MAX_BYTES)
            return lexicon_wrong(line, "longer than %d bytes", LINE_MAX_BYTES);
        if (!first && len > 0)
            out[(*out_len)++] = ' ';
        memcpy(out + *out_len, *text, len);
        *out_len += len;
        *text = newline ? newline + 1 : end;
        (*next)++;
        first = false;
    }
    return 0;
}

int lexicon_read(struct lexicon *lexicon, const char *name, const char *text, size_t len, char *why,
                 size_t why_size)
{
    struct lexicon_line line = {lexicon, name, 1, why, why_size};
    const char *end = text + len;
    size_t first_group = lexicon->groups.count;
    unsigned next = 1;
    bool ended = false;
    char *gathered = malloc(LINE_MAX_BYTES + 1);
    int err = gathered ? 0 : ROOST_ERR_NO_MEMORY;
    if (!err && lexicon->files.count > UINT16_MAX)
        err = lexicon_wrong(&line, "too many files");
    if (!err && LEXICON_MORE(lexicon, lexicon->files))
        snprintf(lexicon->files.at[lexicon->files.count++].name, sizeof(struct file_name), "%s",
                 name);
    else if (!err)
        err = ROOST_ERR_NO_MEMORY;
    if (!err && memchr(text, '\0', len))
        err = lexicon_wrong(&line, "there is a NUL in it: this is no text");
    while (text < end && !err) {
        size_t gathered_len;
        err = gather(&line, &text, end, &next, gathered, &gathered_len);
        size_t blank = 0;
        while (!err && blank < gathered_len && strchr(" \t", gathered[blank]))
            blank++;
        if (!err && blank < gathered_len)
            err = read_line(&line, &ended, first_group, gathered + blank, gathered_len - blank);
    }
    free(gathered);
    if (!err && lexicon->failed)
        err = ROOST_ERR_NO_MEMORY;
    if (!err && !ended) {
        line.number = next;
        err = lexicon_wrong(&line, "the file was cut off: its last line is not [end]");
    }
    if (err == ROOST_ERR_NO_MEMORY)
        snprintf(why, why_size, "%s: no memory", name);
    return err;
}

int lexicon_finish(struct lexicon *lexicon)
{
    size_t count = lexicon->patterns.count, to = 0;
    struct pattern *sorted = malloc((count ? count : 1) * sizeof *sorted);
    if (!sorted)
        return ROOST_ERR_NO_MEMORY;
    for (int safe = 1; safe >= 0; safe--)
        for (size_t i = 0; i < count; i++)
            if (lexicon->groups.at[lexicon->patterns.at[i].group].safe == safe)
                sorted[to++] = lexicon->patterns.at[i];
    free(lexicon->patterns.at);
    lexicon->patterns.at = sorted;
    lexicon->patterns.room = count ? count : 1;
    return 0;
}

/* ---- looking up ---- */

struct look_up {
    const struct lexicon *lexicon;
    void (*found)(void *arg, uint32_t word);
    void *arg;
};

static void look_up_kind(const struct look_up *look_up, char kind, const uint32_t *letters,
                         size_t len)
{
    uint32_t word = lexicon_find(look_up->lexicon, kind, letters, len);
    if (word != LEXICON_NONE)
        look_up->found(look_up->arg, word);
}

static void look_up_form(void *arg, enum form_kind kind, const uint32_t *letters, size_t len)
{
    const struct look_up *look_up = arg;
    if (kind == FORM_VERB) {
        look_up_kind(look_up, '~', letters, len);
        return;
    }
    if (kind == FORM_EXACT)
        look_up_kind(look_up, '=', letters, len);
    look_up_kind(look_up, 0, letters, len);
    for (size_t i = 2; look_up->lexicon->any_beginning && i <= len; i++)
        look_up_kind(look_up, '*', letters, i);
}

void lexicon_look_up(const struct lexicon *lexicon, const uint32_t *letters, size_t len,
                     unsigned flags, void (*found)(void *arg, uint32_t word), void *arg)
{
    struct look_up look_up = {lexicon, found, arg};
    forms_of(letters, len, flags, look_up_form, &look_up);
}
