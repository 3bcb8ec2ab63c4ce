/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/random.h"

#include <math.h>

uint64_t ml_random_next(struct ml_random *random)
{
    uint64_t x = random->state += 0x9E3779B97F4A7C15u; /* splitmix64 */
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9u;
    x = (x ^ (x >> 27)) * 0x94D049BB133111EBu;
    return x ^ (x >> 31);
}

double ml_random_unit(struct ml_random *random)
{
    return (double)(ml_random_next(random) >> 11) * 0x1p-53;
}

double ml_random_normal(struct ml_random *random)
{
    double radius = sqrt(-2.0 * log(1.0 - ml_random_unit(random)));
    return radius * cos(6.283185307179586 * ml_random_unit(random));
}
