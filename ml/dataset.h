/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the model learns from: rows of measured features and the position a hand set then. The base
 * data come from modelled rooms, run well and badly, whose residents all want the target policy,
 * each with a taste of their own (a shift in temperature and humidity) and an unsteady hand,
 * knowing the room as it is while the model sees what sensors report. From these the model learns
 * the policy, and also where it cannot know better: where the policy is steep, tastes and sensor
 * errors spread the labels, and the predicted variance grows. Depends on ml/room.h, ml/target.h,
 * ml/model.h.
 *
 *     struct ml_dataset base = {0};
 *     err = ml_dataset_survey(&base, seed, 40, 1000);   // rooms, nobody asked yet
 *     ml_dataset_label(&base, &target);                 // what each resident would set
 *     ...
 *     ml_dataset_free(&base);
 */
#ifndef ROOST_ML_DATASET_H
#define ROOST_ML_DATASET_H

#include <stddef.h>
#include <stdint.h>

#include "ml/model.h"

struct ml_dataset {
    struct roost_features *features; /* as measured */
    struct roost_features *wish;     /* as the resident sees it, taste included; survey rows only */
    float *position;                 /* 0..100; in survey rows the hand's error until labelled */
    float *weight;
    size_t count, size; /* size: rows there is room for */
};

/* Adds `houses` modelled years, about `rows` rows each. Houses of different seeds have nothing in
 * common. Returns 0 or ROOST_ERR_NO_MEMORY. */
int ml_dataset_survey(struct ml_dataset *data, uint64_t seed, size_t houses, size_t rows);

/* Turns survey rows into labelled ones; once. */
void ml_dataset_label(struct ml_dataset *data, const struct ml_target *target);

int ml_dataset_add(struct ml_dataset *data, const struct roost_features *features,
                   double position_pct, double weight);

void ml_dataset_free(struct ml_dataset *data);

/* Fits the network to the data, inputs scaled by `scaling`. */
int ml_dataset_fit(const struct ml_dataset *data, struct torch_model *network,
                   const struct ml_scaling *scaling, const struct torch_fit *fit, char *why);

/* How well a model does on data it has not seen, by weight. rows is the sum of weights. */
int ml_dataset_score(const struct ml_dataset *data, struct ml_model *model, struct ml_score *score);

#endif
