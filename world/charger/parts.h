/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder. */
#ifndef ROOST_WORLD_CHARGER_PARTS_H
#define ROOST_WORLD_CHARGER_PARTS_H

#include "world/charger/charger.h"

/* The host's timers. */
enum { WORLD_CHARGER_LINES_TIMER, WORLD_CHARGER_TICK_TIMER };
enum { WORLD_CHARGER_TICK_MS = 10 };

static inline bool world_charger_is(const struct world_charger *world,
                                    enum world_charger_fault fault)
{
    return world->faults >> fault & 1;
}

static inline bool world_charger_line(const struct world_charger *world,
                                      enum world_charger_line line)
{
    return world_lines_get(&world->lines, line);
}

/* ---- can.c ---- */
extern const struct roost_can_ops world_charger_can_ops; /* ctx: the world */
void world_charger_say(struct world_charger *world, unsigned bus, uint32_t id,
                       const uint8_t data[8]);
void world_charger_run_buses(struct world_charger *world);

/* ---- battery.c ---- */
void world_charger_battery_init(struct world_charger *world);
void world_charger_battery_hears(struct world_charger *world, const struct roost_can_frame *frame);
/* So much charge came in, in so long. */
void world_charger_battery_step(struct world_charger *world, double ampere, double seconds);
void world_charger_battery_speak(struct world_charger *world);
double world_charger_battery_ohm(const struct world_charger *world);

/* ---- module.c ---- */
void world_charger_module_hears(struct world_charger *world, const struct roost_can_frame *frame);
bool world_charger_module_runs(const struct world_charger *world);
void world_charger_module_step(struct world_charger *world, double seconds);
void world_charger_module_speak(struct world_charger *world);
/* What it drives in this step into a battery of that voltage, behind so much resistance. */
double world_charger_module_current(struct world_charger *world, double voc_v, double ohm,
                                    double seconds);
double world_charger_module_open_v(const struct world_charger *world); /* and into nothing */

/* ---- circuit.c ---- */
void world_charger_circuit_step(struct world_charger *world, double seconds);
void world_charger_read_lines(struct world_charger *world);
/* Returns 0, or -1: the sensor is dead. */
int world_charger_gun_sees(const struct world_charger *world, double *degc);

#endif
