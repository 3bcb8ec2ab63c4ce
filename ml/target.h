/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy the model is trained towards: a smooth function of the three features as the network
 * gets them, scaled and clipped, namely a logistic of a quadratic form, whose coefficients are
 * found by searching for the least discomfort over whole years in modelled houses (cross-entropy
 * method). It is what a resident would do who knows the house; the network learns it from the hands
 * of many such residents, none of whom is exact (ml/dataset.h). Depends on ml/room.h,
 * ml/features.h.
 */
#ifndef ROOST_ML_TARGET_H
#define ROOST_ML_TARGET_H

#include <stddef.h>
#include <stdint.h>

#include "ml/features.h"
#include "ml/room.h"

enum { ML_TARGET_TERMS = 10 };

struct ml_target {
    struct ml_scaling scaling;
    double term[ML_TARGET_TERMS];
};

struct ml_target_search {
    uint64_t seed;
    int generations, population; /* population at most ML_POPULATION_MAX */
    int houses;                  /* years lived by each candidate, at most ML_ROOMS_MAX */
    int threads;
    void (*progress)(void *ctx, int generation, double mean_degch); /* NULL: none */
    void *ctx;
};

enum { ML_POPULATION_MAX = 64 };

/* 0..100 % open. */
double ml_target_position(const struct ml_target *target, const struct roost_features *features);

struct ml_controller ml_target_controller(const struct ml_target *target);

/* Fills in the terms for the scaling that *target has. The same search gives the same target,
 * whatever the number of threads. */
void ml_target_find(struct ml_target *target, const struct ml_target_search *search);

#endif
