/* SPDX-License-Identifier: Apache-2.0 */
/* The hand on the button, the light, faults and life; ear.c and mouth.c are the rest. */
#include "world/teddy/teddy.h"

#include <string.h>

#include "core/err.h"
#include "world/teddy/parts.h"

enum { BOUNCES = 4, BOUNCE_MS = 3, PERIOD_MIN_MS = 100, PERIOD_MAX_MS = 10000 };

bool world_teddy_powered(const struct world_teddy *world)
{
    return world_time_powered(&world->time);
}

uint64_t world_teddy_now_ms(const struct world_teddy *world)
{
    return world->time.ops->now_ms(world->time.ctx);
}

bool world_teddy_has_fault(const struct world_teddy *world, enum world_teddy_fault fault)
{
    return world->faults & 1u << fault;
}

/* ---- button ---- */

static bool contact(const struct world_teddy *world)
{
    return world->hand || world_teddy_has_fault(world, WORLD_TEDDY_BUTTON_STUCK);
}

static void bounce(void *arg)
{
    struct world_teddy *world = arg;

    if (world->bounces == 0)
        return;
    world->bounces--;
    /* The last of them is as it stays. */
    world_lines_set(&world->lines, WORLD_TEDDY_LINE_BUTTON,
                    contact(world) == (world->bounces % 2 == 0));
    if (world->bounces > 0)
        (void)world->time.ops->start(world->time.ctx, WORLD_TEDDY_BOUNCE_TIMER, BOUNCE_MS, bounce,
                                     world);
}

static void move_contact(struct world_teddy *world)
{
    if (world_lines_get(&world->lines, WORLD_TEDDY_LINE_BUTTON) == contact(world) &&
        world->bounces == 0)
        return;
    world_lines_set(&world->lines, WORLD_TEDDY_LINE_BUTTON, contact(world));
    world->bounces = 0;
    if (!world_teddy_has_fault(world, WORLD_TEDDY_BUTTON_BOUNCE))
        return;
    world->bounces = BOUNCES;
    (void)world->time.ops->start(world->time.ctx, WORLD_TEDDY_BOUNCE_TIMER, BOUNCE_MS, bounce,
                                 world);
}

void world_teddy_press(struct world_teddy *world, bool down)
{
    world->hand = down;
    move_contact(world);
}

/* ---- light ---- */

static int show(void *ctx, const struct roost_light_pattern *pattern)
{
    struct world_teddy *world = ctx;
    bool moves = pattern->shape == ROOST_LIGHT_BLINK || pattern->shape == ROOST_LIGHT_BREATHE;

    if (!world_teddy_powered(world) || world_teddy_has_fault(world, WORLD_TEDDY_LIGHT_DEAD))
        return ROOST_ERR_FAULT;
    if (pattern->shape > ROOST_LIGHT_BREATHE ||
        (moves && (pattern->period_ms < PERIOD_MIN_MS || pattern->period_ms > PERIOD_MAX_MS)))
        return ROOST_ERR_RANGE;
    world->light.shown[world->light.count++ % WORLD_TEDDY_SHOWN] = *pattern;
    return 0;
}

static const struct roost_light_ops light_ops = {.show = show};

struct roost_light_pattern world_teddy_light(const struct world_teddy *world)
{
    if (world->light.count == 0 || !world_teddy_powered(world))
        return (struct roost_light_pattern){.shape = ROOST_LIGHT_OFF};
    return world->light.shown[(world->light.count - 1) % WORLD_TEDDY_SHOWN];
}

/* ---- faults, life ---- */

void world_teddy_set_fault(struct world_teddy *world, enum world_teddy_fault fault, bool on)
{
    world_teddy_update(world); /* a clock goes as it went up to now */
    world->faults = on ? world->faults | 1u << fault : world->faults & ~(1u << fault);
    if (fault == WORLD_TEDDY_BUTTON_STUCK)
        move_contact(world);
}

void world_teddy_init(struct world_teddy *world, const struct world_teddy_config *config)
{
    memset(world, 0, sizeof *world);
    world->config = *config;
    if (world->config.noise == 0)
        world->config.noise = 8;
    world->noise = (uint32_t)(config->seed * 0x9E3779B97F4A7C15u >> 32) | 1;
}

int world_teddy_attach(struct world_teddy *world, const struct world_time *time,
                       struct roost_port *port)
{
    world->time = *time;
    world_teddy_ear_attach(world, port);
    port->audio_out = (struct roost_audio_out){&world_teddy_mouth_ops, world};
    port->light = (struct roost_light){&light_ops, world};
    return world_lines_attach(&world->lines, time, WORLD_TEDDY_LINES_TIMER, port,
                              1u << WORLD_TEDDY_LINE_BUTTON, 0);
}

void world_teddy_off(struct world_teddy *world)
{
    static const struct roost_light_pattern dark = {.shape = ROOST_LIGHT_OFF};

    world_teddy_update(world);
    for (unsigned timer = 0; timer < WORLD_TIMERS; timer++)
        world->time.ops->stop(world->time.ctx, timer);
    world_lines_off(&world->lines);
    world->bounces = 0;
    world->mic.on = world->out.on = false;
    world->out.used = 0;
    world->light.shown[world->light.count++ % WORLD_TEDDY_SHOWN] = dark;
}
