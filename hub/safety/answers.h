/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is said instead: content/safety/answers.en.txt, answers.ar.txt, with the children's helpline
 * of a country from helplines.txt. Depends on core/err.h, hub/child.h, hub/safety/gate.h.
 *
 *     [welfare in 3-8]            a section: categories (or any), in or out, block or
 *                                 care, ages; what is left out is all of them
 *     You did right to tell me. {helpline} ...        each line is one answer
 *     [end]
 *
 *     GB<tab>en<tab>Childline on 0800 1111            a helpline; country -- is where none is set
 */
#ifndef ROOST_HUB_SAFETY_ANSWERS_H
#define ROOST_HUB_SAFETY_ANSWERS_H

#include "hub/safety/gate.h"

struct answers;

struct answers *answers_new(void);
void answers_free(struct answers *answers);

/* First the helplines, then each language. Return 0, ROOST_ERR_INVALID (why names file and line, or
 * the country that has none), ROOST_ERR_NO_MEMORY. */
int answers_read_helplines(struct answers *answers, const char *country, const char *name,
                           const char *text, size_t len, char *why, size_t why_size);
int answers_read(struct answers *answers, enum child_language language, const char *name,
                 const char *text, size_t len, char *why, size_t why_size);

/* The turn-th of the lines that fit; those for a category are preferred to those for any. Never
 * NULL after both languages were read without an error. */
const char *answers_find(const struct answers *answers, enum gate_direction direction,
                         struct gate_result result, enum child_language language,
                         enum child_age_group group, unsigned turn);

#endif
