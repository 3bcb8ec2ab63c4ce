/* SPDX-License-Identifier: Apache-2.0 */
/* Time, lines, hands and faults; the other files are the parts. */
#include "world/charger/charger.h"

#include <string.h>

#include "core/err.h"
#include "world/charger/parts.h"

#define JOULE_PER_WH 3600.0

enum {
    REST_TICK_MS = 500,
    INPUTS = (1 << WORLD_CHARGER_LINE_TEST) - 1,
    OUTPUTS = (1 << WORLD_CHARGER_LINE_COUNT) - 1 - INPUTS
};

/* ---- time ---- */

static void step(struct world_charger *world, uint64_t span_ms)
{
    double seconds = (double)span_ms / 1000;

    world_charger_circuit_step(world, seconds);
    world_charger_module_step(world, seconds);
    world->at_ms += span_ms;
    world_charger_read_lines(world);
    world_charger_run_buses(world);
    world_charger_battery_speak(world);
    world_charger_module_speak(world);
}

/* Nothing is switched on and nothing broken: what is left is who speaks, and what cools. */
static bool rests(const struct world_charger *world)
{
    return world->faults == 0 && (world->lines.levels & OUTPUTS) == 0 &&
           !world->circuit.contactor && !world->module.charging && world->module.current_a == 0 &&
           !world->monitor.tripped;
}

/* Until when one step may go: at rest, until somebody speaks. */
static uint64_t step_end_ms(const struct world_charger *world)
{
    uint64_t end_ms = world->at_ms + WORLD_CHARGER_TICK_MS;

    if (!rests(world))
        return end_ms;
    uint64_t speaks_ms = world->module.terminal_ms < world->module.status_ms
                             ? world->module.terminal_ms
                             : world->module.status_ms;
    if (world->plugged && world->battery.frame_ms < speaks_ms)
        speaks_ms = world->battery.frame_ms;
    return speaks_ms > end_ms ? speaks_ms : end_ms;
}

void world_charger_update(struct world_charger *world)
{
    uint64_t now_ms;

    if (!world->attached)
        return;
    now_ms = world->time.ops->now_ms(world->time.ctx);
    while (world->at_ms < now_ms) {
        uint64_t end_ms = step_end_ms(world);
        step(world, (end_ms < now_ms ? end_ms : now_ms) - world->at_ms);
    }
}

static void tick(void *arg);

/* The tick comes no later than that. */
static void tick_by(struct world_charger *world, uint64_t due_ms)
{
    if (!world->attached || world->tick_ms <= due_ms)
        return;
    world->tick_ms = due_ms;
    (void)world->time.ops->start(world->time.ctx, WORLD_CHARGER_TICK_TIMER,
                                 (uint32_t)(due_ms - world->time.ops->now_ms(world->time.ctx)),
                                 tick, world);
}

/* Something was changed: it may be at rest no longer. What is said at rest is announced together:
 * the controllers' rings have room for it. */
static void stir(struct world_charger *world)
{
    tick_by(world, world->at_ms + (rests(world) ? REST_TICK_MS : WORLD_CHARGER_TICK_MS));
}

/* A device that looks as often keeps it up to date by itself, and has read what there is. */
static bool is_kept_up(const struct world_charger *world)
{
    return !world->bus[0].news && !world->bus[1].news &&
           world->time.ops->now_ms(world->time.ctx) - world->at_ms < WORLD_CHARGER_TICK_MS;
}

static void tick(void *arg)
{
    struct world_charger *world = arg;

    world->tick_ms = UINT64_MAX;
    if (is_kept_up(world)) {
        stir(world);
        return;
    }
    world_charger_update(world);
    for (unsigned i = 0; i < WORLD_CHARGER_BUSES; i++) {
        const struct roost_event ready = {.type = ROOST_EV_CAN_READY, .token = i};
        if (world->bus[i].news && world_time_powered(&world->time))
            world->time.ops->post(world->time.ctx, &ready);
        world->bus[i].news = false;
    }
    stir(world);
}

/* ---- lines: whatever changes, changes now ---- */

static int line_read(void *ctx, unsigned line)
{
    struct world_charger *world = ctx;

    world_charger_update(world);
    return world->inner.ops->read(world->inner.ctx, line);
}

