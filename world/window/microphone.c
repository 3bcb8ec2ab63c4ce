/* SPDX-License-Identifier: Apache-2.0 */
/* What the microphone hears: the street, through the sash. */
#include <math.h>

#include "world/window/parts.h"

/* Effective values of full scale: of the noise that comes round again, and of an even draw between
 * the two ends of the scale (one over the root of three). */
static const double round_rms = 0.25, fresh_rms = 0.57735027;

static void look_at_street(struct world_window *world)
{
    double level = world_street_level_dbfs(&world->street, world_window_unix_ms(world),
                                           world_sash_opening_pct(&world->sash));
    double rms = world->config.noise ? round_rms : fresh_rms;

    world->level.gain_q16 = (int32_t)lrint(pow(10.0, level / 20.0) / rms * 65536.0);
    world->level.left = world->mic.rate_hz * world->config.level_ms / 1000;
}

static int16_t next_noise(struct world_window *world)
{
    uint32_t x = world->level.noise;

    if (world->config.noise) {
        int16_t sample = world->config.noise[world->level.noise_at];
        if (++world->level.noise_at == world->config.noise_samples)
            world->level.noise_at = 0;
        return sample;
    }
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    world->level.noise = x;
    return (int16_t)((int32_t)(x >> 16) - 32768);
}

static void hear_noise(struct world_window *world, int16_t *out, size_t samples)
{
    bool once = world->config.level_ms == 0;

    if (once)
        look_at_street(world);
    for (size_t i = 0; i < samples; i++) {
        if (!once && world->level.left-- == 0) {
            look_at_street(world);
            world->level.left--;
        }
        int64_t sample = (next_noise(world) * (int64_t)world->level.gain_q16) >> 16;
        out[i] = (int16_t)(sample > INT16_MAX   ? INT16_MAX
                           : sample < INT16_MIN ? INT16_MIN
                                                : sample);
    }
}

static bool dead(const void *world)
{
    return world_window_has_fault(world, WORLD_WINDOW_MIC_DEAD);
}

static void started(void *ctx)
{
    struct world_window *world = ctx;

    world->level.left = 0;
}

static void hear(void *ctx, uint64_t first, int16_t *out, size_t samples)
{
    struct world_window *world = ctx;

    (void)first;
    world_window_settle(world);
    if (world->config.hears)
        world->config.hears(world->config.hears_ctx, out, samples);
    else if (world->config.sound == WORLD_SOUND_NOISE)
        hear_noise(world, out, samples);
    else
        world_street_pcm(&world->street, world_window_unix_ms(world),
                         world_sash_opening_pct(&world->sash), world->mic.rate_hz, out, samples);
}

void world_window_mic_attach(struct world_window *world, struct roost_port *port)
{
    static const struct world_microphone_ops ops = {.dead = dead, .started = started, .hear = hear};

    world->level.noise = (uint32_t)world->config.seed | 1;
    /* An even draw in -a..a has an effective value of a over the root of three. */
    for (size_t i = 0; world->config.noise && i < world->config.noise_samples; i++)
        world->config.noise[i] =
            (int16_t)lrint(world_window_draw(world) * 32768.0 * round_rms * 1.7320508);
    world_microphone_attach(&world->mic, &ops, world, world->config.block_ms, &world->time,
                            WORLD_WINDOW_AUDIO_TIMER, port);
}
