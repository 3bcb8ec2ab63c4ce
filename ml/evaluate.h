/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a model is worth: a year in closed loop in houses it has not seen, against the best fixed
 * opening and the best two-point thermostat (both chosen in hindsight on those very houses), and
 * how far its confidence can be believed. Depends on ml/train.h.
 */
#ifndef ROOST_ML_EVALUATE_H
#define ROOST_ML_EVALUATE_H

#include <stdint.h>

#include "ml/train.h"

enum { ML_EVALUATE_HOUSES = 5, ML_CALIBRATION_BINS = 10 };

/* A device does not act on less (its default for control_min_confidence). */
#define ML_DEVICE_CONFIDENCE 0.3

struct ml_evaluation {
    double fixed_pct; /* the best of several */
    struct ml_year fixed;
    struct ml_thermostat best_thermostat; /* the best of several */
    struct ml_year thermostat;
    struct ml_year usual_thermostat; /* open fully above 24, shut below 22 */
    struct ml_year model;
};

struct ml_calibration_bin {
    double rows, predicted, observed; /* predicted and observed: sums */
};

/* Lives the years; the seed chooses the houses. */
int ml_evaluate(struct ml_model *model, uint64_t seed, int threads,
                struct ml_evaluation *evaluation);
bool ml_evaluation_wins(const struct ml_evaluation *evaluation);

/* Bins of equal width over confidence 0..1, on rooms held out. */
int ml_calibration(struct ml_model *model, struct ml_calibration_bin bins[ML_CALIBRATION_BINS]);

/* Both as tables, in Markdown. */
void ml_evaluation_print(FILE *out, const struct ml_evaluation *evaluation, const char *version);
void ml_calibration_print(FILE *out, const struct ml_calibration_bin bins[ML_CALIBRATION_BINS]);

#endif
