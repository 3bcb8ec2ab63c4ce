/* SPDX-License-Identifier: Apache-2.0 */
/* Time, faults and the servo. */
#include "world/window/window.h"

#include <math.h>

#include "core/err.h"
#include "world/window/parts.h"

/* ---- time ---- */

static uint64_t now_ms(const struct world_window *world)
{
    return world->time.ops->now_ms(world->time.ctx);
}

void world_window_settle_sash(struct world_window *world)
{
    uint64_t now = now_ms(world);

    if (now > world->sash_ms)
        world_sash_step(&world->sash, (double)(now - world->sash_ms) / 1000.0);
    world->sash_ms = now;
}

static void step_house(struct world_window *world)
{
    uint64_t due_ms = (now_ms(world) - world->house_ms) * world->config.speed;

    if (due_ms == 0 || due_ms < world->config.house_step_s * UINT64_C(1000))
        return;
    world_house_step(&world->house, (double)due_ms / 1000.0, world_sash_opening_pct(&world->sash));
    world->house_ms = now_ms(world);
}

void world_window_settle(struct world_window *world)
{
    world_window_settle_sash(world);
    if (world->config.house_step_s > 0)
        step_house(world);
}

void world_window_update(struct world_window *world)
{
    world_window_settle_sash(world);
    step_house(world);
}

int64_t world_window_unix_ms(const struct world_window *world)
{
    return world->config.unix_ms +
           (int64_t)((now_ms(world) - world->began_ms) * world->config.speed);
}

double world_window_opening_pct(struct world_window *world)
{
    world_window_settle_sash(world);
    return world_sash_opening_pct(&world->sash);
}

bool world_window_powered(const struct world_window *world)
{
    return world_time_powered(&world->time);
}

/* ---- chance ---- */

uint64_t world_window_random(struct world_window *world)
{
    if (world->time.ops->random)
        return world->time.ops->random(world->time.ctx);
    world->random ^= world->random << 13;
    world->random ^= world->random >> 7;
    world->random ^= world->random << 17;
    return world->random;
}

double world_window_draw(struct world_window *world)
{
    return (double)(int64_t)world_window_random(world) * 0x1p-63;
}

/* ---- faults ---- */

bool world_window_has_fault(const struct world_window *world, enum world_window_fault fault)
{
    return world->faults & 1u << fault;
}

void world_window_set_fault(struct world_window *world, enum world_window_fault fault, bool on)
{
    /* The others leave the models alone. */
    if (fault == WORLD_WINDOW_MOTOR_JAM || fault == WORLD_WINDOW_MOTOR_DEAD ||
        fault == WORLD_WINDOW_FEEDBACK_DEAD)
        world_window_update(world);
    world->faults = on ? world->faults | 1u << fault : world->faults & ~(1u << fault);
    world->sash.jammed = world_window_has_fault(world, WORLD_WINDOW_MOTOR_JAM);
    world->sash.unpowered = world_window_has_fault(world, WORLD_WINDOW_MOTOR_DEAD);
    world->sash.sensor_dead = world_window_has_fault(world, WORLD_WINDOW_FEEDBACK_DEAD);
}

void world_window_obstruct(struct world_window *world, double opening_pct)
{
    struct world_sash *sash = &world->sash;

    world_window_update(world);
    sash->obstruction_raw =
        isnan(opening_pct)
            ? (double)NAN
            : sash->stop_closed_raw +
                  opening_pct / 100.0 * (sash->stop_open_raw - sash->stop_closed_raw);
}

/* ---- motor ---- */

static bool driver_answers(const struct world_window *world)
{
    return world_window_powered(world) && !world_window_has_fault(world, WORLD_WINDOW_DRIVER_DEAD);
}

static int motor_range(void *ctx, int32_t *min_raw, int32_t *max_raw)
{
    (void)ctx;
    *min_raw = WORLD_SASH_MIN_RAW;
    *max_raw = WORLD_SASH_MAX_RAW;
    return 0;
}

static int motor_set(void *ctx, int32_t raw)
{
    struct world_window *world = ctx;

    if (!driver_answers(world))
        return ROOST_ERR_FAULT;
    if (raw < WORLD_SASH_MIN_RAW || raw > WORLD_SASH_MAX_RAW)
        return ROOST_ERR_RANGE;
    world_window_settle(world);
    if (world->time.ops->note)
        world->time.ops->note(world->time.ctx, "motor", &raw, sizeof raw);
    world_sash_set(&world->sash, raw);
    return 0;
}

static int motor_release(void *ctx)
{
    struct world_window *world = ctx;

    if (!driver_answers(world))
        return ROOST_ERR_FAULT;
    world_window_settle(world);
    world_sash_release(&world->sash);
    return 0;
}

static int motor_sense(void *ctx, struct roost_motor_sense *out)
{
    struct world_window *world = ctx;

    if (!driver_answers(world))
        return ROOST_ERR_FAULT;
    world_window_settle(world);
    out->position_raw = world_sash_feedback_raw(&world->sash);
    out->current_ma = (int32_t)lrint(world->sash.current_ma);
    return 0;
}

const struct roost_motor_ops world_window_motor_ops = {
    .range = motor_range, .set = motor_set, .release = motor_release, .sense = motor_sense};

/* ---- life ---- */

struct world_window_config world_window_plain(uint64_t seed, int64_t unix_ms)
{
    return (struct world_window_config){
        .seed = seed,
        .weather_seed = seed,
        .unix_ms = unix_ms,
        .house_step_s = 10,
        .sensor = WORLD_SENSOR_DHT22,
        .measure_ms = 25, /* a start pulse of 18 ms, 40 bits of about 0.12 ms */
        .silent_ms = 250,
        .sound = WORLD_SOUND_PCM,
        .block_ms = 100,
    };
}

void world_window_init(struct world_window *world, const struct world_window_config *config)
{
    *world = (struct world_window){.config = *config};
    if (world->config.speed == 0)
        world->config.speed = 1;
    world->random = config->seed * 0x9E3779B97F4A7C15u | 1;
    world_house_init(&world->house, config->weather_seed, config->unix_ms);
    world_street_init(&world->street, config->seed);
    world_sash_init(&world->sash, config->seed);
}

int world_window_attach(struct world_window *world, const struct world_time *time,
                        struct roost_port *port)
{
    world->time = *time;
    world->began_ms = world->house_ms = world->sash_ms = now_ms(world);
    world_window_mic_attach(world, port);
    port->climate = (struct roost_climate_sensor){&world_window_climate_ops, world};
    port->motor = (struct roost_motor){&world_window_motor_ops, world};
    return 0;
}

void world_window_off(struct world_window *world)
{
    world_window_update(world);
    for (unsigned timer = 0; timer < WORLD_TIMERS; timer++)
        world->time.ops->stop(world->time.ctx, timer);
    world->climate.measuring = false;
    world->mic.on = false;
    world_sash_release(&world->sash); /* a servo without its pulse holds nothing */
}
