/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Trapezoid motion profile in integers: speeds up with a given acceleration, travels at a given
 * speed, and brakes so that it ends at rest on the target. The target may change on the way. Pure.
 * Depends on nothing.
 *
 *     speed      ____________
 *               /            \         set = window_profile_step(&profile, 20) every 20 ms
 *            __/              \__
 */
#ifndef ROOST_DEVICES_WINDOW_PROFILE_H
#define ROOST_DEVICES_WINDOW_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

/* All in thousandths of a raw unit (m), a second (s). |position| below 1e9, acceleration below
 * 1e9: products then stay inside 64 bits. */
struct window_profile {
    int64_t position_m, velocity_m_s;
    int64_t target_m, speed_m_s, acceleration_m_s2;
};

/* At rest at `raw`, which is the target too. */
void window_profile_init(struct window_profile *profile, int32_t raw);

/* Speed and acceleration (> 0) in raw units; they hold from the next step on. */
void window_profile_aim(struct window_profile *profile, int32_t target_raw, int32_t speed_raw_s,
                        int32_t acceleration_raw_s2);

/* Advances by dt_ms; returns the new position, rounded to raw units. */
int32_t window_profile_step(struct window_profile *profile, uint32_t dt_ms);

int32_t window_profile_raw(const struct window_profile *profile); /* the position, rounded */
bool window_profile_done(const struct window_profile *profile);

#endif
