/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a run has to know of a product: its device on a modelled board, what must hold of it from
 * step to step, from time to time and at the end, what can break about it, and what it has to tell
 * afterwards. A row of sim_products; a product is one or two files that export its row. Depends on
 * port/sim.
 *
 *     struct sim_lamp { struct sim_device device; ...; struct lamp lamp; };    // device first
 *
 *     const struct sim_product sim_lamp = {
 *         .name = "lamp", .plural = "lamps", .size = sizeof(struct sim_lamp),
 *         .runtime = offsetof(struct sim_lamp, lamp), .runtime_bytes = sizeof(struct lamp),
 *         .init = init, .boot = boot, .step = step, .look = look, .lacks = lacks};
 */
#ifndef ROOST_SIM_PRODUCT_H
#define ROOST_SIM_PRODUCT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "port/sim/sim.h"

struct roost_event;
struct series_row;
struct sim_device;
struct sim_world;

enum { SIM_FAULTS_MAX = 64, SIM_PRODUCTS_MAX = 8, SIM_TOTALS_MAX = 16, SIM_VISITS_MAX = 10000 };

/* Something that goes wrong now and then. Its number stands in the trace, and so in the digest of a
 * run: once given, it is never another's. Numbers of the world's own are in world.h; 11, 16 to 20
 * and 22 are the window's, 24 to 37 the teddy's, 38 to 53 the charger's. */
struct sim_fault {
    unsigned number; /* below SIM_FAULTS_MAX */
    const char *name;
    uint32_t mean_minutes;  /* between two in the whole world */
    uint32_t low_s, high_s; /* how long it lasts */
    bool whole_world;       /* no device's own: device is NULL */
    void (*begin)(struct sim_world *world, struct sim_device *device);
    void (*end)(struct sim_world *world, struct sim_device *device); /* NULL: over at once */
};

enum sim_when { SIM_TICK, SIM_MINUTE, SIM_END };

/* What is NULL a product does not have. */
struct sim_product {
    const char *name, *plural; /* "window", "windows"; ids are "window-07" */

    /* Its object: zeroed, with a struct sim_device first; in it by offset the product's device,
     * which begins with a struct roost_device and is as large as it says. */
    size_t size, runtime, runtime_bytes;
    uint16_t gpio_inputs, gpio_outputs; /* lines of its board, by bit */
    uint16_t ledger_sectors;            /* of its board's second flash region; 0: it has none */

    /* Surroundings on device->board, settings as its owner chose them, books for a run of so many
     * hours. Returns 0 or an error; deinit is called all the same. */
    int (*init)(struct sim_device *device, double hours);
    void (*deinit)(struct sim_device *device);

    /* The firmware's init and step, each followed by checks of what it did; the power may have gone
     * meanwhile (sim_board_alive). What is wrong is said with sim_device_wrong. */
    int (*boot)(struct sim_device *device);
    uint64_t (*step)(struct sim_device *device);
    /* The port's sink; NULL: the runtime's own. */
    int (*post)(struct sim_device *device, const struct roost_event *event);
    /* What only time shows, every few seconds; `runs`: there is power and the firmware steps. */
    void (*look)(struct sim_device *device, bool runs);
    /* A boot is over: adds what this one's firmware counted to the device's totals. */
    void (*count)(struct sim_device *device);
    /* What of its became durable in the store. */
    void (*stored)(struct sim_device *device, const struct series_row *row);

    /* The command that an operator gives who sees it like this; NULL: none. It is connected. */
    const char *(*wants)(const struct sim_device *device);
    /* Whether somebody came so often. NULL: nobody comes to such a device. */
    bool (*visited)(const struct sim_device *device, uint32_t times);
    /* After the last fault: what it lacks to be well, with everything delivered; NULL: nothing. It
     * is connected and not in safe mode. */
    const char *(*lacks)(const struct sim_device *device);
    /* Nothing new is to come of it any more. */
    void (*rest)(struct sim_device *device);
    /* What must hold at the very end. */
    void (*end)(struct sim_device *device);

    /* What it goes to besides the hub, as the window its model: made when the hub has started. */
    void *(*beside_new)(struct sim_world *world);
    void (*beside_free)(void *beside);

    const struct sim_fault *faults; /* its own */
    size_t fault_count;

    /* What the hub or one of the devices says in its log. NULL in most: then nobody reads it. */
    void (*line)(struct sim_world *world, const char *line, size_t len);
    /* What must hold at the hub, of whatever device: every few seconds, every minute, at the very
     * end. Returns what is wrong, borrowed until the next call, or NULL. */
    const char *(*check)(struct sim_world *world, enum sim_when when);
    /* The hub's process is about to end: what it counted goes with it. */
    void (*hub_goes)(struct sim_world *world);

    /* What the run's report says of it. */
    void (*account)(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX]);
    void (*print)(const uint64_t totals[SIM_TOTALS_MAX], FILE *out);
};

/* A run has devices of the first unless it is told otherwise. */
extern const struct sim_product *const sim_products[];
extern const size_t sim_product_count;

/* NULL: none of that name. */
const struct sim_product *sim_product_find(const char *name);

#endif
