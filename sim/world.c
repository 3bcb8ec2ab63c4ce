/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/world.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* Long partitions overflow the small journals, so that giving up readings is part of a run. */
enum { SECTORS_SMALL = 4, SECTORS = 32, SAMPLES_PER_HOUR = 360 };

/* FNV-1a. */
static uint64_t hash(uint64_t h, const void *data, size_t len)
{
    const uint8_t *bytes = data;

    for (size_t i = 0; i < len; i++)
        h = (h ^ bytes[i]) * 0x100000001b3u;
    return h;
}

static void remember(struct sim_world *world, struct sim_row_memory *memory,
                     const struct series_row *row)
{
    uint64_t key = hash(0xcbf29ce484222325u, row->device_id, strlen(row->device_id));

    key = hash(key, &row->unix_ms, sizeof row->unix_ms);
    if (row->table == SERIES_AUDIO)
        key = hash(key, row->audio.hash_hex, strlen(row->audio.hash_hex));
    else /* one made to be from the future may meet another of the same instant */
        key = hash(key, &row->action, sizeof row->action);
    for (size_t i = 0; i < SIM_ROWS_REMEMBERED; i++)
        if (memory->keys[i] == key && world->doubled[0] == '\0')
            snprintf(world->doubled, sizeof world->doubled,
                     "a %s of %s was stored twice, its time %+.3f s from now",
                     row->table == SERIES_AUDIO ? "sound" : "decision", row->device_id,
                     (double)(row->unix_ms - sim_unix_ms(&world->sim.clock)) / 1000.0);
    memory->keys[memory->next++ % SIM_ROWS_REMEMBERED] = key;
}

static struct sim_device *device_find(struct sim_world *world, const char *id)
{
    for (uint32_t i = 0; i < world->device_count; i++)
        if (strcmp(world->devices[i].id, id) == 0)
            return &world->devices[i];
    return NULL;
}

static void row_stored(void *ctx, const struct series_row *row)
{
    struct sim_world *world = ctx;
    struct sim_device *device = device_find(world, row->device_id);

    ROOST_ASSERT(device);
    switch (row->table) {
    case SERIES_TEMPERATURE:
    case SERIES_HUMIDITY:
        sim_ledger_row(&device->ledger, row);
        break;
    case SERIES_AUDIO:
        remember(world, &world->sounds, row);
        break;
    case SERIES_ACTION:
        remember(world, &world->decisions, row);
        break;
    default: /* PREDICTION: the twin of ACTION */
        break;
    }
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
        if (window->device.safe_mode)
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
