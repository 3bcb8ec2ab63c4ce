/* SPDX-License-Identifier: Apache-2.0 */
#include "world/controls.h"

#include <math.h>

#include "world/teddy/teddy.h"

/* ---- quantities ---- */

static double get_button(void *ctx)
{
    return world_lines_get(&((struct world_teddy *)ctx)->lines, WORLD_TEDDY_LINE_BUTTON);
}

static void hold_button(void *ctx, double value)
{
    world_teddy_press(ctx, !isnan(value) && value >= 0.5);
}

static double get_microphone(void *ctx)
{
    return ((struct world_teddy *)ctx)->mic.on;
}

static double get_loudspeaker(void *ctx)
{
    return world_teddy_sounds(ctx);
}

static double get_heard(void *ctx)
{
    return (double)((struct world_teddy *)ctx)->out.heard;
}

static double get_light(void *ctx)
{
    struct roost_light_pattern pattern = world_teddy_light(ctx);

    return pattern.shape;
}

static const struct world_quantity quantities[] = {
    {.name = "button", .unit = "", .max = 1, .free = "up", .get = get_button, .hold = hold_button},
    {.name = "microphone", .unit = "", .get = get_microphone},
    {.name = "loudspeaker", .unit = "", .get = get_loudspeaker},
    {.name = "heard", .unit = "samples", .get = get_heard},
    {.name = "light", .unit = "", .get = get_light},
};

/* ---- faults ---- */

static const char *const fault_names[WORLD_TEDDY_FAULT_COUNT] = {
#define X(name, text) [WORLD_TEDDY_##name] = (text),
    WORLD_TEDDY_FAULT_LIST(X)
#undef X
};

static bool has_fault(const void *ctx, unsigned fault)
{
    return world_teddy_has_fault(ctx, (enum world_teddy_fault)fault);
}

static void set_fault(void *ctx, unsigned fault, bool on)
{
    world_teddy_set_fault(ctx, (enum world_teddy_fault)fault, on);
}

static void update(void *ctx)
{
    world_teddy_update(ctx);
}

const struct world_controls world_teddy_controls = {
    .quantities = quantities,
    .quantity_count = sizeof quantities / sizeof quantities[0],
    .fault_names = fault_names,
    .fault_count = WORLD_TEDDY_FAULT_COUNT,
    .has_fault = has_fault,
    .set_fault = set_fault,
    .update = update,
};
