/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong, when and for how long: drawn from the seed, one stream for all. */
#include <math.h>
#include <stdio.h>

#include "core/assert.h"
#include "core/err.h"
#include "sim/world.h"

enum { MINUTE_MS = 60000, WHOLE_WORLD = 0 /* the slot of faults that are nobody's own */ };

static const struct {
    const char *name;
    uint32_t mean_minutes, low_s, high_s;
} table[SIM_FAULT_COUNT] = {
#define X(id, text, minutes, low, high) [SIM_FAULT_##id] = {(text), (minutes), (low), (high)},
    SIM_FAULT_LIST(X)
#undef X
};

static const enum world_window_fault sensor_faults[] = {
    WORLD_WINDOW_SENSOR_SILENT, WORLD_WINDOW_SENSOR_CHECKSUM, WORLD_WINDOW_SENSOR_RANGE,
    WORLD_WINDOW_SENSOR_STUCK};

const char *sim_fault_name(enum sim_fault fault)
{
    return table[fault].name;
}

static bool of_one_device(enum sim_fault fault)
{
    switch (fault) {
    case SIM_FAULT_BROKER:
    case SIM_FAULT_HUB_CRASH:
    case SIM_FAULT_HUB_PARTITION:
    case SIM_FAULT_STORE_FULL:
    case SIM_FAULT_STORE_SLOW:
    case SIM_FAULT_STORE_LOCKED:
    case SIM_FAULT_MODEL:
        return false;
    default:
        return true;
    }
}

static void slow_network(struct sim_host *host, bool slow)
{
    host->delay_ms = slow ? 250 : 4;
    host->jitter_ms = slow ? 900 : 8;
    host->loss_per_million = slow ? 60000 : 2000;
}

static void partition(struct sim_world *world, struct sim_device *device, uint32_t index)
{
    bool now =
        world->active[SIM_FAULT_PARTITION][index] || world->active[SIM_FAULT_LONG_PARTITION][index];

    sim_host_set_partitioned(&world->sim.net, &device->board.host, now);
}

static void command(struct sim_world *world, struct sim_device *device, const char *name)
{
    /* An operator meets a hub that is away, a broker that is away, a full store: not answered. */
    (void)sim_hub_command(&world->hub, device->id, name, NULL);
}

static void hand(struct sim_world *world, struct sim_device *device)
{
    if (world->hub.climate)
        (void)climate_hand(world->hub.climate, device->id,
                           (double)sim_random_below(&world->random, 101), 1, NULL, NULL);
}

static void power_cut(struct sim_world *world, struct sim_device *device)
{
    struct sim_board *board = &device->board;

    if (board->power.cut_at != 0 || !sim_board_alive(board))
        return;
    board->cut_off_ms = (uint32_t)sim_random_between(&world->random, 100, 60000);
    sim_power_cut_at(&board->power, sim_random_between(&world->random, 1, 12),
                     (enum sim_cut)sim_random_below(&world->random, SIM_CUT_COUNT));
}

static void device_begins(struct sim_world *world, enum sim_fault fault, uint32_t index)
{
    struct sim_device *device = &world->devices[index];
    struct sim_board *board = &device->board;
    struct world_window *around = &device->room.world;

    switch (fault) {
    case SIM_FAULT_PARTITION:
    case SIM_FAULT_LONG_PARTITION:
        partition(world, device, index);
        break;
    case SIM_FAULT_WIFI:
        sim_board_set_wifi(board, false);
        break;
    case SIM_FAULT_CONNECTION:
        (void)sim_broker_kick(&world->sim.broker, device->id);
        break;
    case SIM_FAULT_SLOW_NETWORK:
        slow_network(&board->host, true);
        break;
    case SIM_FAULT_REBOOT:
        command(world, device, "reboot");
        break;
    case SIM_FAULT_HANG:
        board->hung = sim_board_alive(board);
        break;
    case SIM_FAULT_POWER_CUT:
        power_cut(world, device);
        break;
    case SIM_FAULT_UNPLUG:
        sim_board_power_cut(board, sim_random_between(&world->random, 5000, 1200000));
        break;
    case SIM_FAULT_SENSOR:
        world_window_set_fault(around, sensor_faults[sim_random_below(&world->random, 4)], true);
        break;
    case SIM_FAULT_MICROPHONE:
        world_window_set_fault(around, WORLD_WINDOW_MIC_DEAD, true);
        break;
    case SIM_FAULT_JAM:
        world_window_set_fault(around, WORLD_WINDOW_MOTOR_JAM, true);
        break;
    case SIM_FAULT_OBSTRUCTION:
        world_window_update(around);
        around->sash.obstruction_raw =
            around->sash.stop_closed_raw + (double)sim_random_below(&world->random, 1200);
        break;
    case SIM_FAULT_DRIVER:
        world_window_set_fault(around, WORLD_WINDOW_DRIVER_DEAD, true);
        break;
    case SIM_FAULT_CLOCK:
        board->time_server_away = true;
        sim_board_power_cut(board, 3000);
        break;
    case SIM_FAULT_HAND:
        hand(world, device);
        break;
    default:
        ROOST_ASSERT(!"a fault of the whole world");
    }
}

