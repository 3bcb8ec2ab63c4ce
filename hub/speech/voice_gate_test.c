/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "hub/speech/say_flite.h"
#include "hub/speech/voice_gate.h"

enum { RATE = 16000, SECONDS = 5, MAX = RATE * SECONDS };

static int16_t pcm[MAX];

static double uniform(void)
{
    static uint32_t state = 1;
    state = state * 1664525U + 1013904223U;
    return state / 2147483648.0 - 1;
}

/* Noise of this level; pink by Kellet's three poles. */
static void noise(double dbfs, bool pink)
{
    double b0 = 0, b1 = 0, b2 = 0, sum = 0;
    static double raw[MAX];
    for (size_t i = 0; i < MAX; i++) {
        double w = uniform();
        b0 = 0.99765 * b0 + w * 0.0990460;
        b1 = 0.96300 * b1 + w * 0.2965164;
        b2 = 0.57000 * b2 + w * 1.0526913;
        raw[i] = pink ? b0 + b1 + b2 + w * 0.1848 : w;
        sum += raw[i] * raw[i];
    }
    for (size_t i = 0; i < MAX; i++)
        pcm[i] = (int16_t)fmax(-32768,
                               fmin(32767, raw[i] * pow(10, dbfs / 20) * 32768 / sqrt(sum / MAX)));
}

static bool voice_in(size_t samples)
{
    struct voice_gate gate;
    voice_gate_init(&gate);
    return voice_gate_feed(&gate, pcm, samples);
}

static void silence_and_noise_are_no_voice(void **state)
{
    (void)state;
    memset(pcm, 0, sizeof pcm);
    assert_false(voice_in(MAX));
    assert_false(voice_in(0));
    for (int i = 0; i < 8; i++) {
        noise(-30, true);
        assert_false(voice_in(MAX));
        noise(-30, false);
        assert_false(voice_in(MAX));
        noise(-12, true);
        assert_false(voice_in(MAX));
    }
}

static void a_press_and_a_click_are_no_voice(void **state)
{
    (void)state;
    memset(pcm, 0, sizeof pcm);
    for (size_t i = 0; i < 200; i++) /* 12 ms at full scale, dying away */
        pcm[8000 + i] = (int16_t)(uniform() * 32000 * exp(-(double)i / 40));
    assert_false(voice_in(MAX));
    for (size_t i = 0; i < RATE / 20; i++) /* 50 ms of a voice are none */
        pcm[i] = (int16_t)(8000 * sin(2 * 3.14159265 * 250 * (double)i / RATE));
    assert_false(voice_in(RATE / 20));
}

struct spoken {
    size_t samples;
    double gain;
};

static int keep(void *arg, uint32_t rate, const int16_t *more, size_t samples)
{
    struct spoken *s = arg;
    assert_int_equal(rate, RATE);
    for (size_t i = 0; i < samples && s->samples < MAX; i++)
        pcm[s->samples++] = (int16_t)(more[i] * s->gain);
    return 0;
}

static void soft_and_short_voices_are_heard(void **state)
{
    static const char *const words[] = {"no", "hi", "why?", "yes please"};
    (void)state;
    assert_int_equal(say_flite_open(), 0);
    for (int voice = 0; voice < SAY_FLITE_VOICES; voice++)
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
            struct spoken s = {0, voice == SAY_FLITE_KAL16 ? 0.1 : 0.03}; /* 30 dB softer */
            assert_int_equal(say_flite((enum say_flite_voice)voice, words[i], keep, &s), 0);
            assert_true(voice_in(s.samples));
        }
}

static void it_does_not_matter_how_sound_comes(void **state)
{
    struct voice_gate whole, parts;
    struct spoken s = {RATE / 2, 1};
    (void)state;
    memset(pcm, 0, sizeof pcm);
    say_flite_open();
    assert_int_equal(say_flite(SAY_FLITE_KAL16, "hello", keep, &s), 0);
    voice_gate_init(&whole);
    voice_gate_init(&parts);
    assert_true(voice_gate_feed(&whole, pcm, s.samples));
    for (size_t at = 0; at < s.samples; at += 77)
        voice_gate_feed(&parts, pcm + at, s.samples - at < 77 ? s.samples - at : 77);
    assert_int_equal(whole.samples, parts.samples);
    assert_in_range(whole.samples, RATE / 2, RATE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(silence_and_noise_are_no_voice),
        cmocka_unit_test(a_press_and_a_click_are_no_voice),
        cmocka_unit_test(soft_and_short_voices_are_heard),
        cmocka_unit_test(it_does_not_matter_how_sound_comes),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
