/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include <math.h>

#include "world/window/street.h"

#define HOUR_MS 3600000
/* A Monday in March, midnight. */
#define MIDNIGHT_MS 1772409600000

static double mean_level(const struct world_street *street, int hour, double window_pct)
{
    double sum = 0;
    for (int day = 0; day < 30; day++)
        for (int minute = 0; minute < 60; minute++)
            sum += world_street_level_dbfs(
                street, MIDNIGHT_MS + (day * 24 + hour) * (int64_t)HOUR_MS + minute * 60000,
                window_pct);
    return sum / (30 * 60);
}

static double measured_dbfs(const int16_t *pcm, size_t samples)
{
    double sum = 0;
    for (size_t i = 0; i < samples; i++)
        sum += (double)pcm[i] * pcm[i];
    return 20.0 * log10(sqrt(sum / (double)samples) / 32768.0);
}

static void rush_hour_is_louder_than_night(void **state)
{
    (void)state;
    struct world_street street;
    world_street_init(&street, 7);
    assert_true(mean_level(&street, 17, 100) > mean_level(&street, 3, 100) + 12);
}

static void opening_the_window_makes_it_louder(void **state)
{
    (void)state;
    struct world_street street;
    world_street_init(&street, 7);
    for (int64_t t = MIDNIGHT_MS; t < MIDNIGHT_MS + 24 * HOUR_MS; t += 61000) {
        double last = -97;
        for (int pct = 0; pct <= 100; pct += 20) {
            double level = world_street_level_dbfs(&street, t, pct);
            assert_true(level > last && level <= 0);
            last = level;
        }
    }
}

static void level_is_continuous(void **state)
{
    (void)state;
    struct world_street street;
    world_street_init(&street, 99);
    double last = world_street_level_dbfs(&street, MIDNIGHT_MS, 50);
    for (int64_t t = MIDNIGHT_MS + 100; t < MIDNIGHT_MS + 26 * HOUR_MS; t += 100) {
        double level = world_street_level_dbfs(&street, t, 50);
        assert_true(fabs(level - last) < 1.5);
        last = level;
    }
}

static void same_seed_same_street(void **state)
{
    (void)state;
    struct world_street a, b, c;
    int16_t pcm_a[256], pcm_b[256], pcm_c[256];
    world_street_init(&a, 1);
    world_street_init(&b, 1);
    world_street_init(&c, 2);
    world_street_pcm(&a, MIDNIGHT_MS, 30, 16000, pcm_a, 256);
    world_street_pcm(&b, MIDNIGHT_MS, 30, 16000, pcm_b, 256);
    world_street_pcm(&c, MIDNIGHT_MS, 30, 16000, pcm_c, 256);
    assert_memory_equal(pcm_a, pcm_b, sizeof pcm_a);
    assert_true(memcmp(pcm_a, pcm_c, sizeof pcm_a) != 0);
}

static void samples_have_the_asked_level(void **state)
{
    (void)state;
    static int16_t pcm[32000];
    static const uint32_t rates[] = {8000, 16000, 48000};
    struct world_street street;
    world_street_init(&street, 3);
    for (int level = -70; level <= -14; level += 7) {
        for (size_t r = 0; r < 3; r++) {
            street.level_set_dbfs = level;
            world_street_pcm(&street, MIDNIGHT_MS, 0, rates[r], pcm, 32000);
            assert_true(fabs(measured_dbfs(pcm, 32000) - level) < 1.0);
        }
    }
}

static void held_level_is_clamped(void **state)
{
    (void)state;
    struct world_street street;
    world_street_init(&street, 3);
    street.level_set_dbfs = -200;
    assert_true(world_street_level_dbfs(&street, MIDNIGHT_MS, 50) == -96.0);
    street.level_set_dbfs = 12;
    assert_true(world_street_level_dbfs(&street, MIDNIGHT_MS, 50) == 0.0);
    int16_t pcm[64];
    world_street_pcm(&street, MIDNIGHT_MS, 50, 16000, pcm, 64); /* clips, does not wrap */
}

static void works_before_1970(void **state)
{
    (void)state;
    struct world_street street;
    world_street_init(&street, 3);
    for (int64_t t = -26 * HOUR_MS; t < 26 * HOUR_MS; t += 60000)
        assert_true(isfinite(world_street_level_dbfs(&street, t, 50)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rush_hour_is_louder_than_night),
        cmocka_unit_test(opening_the_window_makes_it_louder),
        cmocka_unit_test(level_is_continuous),
        cmocka_unit_test(same_seed_same_street),
        cmocka_unit_test(samples_have_the_asked_level),
        cmocka_unit_test(held_level_is_clamped),
        cmocka_unit_test(works_before_1970),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
