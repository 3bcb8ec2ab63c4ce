/* SPDX-License-Identifier: Apache-2.0 */
#include "world/controls.h"

#include <math.h>

#include "world/window/window.h"

/* ---- quantities ---- */

static double get_temperature(void *ctx)
{
    return ((struct world_window *)ctx)->house.temperature_degc;
}

static double get_humidity(void *ctx)
{
    return ((struct world_window *)ctx)->house.humidity_pct;
}

static double get_outdoor_temperature(void *ctx)
{
    return ((struct world_window *)ctx)->house.outdoor.temperature_degc;
}

static void hold_outdoor_temperature(void *ctx, double value)
{
    world_house_hold_outdoor_temperature(&((struct world_window *)ctx)->house, value);
}

static double get_outdoor_humidity(void *ctx)
{
    return ((struct world_window *)ctx)->house.outdoor.humidity_pct;
}

static void hold_outdoor_humidity(void *ctx, double value)
{
    world_house_hold_outdoor_humidity(&((struct world_window *)ctx)->house, value);
}

/* As heard in the room. */
static double get_street(void *ctx)
{
    struct world_window *world = ctx;

    return world_street_level_dbfs(&world->street, world_window_unix_ms(world),
                                   world_window_opening_pct(world));
}

static void hold_street(void *ctx, double value)
{
    ((struct world_window *)ctx)->street.level_set_dbfs = value;
}

static double get_opening(void *ctx)
{
    return world_window_opening_pct(ctx);
}

static double get_motor_current(void *ctx)
{
    return ((struct world_window *)ctx)->sash.current_ma;
}

static double get_obstruction(void *ctx)
{
    const struct world_sash *sash = &((struct world_window *)ctx)->sash;

    return (sash->obstruction_raw - sash->stop_closed_raw) * 100.0 /
           (sash->stop_open_raw - sash->stop_closed_raw); /* NAN stays NAN */
}

static void hold_obstruction(void *ctx, double value)
{
    world_window_obstruct(ctx, value);
}

static const struct world_quantity quantities[] = {
    {.name = "temperature", .unit = "degC", .decimals = 3, .get = get_temperature},
    {.name = "humidity", .unit = "%", .decimals = 3, .get = get_humidity},
    {.name = "outdoor_temperature",
     .unit = "degC",
     .decimals = 3,
     .min = -50,
     .max = 60,
     .free = "weather",
     .get = get_outdoor_temperature,
     .hold = hold_outdoor_temperature},
    {.name = "outdoor_humidity",
     .unit = "%",
     .decimals = 3,
     .max = 100,
     .free = "weather",
     .get = get_outdoor_humidity,
     .hold = hold_outdoor_humidity},
    {.name = "street_dbfs", .unit = "dBFS", .decimals = 3, .get = get_street},
    {.name = "street_level",
     .unit = "dBFS",
     .decimals = 3,
     .min = -96,
     .max = 0,
     .free = "weather",
     .hold = hold_street},
    {.name = "opening", .unit = "%", .decimals = 3, .get = get_opening},
    {.name = "motor_ma", .unit = "mA", .decimals = 3, .get = get_motor_current},
    {.name = "obstruction",
     .unit = "%",
     .decimals = 1,
     .max = 100,
     .free = "off",
     .is_fault = true,
     .get = get_obstruction,
     .hold = hold_obstruction},
};

/* ---- faults, time ---- */

static const char *const fault_names[WORLD_WINDOW_FAULT_COUNT] = {
#define X(name, text) [WORLD_WINDOW_##name] = (text),
    WORLD_WINDOW_FAULT_LIST(X)
#undef X
};

static bool has_fault(const void *ctx, unsigned fault)
{
    return world_window_has_fault(ctx, (enum world_window_fault)fault);
}

static void set_fault(void *ctx, unsigned fault, bool on)
{
    world_window_set_fault(ctx, (enum world_window_fault)fault, on);
}

static void update(void *ctx)
{
    world_window_update(ctx);
}

static int64_t unix_ms(const void *ctx)
{
    return world_window_unix_ms(ctx);
}

static uint32_t speed(const void *ctx)
{
    return ((const struct world_window *)ctx)->config.speed;
}

const struct world_controls world_window_controls = {
    .quantities = quantities,
    .quantity_count = sizeof quantities / sizeof quantities[0],
    .fault_names = fault_names,
    .fault_count = WORLD_WINDOW_FAULT_COUNT,
    .has_fault = has_fault,
    .set_fault = set_fault,
    .update = update,
    .unix_ms = unix_ms,
    .speed = speed,
};
