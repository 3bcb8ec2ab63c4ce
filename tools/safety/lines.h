/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The sentences that the gate learns from. A file of content/safety/lines/ is lines of UTF-8: a
 * head
 * "[violence block in]" (category, verdict, who says it: in, out or both; behind that the ages it
 * is for, "3-5 6-8", when not all), then sentences, one a line; "# " begins a comment, [end] is the
 * last line. tests/safety/corpus/build.tsv is lines of seven columns, see there. Depends on
 * hub/safety/gate.h.
 *
 *     struct lines lines = {0};
 *     err = lines_read(&lines, "content/safety/lines/en.violence.txt", why, sizeof why);
 */
#ifndef ROOST_TOOLS_SAFETY_LINES_H
#define ROOST_TOOLS_SAFETY_LINES_H

#include "hub/safety/gate.h"

struct line {
    char *text;
    enum gate_verdict verdict;
    enum gate_category category;
    enum gate_direction direction;
    unsigned groups; /* a bit for each age group */
};

struct lines {
    struct line *at;
    size_t count, room;
};

/* These add to `lines`. They return 0, ROOST_ERR_IO, ROOST_ERR_INVALID or ROOST_ERR_NO_MEMORY;
 * `why` names file and line. What is harmless at some ages only is left out. */
int lines_read(struct lines *lines, const char *path, char *why, size_t why_size);
/* Every *.txt, by name. */
int lines_read_folder(struct lines *lines, const char *folder, char *why, size_t why_size);
/* A file of columns. */
int lines_read_cases(struct lines *lines, const char *path, char *why, size_t why_size);
void lines_free(struct lines *lines);

#endif
