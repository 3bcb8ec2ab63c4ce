/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/safety/answers.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/utf8.h"

enum { ANSWERS_MAX = 1024, ANSWER_BYTES_MAX = 600, HELPLINE_BYTES_MAX = 160 };

static const char slot[] = "{helpline}";

struct section {
    uint32_t categories; /* bits */
    bool any;            /* for every category, and second choice */
    uint8_t directions, verdicts, groups;
};

struct answer {
    struct section section;
    enum child_language language;
    char *text;
};

struct answers {
    char helplines[CHILD_LANGUAGES][HELPLINE_BYTES_MAX];
    struct answer answers[ANSWERS_MAX];
    size_t count;
};

/* A file that is being read. */
struct file {
    const char *name;
    unsigned line;
    char *why;
    size_t why_size;
};

static int wrong(const struct file *file, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static int wrong(const struct file *file, const char *format, ...)
{
    va_list args;
    int used = snprintf(file->why, file->why_size, "%s:%u: ", file->name, file->line);
    if (used >= 0 && (size_t)used < file->why_size) {
        va_start(args, format);
        vsnprintf(file->why + used, file->why_size - (size_t)used, format, args);
        va_end(args);
    }
    return ROOST_ERR_INVALID;
}

struct answers *answers_new(void)
{
    return calloc(1, sizeof(struct answers));
}

void answers_free(struct answers *answers)
{
    if (!answers)
        return;
    for (size_t i = 0; i < answers->count; i++)
        free(answers->answers[i].text);
    free(answers);
}

/* The next line without its end and comment lines; false at the end of the text. */
static bool next_line(struct file *file, const char **text, const char *end, const char **line,
                      size_t *len)
{
    while (*text < end) {
        const char *newline = memchr(*text, '\n', (size_t)(end - *text));
        *line = *text;
        *len = (size_t)((newline ? newline : end) - *text);
        *text = newline ? newline + 1 : end;
        file->line++;
        while (*len > 0 && strchr(" \t\r", (*line)[*len - 1]))
            (*len)--;
        if (*len > 0 && (*line)[0] != '#')
            return true;
    }
    return false;
}

static bool is(const char *word, size_t len, const char *name)
{
    return strlen(name) == len && memcmp(word, name, len) == 0;
}

static bool is_utf8(const char *text, size_t len)
{
    for (size_t i = 0, bytes; i < len; i += bytes) {
        bytes = roost_utf8_len(text + i, text + len);
        if (bytes == 0 || text[i] == '\0')
            return false;
    }
    return true;
}

/* ---- helplines ---- */

static int read_helpline(struct answers *answers, const struct file *file, const char *country,
                         const char *line, size_t len)
{
    enum child_language language;
    const char *first = memchr(line, '\t', len);
    const char *second = first ? memchr(first + 1, '\t', len - (size_t)(first + 1 - line)) : NULL;
    if (!second || first - line != 2)
        return wrong(file, "a helpline is: country, tab, language, tab, what is said");
    if (child_language_parse(&language, first + 1, (size_t)(second - first - 1)) < 0)
        return wrong(file, "the language is none of en, ar");
    size_t said = len - (size_t)(second + 1 - line);
    if (said == 0 || said >= HELPLINE_BYTES_MAX || !is_utf8(second + 1, said))
        return wrong(file, "what is said has 1 to %d bytes of UTF-8", HELPLINE_BYTES_MAX - 1);
    if (memcmp(line, country, 2) == 0) {
        memcpy(answers->helplines[language], second + 1, said);
        answers->helplines[language][said] = '\0';
    }
    return 0;
}

int answers_read_helplines(struct answers *answers, const char *country, const char *name,
                           const char *text, size_t len, char *why, size_t why_size)
{
    struct file file = {name, 0, why, why_size};
    const char *end = text + len, *line;
    char wanted[3] = "--";
    bool ended = false;
    int err = 0;
    if (country && country[0]) {
        if (strlen(country) != 2) {
            snprintf(why, why_size, "country \"%.20s\": two letters are needed", country);
            return ROOST_ERR_INVALID;
        }
        for (int i = 0; i < 2; i++)
            wanted[i] = country[i] >= 'a' && country[i] <= 'z' ? (char)(country[i] - 'a' + 'A')
                                                               : country[i];
    }
    while (!err && next_line(&file, &text, end, &line, &len)) {
        if (ended)
            err = wrong(&file, "something follows [end]");
        else if (is(line, len, "[end]"))
            ended = true;
        else
            err = read_helpline(answers, &file, wanted, line, len);
    }
    if (!err && !ended)
        err = wrong(&file, "the file was cut off: its last line is not [end]");
    for (int i = 0; i < CHILD_LANGUAGES && !err; i++)
        if (!answers->helplines[i][0]) {
            snprintf(why, why_size, "%s: country %s has no helpline in language %s", name, wanted,
                     child_language_name((enum child_language)i));
            err = ROOST_ERR_INVALID;
        }
    return err;
}

/* ---- answers ---- */

static int read_ages(uint8_t *groups, const char *word, size_t len)
{
    unsigned from = 0, to = 0;
    char text[16];
    int used = 0;
    if (len >= sizeof text)
        return ROOST_ERR_INVALID;
    memcpy(text, word, len);
    text[len] = '\0';
    if (sscanf(text, "%2u-%2u%n", &from, &to, &used) != 2 || (size_t)used != len || from > to ||
        from < CHILD_AGE_MIN || to > CHILD_AGE_MAX)
        return ROOST_ERR_INVALID;
    *groups = 0;
    for (int i = 0; i < CHILD_AGE_GROUPS; i++)
        if (child_age_from((enum child_age_group)i) <= to &&
            child_age_to((enum child_age_group)i) >= from)
            *groups |= (uint8_t)(1u << i);
    return 0;
}

static int read_section(struct section *section, const struct file *file, const char *line,
                        size_t len)
{
    *section = (struct section){.directions = 1u << GATE_IN | 1u << GATE_OUT,
                                .verdicts = 1u << GATE_BLOCK | 1u << GATE_CARE,
                                .groups = (1u << CHILD_AGE_GROUPS) - 1};
    for (size_t i = 1, end; i < len - 1; i = end + 1) {
        for (end = i; end < len - 1 && line[end] != ' '; end++) {
        }
        const char *word = line + i;
        size_t word_len = end - i;
        enum gate_category category;
        if (word_len == 0)
            continue;
        if (gate_category_parse(&category, word, word_len) == 0 && category != GATE_NONE)
            section->categories |= 1u << category;
        else if (is(word, word_len, "any"))
            section->any = true;
        else if (is(word, word_len, "in"))
            section->directions = 1u << GATE_IN;
        else if (is(word, word_len, "out"))
            section->directions = 1u << GATE_OUT;
        else if (is(word, word_len, "block"))
            section->verdicts = 1u << GATE_BLOCK;
        else if (is(word, word_len, "care"))
            section->verdicts = 1u << GATE_CARE;
        else if (read_ages(&section->groups, word, word_len) < 0)
            return wrong(file,
                         "\"%.*s\" is no category, no direction (in, out), no verdict "
                         "(block, care), no ages",
                         (int)word_len, word);
    }
    if (!section->any && !section->categories)
        return wrong(file, "a section names a category, or any");
    return 0;
}

static int add_answer(struct answers *answers, const struct file *file,
                      const struct section *section, enum child_language language, const char *line,
                      size_t len)
{
    if (!section->any && !section->categories)
        return wrong(file, "an answer stands below a [category ...]");
    if (len > ANSWER_BYTES_MAX || !is_utf8(line, len))
        return wrong(file, "an answer has at most %d bytes of UTF-8", ANSWER_BYTES_MAX);
    if (answers->count == ANSWERS_MAX)
        return wrong(file, "more than %d answers", ANSWERS_MAX);
    char *text = malloc(len + HELPLINE_BYTES_MAX + 1);
    if (!text)
        return ROOST_ERR_NO_MEMORY;
    size_t at = 0;
    while (at + sizeof slot - 1 <= len && memcmp(line + at, slot, sizeof slot - 1) != 0)
        at++;
    if (at + sizeof slot - 1 <= len)
        snprintf(text, len + HELPLINE_BYTES_MAX + 1, "%.*s%s%.*s", (int)at, line,
                 answers->helplines[language], (int)(len - at - (sizeof slot - 1)),
                 line + at + sizeof slot - 1);
    else
        snprintf(text, len + HELPLINE_BYTES_MAX + 1, "%.*s", (int)len, line);
    answers->answers[answers->count++] = (struct answer){*section, language, text};
    return 0;
}

/* Whatever is asked for, there has to be a line. */
static int check_whole(const struct answers *answers, const struct file *file,
                       enum child_language language)
{
    for (int direction = GATE_IN; direction <= GATE_OUT; direction++)
        for (int verdict = GATE_BLOCK; verdict <= GATE_CARE; verdict++)
            for (int group = 0; group < CHILD_AGE_GROUPS; group++)
                if (!answers_find(answers, (enum gate_direction)direction,
                                  (struct gate_result){(enum gate_verdict)verdict, GATE_NONE},
                                  language, (enum child_age_group)group, 0))
                    return wrong(file, "there is no answer of [any %s %s %s]",
                                 gate_verdict_name((enum gate_verdict)verdict),
                                 direction == GATE_IN ? "in" : "out",
                                 child_age_group_name((enum child_age_group)group));
    return 0;
}

int answers_read(struct answers *answers, enum child_language language, const char *name,
                 const char *text, size_t len, char *why, size_t why_size)
{
    struct file file = {name, 0, why, why_size};
    struct section section = {0};
    const char *end = text + len, *line;
    bool ended = false;
    int err = 0;
    while (!err && next_line(&file, &text, end, &line, &len)) {
        if (ended)
            err = wrong(&file, "something follows [end]");
        else if (is(line, len, "[end]"))
            ended = true;
        else if (line[0] == '[' && line[len - 1] == ']')
            err = read_section(&section, &file, line, len);
        else
            err = add_answer(answers, &file, &section, language, line, len);
    }
    if (err == ROOST_ERR_NO_MEMORY)
        snprintf(why, why_size, "%s: no memory", name);
    if (!err && !ended)
        err = wrong(&file, "the file was cut off: its last line is not [end]");
    return err ? err : check_whole(answers, &file, language);
}

const char *answers_find(const struct answers *answers, enum gate_direction direction,
                         struct gate_result result, enum child_language language,
                         enum child_age_group group, unsigned turn)
{
    enum gate_verdict verdict = result.verdict == GATE_CARE ? GATE_CARE : GATE_BLOCK;
    for (int any = 0; any <= 1; any++) {
        const char *fit[ANSWERS_MAX];
        size_t count = 0;
        for (size_t i = 0; i < answers->count; i++) {
            const struct answer *answer = &answers->answers[i];
            const struct section *section = &answer->section;
            if (answer->language == language && (section->directions >> direction & 1) &&
                (section->verdicts >> verdict & 1) && (section->groups >> group & 1) &&
                (any ? section->any
                     : !section->any && (section->categories >> result.category & 1)))
                fit[count++] = answer->text;
        }
        if (count > 0)
            return fit[turn % count];
    }
    return NULL;
}
