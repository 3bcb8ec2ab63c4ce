/* SPDX-License-Identifier: Apache-2.0 */
/* The microphone: samples are made by the clock, wait in a ring of a second, and are lost there. */
#include <string.h>

#include "core/err.h"
#include "world/teddy/parts.h"

enum {
    RING_MS = 1000,
    RATE_MIN_HZ = 8000,
    RATE_MAX_HZ = 48000,
    VOICE_HZ = 16000,
    HUM_SAMPLES = 16
};

static uint64_t waiting(struct world_teddy *world)
{
    uint64_t passed_ms = world_teddy_now_ms(world) - world->mic.from_ms;
    uint64_t made = passed_ms * world->mic.rate_hz / 1000;
    uint64_t ring = (uint64_t)world->mic.rate_hz * RING_MS / 1000;

    if (made - world->mic.taken > ring) {
        world->mic.taken = made - ring;
        world->mic.overruns++;
    }
    return made - world->mic.taken;
}

static bool dead(const struct world_teddy *world)
{
    return world_teddy_has_fault(world, WORLD_TEDDY_MIC_DEAD);
}

static int start_block(struct world_teddy *world);

static void on_block(void *arg)
{
    struct world_teddy *world = arg;
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)start_block(world);
    if (!dead(world))
        world->time.ops->post(world->time.ctx, &event);
}

static int start_block(struct world_teddy *world)
{
    if (world->config.block_ms == 0)
        return 0;
    return world->time.ops->start(world->time.ctx, WORLD_TEDDY_EAR_TIMER, world->config.block_ms,
                                  on_block, world);
}

static int start(void *ctx, uint32_t sample_rate_hz)
{
    struct world_teddy *world = ctx;

    if (!world_teddy_powered(world))
        return ROOST_ERR_IO;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (world->mic.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    int err = start_block(world);
    if (err < 0)
        return err;
    world->mic.on = true;
    world->mic.starts++;
    world->mic.rate_hz = sample_rate_hz;
    world->mic.from_ms = world_teddy_now_ms(world);
    world->mic.taken = 0;
    return 0;
}

/* ---- what is heard ---- */

static int16_t noise(struct world_teddy *world)
{
    uint32_t x = world->noise;

    if (world->config.noise < 0)
        return 0;
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    world->noise = x;
    return (int16_t)((int32_t)(x >> 16) % (2 * world->config.noise + 1) - world->config.noise);
}

/* What somebody says at the time of sample n since the start. */
static int32_t said(const struct world_teddy *world, uint64_t n)
{
    int64_t at = (int64_t)(world->mic.from_ms - world->voice.from_ms) * (VOICE_HZ / 1000) +
                 (int64_t)(n * VOICE_HZ / world->mic.rate_hz);

    return world->voice.pcm && at >= 0 && (uint64_t)at < world->voice.samples ? world->voice.pcm[at]
                                                                              : 0;
}

/* A hum for as long as the loudspeaker sounded. */
static int32_t own_sound(const struct world_teddy *world, uint64_t n)
{
    uint64_t at_ms = world->mic.from_ms + n * 1000 / world->mic.rate_hz;
    int32_t level = world->out.peak / 4;

    if (world->config.deaf_to_itself || at_ms >= world->out.loud_ms)
        return 0;
    return n / HUM_SAMPLES % 2 ? level : -level;
}

static void hear(struct world_teddy *world, int16_t *out, size_t samples)
{
    if (world_teddy_has_fault(world, WORLD_TEDDY_MIC_FLAT)) {
        memset(out, 0, samples * sizeof *out);
        return;
    }
    memset(out, 0, samples * sizeof *out);
    if (world->config.says)
        world->config.says(world->config.says_ctx, out, samples);
    for (size_t i = 0; i < samples; i++) {
        uint64_t n = world->mic.taken + i;
        int32_t sum = out[i] + noise(world) + said(world, n) + own_sound(world, n);
        out[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

static int read(void *ctx, int16_t *out, size_t samples)
{
    struct world_teddy *world = ctx;

    if (!world_teddy_powered(world) || !world->mic.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    uint64_t there = waiting(world);
    if (samples > there)
        samples = (size_t)there;
    world_teddy_update(world);
    hear(world, out, samples);
    world->mic.taken += samples;
    return (int)samples;
}

static int stop(void *ctx)
{
    struct world_teddy *world = ctx;

    world->time.ops->stop(world->time.ctx, WORLD_TEDDY_EAR_TIMER);
    world->mic.on = false;
    return 0;
}

static uint32_t overruns(void *ctx)
{
    struct world_teddy *world = ctx;

    if (world->mic.on)
        (void)waiting(world); /* counts what was lost up to now */
    return world->mic.overruns;
}

const struct roost_audio_in_ops world_teddy_ear_ops = {
    .start = start, .read = read, .stop = stop, .overruns = overruns};

/* ---- the voice ---- */

void world_teddy_say(struct world_teddy *world, const int16_t *pcm, size_t samples)
{
    world->voice.pcm = pcm;
    world->voice.samples = pcm ? samples : 0;
    world->voice.from_ms = world_teddy_now_ms(world);
}

bool world_teddy_says(const struct world_teddy *world)
{
    return world->voice.pcm &&
           (world_teddy_now_ms(world) - world->voice.from_ms) * (VOICE_HZ / 1000) <
               world->voice.samples;
}
