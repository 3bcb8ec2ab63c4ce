/* SPDX-License-Identifier: Apache-2.0 */
/* Twenty cells of lithium and manganese in a row, and their management. */
#include <string.h>

#include "core/bytes.h"
#include "world/charger/parts.h"

#define EMPTY_V       60.0
#define KNEE_V        70.0 /* at a tenth */
#define FULL_V        83.5
#define LIMIT_V       84.0
#define OHM_OF_60AH   0.025
#define KELVIN_EACH_J (1.0 / 30000)
#define COOLS_S       2000.0
#define TOO_HOT_DEGC  55.0
#define HOT_DEGC      60.0

enum { FRAME_EACH_MS = 200, BATTERY_ID = 0x1806E5F4, OUTPUT_ID = 0x18FF50E5 };

static double open_circuit_v(double soc)
{
    if (soc < 0.1)
        return EMPTY_V + (KNEE_V - EMPTY_V) * soc / 0.1;
    return KNEE_V + (FULL_V - KNEE_V) * (soc - 0.1) / 0.9;
}

static void set_voltage(struct world_charger *world)
{
    double voc_v = open_circuit_v(world->battery.soc);

    if (world_charger_is(world, WORLD_CHARGER_BATTERY_LOW))
        voc_v = 50;
    world->battery.voc_v = world_charger_is(world, WORLD_CHARGER_BATTERY_REVERSED) ? -voc_v : voc_v;
}

void world_charger_battery_init(struct world_charger *world)
{
    world->battery.soc = world->config.soc_permille / 1000.0;
    world->battery.full = false;
    world->battery.temperature_degc = world->config.ambient_degc;
    world->battery.discharged_ah = 1000;
    world->battery.charged_ah = 1000 + world->battery.soc * world->config.capacity_mah / 1000.0;
    set_voltage(world);
}

double world_charger_battery_ohm(const struct world_charger *world)
{
    return OHM_OF_60AH * 60000 / world->config.capacity_mah;
}

void world_charger_battery_step(struct world_charger *world, double ampere, double seconds)
{
    double ah = ampere * seconds / 3600;
    double loss_j = ampere * ampere * world_charger_battery_ohm(world) * seconds;
    double ambient_degc = world->config.ambient_degc;

    world->battery.charged_ah += ah;
    world->battery.soc += ah * 1000 / world->config.capacity_mah;
    world->battery.temperature_degc += loss_j * KELVIN_EACH_J;
    world->battery.temperature_degc -=
        (world->battery.temperature_degc - ambient_degc) * seconds / COOLS_S;
    if (world->battery.soc >= 1)
        world->battery.full = true;
    set_voltage(world);
}

/* ---- what it says ---- */

static void write_frame(const struct world_charger *world, uint8_t data[8])
{
    bool range = world_charger_is(world, WORLD_CHARGER_BATTERY_RANGE);
    double degc = world_charger_is(world, WORLD_CHARGER_BATTERY_HOT)
                      ? HOT_DEGC
                      : world->battery.temperature_degc;
    bool stop = world_charger_is(world, WORLD_CHARGER_BATTERY_REFUSES) || world->battery.full ||
                degc > TOO_HOT_DEGC;

    memset(data, 0, 8);
    roost_be_put(data, range ? 1200 : (uint64_t)(LIMIT_V * 10), 2);
    roost_be_put(data + 2, range ? 65000 : world->config.capacity_mah / 100, 2);
    data[4] = stop;
    data[5] = degc < 5;
}

void world_charger_battery_speak(struct world_charger *world)
{
    if (!world->plugged || world_charger_is(world, WORLD_CHARGER_BATTERY_SILENT) ||
        world->at_ms < world->battery.frame_ms)
        return;
    world->battery.frame_ms = world->at_ms + FRAME_EACH_MS;
    if (!world_charger_is(world, WORLD_CHARGER_BATTERY_STUCK))
        write_frame(world, world->battery.last);
    world_charger_say(world, WORLD_CHARGER_BATTERY_BUS, BATTERY_ID, world->battery.last);
}

void world_charger_battery_hears(struct world_charger *world, const struct roost_can_frame *frame)
{
    uint8_t data[8] = {0};

    if (!world->plugged || world_charger_is(world, WORLD_CHARGER_BATTERY_SILENT))
        return;
    world->battery.heard += frame->id == OUTPUT_ID;
    if (frame->id == 0x160B0180) {
        roost_be_put(data, (uint64_t)(world->battery.charged_ah * 1000), 4);
        world_charger_say(world, WORLD_CHARGER_BATTERY_BUS, 0x160B8001, data);
    } else if (frame->id == 0x160D0180) {
        roost_be_put(data, (uint64_t)(world->battery.discharged_ah * 1000), 4);
        world_charger_say(world, WORLD_CHARGER_BATTERY_BUS, 0x160D8001, data);
    }
}
