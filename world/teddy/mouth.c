/* SPDX-License-Identifier: Apache-2.0 */
/* The loudspeaker: its buffer drains by the clock, and what drains is heard. */
#include "core/err.h"
#include "world/teddy/parts.h"

enum { RATE_MIN_HZ = 8000, RATE_MAX_HZ = 48000 };

static size_t room_of(const struct world_teddy *world)
{
    return (size_t)world->out.rate_hz * WORLD_TEDDY_OUT_MS / 1000;
}

static size_t ring_size(const struct world_teddy *world)
{
    return sizeof world->out.ring / sizeof world->out.ring[0];
}

/* The next `count` samples are heard. */
static void drain(struct world_teddy *world, size_t count)
{
    while (count > 0) {
        const int16_t *from = world->out.ring + world->out.head;
        size_t part = ring_size(world) - world->out.head;
        if (part > count)
            part = count;
        for (size_t i = 0; i < part; i++)
            if (from[i] > world->out.peak)
                world->out.peak = from[i];
        if (world->config.heard)
            world->config.heard(world->config.heard_ctx, from, part, world->out.rate_hz);
        world->out.head = (world->out.head + part) % ring_size(world);
        world->out.used -= part;
        world->out.heard += part;
        count -= part;
    }
}

void world_teddy_update(struct world_teddy *world)
{
    uint64_t now_ms = world_teddy_now_ms(world), passed_ms = now_ms - world->out.at_ms;

    world->out.at_ms = now_ms;
    if (!world->out.on)
        return;
    uint32_t rate_hz = world->out.rate_hz;
    if (world_teddy_has_fault(world, WORLD_TEDDY_SPEAKER_SLOW))
        rate_hz /= 2;
    uint64_t thousandths = passed_ms * rate_hz + world->out.rest;
    uint64_t due = thousandths / 1000;
    world->out.rest = (uint32_t)(thousandths % 1000);
    if (world->out.used > 0)
        world->out.loud_ms = now_ms;
    if (due <= world->out.used) {
        drain(world, (size_t)due);
        return;
    }
    if (world->out.used > 0)
        world->out.loud_ms = now_ms - passed_ms + world->out.used * 1000 / rate_hz;
    drain(world, world->out.used);
    world->out.rest = 0;
    if (!world->out.ran_dry)
        world->out.underruns++;
    world->out.ran_dry = true;
}

bool world_teddy_sounds(struct world_teddy *world)
{
    world_teddy_update(world);
    return world->out.on && world->out.used > 0;
}

static bool dead(const struct world_teddy *world)
{
    return !world_teddy_powered(world) || world_teddy_has_fault(world, WORLD_TEDDY_SPEAKER_DEAD);
}

static int start(void *ctx, uint32_t sample_rate_hz)
{
    struct world_teddy *world = ctx;
    uint32_t only_hz = world->config.one_rate_hz;

    if (world->out.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    if (sample_rate_hz < RATE_MIN_HZ || sample_rate_hz > RATE_MAX_HZ ||
        (only_hz && sample_rate_hz != only_hz))
        return ROOST_ERR_UNSUPPORTED;
    world_teddy_update(world);
    world->out.on = true;
    world->out.starts++;
    world->out.rate_hz = sample_rate_hz;
    world->out.ran_dry = true; /* until there is something to run out of */
    world->out.rest = 0;
    world->out.head = world->out.used = 0;
    world->out.peak = 0;
    return 0;
}

static int write(void *ctx, const int16_t *pcm, size_t samples)
{
    struct world_teddy *world = ctx;

    if (!world->out.on)
        return ROOST_ERR_STATE;
    if (dead(world))
        return ROOST_ERR_FAULT;
    world_teddy_update(world);
    size_t room = room_of(world) - world->out.used;
    if (samples > room)
        samples = room;
    for (size_t i = 0; i < samples; i++)
        world->out.ring[(world->out.head + world->out.used++) % ring_size(world)] = pcm[i];
    if (samples > 0)
        world->out.ran_dry = false;
    return (int)samples;
}

static int buffered(void *ctx)
{
    struct world_teddy *world = ctx;

    if (!world->out.on)
        return ROOST_ERR_STATE;
    world_teddy_update(world);
    return (int)world->out.used;
}

static int stop(void *ctx)
{
    struct world_teddy *world = ctx;

    world_teddy_update(world);
    world->out.on = false;
    world->out.used = 0;
    return 0;
}

static uint32_t underruns(void *ctx)
{
    struct world_teddy *world = ctx;

    world_teddy_update(world);
    return world->out.underruns;
}

const struct roost_audio_out_ops world_teddy_mouth_ops = {
    .start = start, .write = write, .buffered = buffered, .stop = stop, .underruns = underruns};
