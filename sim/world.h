/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Everything there is in one run, and who may break it: ten windows, the broker between, the hub
 * and the model. Depends on the other parts of sim/.
 */
#ifndef ROOST_SIM_WORLD_H
#define ROOST_SIM_WORLD_H

#include "sim/device.h"
#include "sim/hub.h"
#include "sim/model.h"
#include "sim/store.h"

enum { SIM_DEVICES_MAX = 48 };

/* X(name, text, mean minutes between two in the whole world, shortest s, longest s) */
#define SIM_FAULT_LIST(X)                                                                          \
    X(PARTITION, "partition", 12, 10, 600)                                                         \
    X(LONG_PARTITION, "long partition", 240, 1800, 7200)                                           \
    X(WIFI, "access point away", 30, 20, 600)                                                      \
    X(CONNECTION, "connection reset", 10, 0, 0)                                                    \
    X(SLOW_NETWORK, "slow network", 40, 60, 600)                                                   \
    X(BROKER, "broker restart", 90, 1, 120)                                                        \
    X(HUB_CRASH, "hub crash", 40, 1, 60)                                                           \
    X(HUB_PARTITION, "hub partition", 90, 10, 300)                                                 \
    X(STORE_FULL, "store full", 90, 10, 900)                                                       \
    X(STORE_SLOW, "store slow", 60, 60, 600)                                                       \
    X(STORE_LOCKED, "store locked by another program", 120, 2, 60)                                 \
    X(MODEL, "model away", 60, 10, 1500)                                                           \
    X(REBOOT, "reboot by command", 60, 0, 0)                                                       \
    X(HANG, "firmware hangs", 120, 0, 0)                                                           \
    X(POWER_CUT, "power cut in a flash operation", 15, 1, 60)                                      \
    X(UNPLUG, "unplugged", 90, 5, 1200)                                                            \
    X(SENSOR, "sensor fault", 30, 30, 1200)                                                        \
    X(MICROPHONE, "microphone gone", 120, 60, 1200)                                                \
    X(JAM, "window jammed", 90, 60, 1200)                                                          \
    X(OBSTRUCTION, "window obstructed", 120, 60, 1200)                                             \
    X(DRIVER, "motor driver silent", 180, 5, 300)                                                  \
    X(CLOCK, "clock unknown after power-on", 120, 300, 3600)                                       \
    X(HAND, "hand moves the window", 60, 0, 0)

enum sim_fault {
#define X(name, text, minutes, low, high) SIM_FAULT_##name,
    SIM_FAULT_LIST(X)
#undef X
        SIM_FAULT_COUNT
};

/* The newest rows of what has no book: to see one that comes twice. */
enum { SIM_ROWS_REMEMBERED = 512 };

struct sim_row_memory {
    uint64_t keys[SIM_ROWS_REMEMBERED];
    size_t next;
};

struct sim_world {
    struct sim sim;
    struct sim_store store;
    struct sim_hub hub;
    struct sim_model model;
    struct sim_device *devices;
    uint32_t device_count;

    struct sim_row_memory sounds, decisions;
    char doubled[160]; /* the first sound or decision stored twice, "" none */

    struct sim_random random; /* of the faults */
    bool quiet;               /* no new faults */
    uint64_t injected[SIM_FAULT_COUNT];
    bool active[SIM_FAULT_COUNT][SIM_DEVICES_MAX];
    /* Sees each fault as it begins and ends. */
    void (*on_fault)(void *ctx, enum sim_fault fault, uint32_t device, bool begins);
    void *ctx;
    /* Of hub processes that are gone. */
    double duplicates, gap_readings, renumbered, rejected_readings, overrun;
};

/* Starts everything, nothing broken. `hours` sizes the books. Returns 0 or NO_MEMORY. */
int sim_world_init(struct sim_world *world, uint64_t seed, uint32_t device_count, double hours);
void sim_world_deinit(struct sim_world *world);

/* Faults come from now on, each kind by its own chance. */
void sim_faults_start(struct sim_world *world);
/* Ends all that last, and no new ones come. */
void sim_faults_heal(struct sim_world *world);

const char *sim_fault_name(enum sim_fault fault);

/* What an operator does who watches the dashboard: has a window calibrated that stalled and could
 * move again, reboots a device out of its safe mode. */
void sim_operator_look(struct sim_world *world);

/* Adds what this hub process counted to the totals, before it goes. */
void sim_world_count_hub(struct sim_world *world);

#endif
