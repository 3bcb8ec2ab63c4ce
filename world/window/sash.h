/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's sash and its servo, modelled: the motor follows its set point with limited speed and
 * acceleration, draws current by load, stalls at the end stops and at an obstruction, slips when
 * released, and can fail in the ways the part can. Raw units as in struct roost_motor_ops:
 * microseconds of servo pulse, 500..2500. Depends on <math.h> only.
 *
 *     world_sash_init(&sash, seed);
 *     world_sash_set(&sash, 1500);              // the port's motor set
 *     world_sash_step(&sash, 0.02);             // as time goes by, any length of step
 *     raw = world_sash_feedback_raw(&sash);     // the port's motor sense
 */
#ifndef ROOST_WORLD_WINDOW_SASH_H
#define ROOST_WORLD_WINDOW_SASH_H

#include <stdbool.h>
#include <stdint.h>

enum { WORLD_SASH_MIN_RAW = 500, WORLD_SASH_MAX_RAW = 2500 };

struct world_sash {
    double position_raw, velocity_raw_s;
    double setpoint_raw;
    bool energised;
    double stop_closed_raw, stop_open_raw; /* mechanical end stops, inside the driver's range */
    double current_ma;
    uint64_t noise;
    int32_t feedback_raw; /* last value read, what a dead sensor goes on saying */
    /* faults */
    bool jammed;            /* cannot move from where it is */
    double obstruction_raw; /* opens no further than this; NAN: nothing in the way */
    bool sensor_dead;       /* position feedback reads the last value */
    bool unpowered;         /* no current, no motion */
    double overrun_raw;     /* farthest it was ever driven against a stop, for checkers */
};

/* Stops and the position at power-on come from the seed; not energised. */
void world_sash_init(struct world_sash *sash, uint64_t seed);

/* Energises and sets the point to hold, cut to the driver's range. */
void world_sash_set(struct world_sash *sash, double raw);
void world_sash_release(struct world_sash *sash);

/* dt_s >= 0, split internally so that it is stable; free of cost while nothing moves. */
void world_sash_step(struct world_sash *sash, double dt_s);

/* Opening as the weather sees it, 0..100 %. */
double world_sash_opening_pct(const struct world_sash *sash);

/* Feedback with the potentiometer's noise. */
int32_t world_sash_feedback_raw(struct world_sash *sash);

#endif
