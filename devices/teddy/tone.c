/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/tone.h"

#include "core/assert.h"

enum {
    RATE_KHZ = TEDDY_TONE_RATE_HZ / 1000,
    ATTACK_MS = 8,
    PEAK = 9000, /* -11 dBFS: about as loud as speech */
};

#define NOTE(hz, ms)                                                                               \
    {                                                                                              \
        hz, ms                                                                                     \
    }
#define REST(ms) NOTE(0, ms)

enum { NOTES_MAX = 5, STEP = (int)((1ull << 32) / TEDDY_TONE_RATE_HZ) }; /* of phase, 1 Hz */
struct note {
    uint16_t hz, ms; /* 0 ms: no more */
};

/* Rising asks, falling ends; nothing is harsh. */
static const struct note tones[TEDDY_TONE_COUNT][NOTES_MAX] = {
    [TEDDY_TONE_LISTEN] = {NOTE(880, 70)},
    [TEDDY_TONE_HINT] = {NOTE(523, 90), NOTE(659, 90)},
    [TEDDY_TONE_ERROR] = {NOTE(392, 140), NOTE(330, 220)},
    [TEDDY_TONE_AWAY] = {NOTE(392, 120), REST(60), NOTE(392, 120), REST(60), NOTE(294, 240)},
    [TEDDY_TONE_SORRY] = {NOTE(523, 150), NOTE(440, 150), NOTE(494, 260)},
    [TEDDY_TONE_PARENT] = {NOTE(440, 140), NOTE(554, 140), NOTE(440, 140), NOTE(554, 240)},
    [TEDDY_TONE_BUSY] = {NOTE(440, 110), REST(70), NOTE(440, 110)},
    [TEDDY_TONE_GOODBYE] = {NOTE(659, 150), NOTE(523, 150), NOTE(392, 260)},
};

/* A sine by its parabola, +-32767 over 2^32 of phase: within 6 % of it, and as soft to the ear. */
static int32_t wave(uint32_t phase)
{
    int32_t x = (int32_t)(phase >> 16) - 32768; /* -32768 .. 32767: half a turn each way */
    int32_t y = 4 * x - 4 * (x * (x < 0 ? -x : x) / 32768);

    return y > 32767 ? 32767 : y < -32767 ? -32767 : y;
}

void teddy_tone_start(struct teddy_tone *tone, enum teddy_tone_name name)
{
    ROOST_ASSERT(name < TEDDY_TONE_COUNT);
    *tone = (struct teddy_tone){.name = (uint8_t)name, .phase = 1u << 31};
}

/* Rises for ATTACK_MS, then falls to nothing at the note's end. */
static int32_t envelope(uint32_t at, uint32_t length)
{
    const uint32_t attack = ATTACK_MS * RATE_KHZ;

    return (int32_t)(at < attack ? PEAK * at / attack : PEAK * (length - at) / (length - attack));
}

static int16_t next_sample(struct teddy_tone *tone, const struct note *note)
{
    uint32_t length = (uint32_t)note->ms * RATE_KHZ;
    int32_t sample = note->hz ? wave(tone->phase) * envelope(tone->at, length) / 32768 : 0;

    tone->phase += note->hz * (uint32_t)STEP;
    if (++tone->at == length) {
        tone->at = 0;
        tone->phase = 1u << 31; /* where the wave crosses zero */
        tone->note++;
    }
    return (int16_t)sample;
}

size_t teddy_tone_make(struct teddy_tone *tone, int16_t *out, size_t samples)
{
    size_t count = 0;

    while (count < samples && teddy_tone_sounds(tone)) {
        const struct note *note = &tones[tone->name][tone->note];
        if (tone->note == NOTES_MAX || note->ms == 0)
            teddy_tone_stop(tone);
        else
            out[count++] = next_sample(tone, note);
    }
    return count;
}

uint32_t teddy_tone_ms(enum teddy_tone_name name)
{
    uint32_t ms = 0;

    for (int i = 0; name < TEDDY_TONE_COUNT && i < NOTES_MAX; i++)
        ms += tones[name][i].ms;
    return ms;
}
