/* SPDX-License-Identifier: Apache-2.0 */
/* What goes wrong, when and for how long: drawn from the seed, one stream for all. What can go
 * wrong with any device and with the hub's side is here; each product adds its own. */
#include <stdio.h>

#include "core/assert.h"
#include "core/err.h"
#include "sim/world.h"

enum { MINUTE_MS = 60000, WHOLE_WORLD = 0 /* the slot of faults that are nobody's own */ };

/* ---- of one device ---- */

static void partition(struct sim_world *world, struct sim_device *device)
{
    uint32_t index = device->board.options.index;
    bool now =
        world->active[SIM_FAULT_PARTITION][index] || world->active[SIM_FAULT_LONG_PARTITION][index];

    sim_host_set_partitioned(&world->sim.net, &device->board.host, now);
}

static void wifi_goes(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    sim_board_set_wifi(&device->board, false);
}

static void wifi_comes(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    sim_board_set_wifi(&device->board, true);
}

static void connection_breaks(struct sim_world *world, struct sim_device *device)
{
    (void)sim_broker_kick(&world->sim.broker, device->id);
}

static void network_slows(struct sim_world *world, struct sim_device *device)
{
    struct sim_host *host = &device->board.host;

    (void)world;
    host->delay_ms = 250;
    host->jitter_ms = 900;
    host->loss_per_million = 60000;
}

static void network_recovers(struct sim_world *world, struct sim_device *device)
{
    struct sim_host *host = &device->board.host;

    (void)world;
    host->delay_ms = 4;
    host->jitter_ms = 8;
    host->loss_per_million = 2000;
}

static void reboot(struct sim_world *world, struct sim_device *device)
{
    /* An operator meets a hub that is away, a broker that is away, a full store: not answered. */
    (void)sim_hub_command(&world->hub, device->id, "reboot", NULL);
}

