/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Incremental learning from hands: goes on from the weights that serve, on the labels of the site
 * mixed with the base data, and promotes the result only when it is better on what it has not seen.
 * Base data say nothing where hands have spoken (their weight falls near a label), so that a site
 * may differ from the modelled houses; everywhere else they keep the model from forgetting. Depends
 * on ml/train.h, ml/labels.h.
 *
 *     promoted when   held-out labels: likelihood and mean error are better
 *               and   held-out base:   neither is worse by more than a tolerance
 */
#ifndef ROOST_ML_LEARN_H
#define ROOST_ML_LEARN_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "ml/labels.h"
#include "ml/train.h"

enum {
    ML_LEARN_LABELS_MIN = 20,  /* fewer say nothing */
    ML_LEARN_HELD_OUT_MIN = 5, /* of them, a quarter on average, chosen by their own content */
};

struct ml_learn_options {
    const char *dir;
    int years; /* of base data, as in training */
    FILE *report;
};

struct ml_outcome {
    bool promoted;
    struct ml_version version; /* the one that serves now */
    struct ml_metrics before, after;
    char reason[ML_WHY_MAX];
};

/* Returns 0 when it came to a decision, told in *outcome; else an error and `why` (ML_WHY_MAX). The
 * caller holds the lock of the folder. */
int ml_learn(const struct ml_learn_options *options, struct ml_outcome *outcome, char *why);

/* True when a label is kept back from training to judge by. */
bool ml_label_held_out(const struct ml_label *label);

#endif
