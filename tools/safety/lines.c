/* SPDX-License-Identifier: Apache-2.0 */
#include "tools/safety/lines.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALL_GROUPS = (1 << CHILD_AGE_GROUPS) - 1 };

struct reader {
    struct lines *lines;
    const char *path;
    unsigned number;
    char *why;
    size_t why_size;
    bool headed, ended;
    struct line head;    /* what the lines below it are */
    unsigned directions; /* bits */
};

static int wrong(const struct reader *reader, const char *what, const char *word)
{
    snprintf(reader->why, reader->why_size, "%s:%u: %s%.60s", reader->path, reader->number, what,
             word);
    return ROOST_ERR_INVALID;
}

/* Bits of the directions; 0: no such word. */
static unsigned directions_of(const char *word)
{
    return strcmp(word, "in") == 0     ? 1u << GATE_IN
           : strcmp(word, "out") == 0  ? 1u << GATE_OUT
           : strcmp(word, "both") == 0 ? 1u << GATE_IN | 1u << GATE_OUT
                                       : 0;
}

static int add_one(struct lines *lines, const struct line *like, enum gate_direction direction,
                   const char *text)
{
    if (lines->count == lines->room) {
        size_t room = lines->room ? 2 * lines->room : 1024;
        struct line *at = realloc(lines->at, room * sizeof *at);
        if (!at)
            return ROOST_ERR_NO_MEMORY;
        lines->at = at;
        lines->room = room;
    }
    struct line *line = &lines->at[lines->count];
    *line = *like;
    line->direction = direction;
    line->text = strdup(text);
    if (!line->text)
        return ROOST_ERR_NO_MEMORY;
    lines->count++;
    return 0;
}

static int add(struct reader *reader, const char *text)
{
    int err = 0;
    if (reader->head.verdict == GATE_ALLOW && reader->head.groups != ALL_GROUPS)
        return 0;
    for (unsigned i = GATE_IN; i <= GATE_OUT && !err; i++)
        if (reader->directions >> i & 1)
            err = add_one(reader->lines, &reader->head, (enum gate_direction)i, text);
    return err;
}

static int read_head(struct reader *reader, char *text)
{
    char *save = NULL;
    unsigned groups = 0, part = 0;
    for (char *word = strtok_r(text, " ", &save); word; word = strtok_r(NULL, " ", &save), part++) {
        enum child_age_group group;
        if (part == 0 && gate_category_parse(&reader->head.category, word, strlen(word)) < 0)
            return wrong(reader, "no category: ", word);
        if (part == 1 && gate_verdict_parse(&reader->head.verdict, word, strlen(word)) < 0)
            return wrong(reader, "allow, block or care, not ", word);
        if (part == 2 && (reader->directions = directions_of(word)) == 0)
            return wrong(reader, "in, out or both, not ", word);
        if (part > 2 && child_age_group_parse(&group, word, strlen(word)) < 0)
            return wrong(reader, "no age group: ", word);
        if (part > 2)
            groups |= 1u << group;
    }
    if (part < 3)
        return wrong(reader, "a head is [category verdict direction]", "");
    reader->head.groups = groups ? groups : ALL_GROUPS;
    reader->headed = true;
    return 0;
}

static int read_sentence(struct reader *reader, char *text)
{
    size_t len = strlen(text);
    if (len == 0 || (text[0] == '#' && (text[1] == ' ' || !text[1])))
        return 0;
    if (reader->ended)
        return wrong(reader, "something follows [end]", "");
    if (strcmp(text, "[end]") == 0) {
        reader->ended = true;
        return 0;
    }
    if (text[0] == '[') {
        if (text[len - 1] != ']')
            return wrong(reader, "the closing ] is not there", "");
        text[len - 1] = '\0';
        return read_head(reader, text + 1);
    }
    return reader->headed ? add(reader, text)
                          : wrong(reader, "a sentence stands below a [category ...]", "");
}

static int read_columns(struct reader *reader, char *text)
{
    enum { ID, LANGUAGE, AGES, DIRECTION, VERDICT, CATEGORY, TEXT, COLUMNS };
    char *columns[COLUMNS];
    enum child_age_group group;
    for (int i = 0; i < COLUMNS; i++)
        if (!(columns[i] = strsep(&text, "\t")))
            return wrong(reader, "fewer than seven columns", "");
    if (child_age_group_parse(&group, columns[AGES], strlen(columns[AGES])) < 0 ||
        (reader->directions = directions_of(columns[DIRECTION])) == 0 ||
        gate_verdict_parse(&reader->head.verdict, columns[VERDICT], strlen(columns[VERDICT])) < 0 ||
        gate_category_parse(&reader->head.category, columns[CATEGORY], strlen(columns[CATEGORY])) <
            0)
        return wrong(reader, "ages, direction, verdict or category is wrong: ", columns[ID]);
    reader->head.groups = reader->head.verdict == GATE_ALLOW ? ALL_GROUPS : 1u << group;
    return add(reader, columns[TEXT]);
}

static int read_file(struct lines *lines, const char *path, bool columns, char *why,
                     size_t why_size)
{
    struct reader reader = {.lines = lines, .path = path, .why = why, .why_size = why_size};
    char *text = NULL;
    size_t room = 0;
    int err = 0;
    FILE *file = fopen(path, "r");
    if (!file) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        return ROOST_ERR_IO;
    }
    while (!err && getline(&text, &room, file) >= 0) {
        reader.number++;
        text[strcspn(text, "\r\n")] = '\0';
        err = columns ? read_columns(&reader, text) : read_sentence(&reader, text);
    }
    if (!err && ferror(file)) {
        snprintf(why, why_size, "%s: %s", path, strerror(errno));
        err = ROOST_ERR_IO;
    }
    if (!err && !columns && !reader.ended)
        err = wrong(&reader, "the file was cut off: its last line is not [end]", "");
    if (err == ROOST_ERR_NO_MEMORY)
        snprintf(why, why_size, "%s: no memory", path);
    free(text);
    fclose(file);
    return err;
}

int lines_read(struct lines *lines, const char *path, char *why, size_t why_size)
{
    return read_file(lines, path, false, why, why_size);
}

int lines_read_cases(struct lines *lines, const char *path, char *why, size_t why_size)
{
    return read_file(lines, path, true, why, why_size);
}

static int is_text(const struct dirent *entry)
{
    const char *dot = strrchr(entry->d_name, '.');
    return dot && strcmp(dot, ".txt") == 0;
}

int lines_read_folder(struct lines *lines, const char *folder, char *why, size_t why_size)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, is_text, alphasort), err = 0;
    if (count <= 0) {
        snprintf(why, why_size, "%s: %s", folder, count < 0 ? strerror(errno) : "no *.txt");
        return ROOST_ERR_IO;
    }
    for (int i = 0; i < count; i++) {
        char path[1024];
        if (!err && (size_t)snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) >=
                        sizeof path) {
            snprintf(why, why_size, "%s: the folder's name is too long", entries[i]->d_name);
            err = ROOST_ERR_INVALID;
        }
        if (!err)
            err = lines_read(lines, path, why, why_size);
        free(entries[i]);
    }
    free(entries);
    return err;
}

void lines_free(struct lines *lines)
{
    for (size_t i = 0; i < lines->count; i++)
        free(lines->at[i].text);
    free(lines->at);
    *lines = (struct lines){0};
}
