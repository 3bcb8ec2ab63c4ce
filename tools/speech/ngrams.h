/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A trigram language model of a list of sentences, Witten-Bell smoothed and interpolated (Witten
 * and Bell 1991: what is unseen behind a history is as likely as it was to see something new
 * behind it), written as an ARPA file. Depends on tools/speech/words.h.
 *
 *     ngrams_sentence(&ngrams, ids, count);     // without <s> and </s>
 *     ngrams_write(&ngrams, &words, out);
 */
#ifndef ROOST_TOOLS_SPEECH_NGRAMS_H
#define ROOST_TOOLS_SPEECH_NGRAMS_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "tools/speech/words.h"

enum { NGRAMS_SENTENCE_MAX = 200 };

/* Zero is empty. Words are numbers of a struct words. */
struct ngrams {
    struct ngram {
        uint32_t word[3]; /* the last one last */
        uint32_t count;
    } * at;
    size_t count, room;
    size_t sentences;
};

/* At most NGRAMS_SENTENCE_MAX words; further ones are left out. */
void ngrams_sentence(struct ngrams *ngrams, const uint32_t *words, size_t count);

/* Returns 0, or -1 when there is no sentence or `out` cannot be written. */
int ngrams_write(struct ngrams *ngrams, const struct words *words, FILE *out);
void ngrams_free(struct ngrams *ngrams);

#endif
