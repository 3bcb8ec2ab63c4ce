/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the gate learnt from sentences (content/safety/lines/): how likely it is that a sentence has
 * to be stopped, and as what. Logistic regression over features.h, each feature weighted by how
 * rare it is (tf-idf); tools/safety/ makes the file when Roost is built. It says more than the
 * lexicon about sentences that nobody thought of, and less about single words; gate.c has what is
 * made of the two. Depends on hub/safety/features.h.
 *
 *     struct learned *learned;
 *     err = learned_load(&learned, "build/safety/learned.bin", why, sizeof why);
 *     struct learned_guess guess;
 *     err = learned_judge(learned, &normal, 0, GATE_IN, CHILD_6_8, &guess);
 *     if (guess.stop > LEARNED_SURE) ... guess.as
 */
#ifndef ROOST_HUB_SAFETY_LEARNED_H
#define ROOST_HUB_SAFETY_LEARNED_H

#include <stdio.h>

#include "hub/safety/features.h"

/* Where likely is likely enough; docs/child-safety.md tells how they were chosen. */
#define LEARNED_SURE     0.7f   /* from here on it stops by itself */
#define LEARNED_PRESSED  0.55f  /* so it does soon after something was blocked */
#define LEARNED_NEED     0.45f  /* so it does where a child may need somebody */
#define LEARNED_HARMLESS 0.34f  /* up to here a phrase of the lexicon does not count */
#define LEARNED_NO_NEED  0.05f  /* nor does one of a child that may need somebody */
#define LEARNED_NOBODY   0.018f /* nor one of strangers, who speak in harmless words */

enum {
    LEARNED_KINDS_MAX = 128,
    LEARNED_FEATURES_MAX = 1 << 22,
    LEARNED_WORDS_MIN = 4, /* fewer say too little: a phrase has to know them */
    LEARNED_WINDOW = 32    /* words judged together; longer sentences in pieces that overlap */
};

/* What a sentence is stopped as. */
struct learned_kind {
    uint16_t verdict, category;  /* of gate_verdict, of gate_category */
    uint16_t directions, groups; /* a bit each for where it counts */
    float bias;
};

struct learned_clue { /* that it is of the kind */
    uint32_t key;
    uint32_t kind;
    float weight;
};

struct learned {
    uint32_t count, kind_count, clue_count;
    float bias;
    uint32_t *keys; /* ascending */
    float *rarity;  /* at least 1 */
    float *weights; /* positive: to be stopped */
    struct learned_kind *kinds;
    struct learned_clue *clues; /* ascending by key, then kind */
};

/* Returns 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_IO, ROOST_ERR_INVALID (cut off, or made by another
 * version), ROOST_ERR_NO_MEMORY; `why` names the file and what is wrong. */
int learned_load(struct learned **out, const char *path, char *why, size_t why_size);
/* The same from memory. */
int learned_read(struct learned **out, const void *bytes, size_t len, char *why, size_t why_size);
void learned_free(struct learned *learned); /* NULL is fine */

/* Returns 0 or ROOST_ERR_IO. In this machine's byte order: it is made where it is used. */
int learned_write(const struct learned *learned, FILE *file);

struct learned_guess {
    /* Of the sentence that is the surest case, with LEARNED_WORDS_MIN words at least: the
     * probability, 0 to 1, and as what; 0 when there is none that counts for this age. */
    float stop;
    struct gate_result as;
    float any; /* the highest probability, whatever it is, for whomever, however short */
};

/* A child that may need somebody: self_harm, distress, welfare, contact. */
bool learned_is_need(enum gate_category category);

/* The probability from which on it stops by itself: LEARNED_SURE or LEARNED_NEED. */
float learned_sure(enum gate_category category);

/* Makes *to the surer of two looks at the same text: the one that is further beyond what its kind
 * asks for. */
void learned_take(struct learned_guess *to, const struct learned_guess *from);

/* Of every sentence that ends behind byte new_from, and of them together when they are short. A
 * text without words is harmless. Returns 0 or ROOST_ERR_NO_MEMORY. */
int learned_judge(const struct learned *learned, const struct normal *normal, size_t new_from,
                  enum gate_direction direction, enum child_age_group group,
                  struct learned_guess *guess);

/* A feature's share in its family, which is what its weight is multiplied with, in `values`
 * (features->count of them; 0 for what is not known): for whoever makes the weights as well. */
void learned_values(const struct learned *learned, const struct features *features, float *values);

#endif
