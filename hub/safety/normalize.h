/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A text as the gate reads it: a row of tokens whose letters are plain, whatever was done to hide
 * them. In this order: UTF-8 is checked; compatibility forms and case are folded (NFKC, Unicode's
 * casefold); what is invisible goes (zero-width, direction marks, controls); combining marks,
 * vowel marks and tatweel go; Arabic letters that are written in several ways become one, all
 * digits become 0 to 9; letters that look like others become those (confusables.h). Then words are
 * cut, each with the place in the text it came from. What needs a guess (digits for letters,
 * stretched letters, endings) is not done here but tried when a word is looked up (forms.h).
 *
 * Every character is folded by itself: marks are dropped anyhow, so nothing needs composing, and
 * the cost stays in proportion to the length whatever the text. Depends on core/, ICU.
 *
 *     struct normal normal;
 *     int err = normal_read(&normal, text, len);        "Ｋ１ｌｌ  him!" -> k1ll, him
 *     normal_free(&normal);
 */
#ifndef ROOST_HUB_SAFETY_NORMALIZE_H
#define ROOST_HUB_SAFETY_NORMALIZE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    TOKEN_LETTERS_MAX = 40, /* longer words are cut in two, glued */
    TOKEN_REPEAT_MAX = 3,   /* of the same letter in a row: more say no more */
};

enum token_flag {
    TOKEN_STOP = 1,       /* a sentence ends behind it */
    TOKEN_GLUED = 2,      /* no space between it and the next, only marks */
    TOKEN_DIGITS = 4,     /* digits only */
    TOKEN_POSSESSIVE = 8, /* ended in 's */
    TOKEN_SIGNS = 16,     /* has @ $ * and the like inside: may stand for letters */
    TOKEN_SPELT = 32,     /* put together from single letters */
    TOKEN_LIST = 64       /* a comma behind it */
};

struct token {
    uint32_t at;         /* its first letter in normal.letters */
    uint16_t len;        /* letters; at least 1 */
    uint16_t flags;      /* of token_flag */
    uint32_t begin, end; /* its bytes in the text */
    char sign;           /* what stood first between it and the next when glued; 0: nothing */
};

struct normal {
    uint32_t *letters;
    size_t letter_count, letter_room;
    struct token *tokens;
    size_t token_count, token_room;
};

/* Returns 0, ROOST_ERR_INVALID (no UTF-8) or ROOST_ERR_NO_MEMORY; `normal` is to be freed only
 * after 0. */
int normal_read(struct normal *normal, const char *text, size_t len);

/* Wiped and freed. */
void normal_free(struct normal *normal);

/* A text whose words were hidden by spaces and marks: three and more single letters in a row
 * ("k i l l") are one word, and so is what only marks keep apart ("k-i-l-l", "sh!t"). `from` is
 * what normal_read made; offsets stay. Returns 1 when there was something to join, 0 when not
 * (`joined` is empty then), ROOST_ERR_NO_MEMORY. */
int normal_join(struct normal *joined, const struct normal *from);

/* For normal_join and for who else puts tokens together. Returns 0 or ROOST_ERR_NO_MEMORY. */
int normal_add(struct normal *normal, struct token token, const uint32_t *letters);

#endif
