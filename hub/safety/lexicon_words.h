/* SPDX-License-Identifier: Apache-2.0 */
/* How lexicon.c stores words, sets and phrases: the part of a lexicon that knows no syntax. Every
 * function sets lexicon->failed when memory ends and goes on harmlessly. Depends on
 * hub/safety/lexicon.h. */
#ifndef ROOST_HUB_SAFETY_LEXICON_WORDS_H
#define ROOST_HUB_SAFETY_LEXICON_WORDS_H

#include "hub/safety/lexicon.h"

/* Room for one more; false: no memory. */
#define LEXICON_MORE(lexicon, array)                                                               \
    lexicon_more((lexicon), (void **)&(array).at, &(array).room, (array).count, sizeof *(array).at)
bool lexicon_more(struct lexicon *lexicon, void **memory, size_t *room, size_t count, size_t size);

/* The word's index, new or known. */
uint32_t lexicon_word(struct lexicon *lexicon, char kind, const uint32_t *letters, size_t len);

/* A set's index; name may be "". */
uint32_t lexicon_set(struct lexicon *lexicon, const char *name, size_t len);
uint32_t lexicon_set_named(const struct lexicon *lexicon, const char *name, size_t len);

void lexicon_set_add_word(struct lexicon *lexicon, uint32_t set, uint32_t word);
void lexicon_set_add_phrase(struct lexicon *lexicon, uint32_t set, const uint32_t *words,
                            size_t count);
void lexicon_set_include(struct lexicon *lexicon, uint32_t set, uint32_t from);

/* Calls each for the endings of an English word ("stab" -> stabs, stabbed, stabbing), itself
 * first; with those that do not exist ("goed") where a rule does not know better. */
void lexicon_endings(const uint32_t *letters, size_t len,
                     void (*each)(void *arg, const uint32_t *letters, size_t len), void *arg);

/* Adds to the set what people write for a word they do not want to write: f**k, f*ck. */
void lexicon_set_add_hidden(struct lexicon *lexicon, uint32_t set, const uint32_t *letters,
                            size_t len);

#endif
