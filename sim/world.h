/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything there is in one run, and who may break it: the devices of some products, the broker
 * between, the hub, and what the products need beside it. Depends on the other parts of sim/; knows
 * no product.
 */
#ifndef ROOST_SIM_WORLD_H
#define ROOST_SIM_WORLD_H

#include "sim/device.h"
#include "sim/hub.h"
#include "sim/product.h"
#include "sim/store.h"

enum { SIM_DEVICES_MAX = 100 };

/* Numbers of the faults that are no product's (sim_fault.number). */
enum sim_common_fault {
    SIM_FAULT_PARTITION = 0,
    SIM_FAULT_LONG_PARTITION = 1,
    SIM_FAULT_WIFI = 2,
    SIM_FAULT_CONNECTION = 3,
    SIM_FAULT_SLOW_NETWORK = 4,
    SIM_FAULT_BROKER = 5,
    SIM_FAULT_HUB_CRASH = 6,
    SIM_FAULT_HUB_PARTITION = 7,
    SIM_FAULT_STORE_FULL = 8,
    SIM_FAULT_STORE_SLOW = 9,
    SIM_FAULT_STORE_LOCKED = 10,
    SIM_FAULT_REBOOT = 12,
    SIM_FAULT_HANG = 13,
    SIM_FAULT_POWER_CUT = 14,
    SIM_FAULT_UNPLUG = 15,
    SIM_FAULT_CLOCK = 21
};

/* The devices of one product. */
struct sim_fleet {
    const struct sim_product *product;
    uint32_t first, count;
    void *beside; /* what the product made of it; NULL: nothing */
};

struct sim_world {
    struct sim sim;
    struct sim_store store;
    struct sim_hub hub;
    struct sim_fleet fleets[SIM_PRODUCTS_MAX];
    size_t fleet_count;
    struct sim_device *devices[SIM_DEVICES_MAX];
    uint32_t device_count;

    struct { /* by number */
        const struct sim_fault *fault;
        const struct sim_fleet *fleet; /* whose devices have it; NULL: all have */
    } faults[SIM_FAULTS_MAX];
    struct sim_random random; /* of the faults */
    uint32_t visits;          /* as in the options */
    bool quiet;               /* no new faults, since then */
    uint64_t quiet_ms;
    uint64_t injected[SIM_FAULTS_MAX];
    bool active[SIM_FAULTS_MAX][SIM_DEVICES_MAX];
    /* Sees each fault as it begins and ends. */
    void (*on_fault)(void *ctx, const struct sim_fault *fault, uint32_t device, bool begins);
    void *ctx;
    /* Of hub processes that are gone. */
    double duplicates, gap_readings, renumbered;
};

struct sim_world_options {
    uint64_t seed;
    const struct sim_product *products[SIM_PRODUCTS_MAX]; /* each once; all NULL: sim_products[0] */
    uint32_t devices; /* of each of them; SIM_DEVICES_MAX in all at most */
    double hours;     /* sizes the books */
    uint32_t visits;  /* likewise, and vehicles come in quick succession; 0: as they like */
};

/* Starts everything, nothing broken. Returns 0 or NO_MEMORY. */
int sim_world_init(struct sim_world *world, const struct sim_world_options *options);
void sim_world_deinit(struct sim_world *world);

/* NULL: the run has none of the product. */
const struct sim_fleet *sim_world_fleet(const struct sim_world *world,
                                        const struct sim_product *product);

/* faults.c. Gathers what can go wrong; a number may come once. */
void sim_faults_init(struct sim_world *world);
/* Faults come from now on, each kind by its own chance. */
void sim_faults_start(struct sim_world *world);
/* Ends all that last, and no new ones come. */
void sim_faults_heal(struct sim_world *world);

/* What an operator does who watches the dashboard: reboots a device out of its safe mode, and gives
 * the command that its product wants. */
void sim_operator_look(struct sim_world *world);

/* Adds what this hub process counted to the totals, before it goes. */
void sim_world_count_hub(struct sim_world *world);

#endif
