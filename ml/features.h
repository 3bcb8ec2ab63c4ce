/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three inputs of the model in the one order they ever have, and how they are scaled. Depends
 * on proto/climate/payload.h only.
 *
 *     float row[ML_FEATURES];
 *     ml_scale(&scaling, &request.features, row);          -> 0..1 each
 */
#ifndef ROOST_ML_FEATURES_H
#define ROOST_ML_FEATURES_H

#include <stddef.h>

#include "proto/climate/payload.h"

enum { ML_FEATURES = 3 };

extern const char *const ml_feature_names[ML_FEATURES]; /* as in features_used, docs/mqtt.md */

/* 10th and 90th percentile of the training data, by feature. */
struct ml_scaling {
    double p10[ML_FEATURES], p90[ML_FEATURES];
};

double ml_feature(const struct roost_features *features, size_t index);

/* 0 at the 10th percentile, 1 at the 90th, clipped beyond them. */
void ml_scale(const struct ml_scaling *scaling, const struct roost_features *features, float *row);

/* Percentiles of `count` (at least 2) rows, rounded to the four decimals that metadata keep. Where
 * a feature hardly varies they are moved apart, so that scaling is always defined. */
int ml_scaling_of(struct ml_scaling *scaling, const struct roost_features *features, size_t count);

#endif
