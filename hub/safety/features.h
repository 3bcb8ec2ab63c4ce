/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What of a text can be given a weight: its words, pairs and triples of words; words and pairs
 * once more by who says them; and the pieces of two to five letters of its words, which stand for
 * endings, spellings and languages that join words. Each is a number made of its letters. Depends
 * on hub/safety/normalize.h.
 *
 *     struct features features = {0};
 *     err = features_read(&features, &normal, from, to, GATE_IN);    the tokens [from, to)
 *     for (size_t i = 0; i < features.count; i++) ... features.at[i]
 *     features_free(&features);
 */
#ifndef ROOST_HUB_SAFETY_FEATURES_H
#define ROOST_HUB_SAFETY_FEATURES_H

#include "hub/safety/gate.h"
#include "hub/safety/normalize.h"

enum feature_family { FEATURE_WORDS, FEATURE_DIRECTED, FEATURE_LETTERS, FEATURE_FAMILIES };

struct feature {
    uint32_t key; /* two that have the same are one */
    uint16_t times;
    uint16_t family; /* of feature_family */
};

struct features {
    struct feature *at; /* ascending by key, each once */
    size_t count, room;
};

/* The features of tokens [from, to) replace what was in `features`, which the caller zeroed before
 * its first use. Returns 0 or ROOST_ERR_NO_MEMORY; to be freed in either case. */
int features_read(struct features *features, const struct normal *normal, size_t from, size_t to,
                  enum gate_direction direction);

/* Wiped and freed: it tells what was said. */
void features_free(struct features *features);

#endif
