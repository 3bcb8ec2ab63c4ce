/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Makes a model from nothing but a seed: surveys modelled rooms, searches the policy to aim for,
 * lets their residents set the windows, fits the network, measures it on rooms it has not seen, and
 * writes a new version. Depends on ml/dataset.h,
 * ml/labels.h.
 */
#ifndef ROOST_ML_TRAIN_H
#define ROOST_ML_TRAIN_H

#include <stdint.h>
#include <stdio.h>

#include "ml/dataset.h"
#include "ml/labels.h"

struct ml_train_options {
    const char *dir;
    uint64_t seed;
    int years;       /* of modelled rooms to learn from */
    int generations; /* of the search for the policy */
    int threads;
    FILE *report; /* what happens, a line each */
};

void ml_train_defaults(struct ml_train_options *options);

/* Trains, saves and promotes. On error `why` (ML_WHY_MAX). The caller holds the lock of the folder.
 * *version names the new one. */
int ml_train(const struct ml_train_options *options, struct ml_version *version, char *why);

/* Rooms that no training has seen, one set to fit the confidence curve on, one to measure on.
 * Labelled by `target`. */
enum ml_held_out { ML_HELD_OUT_CURVE, ML_HELD_OUT_TEST };
int ml_held_out_rooms(struct ml_dataset *data, enum ml_held_out which, uint64_t seed,
                      const struct ml_target *target);

/* The rooms a model of that seed learnt from. */
int ml_training_rooms(struct ml_dataset *data, uint64_t seed, int years);

/* Lowers the weights of `base` near the labels, to 0 at a label: distances in scaled features.
 * There hands have the say. */
void ml_dataset_yield(struct ml_dataset *base, const struct ml_label *labels, size_t count,
                      const struct ml_scaling *scaling);

/* Fits the model's confidence curve and its base score on rooms held out, as far as labels (NULL,
 * 0: none) leave them a say. */
int ml_model_measure(struct ml_model *model, const struct ml_label *labels, size_t count);

#endif
