/* SPDX-License-Identifier: Apache-2.0 */
/* What breaks about a window, and a hand that moves it. */
#include <math.h>

#include "core/assert.h"
#include "proto/climate/payload.h"
#include "sim/window.h"
#include "sim/world.h"

static const enum world_window_fault sensor_faults[] = {
    WORLD_WINDOW_SENSOR_SILENT, WORLD_WINDOW_SENSOR_CHECKSUM, WORLD_WINDOW_SENSOR_RANGE,
    WORLD_WINDOW_SENSOR_STUCK};

static struct world_window *around(struct sim_device *device)
{
    return &sim_window_of(device)->room.world;
}

static void model_goes(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_model_stop(sim_window_model(world));
}

static void model_comes(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_model_start(sim_window_model(world));
}

static void sensor_breaks(struct sim_world *world, struct sim_device *device)
{
    world_window_set_fault(around(device), sensor_faults[sim_random_below(&world->random, 4)],
                           true);
}

static void sensor_works(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    for (size_t i = 0; i < sizeof sensor_faults / sizeof sensor_faults[0]; i++)
        world_window_set_fault(around(device), sensor_faults[i], false);
}

static void microphone_breaks(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_MIC_DEAD, true);
}

static void microphone_works(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_MIC_DEAD, false);
}

static void jams(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_MOTOR_JAM, true);
}

static void is_freed(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_MOTOR_JAM, false);
}

static void is_obstructed(struct sim_world *world, struct sim_device *device)
{
    struct world_window *window = around(device);

    world_window_update(window);
    window->sash.obstruction_raw =
        window->sash.stop_closed_raw + (double)sim_random_below(&world->random, 1200);
}

static void is_cleared(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_obstruct(around(device), NAN);
}

static void driver_breaks(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_DRIVER_DEAD, true);
}

static void driver_works(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    world_window_set_fault(around(device), WORLD_WINDOW_DRIVER_DEAD, false);
}

static void hand_moves(struct sim_world *world, struct sim_device *device)
{
    char args[64];
    double position_pct;

    if (!world->hub.running)
        return;
    position_pct = (double)sim_random_below(&world->random, 101);
    ROOST_ASSERT(roost_feedback_write(args, sizeof args, position_pct) > 0);
    (void)sim_hub_command(&world->hub, device->id, "move", args);
}

const struct sim_fault sim_window_faults[SIM_WINDOW_FAULTS] = {
    {11, "model away", 60, 10, 1500, true, model_goes, model_comes},
    {16, "sensor fault", 30, 30, 1200, false, sensor_breaks, sensor_works},
    {17, "microphone gone", 120, 60, 1200, false, microphone_breaks, microphone_works},
    {18, "window jammed", 90, 60, 1200, false, jams, is_freed},
    {19, "window obstructed", 120, 60, 1200, false, is_obstructed, is_cleared},
    {20, "motor driver silent", 180, 5, 300, false, driver_breaks, driver_works},
    {22, "hand moves the window", 60, 0, 0, false, hand_moves, NULL},
};
