/* SPDX-License-Identifier: Apache-2.0 */
/* What the microphone hears: the room, whoever speaks, and the loudspeaker. */
#include <string.h>

#include "world/teddy/parts.h"

enum { VOICE_HZ = 16000, HUM_SAMPLES = 16 };

static bool dead(const void *world)
{
    return world_teddy_has_fault(world, WORLD_TEDDY_MIC_DEAD);
}

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

static void hear(void *ctx, uint64_t first, int16_t *out, size_t samples)
{
    struct world_teddy *world = ctx;

    world_teddy_update(world);
    memset(out, 0, samples * sizeof *out);
    if (world_teddy_has_fault(world, WORLD_TEDDY_MIC_FLAT))
        return;
    if (world->config.says)
        world->config.says(world->config.says_ctx, out, samples);
    for (size_t i = 0; i < samples; i++) {
        uint64_t n = first + i;
        int32_t sum = out[i] + noise(world) + said(world, n) + own_sound(world, n);
        out[i] = (int16_t)(sum > INT16_MAX ? INT16_MAX : sum < INT16_MIN ? INT16_MIN : sum);
    }
}

void world_teddy_ear_attach(struct world_teddy *world, struct roost_port *port)
{
    static const struct world_microphone_ops ops = {.dead = dead, .hear = hear};

    world_microphone_attach(&world->mic, &ops, world, world->config.block_ms, &world->time,
                            WORLD_TEDDY_EAR_TIMER, port);
}

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
