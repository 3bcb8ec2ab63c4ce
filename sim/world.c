/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* Long partitions overflow the small journals, so that giving up readings is part of a run. */
enum { SECTORS_SMALL = 4, SECTORS = 32, SAMPLES_PER_HOUR = 360 };

static void row_stored(void *ctx, const struct series_row *row)
{
    struct sim_world *world = ctx;

    if (row->table != SERIES_TEMPERATURE && row->table != SERIES_HUMIDITY)
        return;
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct sim_device *device = &world->devices[i];

        if (strcmp(device->id, row->device_id) != 0)
            continue;
        sim_ledger_row(&device->ledger, row);
        return;
    }
    ROOST_ASSERT(!"a row of a device that does not exist");
}

int sim_world_init(struct sim_world *world, uint64_t seed, uint32_t device_count, double hours)
{
    size_t readings = (size_t)((hours + 2) * SAMPLES_PER_HOUR * 2);
    int err;

    ROOST_ASSERT(device_count > 0 && device_count <= SIM_DEVICES_MAX);
    memset(world, 0, sizeof *world);
    err = sim_init(&world->sim, seed);
    if (err == 0)
        err = sim_store_init(&world->store, &world->sim.clock);
    world->devices = calloc(device_count, sizeof *world->devices);
    if (err == 0 && !world->devices)
        err = ROOST_ERR_NO_MEMORY;
    for (; err == 0 && world->device_count < device_count; world->device_count++) {
        uint32_t i = world->device_count;

        err = sim_device_init(&world->devices[i], &world->sim, i,
                              i % 4 == 3 ? SECTORS_SMALL : SECTORS, readings);
    }
    if (err < 0) {
        sim_world_deinit(world);
        return err;
    }
    world->store.on_row = row_stored;
    world->store.ctx = world;
    sim_random_init(&world->random, seed, "faults", 0);
    sim_hub_init(&world->hub, &world->sim.clock, &world->sim.net, &world->store);
    sim_model_init(&world->model, &world->sim.clock, &world->sim.net);
    /* The hub is there first: a broker forgets what nobody has subscribed to. */
    sim_hub_start(&world->hub);
    sim_model_start(&world->model);
    sim_run_until(&world->sim.clock, 1000);
    for (uint32_t i = 0; i < device_count; i++)
        sim_device_start(&world->devices[i]);
    return 0;
}

void sim_world_deinit(struct sim_world *world)
{
    if (world->model.running)
        sim_model_stop(&world->model);
    if (world->hub.climate)
        sim_hub_crash(&world->hub);
    for (uint32_t i = 0; i < world->device_count; i++)
        sim_device_deinit(&world->devices[i]);
    free(world->devices);
    world->devices = NULL;
    world->device_count = 0;
    sim_store_deinit(&world->store);
    sim_deinit(&world->sim);
}

void sim_operator_look(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct sim_device *device = &world->devices[i];
        const struct roost_window *window = &device->window;

        if (!sim_device_connected(device))
            continue;
        if (window->safe_mode)
            (void)sim_hub_command(&world->hub, device->id, "reboot", NULL);
        else if ((window->motor.state == WINDOW_MOTOR_STALLED ||
                  window->motor.state == WINDOW_MOTOR_UNCALIBRATED) &&
                 sim_device_motor_works(device))
            (void)sim_hub_command(&world->hub, device->id, "calibrate", NULL);
    }
}

void sim_world_count_hub(struct sim_world *world)
{
    struct sim_hub *hub = &world->hub;

    world->duplicates += sim_hub_metric(hub, "roost_ingest_duplicate_total", NULL);
    world->gap_readings += sim_hub_metric(hub, "roost_ingest_gap_readings_total", NULL);
    world->renumbered += sim_hub_metric(hub, "roost_ingest_renumbered_total", NULL);
    world->overrun += sim_hub_metric(hub, "roost_ingest_overrun_total", NULL);
    world->rejected_readings +=
        sim_hub_metric(hub, "roost_ingest_rejected_total", "topic=\"temperature\"") +
        sim_hub_metric(hub, "roost_ingest_rejected_total", "topic=\"humidity\"");
}