static void device_ends(struct sim_world *world, enum sim_fault fault, uint32_t index)
{
    struct sim_device *device = &world->devices[index];
    struct sim_board *board = &device->board;
    struct world_window *around = &device->room.world;

    switch (fault) {
    case SIM_FAULT_PARTITION:
    case SIM_FAULT_LONG_PARTITION:
        partition(world, device, index);
        break;
    case SIM_FAULT_WIFI:
        sim_board_set_wifi(board, true);
        break;
    case SIM_FAULT_SLOW_NETWORK:
        slow_network(&board->host, false);
        break;
    case SIM_FAULT_SENSOR:
        for (size_t i = 0; i < sizeof sensor_faults / sizeof sensor_faults[0]; i++)
            world_window_set_fault(around, sensor_faults[i], false);
        break;
    case SIM_FAULT_MICROPHONE:
        world_window_set_fault(around, WORLD_WINDOW_MIC_DEAD, false);
        break;
    case SIM_FAULT_JAM:
        world_window_set_fault(around, WORLD_WINDOW_MOTOR_JAM, false);
        break;
    case SIM_FAULT_OBSTRUCTION:
        world_window_obstruct(around, NAN);
        break;
    case SIM_FAULT_DRIVER:
        world_window_set_fault(around, WORLD_WINDOW_DRIVER_DEAD, false);
        break;
    case SIM_FAULT_CLOCK:
        board->time_server_away = false;
        break;
    default: /* those that are over at once */
        break;
    }
}

static void world_changes(struct sim_world *world, enum sim_fault fault, bool begins)
{
    switch (fault) {
    case SIM_FAULT_BROKER:
        if (begins)
            sim_broker_stop(&world->sim.broker);
        else
            sim_broker_start(&world->sim.broker);
        break;
    case SIM_FAULT_HUB_CRASH:
        if (begins) {
            sim_world_count_hub(world);
            sim_hub_crash(&world->hub);
        } else {
            sim_hub_start(&world->hub);
        }
        break;
    case SIM_FAULT_HUB_PARTITION:
        sim_host_set_partitioned(&world->sim.net, &world->hub.host, begins);
        break;
    case SIM_FAULT_STORE_FULL:
        world->store.full = begins;
        break;
    case SIM_FAULT_STORE_SLOW:
        world->store.slow = begins;
        break;
    case SIM_FAULT_STORE_LOCKED:
        world->store.locked = begins;
        break;
    case SIM_FAULT_MODEL:
        if (begins)
            sim_model_stop(&world->model);
        else
            sim_model_start(&world->model);
        break;
    default:
        ROOST_ASSERT(!"a fault of one device");
    }
}

static void change(struct sim_world *world, enum sim_fault fault, uint32_t index, bool begins)
{
    uint32_t line[2] = {(uint32_t)fault, index};

    world->active[fault][index] = begins;
    sim_trace(&world->sim.clock, index, begins ? "fault" : "healed", line, sizeof line);
    if (world->on_fault)
        world->on_fault(world->ctx, fault, index, begins);
    if (!of_one_device(fault))
        world_changes(world, fault, begins);
    else if (begins)
        device_begins(world, fault, index);
    else
        device_ends(world, fault, index);
}

static void fault_over(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    enum sim_fault fault = (enum sim_fault)(number / SIM_DEVICES_MAX);
    uint32_t index = (uint32_t)(number % SIM_DEVICES_MAX);

    (void)data;
    if (world->active[fault][index]) /* not healed early */
        change(world, fault, index, false);
}

static void fault_due(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    struct sim_clock *clock = &world->sim.clock;
    enum sim_fault fault = (enum sim_fault)number;
    uint64_t mean_ms = (uint64_t)table[fault].mean_minutes * MINUTE_MS;
    uint32_t index = of_one_device(fault)
                         ? (uint32_t)sim_random_below(&world->random, world->device_count)
                         : WHOLE_WORLD;
    uint64_t lasts_ms =
        1000 * sim_random_between(&world->random, table[fault].low_s, table[fault].high_s);

    (void)data;
    if (world->quiet)
        return;
    sim_at(clock, clock->now_ms + sim_random_between(&world->random, 1, 2 * mean_ms), fault_due,
           world, number, NULL);
    if (world->active[fault][index])
        return;
    world->injected[fault]++;
    change(world, fault, index, true);
    sim_at(clock, clock->now_ms + lasts_ms, fault_over, world, fault * SIM_DEVICES_MAX + index,
           NULL);
}

void sim_faults_start(struct sim_world *world)
{
    struct sim_clock *clock = &world->sim.clock;

    for (uint64_t fault = 0; fault < SIM_FAULT_COUNT; fault++) {
        uint64_t mean_ms = (uint64_t)table[fault].mean_minutes * MINUTE_MS;

        sim_at(clock, clock->now_ms + sim_random_between(&world->random, 1, mean_ms), fault_due,
               world, fault, NULL);
    }
}

void sim_faults_heal(struct sim_world *world)
{
    world->quiet = true;
    for (uint32_t fault = 0; fault < SIM_FAULT_COUNT; fault++)
        for (uint32_t index = 0; index < world->device_count; index++)
            if (world->active[fault][index])
                change(world, (enum sim_fault)fault, index, false);
}
