/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is left of a text when only hearing counts: small letters and digits, one space between
 * words. Latin letters lose case and accents, apostrophes vanish ("what's" -> "whats"), all other
 * marks part words. Arabic loses vowel marks and tatweel; the forms of alef, hamza, ya and ta
 * marbuta become one; Persian kaf and ya, and Arabic digits, become the usual ones. What is not
 * UTF-8, and letters of other scripts, part words. Depends on core/utf8.h.
 *
 *     struct fold_words words;
 *     fold_words(&words, "What's a GIRAFFE?", 17, 100);   3 words: whats, a, giraffe
 */
#ifndef ROOST_HUB_COMPANION_FOLD_H
#define ROOST_HUB_COMPANION_FOLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    FOLD_WORD_MAX = 31,  /* bytes; a longer word is cut */
    FOLD_WORDS_MAX = 48, /* what comes after them is not looked at */
};

struct fold_words {
    unsigned count;
    char word[FOLD_WORDS_MAX][FOLD_WORD_MAX + 1];
};

/* Reads at most `len` bytes. */
void fold_words(struct fold_words *words, const char *text, size_t len);

/* A word without its endings, in place: what "dancing" and "dances" share; in Arabic also without
 * article and joined words. The same word always gives the same, which need not be a word. */
void fold_stem(char word[FOLD_WORD_MAX + 1]);

/* How alike two stems sound: 100 the same, 0 not at all, between by letters that differ and by
 * consonants that sound alike. */
unsigned fold_likeness(const char *a, const char *b);

/* A set of the letters of a word, to rule out likeness without looking closer: */
uint32_t fold_letters(const char *word);
static inline bool fold_may_be_alike(uint32_t a, uint32_t b)
{
    uint32_t differ = a ^ b;
    differ &= differ - 1;
    differ &= differ - 1;
    differ &= differ - 1;
    differ &= differ - 1;
    return !differ; /* at most two letters exchanged */
}

#endif
