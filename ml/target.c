/* SPDX-License-Identifier: Apache-2.0 */
#include "ml/target.h"

#include <math.h>

#include "core/assert.h"
#include "ml/parallel.h"

/* Moving costs: a full opening and closing counts as 0.04 degree-hours of noise and wear, which
 * keeps the search away from policies that follow every passing car. */
#define TRAVEL_DEGCH_PER_PCT 0.0002
#define ELITE_SHARE          4
#define SPREAD_FLOOR         0.02
#define SEED_FIRST_HOUSE     100

double ml_target_position(const struct ml_target *target, const struct roost_features *features)
{
    float row[ML_FEATURES];
    ml_scale(&target->scaling, features, row);
    double t = 2.0 * (double)row[0] - 1.0;
    double h = 2.0 * (double)row[1] - 1.0;
    double s = 2.0 * (double)row[2] - 1.0;
    const double *a = target->term;
    double z = a[0] + a[1] * t + a[2] * h + a[3] * s + a[4] * t * s + a[5] * h * s + a[6] * t * h +
               a[7] * t * t + a[8] * h * h + a[9] * s * s;
    return 100.0 / (1.0 + exp(-z));
}

static void target_decide(const void *ctx, const struct roost_features *measured, size_t count,
                          double *window_pct)
{
    for (size_t i = 0; i < count; i++)
        window_pct[i] = ml_target_position(ctx, &measured[i]);
}

struct ml_controller ml_target_controller(const struct ml_target *target)
{
    return (struct ml_controller){target_decide, target};
}

struct generation {
    const struct ml_target_search *search;
    struct ml_target candidate[ML_POPULATION_MAX];
    double cost_degch[ML_POPULATION_MAX];
};

static double cost_of(const struct ml_target *target, const struct ml_target_search *search)
{
    uint64_t seeds[ML_ROOMS_MAX];
    struct ml_year years[ML_ROOMS_MAX];
    size_t houses = (size_t)search->houses;
    for (size_t i = 0; i < houses; i++)
        seeds[i] = search->seed * 1000 + SEED_FIRST_HOUSE + i;
    struct ml_controller controller = ml_target_controller(target);
    ml_year_run(seeds, houses, &controller, years);
    struct ml_year mean = ml_year_mean(years, houses);
    return mean.discomfort_degch + TRAVEL_DEGCH_PER_PCT * mean.travel_pct;
}

static void live(void *ctx, int at)
{
    struct generation *generation = ctx;
    generation->cost_degch[at] = cost_of(&generation->candidate[at], generation->search);
}

/* Indices of the candidates, cheapest first. */
static void rank(const struct generation *generation, int *order)
{
    int count = generation->search->population;
    for (int i = 0; i < count; i++) {
        int at = i;
        while (at > 0 && generation->cost_degch[order[at - 1]] > generation->cost_degch[i]) {
            order[at] = order[at - 1];
            at--;
        }
        order[at] = i;
    }
}

static void narrow(const struct generation *generation, const int *order, double *mean,
                   double *spread)
{
    int elite = generation->search->population / ELITE_SHARE;
    for (int term = 0; term < ML_TARGET_TERMS; term++) {
        double sum = 0.0, square = 0.0;
        for (int i = 0; i < elite; i++)
            sum += generation->candidate[order[i]].term[term];
        mean[term] = sum / elite;
        for (int i = 0; i < elite; i++)
            square += pow(generation->candidate[order[i]].term[term] - mean[term], 2.0);
        spread[term] = 0.5 * spread[term] + 0.5 * sqrt(square / elite) + SPREAD_FLOOR;
    }
}

void ml_target_find(struct ml_target *target, const struct ml_target_search *search)
{
    ROOST_ASSERT(search->population >= 2 * ELITE_SHARE && search->population <= ML_POPULATION_MAX);
    ROOST_ASSERT(search->houses >= 1 && search->houses <= ML_ROOMS_MAX);
    struct ml_random random = {search->seed};
    /* Begins with what anyone would do: open when warm, a little when humid, less when loud. */
    double mean[ML_TARGET_TERMS] = {-1.0, 9.0, 3.0, -1.5};
    double spread[ML_TARGET_TERMS];
    static const double first_spread[ML_TARGET_TERMS] = {1.5, 3, 2, 2, 2, 1.5, 1.5, 2, 1, 1};
    for (int term = 0; term < ML_TARGET_TERMS; term++)
        spread[term] = first_spread[term];

    struct generation generation = {.search = search};
    for (int i = 0; i < search->population; i++)
        generation.candidate[i].scaling = target->scaling;
    int order[ML_POPULATION_MAX];
    for (int round = 0; round < search->generations; round++) {
        for (int i = 0; i < search->population; i++) {
            for (int term = 0; term < ML_TARGET_TERMS; term++)
                generation.candidate[i].term[term] =
                    mean[term] + (i ? spread[term] * ml_random_normal(&random) : 0.0);
        }
        ml_parallel(search->population, search->threads, live, &generation);
        rank(&generation, order);
        narrow(&generation, order, mean, spread);
        if (search->progress)
            search->progress(search->ctx, round, generation.cost_degch[0]);
    }
    for (int term = 0; term < ML_TARGET_TERMS; term++)
        target->term[term] = round(mean[term] * 1e6) / 1e6; /* as metadata keep it */
}
