/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { BLOCK_SIZE = 64 * 1024 };

struct block {
    struct block *next;
    size_t used, size;
    char bytes[];
};

int talk_list_room(void *at, unsigned count, unsigned *room, size_t size, unsigned max)
{
    if (count >= max)
        return ROOST_ERR_FULL;
    if (count < *room)
        return 0;
    unsigned more = *room ? *room * 2 : 64;
    void *old, *grown;
    memcpy(&old, at, sizeof old); /* a pointer to a pointer of any type */
    grown = realloc(old, more * size);
    if (!grown)
        return ROOST_ERR_NO_MEMORY;
    memcpy(at, &grown, sizeof grown);
    *room = more;
    /* cppcheck-suppress memleak; it went into the list */
    return 0;
}

char *talk_text_keep(struct tongue *tongue, const char *text, size_t len)
{
    struct block *block = tongue->texts;
    if (!block || block->size - block->used < len + 1) {
        size_t size = len + 1 > BLOCK_SIZE ? len + 1 : BLOCK_SIZE;
        block = malloc(sizeof *block + size);
        if (!block)
            return NULL;
        *block = (struct block){.next = tongue->texts, .size = size};
        tongue->texts = block;
    }
    char *copy = block->bytes + block->used;
    memcpy(copy, text, len);
    copy[len] = 0;
    block->used += len + 1;
    return copy;
}

void talk_tongue_free(struct tongue *tongue)
{
    while (tongue->texts) {
        struct block *block = tongue->texts;
        tongue->texts = block->next;
        free(block);
    }
    free(tongue->files.at);
    free(tongue->raws.at);
    free(tongue->spoken.at);
    free(tongue->elements.at);
    free(tongue->patterns.at);
    free(tongue->leads.at);
    free(tongue->intents.at);
    free(tongue->scenes.at);
    for (int i = 0; i < PIECE_KINDS; i++)
        free(tongue->pieces[i].at);
    free(tongue->kinds.at);
    free(tongue->things.at);
    free(tongue->words.at);
    free(tongue->same.at);
    free(tongue->numbers.at);
    free(tongue->phrases.at);
    free(tongue->word_table);
    memset(tongue, 0, sizeof *tongue);
}

int talk_fault_at(struct fault *fault, const struct tongue *tongue, uint16_t file, uint16_t line,
                  int err, const char *format, ...)
{
    if (!fault->size)
        return err;
    int n = file < tongue->files.count
                ? snprintf(fault->why, fault->size, "%s:%u: ", tongue->files.at[file], line)
                : snprintf(fault->why, fault->size, "%s: ", child_language_name(tongue->language));
    if (n < 0 || (size_t)n >= fault->size)
        return err;
    va_list args;
    va_start(args, format);
    vsnprintf(fault->why + n, fault->size - (size_t)n, format, args);
    va_end(args);
    return err;
}

int talk_fault_memory(struct fault *fault)
{
    if (fault->size)
        snprintf(fault->why, fault->size, "out of memory, or more content than fits");
    return ROOST_ERR_NO_MEMORY;
}

static int build(struct tongue *tongue, struct fault *fault)
{
    tongue->there = true;
    int err = talk_words_build(tongue, fault);
    if (err == 0)
        err = talk_entries_build(tongue, fault);
    if (err == 0)
        err = talk_patterns_finish(tongue, fault);
    if (err == 0)
        err = talk_content_check(tongue, fault);
    return err;
}

static struct companion *companion_new(void)
{
    struct companion *companion = calloc(1, sizeof *companion);
    for (int i = 0; companion && i < CHILD_LANGUAGES; i++)
        companion->tongue[i].language = (enum child_language)i;
    return companion;
}

int companion_load(struct companion **out, const char *folder, char *why, size_t why_size)
{
    struct fault fault = {why, why_size};
    struct companion *companion = companion_new();
    if (!companion)
        return talk_fault_memory(&fault);
    int err = 0;
    bool any = false;
    for (int i = 0; i < CHILD_LANGUAGES && err == 0; i++) {
        err = talk_read_folder(&companion->tongue[i], folder, &fault);
        if (err == ROOST_ERR_NOT_FOUND) {
            err = 0;
            continue;
        }
        if (err == 0)
            err = build(&companion->tongue[i], &fault);
        any = true;
    }
    if (err == 0 && !any) {
        if (why_size)
            snprintf(why, why_size, "%s: neither en/ nor ar/ with *.txt files is in it", folder);
        err = ROOST_ERR_NOT_FOUND;
    }
    if (err < 0)
        companion_free(companion);
    else
        *out = companion;
    return err;
}

int companion_load_text(struct companion **out, enum child_language language, const char *name,
                        const char *text, size_t len, char *why, size_t why_size)
{
    struct fault fault = {why, why_size};
    struct companion *companion = companion_new();
    if (!companion)
        return talk_fault_memory(&fault);
    struct tongue *tongue = &companion->tongue[language];
    int err = talk_read_text(tongue, name, text, len, &fault);
    if (err == 0)
        err = build(tongue, &fault);
    if (err < 0)
        companion_free(companion);
    else
        *out = companion;
    return err;
}

void companion_free(struct companion *companion)
{
    for (int i = 0; companion && i < CHILD_LANGUAGES; i++)
        talk_tongue_free(&companion->tongue[i]);
    free(companion);
}

bool companion_speaks(const struct companion *companion, enum child_language language)
{
    return (unsigned)language < CHILD_LANGUAGES && companion->tongue[language].there;
}

static const char *const line_names[COMPANION_LINE_COUNT] = {
#define X(name, text) [COMPANION_LINE_##name] = (text),
    COMPANION_LINE_LIST(X)
#undef X
};

const char *companion_line_text(enum companion_line_name line)
{
    return (unsigned)line < COMPANION_LINE_COUNT ? line_names[line] : "";
}

enum companion_line_name companion_line_find(const char *text)
{
    for (unsigned i = 0; i < COMPANION_LINE_COUNT; i++)
        if (!strcmp(line_names[i], text))
            return (enum companion_line_name)i;
    return COMPANION_LINE_COUNT;
}

struct companion_counts companion_count(const struct companion *companion,
                                        enum child_language language)
{
    const struct tongue *tongue = &companion->tongue[language];
    return (struct companion_counts){
        .intents = tongue->intents.count,
        .stories = tongue->pieces[PIECE_STORY].count,
        .riddles = tongue->pieces[PIECE_RIDDLE].count,
        .jokes = tongue->pieces[PIECE_JOKE].count,
        .songs = tongue->pieces[PIECE_SONG].count,
        .things = tongue->things.count,
        .hear_lines = tongue->patterns.count,
        .say_lines = tongue->spoken.count,
        .words = tongue->words.count,
    };
}
