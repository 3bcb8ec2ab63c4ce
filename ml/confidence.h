/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the network's variance means to a window: the probability, 0..1, that the position is within
 * ML_TOLERANCE_PCT points of what a hand would have set. The variance gives it under a normal
 * distribution; errors are not quite normal (a steep policy makes them two-sided), so a rising
 * curve measured on held-out data corrects it. Depends on <math.h> only.
 *
 *     control.confidence = ml_confidence(&metadata.confidence, variance);
 */
#ifndef ROOST_ML_CONFIDENCE_H
#define ROOST_ML_CONFIDENCE_H

#include <stdbool.h>
#include <stddef.h>

#define ML_TOLERANCE_PCT 10.0

enum { ML_CURVE_KNOTS = 21 };

/* Corrected probability at 0, 0.05, .. 1 of the normal one; never falling; linear in between. */
struct ml_curve {
    double knot[ML_CURVE_KNOTS];
};

void ml_curve_init(struct ml_curve *curve); /* no correction */

/* Never falling and within 0..1. */
bool ml_curve_valid(const struct ml_curve *curve);

/* Fits the curve to `count` predictions: normal[i] as by ml_confidence_normal, hit[i] whether the
 * error was within tolerance. Knots are rounded to the four decimals that metadata keep. */
void ml_curve_fit(struct ml_curve *curve, const double *normal, const bool *hit, size_t count);

double ml_confidence_normal(double variance); /* variance in points squared, above 0 */
double ml_confidence(const struct ml_curve *curve, double variance);

#endif
