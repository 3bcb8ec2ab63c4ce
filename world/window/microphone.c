/* SPDX-License-Identifier: Apache-2.0 */
/* The microphone: samples are made by the clock, wait in a ring of a second, and are lost there. */
#include <math.h>

#include "core/err.h"
#include "world/window/parts.h"

enum { RING_MS = 1000, RATE_MIN_HZ = 8000, RATE_MAX_HZ = 48000 };

/* Effective values of full scale: of the noise that comes round again, and of an even draw between
 * the two ends of the scale (one over the root of three). */
static const double round_rms = 0.25, fresh_rms = 0.57735027;

/* Samples that wait for the reader; what does not fit the ring is lost and counted. */
static uint64_t waiting(struct world_window *world)
{
    uint64_t passed_ms = world->time.ops->now_ms(world->time.ctx) - world->audio.from_ms;
    uint64_t made = passed_ms * world->audio.rate_hz / 1000;
    uint64_t ring = (uint64_t)world->audio.rate_hz * RING_MS / 1000;

    if (made - world->audio.taken > ring) {
        world->audio.taken = made - ring;
        world->audio.overruns++;
    }
    return made - world->audio.taken;
}

static bool dead(const struct world_window *world)
{
    return world_window_has_fault(world, WORLD_WINDOW_MIC_DEAD);
}

static int start_block(struct world_window *world);

static void on_block(void *arg)
{
    struct world_window *world = arg;
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)start_block(world);
    if (!dead(world))
        world->time.ops->post(world->time.ctx, &event);
}

static int start_block(struct world_window *world)
{
    if (world->config.block_ms == 0)
        return 0;
    return world->time.ops->start(world->time.ctx, WORLD_WINDOW_AUDIO_TIMER, world->config.block_ms,
                                  on_block, world);
}

static int start(void *ctx, uint32_t sample_rate_hz)
{
    struct world_window *world = ctx;

    if (!world_window_powered(world))
        return ROOST_ERR_IO;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (world->audio.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    int err = start_block(world);
    if (err < 0)
        return err;
    world->audio.on = true;
    world->audio.rate_hz = sample_rate_hz;
    world->audio.from_ms = world->time.ops->now_ms(world->time.ctx);
    world->audio.taken = 0;
    world->audio.level_left = 0;
    return 0;
}

/* ---- what is heard ---- */

static void look_at_street(struct world_window *world)
{
    double level = world_street_level_dbfs(&world->street, world_window_unix_ms(world),
                                           world_sash_opening_pct(&world->sash));
    double rms = world->config.noise ? round_rms : fresh_rms;

    world->audio.gain_q16 = (int32_t)lrint(pow(10.0, level / 20.0) / rms * 65536.0);
    world->audio.level_left = world->audio.rate_hz * world->config.level_ms / 1000;
}

static int16_t next_noise(struct world_window *world)
{
    uint32_t x = world->audio.noise;

    if (world->config.noise) {
        int16_t sample = world->config.noise[world->audio.noise_at];
        if (++world->audio.noise_at == world->config.noise_samples)
            world->audio.noise_at = 0;
        return sample;
    }
    x ^= x << 13;
    x ^= x >> 17;
    x ^= x << 5;
    world->audio.noise = x;
    return (int16_t)((int32_t)(x >> 16) - 32768);
}

static void hear_noise(struct world_window *world, int16_t *out, size_t samples)
{
    bool once = world->config.level_ms == 0;

    if (once)
        look_at_street(world);
    for (size_t i = 0; i < samples; i++) {
        if (!once && world->audio.level_left-- == 0) {
            look_at_street(world);
            world->audio.level_left--;
        }
        int64_t sample = (next_noise(world) * (int64_t)world->audio.gain_q16) >> 16;
        out[i] = (int16_t)(sample > INT16_MAX   ? INT16_MAX
                           : sample < INT16_MIN ? INT16_MIN
                                                : sample);
    }
}

static int read(void *ctx, int16_t *out, size_t samples)
{
    struct world_window *world = ctx;

    if (!world_window_powered(world) || !world->audio.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    uint64_t there = waiting(world);
    if (samples > there)
        samples = (size_t)there;
    world->audio.taken += samples;
    world_window_settle(world);
    if (world->config.hears)
        world->config.hears(world->config.hears_ctx, out, samples);
    else if (world->config.sound == WORLD_SOUND_NOISE)
        hear_noise(world, out, samples);
    else
        world_street_pcm(&world->street, world_window_unix_ms(world),
                         world_sash_opening_pct(&world->sash), world->audio.rate_hz, out, samples);
    return (int)samples;
}

static int stop(void *ctx)
{
    struct world_window *world = ctx;

    world->time.ops->stop(world->time.ctx, WORLD_WINDOW_AUDIO_TIMER);
    world->audio.on = false;
    return 0;
}

static uint32_t overruns(void *ctx)
{
    struct world_window *world = ctx;

    if (world->audio.on)
        (void)waiting(world); /* counts what was lost up to now */
    return world->audio.overruns;
}

const struct roost_audio_in_ops world_window_audio_ops = {
    .start = start, .read = read, .stop = stop, .overruns = overruns};

void world_window_audio_init(struct world_window *world)
{
    world->audio.noise = (uint32_t)world->config.seed | 1;
    /* An even draw in -a..a has an effective value of a over the root of three. */
    for (size_t i = 0; world->config.noise && i < world->config.noise_samples; i++)
        world->config.noise[i] =
            (int16_t)lrint(world_window_draw(world) * 32768.0 * round_rms * 1.7320508);
}
