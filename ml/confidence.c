/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/confidence.h"

#include <math.h>

enum { BINS = ML_CURVE_KNOTS - 1 };

/* A bin says nothing for itself with fewer rows: it is joined to its neighbour. */
#define BIN_ROWS_MIN 50.0

void ml_curve_init(struct ml_curve *curve)
{
    for (int i = 0; i < ML_CURVE_KNOTS; i++)
        curve->knot[i] = (double)i / BINS;
}

bool ml_curve_valid(const struct ml_curve *curve)
{
    bool valid = curve->knot[0] >= 0.0 && curve->knot[BINS] <= 1.0;
    for (int i = 1; i < ML_CURVE_KNOTS; i++)
        valid = valid && curve->knot[i] >= curve->knot[i - 1];
    return valid;
}

struct bin {
    double rows, normal, hits; /* sums */
};

static double share(const struct bin *bin)
{
    return bin->hits / bin->rows;
}

/* Pool adjacent violators: neighbours that are too small or out of order become one. */
static int pool(struct bin *bins, int count)
{
    int kept = 0;
    for (int i = 0; i < count; i++) {
        if (bins[i].rows <= 0.0)
            continue;
        bins[kept++] = bins[i];
        while (kept > 1 && (bins[kept - 2].rows < BIN_ROWS_MIN ||
                            share(&bins[kept - 2]) >= share(&bins[kept - 1]))) {
            bins[kept - 2].rows += bins[kept - 1].rows;
            bins[kept - 2].normal += bins[kept - 1].normal;
            bins[kept - 2].hits += bins[kept - 1].hits;
            kept--;
        }
    }
    return kept;
}

static double interpolate(double x, double x0, double y0, double x1, double y1)
{
    return x1 > x0 ? y0 + (y1 - y0) * (x - x0) / (x1 - x0) : y1;
}

void ml_curve_fit(struct ml_curve *curve, const double *normal, const bool *hit, size_t count)
{
    struct bin bins[BINS] = {{0}};
    for (size_t i = 0; i < count; i++) {
        int at = (int)(normal[i] * BINS);
        struct bin *bin = &bins[at < 0 ? 0 : at < BINS ? at : BINS - 1];
        bin->rows += 1.0;
        bin->normal += normal[i];
        bin->hits += hit[i] ? 1.0 : 0.0;
    }
    int kept = pool(bins, BINS);
    ml_curve_init(curve);
    if (kept == 0)
        return;
    double x0 = 0.0, y0 = 0.0;
    int next = 0;
    for (int i = 0; i < ML_CURVE_KNOTS; i++) {
        double x = (double)i / BINS;
        while (next < kept && bins[next].normal / bins[next].rows < x) {
            x0 = bins[next].normal / bins[next].rows;
            y0 = share(&bins[next]);
            next++;
        }
        double x1 = next < kept ? bins[next].normal / bins[next].rows : 1.0;
        double y1 = next < kept ? share(&bins[next]) : y0;
        curve->knot[i] = round(interpolate(x, x0, y0, x1, y1) * 1e4) / 1e4;
    }
}

double ml_confidence_normal(double variance)
{
    return erf(ML_TOLERANCE_PCT / sqrt(2.0 * variance));
}

double ml_confidence(const struct ml_curve *curve, double variance)
{
    double at = ml_confidence_normal(variance) * BINS;
    int low = at < BINS ? (int)at : BINS - 1;
    return curve->knot[low] + (curve->knot[low + 1] - curve->knot[low]) * (at - low);
}
