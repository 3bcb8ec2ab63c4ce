/* SPDX-License-Identifier: Apache-2.0 */
#include "world/controls.h"

#include <math.h>

#include "world/charger/parts.h"

/* ---- quantities ---- */

static bool on(double value)
{
    return !isnan(value) && value >= 0.5;
}

static double get_plug(void *ctx)
{
    return ((struct world_charger *)ctx)->plugged;
}

static void hold_plug(void *ctx, double value)
{
    world_charger_plug(ctx, on(value));
}

static double get_stop(void *ctx)
{
    return ((struct world_charger *)ctx)->stopped;
}

static void hold_stop(void *ctx, double value)
{
    world_charger_stop(ctx, on(value));
}

static double get_door(void *ctx)
{
    return ((struct world_charger *)ctx)->door_open;
}

static void hold_door(void *ctx, double value)
{
    world_charger_door(ctx, on(value));
}

static double get_gun_mohm(void *ctx)
{
    return ((struct world_charger *)ctx)->gun_mohm;
}

static void hold_gun_mohm(void *ctx, double value)
{
    ((struct world_charger *)ctx)->gun_mohm = isnan(value) ? 0.2 : value;
}

static double get_gun(void *ctx)
{
    return ((struct world_charger *)ctx)->gun_degc;
}

static double get_module(void *ctx)
{
    return ((struct world_charger *)ctx)->module.temperature_degc;
}

static double get_soc(void *ctx)
{
    return ((struct world_charger *)ctx)->battery.soc * 100;
}

static double get_voltage(void *ctx)
{
    return ((struct world_charger *)ctx)->circuit.output_v;
}

static double get_current(void *ctx)
{
    return world_charger_current_a(ctx);
}

static double get_energy(void *ctx)
{
    return world_charger_energy_wh(ctx);
}

static double get_battery_energy(void *ctx)
{
    return ((struct world_charger *)ctx)->battery_j / 3600;
}

static const struct world_quantity quantities[] = {
    {.name = "plug", .unit = "", .max = 1, .free = "out", .get = get_plug, .hold = hold_plug},
    {.name = "estop", .unit = "", .max = 1, .free = "up", .get = get_stop, .hold = hold_stop},
    {.name = "door", .unit = "", .max = 1, .free = "closed", .get = get_door, .hold = hold_door},
    {.name = "gun_resistance",
     .unit = "mohm",
     .decimals = 1,
     .max = 50,
     .free = "clean",
     .is_fault = true,
     .get = get_gun_mohm,
     .hold = hold_gun_mohm},
    {.name = "gun_temperature", .unit = "degc", .decimals = 1, .get = get_gun},
    {.name = "module_temperature", .unit = "degc", .decimals = 1, .get = get_module},
    {.name = "battery_soc", .unit = "%", .decimals = 1, .get = get_soc},
    {.name = "output_voltage", .unit = "V", .decimals = 1, .get = get_voltage},
    {.name = "output_current", .unit = "A", .decimals = 1, .get = get_current},
    {.name = "output_energy", .unit = "Wh", .decimals = 1, .get = get_energy},
    {.name = "battery_energy", .unit = "Wh", .decimals = 1, .get = get_battery_energy},
};

/* ---- faults ---- */

static const char *const fault_names[WORLD_CHARGER_FAULT_COUNT] = {
#define X(name, text) [WORLD_CHARGER_##name] = (text),
    WORLD_CHARGER_FAULT_LIST(X)
#undef X
};

static bool has_fault(const void *ctx, unsigned fault)
{
    return world_charger_has_fault(ctx, (enum world_charger_fault)fault);
}

static void set_fault(void *ctx, unsigned fault, bool is_on)
{
    world_charger_set_fault(ctx, (enum world_charger_fault)fault, is_on);
}

static void update(void *ctx)
{
    world_charger_update(ctx);
}

const struct world_controls world_charger_controls = {
    .quantities = quantities,
    .quantity_count = sizeof quantities / sizeof quantities[0],
    .fault_names = fault_names,
    .fault_count = WORLD_CHARGER_FAULT_COUNT,
    .has_fault = has_fault,
    .set_fault = set_fault,
    .update = update,
};
