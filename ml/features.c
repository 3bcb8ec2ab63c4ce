/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/features.h"

#include <math.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"

#define LEAST_SPREAD 1.0 /* degree, percent, decibel */

const char *const ml_feature_names[ML_FEATURES] = {"temperature", "humidity", "sound_volume"};

double ml_feature(const struct roost_features *features, size_t index)
{
    const double values[ML_FEATURES] = {features->temperature_degc, features->humidity_pct,
                                        features->sound_volume_dbfs};
    ROOST_ASSERT(index < ML_FEATURES);
    return values[index];
}

void ml_scale(const struct ml_scaling *scaling, const struct roost_features *features, float *row)
{
    for (size_t i = 0; i < ML_FEATURES; i++) {
        double low = scaling->p10[i], high = scaling->p90[i];
        double part = (ml_feature(features, i) - low) / (high - low);
        row[i] = (float)fmax(0.0, fmin(1.0, part));
    }
}

static int ascending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int ml_scaling_of(struct ml_scaling *scaling, const struct roost_features *features, size_t count)
{
    ROOST_ASSERT(count >= 2);
    double *column = calloc(count, sizeof *column);
    if (!column)
        return ROOST_ERR_NO_MEMORY;
    for (size_t i = 0; i < ML_FEATURES; i++) {
        for (size_t row = 0; row < count; row++)
            column[row] = ml_feature(&features[row], i);
        qsort(column, count, sizeof *column, ascending);
        double p10 = column[(count - 1) / 10], p90 = column[(count - 1) - (count - 1) / 10];
        double missing = fmax(0.0, LEAST_SPREAD - (p90 - p10));
        scaling->p10[i] = round((p10 - missing / 2) * 1e4) / 1e4;
        scaling->p90[i] = round((p90 + missing / 2) * 1e4) / 1e4;
    }
    free(column);
    return 0;
}
