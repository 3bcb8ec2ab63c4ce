/* SPDX-License-Identifier: Apache-2.0 */
/* A power module of 25 kW: constant current up to a constant voltage. */
#include <string.h>

#include "core/bytes.h"
#include "world/charger/parts.h"

#define RISES_A_S     60.0
#define FALLS_A_S     600.0
#define BACK_A        (-20.0)
#define OVERSHOOT_V   90.0
#define EFFICIENCY    0.95
#define COOLS_S       200.0
#define KELVIN_EACH_W 0.03 /* above the ambient air, with its fan */
#define NO_FAN        4.0
#define HOT_DEGC      75.0
#define WRONG         1.15

enum {
    TERMINAL_EACH_MS = 100,
    STATUS_EACH_MS = 500,
    ALONE_MS = 5000, /* without an order it goes off by itself */
    TERMINAL_ID = 0x00433F01,
    STATUS_ID = 0x00473F01,
    CONTROL_ID = 0x068181FE,
    CONTROL_REPLY_ID = 0x0681817E,
    ASK_ID = 0x068182FE,
    ASK_REPLY_ID = 0x0681827E
};

bool world_charger_module_runs(const struct world_charger *world)
{
    if (world_charger_is(world, WORLD_CHARGER_MODULE_STAYS_ON))
        return true;
    return world->module.on && world_charger_line(world, WORLD_CHARGER_LINE_MODULE) &&
           world->at_ms - world->module.ordered_ms <= ALONE_MS;
}

/* The current it is on its way to, from which circuit.c takes what the voltage lets through. */
void world_charger_module_step(struct world_charger *world, double seconds)
{
    double power_w = world->circuit.output_v * world->module.current_a;
    double rise = power_w * (1 - EFFICIENCY) * KELVIN_EACH_W *
                  (world_charger_is(world, WORLD_CHARGER_FAN_STOPPED) ? NO_FAN : 1);
    double target_degc = world->config.ambient_degc + rise;

    world->module.temperature_degc +=
        (target_degc - world->module.temperature_degc) * seconds / COOLS_S;
    world->module.charging = world_charger_module_runs(world);
}

/* ---- what it says ---- */

static void put_float(uint8_t *data, double value)
{
    float single = (float)value;
    uint32_t bits;

    memcpy(&bits, &single, sizeof bits);
    roost_be_put(data, bits, sizeof bits);
}

static void speak(struct world_charger *world, enum world_charger_fault silent, uint32_t id,
                  uint8_t last[8], const uint8_t data[8])
{
    if (world_charger_is(world, WORLD_CHARGER_MODULE_SILENT) || world_charger_is(world, silent))
        return;
    if (!world_charger_is(world, WORLD_CHARGER_MODULE_STUCK))
        memcpy(last, data, 8);
    world_charger_say(world, WORLD_CHARGER_MODULE_BUS, id, last);
}

static void say_terminal(struct world_charger *world)
{
    double current_a = world->module.current_a;
    uint8_t data[8];

    if (world_charger_is(world, WORLD_CHARGER_METER_WRONG))
        current_a *= WRONG;
    put_float(data, world->circuit.output_v);
    put_float(data + 4, current_a);
    if (world_charger_is(world, WORLD_CHARGER_METER_BROKEN))
        roost_be_put(data + 4, 0x7F800000, 4);
    if (world_charger_is(world, WORLD_CHARGER_MODULE_RANGE)) {
        roost_be_put(data, 0x7FC00000, 4);
        roost_be_put(data + 4, 0x7F800000, 4);
    }
    speak(world, WORLD_CHARGER_TERMINAL_SILENT, TERMINAL_ID, world->module.last_terminal, data);
}

void world_charger_module_speak(struct world_charger *world)
{
    uint8_t status[8] = {[6] = 0x03, [7] = world->module.charging ? 0x02 : 0x01};

    if (world->at_ms >= world->module.terminal_ms) {
        world->module.terminal_ms = world->at_ms + TERMINAL_EACH_MS;
        say_terminal(world);
    }
    if (world->at_ms >= world->module.status_ms) {
        world->module.status_ms = world->at_ms + STATUS_EACH_MS;
        speak(world, WORLD_CHARGER_STATUS_SILENT, STATUS_ID, world->module.last_status, status);
    }
}

