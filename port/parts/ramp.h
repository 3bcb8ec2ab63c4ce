/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Brings a stepper to its set point, step by step, with bounded speed and acceleration. It runs in
 * a timer interrupt that comes RAMP_TICK_HZ times a second, on chips where such an interrupt must
 * not leave RAM: hence functions that are always inlined, integers, and no division of 64 bits.
 *
 *     ramp_init(&ramp, 800, 2000);
 *     ramp.target = 1200;                    // at any time, not while ramp_tick runs
 *     switch (ramp_tick(&ramp)) ...          // +1, -1: step now, in that direction; 0: do not
 *
 * Before the first step in the other direction there are ticks in which a direction pin settles.
 * Depends on nothing.
 */
#ifndef ROOST_PORT_PARTS_RAMP_H
#define ROOST_PORT_PARTS_RAMP_H

#include <stdbool.h>
#include <stdint.h>

enum {
    RAMP_TICK_HZ = 10000,
    RAMP_SPEED_MAX = RAMP_TICK_HZ / 4, /* a step is a tick high and some low */
    RAMP_ACCELERATION_MAX = 100000,
    RAMP_CREEP = 20, /* steps/s */
};

struct ramp {
    int32_t target, position; /* steps, together within +-2^30 */
    int32_t acceleration;     /* steps/s2 */
    int32_t speed_q16;        /* its bound; steps/s, as are the next two */
    int32_t change_q16;       /* of the velocity, in a tick */
    int32_t velocity_q16;     /* never negative */
    int32_t direction;        /* +1 or -1; of the velocity */
    uint32_t phase;           /* of a step, in 1/2^32 */
};

#define RAMP_INLINE static inline __attribute__((always_inline))

/* Rests at 0. Bounds in steps/s (1..RAMP_SPEED_MAX) and steps/s2 (1..RAMP_ACCELERATION_MAX). */
RAMP_INLINE void ramp_init(struct ramp *ramp, int32_t speed, int32_t acceleration)
{
    *ramp = (struct ramp){
        .acceleration = acceleration,
        .speed_q16 = speed * 65536,
        .change_q16 = (int32_t)((int64_t)acceleration * 65536 / RAMP_TICK_HZ),
        .direction = 1,
    };
}

RAMP_INLINE bool ramp_resting(const struct ramp *ramp)
{
    return ramp->velocity_q16 == 0 && ramp->target == ramp->position;
}

/* Stops at once, and is at `position`. */
RAMP_INLINE void ramp_halt(struct ramp *ramp, int32_t position)
{
    ramp->velocity_q16 = 0;
    ramp->phase = 0;
    ramp->target = ramp->position = position;
}

RAMP_INLINE int ramp_tick(struct ramp *ramp)
{
    int32_t left = (ramp->target - ramp->position) * ramp->direction; /* < 0: behind us */
    int32_t velocity = ramp->velocity_q16 >> 16;

    if (left <= 0 && velocity == 0) {
        ramp->velocity_q16 = 0;
        ramp->phase = 0;
        if (left < 0)
            ramp->direction = -ramp->direction;
        return 0;
    }
    int32_t stopping = velocity * velocity / (2 * ramp->acceleration) + 1;
    int32_t next = ramp->velocity_q16 + (left > stopping ? ramp->change_q16 : -ramp->change_q16);
    /* The last step is crept to; it would not be reached at less and less speed. */
    int32_t least = left <= 0 ? 0 : RAMP_CREEP * 65536;
    ramp->velocity_q16 = next < least ? least : next > ramp->speed_q16 ? ramp->speed_q16 : next;

    /* 2^32 / RAMP_TICK_HZ / 2^16, in 1/2^16 */
    uint32_t before = ramp->phase;
    ramp->phase += (uint32_t)(((int64_t)ramp->velocity_q16 * 429497) >> 16);
    if (ramp->phase >= before)
        return 0;
    ramp->position += ramp->direction;
    return (int)ramp->direction;
}

#endif