static int line_write(void *ctx, unsigned line, bool active)
{
    struct world_charger *world = ctx;

    world_charger_update(world);
    int err = world->inner.ops->write(world->inner.ctx, line, active);
    stir(world);
    return err;
}

static int line_watch(void *ctx, unsigned line, bool on)
{
    struct world_charger *world = ctx;

    return world->inner.ops->watch(world->inner.ctx, line, on);
}

static const struct roost_gpio_ops gpio_ops = {
    .read = line_read, .write = line_write, .watch = line_watch};

/* ---- life ---- */

void world_charger_init(struct world_charger *world, const struct world_charger_config *config)
{
    memset(world, 0, sizeof *world);
    world->config = *config;
    if (world->config.capacity_mah == 0)
        world->config.capacity_mah = 60000;
    if (world->config.ambient_degc == 0)
        world->config.ambient_degc = 20;
    if (world->config.flood_per_tick == 0)
        world->config.flood_per_tick = 10;
    if (world->config.runaway_a == 0)
        world->config.runaway_a = 320;
    world->module.temperature_degc = world->gun_degc = world->config.ambient_degc;
    world->gun_mohm = 0.2;
    world_charger_battery_init(world);
}

int world_charger_attach(struct world_charger *world, const struct world_time *time,
                         struct roost_port *port)
{
    world->time = *time;
    world->at_ms = time->ops->now_ms(time->ctx);
    int err =
        world_lines_attach(&world->lines, time, WORLD_CHARGER_LINES_TIMER, port, INPUTS, OUTPUTS);
    if (err)
        return err;
    world->inner = port->gpio;
    port->gpio = (struct roost_gpio){&gpio_ops, world};
    port->can = (struct roost_can){&world_charger_can_ops, world};
    world->attached = true;
    world_charger_read_lines(world);
    world->tick_ms = world->at_ms + WORLD_CHARGER_TICK_MS;
    return time->ops->start(time->ctx, WORLD_CHARGER_TICK_TIMER, WORLD_CHARGER_TICK_MS, tick,
                            world);
}

void world_charger_off(struct world_charger *world)
{
    world_charger_update(world);
    world_lines_off(&world->lines);
    for (unsigned i = 0; i < WORLD_CHARGER_BUSES; i++)
        world->bus[i].state = ROOST_CAN_STOPPED;
}

/* ---- hands ---- */

static void changed(struct world_charger *world)
{
    if (!world->attached)
        return;
    world_charger_read_lines(world);
    stir(world);
}

void world_charger_plug(struct world_charger *world, bool in)
{
    world_charger_update(world);
    if (world->plugged && !in)
        world->circuit.arcs += world->module.current_a > 1;
    if (!world->plugged && in)
        world->battery.frame_ms = world->plugged_ms = world->at_ms;
    world->plugged = in;
    changed(world);
}

void world_charger_battery(struct world_charger *world, uint32_t capacity_mah,
                           uint16_t soc_permille)
{
    world_charger_update(world);
    world->config.capacity_mah = capacity_mah;
    world->config.soc_permille = soc_permille;
    world_charger_battery_init(world);
}

void world_charger_stop(struct world_charger *world, bool pressed)
{
    world_charger_update(world);
    world->stopped = pressed;
    if (pressed && world->config.stop && world_time_powered(&world->time))
        world->config.stop(world->config.stop_ctx);
    changed(world);
}

void world_charger_door(struct world_charger *world, bool open)
{
    world_charger_update(world);
    world->door_open = open;
    changed(world);
}

int world_charger_gun_mdegc(void *ctx, int32_t *out)
{
    double degc;

    world_charger_update(ctx);
    if (world_charger_gun_sees(ctx, &degc))
        return ROOST_ERR_FAULT;
    *out = (int32_t)(degc * 1000);
    return 0;
}

double world_charger_current_a(const struct world_charger *world)
{
    return world->module.current_a;
}

double world_charger_energy_wh(const struct world_charger *world)
{
    return world->terminal_j / JOULE_PER_WH;
}

bool world_charger_has_fault(const struct world_charger *world, enum world_charger_fault fault)
{
    return world_charger_is(world, fault);
}

void world_charger_set_fault(struct world_charger *world, enum world_charger_fault fault, bool on)
{
    world_charger_update(world);
    world->faults = on ? world->faults | 1ull << fault : world->faults & ~(1ull << fault);
    world_charger_battery_step(world, 0, 0); /* its voltage may be another now */
    changed(world);
}
