/* SPDX-License-Identifier: Apache-2.0 */
/* Reading what stands in a lexicon's line: words with their signs, phrases, alternatives. Shared by
 * lexicon.c (files, groups) and lexicon_items.c. Depends on hub/safety/lexicon.h. */
#ifndef ROOST_HUB_SAFETY_LEXICON_ITEMS_H
#define ROOST_HUB_SAFETY_LEXICON_ITEMS_H

#include "hub/safety/lexicon.h"

struct lexicon_line {
    struct lexicon *lexicon;
    const char *file;
    unsigned number; /* of the line; 1 is the first */
    char *why;
    size_t why_size;
};

/* Writes "en.txt:12: ..." to why and returns ROOST_ERR_INVALID. */
int lexicon_wrong(const struct lexicon_line *line, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds the phrases of text[0..len), which `separator` parts (',' or '|'), to a set. */
int lexicon_items_read(const struct lexicon_line *line, uint32_t set, const char *text, size_t len,
                       char separator);

/* A phrase: appends its elements to the lexicon's and its pattern to the group. */
int lexicon_phrase_read(const struct lexicon_line *line, uint16_t group, const char *text,
                        size_t len);

#endif
