/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How words are pronounced, in the 39 phones of the recogniser's acoustic model: from its
 * dictionary (lines of "word PH ON ES", "word(2) ..." for further ways), from a file of our own
 * in the same form that goes before it, and else by flite's letter-to-sound rules. Depends on
 * tools/speech/words.h, flite.
 *
 *     lexicon_read(&lexicon, "pronounce.txt", LEXICON_OURS);
 *     lexicon_read(&lexicon, "cmudict-en-us.dict", LEXICON_THEIRS);
 *     if (!lexicon_knows(&lexicon, "glumbo")) lexicon_guess(&lexicon, "glumbo");
 *     lexicon_write(&lexicon, "glumbo", out);
 */
#ifndef ROOST_TOOLS_SPEECH_LEXICON_H
#define ROOST_TOOLS_SPEECH_LEXICON_H

#include <stdbool.h>
#include <stdio.h>

#include "tools/speech/words.h"

enum lexicon_source { LEXICON_OURS, LEXICON_THEIRS };

enum { LEXICON_PHONES_MAX = 200 /* bytes of one pronunciation */ };

struct lexicon {
    struct words words;
    struct spoken {
        char **ways;
        unsigned count;
        enum lexicon_source source;
    } * spoken; /* by the word's number */
    uint32_t room;
};

/* Returns 0, -1 (cannot be read) or the number of the first line that is none. A word that is
 * there already keeps what it has when it comes from another source. */
int lexicon_read(struct lexicon *lexicon, const char *path, enum lexicon_source source);
bool lexicon_knows(const struct lexicon *lexicon, const char *word);

/* By rule. Returns false when nothing can be made of it. */
bool lexicon_guess(struct lexicon *lexicon, const char *word);

/* All its ways, a line each. */
void lexicon_write(const struct lexicon *lexicon, const char *word, FILE *out);
void lexicon_free(struct lexicon *lexicon);

#endif
