/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

const struct sim_fleet *sim_world_fleet(const struct sim_world *world,
                                        const struct sim_product *product)
{
    for (size_t i = 0; i < world->fleet_count; i++)
        if (world->fleets[i].product == product)
            return &world->fleets[i];
    return NULL;
}

static struct sim_device *device_find(struct sim_world *world, const char *id)
{
    for (uint32_t i = 0; i < world->device_count; i++)
        if (strcmp(world->devices[i]->id, id) == 0)
            return world->devices[i];
    return NULL;
}

static void row_stored(void *ctx, const struct series_row *row)
{
    struct sim_device *device = device_find(ctx, row->device_id);

    ROOST_ASSERT(device && device->product->stored);
    device->product->stored(device, row);
}

/* ---- making one ---- */

static void add_fleet(struct sim_world *world, const struct sim_product *product, uint32_t count)
{
    uint32_t first = (uint32_t)world->fleet_count * count;

    world->fleets[world->fleet_count++] =
        (struct sim_fleet){.product = product, .first = first, .count = count};
}

static void choose_fleets(struct sim_world *world, const struct sim_world_options *options)
{
    for (size_t i = 0; i < SIM_PRODUCTS_MAX; i++)
        if (options->products[i])
            add_fleet(world, options->products[i], options->devices);
    if (world->fleet_count == 0)
        add_fleet(world, sim_products[0], options->devices);
    ROOST_ASSERT(options->devices > 0 && world->fleet_count * options->devices <= SIM_DEVICES_MAX);
}

static int make_device(struct sim_world *world, const struct sim_product *product, double hours)
{
    struct sim_device *device = calloc(1, product->size);
    int err = device ? sim_device_init(device, product, &world->sim, world->device_count, hours)
                     : ROOST_ERR_NO_MEMORY;

    if (err < 0)
        free(device);
    else
        world->devices[world->device_count++] = device;
    return err;
}

static int make_devices(struct sim_world *world, double hours)
{
    int err = 0;

    for (size_t i = 0; i < world->fleet_count; i++)
        for (uint32_t k = 0; k < world->fleets[i].count && err == 0; k++)
            err = make_device(world, world->fleets[i].product, hours);
    return err;
}

/* The hub is there first: a broker forgets what nobody has subscribed to. */
static int start(struct sim_world *world)
{
    sim_hub_start(&world->hub);
    for (size_t i = 0; i < world->fleet_count; i++) {
        struct sim_fleet *fleet = &world->fleets[i];

        if (!fleet->product->beside_new)
            continue;
        fleet->beside = fleet->product->beside_new(world);
        if (!fleet->beside)
            return ROOST_ERR_NO_MEMORY;
    }
    sim_run_until(&world->sim.clock, 1000);
    for (uint32_t i = 0; i < world->device_count; i++)
        sim_device_start(world->devices[i]);
    return 0;
}

/* Vehicles that come in quick succession make as many sessions as they would in so many hours. */
static double book_hours(const struct sim_world_options *options)
{
    enum { QUICKER = 5 };

    return options->visits > 0 ? options->hours * QUICKER + options->visits : options->hours;
}

int sim_world_init(struct sim_world *world, const struct sim_world_options *options)
{
    memset(world, 0, sizeof *world);
    choose_fleets(world, options);
    world->visits = options->visits;
    int err = sim_init(&world->sim, options->seed);
    if (err == 0)
        err = sim_store_init(&world->store, &world->sim.clock);
    if (err == 0)
        err = make_devices(world, book_hours(options));
    if (err == 0) {
        world->store.on_row = row_stored;
        world->store.ctx = world;
        sim_random_init(&world->random, options->seed, "faults", 0);
        sim_faults_init(world);
        sim_hub_init(&world->hub, &world->sim.clock, &world->sim.net, &world->store);
        err = start(world);
    }
    if (err < 0)
        sim_world_deinit(world);
    return err;
}

void sim_world_deinit(struct sim_world *world)
{
    for (size_t i = 0; i < world->fleet_count; i++) {
        void *beside = world->fleets[i].beside;

        world->fleets[i].beside = NULL; /* what ends now has nobody left to tell */
        if (beside)
            world->fleets[i].product->beside_free(beside);
    }
    if (world->hub.store)
        sim_hub_deinit(&world->hub);
    for (uint32_t i = 0; i < world->device_count; i++) {
        sim_device_deinit(world->devices[i]);
        free(world->devices[i]);
    }
    world->fleet_count = 0;
    world->device_count = 0;
    sim_store_deinit(&world->store);
    sim_deinit(&world->sim);
}

/* ---- who looks on ---- */

void sim_operator_look(struct sim_world *world)
{
    for (uint32_t i = 0; i < world->device_count; i++) {
        struct sim_device *device = world->devices[i];
        const struct sim_product *product = device->product;
        const char *command = NULL;

        if (!sim_device_connected(device))
            continue;
        if (sim_device_runtime(device)->safe_mode)
            command = "reboot";
        else if (product->wants)
            command = product->wants(device);
        if (command)
            (void)sim_hub_command(&world->hub, device->id, command, NULL);
    }
}

void sim_world_count_hub(struct sim_world *world)
{
    struct sim_hub *hub = &world->hub;

    world->duplicates += sim_hub_metric(hub, "roost_ingest_duplicate_total", NULL);
    world->gap_readings += sim_hub_metric(hub, "roost_ingest_gap_readings_total", NULL);
    world->renumbered += sim_hub_metric(hub, "roost_ingest_renumbered_total", NULL);
    for (size_t i = 0; i < world->fleet_count; i++)
        if (world->fleets[i].product->hub_goes && hub->running)
            world->fleets[i].product->hub_goes(world);
}
