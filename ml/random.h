/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random numbers of a seed, the same on every machine: training and evaluation are repeatable.
 * Depends on <math.h> only. Not for secrets.
 *
 *     struct ml_random random = {seed};
 *     double error_degc = 0.1 * ml_random_normal(&random);
 */
#ifndef ROOST_ML_RANDOM_H
#define ROOST_ML_RANDOM_H

#include <stdint.h>

struct ml_random {
    uint64_t state; /* any value */
};

uint64_t ml_random_next(struct ml_random *random);
double ml_random_unit(struct ml_random *random);   /* even, 0 <= x < 1 */
double ml_random_normal(struct ml_random *random); /* mean 0, standard deviation 1 */

#endif