static void answer(struct world_charger *world, uint8_t function)
{
    uint8_t data[8] = {0x01, function};
    double degc = world_charger_is(world, WORLD_CHARGER_MODULE_HOT)
                      ? HOT_DEGC
                      : world->module.temperature_degc;
    double volt = world->circuit.output_v > 0 ? world->circuit.output_v : 0;

    world->module.asked++;
    if (function == 0x84)
        roost_be_put(data + 4, (uint64_t)(volt * 1024 + 0.5), 4);
    else if (function == 0x82)
        roost_be_put(data + 6, (uint64_t)(int64_t)(world->module.current_a * 10 + 0.5), 2);
    else if (function == 0x80)
        roost_be_put(data + 4, (uint64_t)(int64_t)(degc * 1000), 4);
    if (function == 0x80 && world_charger_is(world, WORLD_CHARGER_TEMPERATURE_SILENT))
        return;
    if (function == 0x82 && world_charger_is(world, WORLD_CHARGER_TELEMETRY_BROKEN))
        roost_be_put(data + 6, 32000, 2);
    if (world_charger_is(world, WORLD_CHARGER_MODULE_RANGE))
        memset(data + 4, 0x7F, 4);
    /* The last reply of each function: 0x79, 0x80, 0x82, 0x83, 0x84. */
    speak(world, WORLD_CHARGER_TELEMETRY_SILENT, ASK_REPLY_ID,
          world->module.last_reply[function % WORLD_CHARGER_FUNCTIONS], data);
}

/* ---- what it hears ---- */

static void obey(struct world_charger *world, const uint8_t data[8])
{
    uint32_t value = (uint32_t)roost_be_get(data + 4, 4);

    world->module.ordered_ms = world->at_ms;
    switch (data[1]) {
    case 0x32:
        world->module.on = data[3] == 0;
        break;
    case 0x00:
        world->module.limit_v = value / 1024.0;
        break;
    case 0x03:
        world->module.limit_a = value / 30.5;
        break;
    default:
        break;
    }
    if (!world_charger_is(world, WORLD_CHARGER_MODULE_SILENT))
        world_charger_say(world, WORLD_CHARGER_MODULE_BUS, CONTROL_REPLY_ID, data);
}

void world_charger_module_hears(struct world_charger *world, const struct roost_can_frame *frame)
{
    if (frame->data[0] != 0x01)
        return;
    if (frame->id == CONTROL_ID)
        obey(world, frame->data);
    else if (frame->id == ASK_ID)
        answer(world, frame->data[1]);
}

/* ---- how much it lets out against a battery ---- */

static double wanted_a(const struct world_charger *world, double most_a)
{
    if (world_charger_is(world, WORLD_CHARGER_MODULE_BACKFEEDS))
        return BACK_A;
    if (!world_charger_module_runs(world))
        return 0;
    if (world_charger_is(world, WORLD_CHARGER_MODULE_RUNAWAY))
        return world->config.runaway_a;
    return most_a < world->module.limit_a ? most_a : world->module.limit_a;
}

double world_charger_module_current(struct world_charger *world, double voc_v, double ohm,
                                    double seconds)
{
    double most_a = (world->module.limit_v - voc_v) / ohm;
    double wanted = wanted_a(world, most_a > 0 ? most_a : 0);
    double now_a = world->module.current_a;
    double rises_a = now_a + RISES_A_S * seconds, falls_a = now_a - FALLS_A_S * seconds;

    if (world_charger_is(world, WORLD_CHARGER_MODULE_RUNAWAY) || wanted < 0 ||
        !world_charger_module_runs(world))
        return wanted;
    if (wanted > rises_a)
        return rises_a;
    return wanted < falls_a ? falls_a : wanted;
}

double world_charger_module_open_v(const struct world_charger *world)
{
    if (!world_charger_module_runs(world))
        return 0;
    return world_charger_is(world, WORLD_CHARGER_BATTERY_GONE) ? OVERSHOOT_V
                                                               : world->module.limit_v;
}
