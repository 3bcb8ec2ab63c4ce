/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/window/profile.h"

struct limits {
    int32_t speed, acceleration;
};

/* Steps to rest under the promise: never faster, never a harder change of speed, never past the
 * target when it starts at rest. Returns the number of steps. */
static int travel(struct window_profile *profile, struct limits limits, uint32_t dt_ms)
{
    int64_t start = profile->position_m, low = start, high = profile->target_m;
    int64_t speed = profile->velocity_m_s;
    bool from_rest = speed == 0;
    int steps = 0;

    if (low > high) {
        low = profile->target_m;
        high = start;
    }
    while (!window_profile_done(profile)) {
        window_profile_step(profile, dt_ms);
        int64_t change = profile->velocity_m_s - speed;
        int64_t most = (int64_t)limits.acceleration * dt_ms;
        assert_true(change <= most && change >= -most);
        assert_true(profile->velocity_m_s <= (int64_t)limits.speed * 1000);
        assert_true(profile->velocity_m_s >= -(int64_t)limits.speed * 1000);
        if (from_rest)
            assert_true(profile->position_m >= low && profile->position_m <= high);
        speed = profile->velocity_m_s;
        assert_true(++steps < 200000);
    }
    assert_true(profile->position_m == profile->target_m);
    return steps;
}

static void keeps_its_limits_and_ends_on_the_target(void **state)
{
    (void)state;
    static const struct limits limits[] = {{330, 660}, {20, 2000}, {1600, 60}, {1, 1}};
    static const int32_t targets[] = {1500, 501, 2500, 500, 2499, 1501, 1500, 1502};
    static const uint32_t steps_ms[] = {20, 1, 100, 33};

    for (size_t l = 0; l < sizeof limits / sizeof limits[0]; l++) {
        for (size_t s = 0; s < sizeof steps_ms / sizeof steps_ms[0]; s++) {
            struct window_profile profile;
            window_profile_init(&profile, 1000);
            if (limits[l].speed == 1 && steps_ms[s] != 100)
                continue; /* 2000 s of motion in the largest steps is enough */
            for (size_t t = 0; t < sizeof targets / sizeof targets[0]; t++) {
                window_profile_aim(&profile, targets[t], limits[l].speed, limits[l].acceleration);
                travel(&profile, limits[l], steps_ms[s]);
            }
        }
    }
}

static void takes_the_time_a_trapezoid_takes(void **state)
{
    (void)state;
    struct window_profile profile;
    struct limits limits = {.speed = 300, .acceleration = 600};
    window_profile_init(&profile, 0);
    window_profile_aim(&profile, 1500, limits.speed, limits.acceleration);
    /* 1500 / 300 + 300 / 600 = 5.5 s */
    int steps = travel(&profile, limits, 20);
    assert_true(steps >= 270 && steps <= 285);
}

static void turns_back_when_the_target_changes(void **state)
{
    (void)state;
    struct limits limits = {.speed = 300, .acceleration = 600};
    for (int at = 1; at < 300; at += 7) {
        struct window_profile profile;
        window_profile_init(&profile, 1000);
        window_profile_aim(&profile, 2400, limits.speed, limits.acceleration);
        int32_t highest = 0;
        for (int i = 0; i < at; i++)
            highest = window_profile_step(&profile, 20);
        window_profile_aim(&profile, 1200, limits.speed, limits.acceleration);
        while (!window_profile_done(&profile)) {
            int32_t raw = window_profile_step(&profile, 20);
            highest = raw > highest ? raw : highest;
        }
        assert_true(highest <= 2400); /* braking ends before the first target */
        assert_int_equal(profile.position_m, 1200 * 1000);
    }
}

static void large_units_do_not_overflow(void **state)
{
    (void)state;
    struct window_profile profile;
    struct limits limits = {.speed = 200000, .acceleration = 400000};
    window_profile_init(&profile, -900000);
    window_profile_aim(&profile, 900000, limits.speed, limits.acceleration);
    int steps = travel(&profile, limits, 20);
    assert_true(steps > 460 && steps < 490);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keeps_its_limits_and_ends_on_the_target),
        cmocka_unit_test(takes_the_time_a_trapezoid_takes),
        cmocka_unit_test(turns_back_when_the_target_changes),
        cmocka_unit_test(large_units_do_not_overflow),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