static void firmware_hangs(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    device->board.hung = sim_board_alive(&device->board);
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

static void unplug(struct sim_world *world, struct sim_device *device)
{
    sim_board_power_cut(&device->board, sim_random_between(&world->random, 5000, 1200000));
}

static void time_goes(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    device->board.time_server_away = true;
    sim_board_power_cut(&device->board, 3000);
}

static void time_comes(struct sim_world *world, struct sim_device *device)
{
    (void)world;
    device->board.time_server_away = false;
}

/* ---- of the hub's side ---- */

static void broker_stops(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_broker_stop(&world->sim.broker);
}

static void broker_starts(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_broker_start(&world->sim.broker);
}

static void hub_crashes(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_world_count_hub(world);
    sim_hub_crash(&world->hub);
}

static void hub_starts(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_hub_start(&world->hub);
}

static void hub_is_cut_off(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_host_set_partitioned(&world->sim.net, &world->hub.host, true);
}

static void hub_is_reached(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    sim_host_set_partitioned(&world->sim.net, &world->hub.host, false);
}

static void store_fills(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.full = true;
}

static void store_has_room(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.full = false;
}

static void store_slows(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.slow = true;
}

static void store_recovers(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.slow = false;
}

static void store_is_taken(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.locked = true;
}

static void store_is_released(struct sim_world *world, struct sim_device *device)
{
    (void)device;
    world->store.locked = false;
}

static const struct sim_fault common[] = {
    {SIM_FAULT_PARTITION, "partition", 12, 10, 600, false, partition, partition},
    {SIM_FAULT_LONG_PARTITION, "long partition", 240, 1800, 7200, false, partition, partition},
    {SIM_FAULT_WIFI, "access point away", 30, 20, 600, false, wifi_goes, wifi_comes},
    {SIM_FAULT_CONNECTION, "connection reset", 10, 0, 0, false, connection_breaks, NULL},
    {SIM_FAULT_SLOW_NETWORK, "slow network", 40, 60, 600, false, network_slows, network_recovers},
    {SIM_FAULT_BROKER, "broker restart", 90, 1, 120, true, broker_stops, broker_starts},
    {SIM_FAULT_HUB_CRASH, "hub crash", 40, 1, 60, true, hub_crashes, hub_starts},
    {SIM_FAULT_HUB_PARTITION, "hub partition", 90, 10, 300, true, hub_is_cut_off, hub_is_reached},
    {SIM_FAULT_STORE_FULL, "store full", 90, 10, 900, true, store_fills, store_has_room},
    {SIM_FAULT_STORE_SLOW, "store slow", 60, 60, 600, true, store_slows, store_recovers},
    {SIM_FAULT_STORE_LOCKED, "store locked by another program", 120, 2, 60, true, store_is_taken,
     store_is_released},
    {SIM_FAULT_REBOOT, "reboot by command", 60, 0, 0, false, reboot, NULL},
    {SIM_FAULT_HANG, "firmware hangs", 120, 0, 0, false, firmware_hangs, NULL},
    {SIM_FAULT_POWER_CUT, "power cut in a flash operation", 15, 1, 60, false, power_cut, NULL},
    {SIM_FAULT_UNPLUG, "unplugged", 90, 5, 1200, false, unplug, NULL},
    {SIM_FAULT_CLOCK, "clock unknown after power-on", 120, 300, 3600, false, time_goes, time_comes},
};

/* ---- when ---- */

static void gather(struct sim_world *world, const struct sim_fault *faults, size_t count,
                   const struct sim_fleet *fleet)
{
    for (size_t i = 0; i < count; i++) {
        unsigned number = faults[i].number;

        ROOST_ASSERT(number < SIM_FAULTS_MAX && !world->faults[number].fault);
        world->faults[number].fault = &faults[i];
        world->faults[number].fleet = fleet;
    }
}

void sim_faults_init(struct sim_world *world)
{
    gather(world, common, sizeof common / sizeof common[0], NULL);
    for (size_t i = 0; i < world->fleet_count; i++) {
        const struct sim_fleet *fleet = &world->fleets[i];

        gather(world, fleet->product->faults, fleet->product->fault_count, fleet);
    }
}

static void change(struct sim_world *world, uint32_t number, uint32_t index, bool begins)
{
    const struct sim_fault *fault = world->faults[number].fault;
    struct sim_device *device = fault->whole_world ? NULL : world->devices[index];
    uint32_t line[2] = {number, index};

    world->active[number][index] = begins;
    sim_trace(&world->sim.clock, index, begins ? "fault" : "healed", line, sizeof line);
    if (world->on_fault)
        world->on_fault(world->ctx, fault, index, begins);
    if (begins)
        fault->begin(world, device);
    else if (fault->end)
        fault->end(world, device);
}

static void fault_over(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    uint32_t fault = (uint32_t)(number / SIM_DEVICES_MAX);
    uint32_t index = (uint32_t)(number % SIM_DEVICES_MAX);

    (void)data;
    if (world->active[fault][index]) /* not healed early */
        change(world, fault, index, false);
}

/* Whose it is this time: any device's, or any of its product's. */
static uint32_t draw_device(struct sim_world *world, uint32_t number)
{
    const struct sim_fleet *fleet = world->faults[number].fleet;
    uint32_t first = fleet ? fleet->first : 0;
    uint32_t count = fleet ? fleet->count : world->device_count;

    if (world->faults[number].fault->whole_world)
        return WHOLE_WORLD;
    return first + (uint32_t)sim_random_below(&world->random, count);
}

static void fault_due(void *ctx, uint64_t number, void *data)
{
    struct sim_world *world = ctx;
    struct sim_clock *clock = &world->sim.clock;
    const struct sim_fault *fault = world->faults[number].fault;
    uint64_t mean_ms = (uint64_t)fault->mean_minutes * MINUTE_MS;
    uint32_t index = draw_device(world, (uint32_t)number);
    uint64_t lasts_ms = 1000 * sim_random_between(&world->random, fault->low_s, fault->high_s);

    (void)data;
    if (world->quiet)
        return;
    sim_at(clock, clock->now_ms + sim_random_between(&world->random, 1, 2 * mean_ms), fault_due,
           world, number, NULL);
    if (world->active[number][index])
        return;
    world->injected[number]++;
    change(world, (uint32_t)number, index, true);
    sim_at(clock, clock->now_ms + lasts_ms, fault_over, world, number * SIM_DEVICES_MAX + index,
           NULL);
}

void sim_faults_start(struct sim_world *world)
{
    struct sim_clock *clock = &world->sim.clock;

    for (uint64_t number = 0; number < SIM_FAULTS_MAX; number++) {
        const struct sim_fault *fault = world->faults[number].fault;

        if (!fault)
            continue;
        uint64_t mean_ms = (uint64_t)fault->mean_minutes * MINUTE_MS;
        sim_at(clock, clock->now_ms + sim_random_between(&world->random, 1, mean_ms), fault_due,
               world, number, NULL);
    }
}

void sim_faults_heal(struct sim_world *world)
{
    world->quiet = true;
    world->quiet_ms = world->sim.clock.now_ms;
    for (uint32_t number = 0; number < SIM_FAULTS_MAX; number++)
        for (uint32_t index = 0; index < world->device_count; index++)
            if (world->active[number][index])
                change(world, number, index, false);
}
