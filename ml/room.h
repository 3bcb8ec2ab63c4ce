/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A modelled room under the control of something: the house and the street of world/, seen through
 * sensors with the errors of the real parts, and what the year in it cost in comfort. Training,
 * search and evaluation all run on it. Depends on world/ and proto/climate/payload.h.
 *
 *     struct ml_year year;
 *     ml_year_run(&seed, 1, &ml_thermostat_controller(..), &year);
 *     printf("%.0f degree-hours\n", year.discomfort_degch);
 */
#ifndef ROOST_ML_ROOM_H
#define ROOST_ML_ROOM_H

#include <stddef.h>
#include <stdint.h>

#include "ml/random.h"
#include "proto/climate/payload.h"
#include "world/window/house.h"
#include "world/window/street.h"

#define ML_STEP_S 300 /* between two decisions */

enum { ML_YEAR_DAYS = 365, ML_ROOMS_MAX = 16 };

struct ml_room {
    struct world_house house;
    struct world_street street;
    struct ml_random errors; /* of the sensors */
    double window_pct;
    double sound_dbfs; /* now, with the window as it is */
};

/* The room on 1 January, after a week with the window shut. */
void ml_room_init(struct ml_room *room, uint64_t seed);

/* What the device would report now: 0.1 degC and 1 % of noise, 2 s of sound. */
struct roost_features ml_room_measure(struct ml_room *room);

/* What is really so, with the sound of the past ten minutes instead of the moment's. */
struct roost_features ml_room_truth(const struct ml_room *room);

/* Moves the window and lets ML_STEP_S pass. */
void ml_room_advance(struct ml_room *room, double window_pct);

/* Decides for `count` rooms at once: measured values and present opening in, new opening out. */
struct ml_controller {
    void (*decide)(const void *ctx, const struct roost_features *measured, size_t count,
                   double *window_pct);
    const void *ctx;
};

struct ml_year {
    double discomfort_degch; /* the sum of the four below */
    double cold_degch, warm_degch, humidity_degch, noise_degch;
    double travel_pct; /* how far the window was moved */
};

/* One year in each of `count` (at most ML_ROOMS_MAX) houses. */
void ml_year_run(const uint64_t *seeds, size_t count, const struct ml_controller *controller,
                 struct ml_year *years);

struct ml_year ml_year_mean(const struct ml_year *years, size_t count);

/* The rules to beat. A fixed opening; and opening fully or partly above one temperature, closing
 * below another. */
struct ml_thermostat {
    double open_above_degc, close_below_degc;
    double open_pct, closed_pct;
};
struct ml_controller ml_fixed_controller(const double *opening_pct);
struct ml_controller ml_thermostat_controller(const struct ml_thermostat *thermostat);

#endif
