/* SPDX-License-Identifier: Apache-2.0 */
#include "world/microphone.h"

#include "core/err.h"

enum { RING_MS = 1000, RATE_MIN_HZ = 8000, RATE_MAX_HZ = 48000 };

static uint64_t now_ms(const struct world_microphone *mic)
{
    return mic->time.ops->now_ms(mic->time.ctx);
}

/* Samples that wait for the reader; what does not fit the ring is lost and counted. */
static uint64_t waiting(struct world_microphone *mic)
{
    uint64_t made = (now_ms(mic) - mic->from_ms) * mic->rate_hz / 1000;
    uint64_t ring = (uint64_t)mic->rate_hz * RING_MS / 1000;

    if (made - mic->taken > ring) {
        mic->taken = made - ring;
        mic->overruns++;
    }
    return made - mic->taken;
}

static int start_block(struct world_microphone *mic);

static void on_block(void *arg)
{
    struct world_microphone *mic = arg;
    const struct roost_event event = {.type = ROOST_EV_AUDIO_READY};

    (void)start_block(mic);
    if (!mic->ops->dead(mic->world))
        mic->time.ops->post(mic->time.ctx, &event);
}

static int start_block(struct world_microphone *mic)
{
    if (mic->block_ms == 0)
        return 0;
    return mic->time.ops->start(mic->time.ctx, mic->timer, mic->block_ms, on_block, mic);
}

static int start(void *ctx, uint32_t sample_rate_hz)
{
    struct world_microphone *mic = ctx;

    if (!world_time_powered(&mic->time))
        return ROOST_ERR_IO;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (mic->on)
        return ROOST_ERR_STATE;
    if (mic->ops->dead(mic->world))
        return ROOST_ERR_FAULT;
    int err = start_block(mic);
    if (err < 0)
        return err;
    mic->on = true;
    mic->starts++;
    mic->rate_hz = sample_rate_hz;
    mic->from_ms = now_ms(mic);
    mic->taken = 0;
    if (mic->ops->started)
        mic->ops->started(mic->world);
    return 0;
}

static int read(void *ctx, int16_t *out, size_t samples)
{
    struct world_microphone *mic = ctx;

    if (!world_time_powered(&mic->time) || !mic->on)
        return ROOST_ERR_STATE;
    if (mic->ops->dead(mic->world))
        return ROOST_ERR_FAULT;
    uint64_t there = waiting(mic), first = mic->taken;
    if (samples > there)
        samples = (size_t)there;
    mic->taken += samples;
    mic->ops->hear(mic->world, first, out, samples);
    return (int)samples;
}

static int stop(void *ctx)
{
    struct world_microphone *mic = ctx;

    mic->time.ops->stop(mic->time.ctx, mic->timer);
    mic->on = false;
    return 0;
}

static uint32_t overruns(void *ctx)
{
    struct world_microphone *mic = ctx;

    if (mic->on)
        (void)waiting(mic); /* counts what was lost up to now */
    return mic->overruns;
}

void world_microphone_attach(struct world_microphone *mic, const struct world_microphone_ops *ops,
                             void *world, uint32_t block_ms, const struct world_time *time,
                             unsigned timer, struct roost_port *port)
{
    static const struct roost_audio_in_ops audio_in = {
        .start = start, .read = read, .stop = stop, .overruns = overruns};

    mic->ops = ops;
    mic->world = world;
    mic->time = *time;
    mic->timer = timer;
    mic->block_ms = block_ms;
    port->audio_in = (struct roost_audio_in){&audio_in, mic};
}
