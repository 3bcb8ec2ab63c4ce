/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/profile.h"

static int64_t clamp(int64_t value, int64_t low, int64_t high)
{
    return value < low ? low : value > high ? high : value;
}

static int64_t magnitude(int64_t value)
{
    return value < 0 ? -value : value;
}

/* Floor of the square root, one bit of the result at a time. */
static int64_t square_root(uint64_t value)
{
    uint64_t root = 0;

    for (uint64_t bit = (uint64_t)1 << 62; bit != 0; bit >>= 2) {
        if (value >= root + bit) {
            value -= root + bit;
            root = (root >> 1) + bit;
        } else {
            root >>= 1;
        }
    }
    return (int64_t)root;
}

void window_profile_init(struct window_profile *profile, int32_t raw)
{
    *profile =
        (struct window_profile){.position_m = (int64_t)raw * 1000, .target_m = (int64_t)raw * 1000};
}

void window_profile_aim(struct window_profile *profile, int32_t target_raw, int32_t speed_raw_s,
                        int32_t acceleration_raw_s2)
{
    profile->target_m = (int64_t)target_raw * 1000;
    profile->speed_m_s = (int64_t)speed_raw_s * 1000;
    profile->acceleration_m_s2 = (int64_t)acceleration_raw_s2 * 1000;
}

int32_t window_profile_step(struct window_profile *profile, uint32_t dt_ms)
{
    int64_t away = profile->target_m - profile->position_m;
    int64_t change = profile->acceleration_m_s2 * dt_ms / 1000;

    /* The highest speed from which braking by `change` every step still ends on the target:
     * v^2 / 2a + v dt / 2 = away, solved for v. */
    int64_t half = change / 2;
    int64_t braking =
        square_root((uint64_t)(half * half) +
                    2 * (uint64_t)magnitude(away) * (uint64_t)profile->acceleration_m_s2) -
        half;
    int64_t wanted = clamp(braking, 0, profile->speed_m_s);
    if (away < 0)
        wanted = -wanted;
    profile->velocity_m_s += clamp(wanted - profile->velocity_m_s, -change, change);

    int64_t move = profile->velocity_m_s * dt_ms / 1000;
    bool slow = magnitude(profile->velocity_m_s) <= change || move == 0;
    bool there = magnitude(away - move) < 500 || (move != 0 && (away < 0) != (away - move < 0));
    /* On the target with a speed that the next step takes away. */
    if (slow && there)
        profile->position_m = profile->target_m;
    else
        profile->position_m += move;
    return window_profile_raw(profile);
}

int32_t window_profile_raw(const struct window_profile *profile)
{
    return (int32_t)((profile->position_m + (profile->position_m < 0 ? -500 : 500)) / 1000);
}

bool window_profile_done(const struct window_profile *profile)
{
    return profile->position_m == profile->target_m && profile->velocity_m_s == 0;
}
