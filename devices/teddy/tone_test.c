/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "devices/teddy/tone.h"

static int32_t size_of(int32_t x)
{
    return x < 0 ? -x : x;
}

/* Each begins and ends in silence, never cracks, and lasts as long as it says. */
static void every_sound(void **state)
{
    (void)state;
    for (int name = TEDDY_TONE_NONE + 1; name < TEDDY_TONE_COUNT; name++) {
        struct teddy_tone tone;
        int16_t samples[77], last = 0;
        int32_t jump = 0, peak = 0;
        size_t total = 0, count;

        teddy_tone_start(&tone, (enum teddy_tone_name)name);
        assert_true(teddy_tone_sounds(&tone));
        while ((count = teddy_tone_make(&tone, samples, 77)) > 0) {
            for (size_t i = 0; i < count; i++) {
                jump = size_of(samples[i] - last) > jump ? size_of(samples[i] - last) : jump;
                peak = size_of(samples[i]) > peak ? size_of(samples[i]) : peak;
                last = samples[i];
            }
            total += count;
        }
        assert_false(teddy_tone_sounds(&tone));
        assert_int_equal(total, teddy_tone_ms((enum teddy_tone_name)name) * 16);
        assert_in_range(peak, 6000, 9200);
        assert_in_range(jump, 100, 4500); /* of the highest note's own slope */
        assert_in_range(size_of(last), 0, 100);
        assert_in_range(teddy_tone_ms((enum teddy_tone_name)name), 50, 700);
    }
}

static void silence(void **state)
{
    struct teddy_tone tone = {0};
    int16_t samples[8];

    (void)state;
    assert_int_equal(teddy_tone_make(&tone, samples, 8), 0);
    teddy_tone_start(&tone, TEDDY_TONE_ERROR);
    assert_int_equal(teddy_tone_make(&tone, samples, 8), 8);
    teddy_tone_stop(&tone);
    assert_int_equal(teddy_tone_make(&tone, samples, 8), 0);
    teddy_tone_start(&tone, TEDDY_TONE_NONE);
    assert_false(teddy_tone_sounds(&tone));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_sound), cmocka_unit_test(silence)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
