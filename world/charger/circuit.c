/* SPDX-License-Identifier: Apache-2.0 */
/*
 *     module --+-- meter --+--- contactor ---+--- cable --- gun --- battery
 *              |           +-- relay, ohms --+
 *          capacitors, bleeder
 */
#include "world/charger/parts.h"

#define FARAD       0.0047
#define BLEEDS_S    152.5 /* 83 to 56 V in 60 s */
#define CABLE_OHM   0.004
#define PRECHARGE_S 0.235 /* 50 ohms, into the capacitors */
#define RISES_V_S   500.0
#define GUN_J_PER_K 200.0
#define GUN_W_PER_K 0.5
#define GUN_HOT     75.0

enum { CLOSES_MS = 20, MONITOR_MS = 100 };

/* ---- contactor ---- */

static bool connected(const struct world_charger *world)
{
    return world->plugged && !world_charger_is(world, WORLD_CHARGER_BATTERY_GONE);
}

static void move_contactor(struct world_charger *world)
{
    bool told = world_charger_line(world, WORLD_CHARGER_LINE_CONTACTOR);
    bool closed = world->circuit.contactor;

    if (told != world->circuit.told) {
        world->circuit.told = told;
        world->circuit.moves_ms = world->at_ms + CLOSES_MS;
    }
    /* A spring opens it at once as far as this model goes; a coil takes its time to close it. */
    if (!told)
        closed = false;
    else if (world->at_ms >= world->circuit.moves_ms)
        closed = true;
    if (world_charger_is(world, WORLD_CHARGER_WELDED))
        closed = true;
    if (world_charger_is(world, WORLD_CHARGER_NOT_CLOSING))
        closed = false;
    if (closed && !world->circuit.contactor && connected(world)) {
        /* What the capacitors are above or below the battery goes at once. */
        double rises_v = world->battery.voc_v - world->circuit.output_v;
        world->inrush_j += FARAD * rises_v * rises_v / 2;
    }
    if (!closed && world->circuit.contactor)
        world->circuit.arcs += world->module.current_a > 1;
    world->circuit.contactor = closed;
}

/* ---- output ---- */

static void charge(struct world_charger *world, double seconds)
{
    double inner_ohm = world_charger_battery_ohm(world);
    double ohm = inner_ohm + CABLE_OHM + world->gun_mohm / 1000;
    double voc_v = world->battery.voc_v;
    double ampere = world_charger_module_current(world, voc_v, ohm, seconds);

    world->module.current_a = ampere;
    world->circuit.output_v = voc_v + ampere * ohm;
    world->terminal_j += world->circuit.output_v * ampere * seconds;
    world->battery_j += voc_v * ampere * seconds;
    world->resistance_j += ampere * ampere * ohm * seconds;
    world_charger_battery_step(world, ampere, seconds);
}

static void run_open(struct world_charger *world, double seconds)
{
    double target_v = world_charger_module_open_v(world);
    double output_v = world->circuit.output_v;
    bool relay = world_charger_line(world, WORLD_CHARGER_LINE_PRECHARGE) &&
                 !world_charger_is(world, WORLD_CHARGER_PRECHARGE_OPEN);

    world->module.current_a = 0;
    output_v -= output_v * seconds / BLEEDS_S;
    if (target_v > output_v)
        output_v =
            output_v + RISES_V_S * seconds < target_v ? output_v + RISES_V_S * seconds : target_v;
    if (relay && connected(world)) {
        double part = seconds / PRECHARGE_S;
        double next_v = (output_v + part * world->battery.voc_v) / (1 + part);
        world->inrush_j += FARAD * (next_v - output_v) * (next_v - output_v) / 2;
        output_v = next_v;
    }
    world->circuit.output_v = output_v;
    world_charger_battery_step(world, 0, seconds);
}

static void warm_gun(struct world_charger *world, double seconds)
{
    double ampere = world->module.current_a;
    double watt = ampere * ampere * world->gun_mohm / 1000 -
                  GUN_W_PER_K * (world->gun_degc - world->config.ambient_degc);

    world->gun_degc += watt * seconds / GUN_J_PER_K;
}

void world_charger_circuit_step(struct world_charger *world, double seconds)
{
    move_contactor(world);
    if (world->circuit.contactor && connected(world))
        charge(world, seconds);
    else
        run_open(world, seconds);
    warm_gun(world, seconds);
}

/* ---- inputs ---- */

static void run_monitor(struct world_charger *world)
{
    bool sees = !world->plugged || world->at_ms - world->plugged_ms >= world->config.monitor_ms;
    bool finds = (sees && world_charger_is(world, WORLD_CHARGER_INSULATION_LOW)) ||
                 world_charger_line(world, WORLD_CHARGER_LINE_TEST);

    if (world_charger_is(world, WORLD_CHARGER_MONITOR_DEAD))
        finds = false;
    if (finds == world->monitor.tripped)
        world->monitor.tripped_ms = world->at_ms;
    else if (world->at_ms - world->monitor.tripped_ms >= MONITOR_MS)
        world->monitor.tripped = finds;
}

void world_charger_read_lines(struct world_charger *world)
{
    bool reversed = world->plugged && world_charger_is(world, WORLD_CHARGER_BATTERY_REVERSED);
    bool feedback =
        world->circuit.contactor && !world_charger_is(world, WORLD_CHARGER_FEEDBACK_DEAD);

    run_monitor(world);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_PLUG, world->plugged);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_STOP_CHAIN, !world->stopped);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_DOOR, !world->door_open);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_EARTH,
                    !world_charger_is(world, WORLD_CHARGER_NO_EARTH));
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_FAN,
                    !world_charger_is(world, WORLD_CHARGER_FAN_STOPPED));
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_POLARITY, !reversed);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_INSULATION, !world->monitor.tripped);
    world_lines_set(&world->lines, WORLD_CHARGER_LINE_FEEDBACK, feedback);
}

int world_charger_gun_sees(const struct world_charger *world, double *degc)
{
    *degc = world_charger_is(world, WORLD_CHARGER_GUN_HOT) ? GUN_HOT : world->gun_degc;
    return world_charger_is(world, WORLD_CHARGER_GUN_SENSOR_DEAD) ? -1 : 0;
}
