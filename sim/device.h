/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One window in the field: the real firmware object on a modelled board, the book of its readings,
 * and the checks that follow it step by step. Depends on devices/window, port/sim,
 * sim/ledger.h, sim/room.h.
 */
#ifndef ROOST_SIM_DEVICE_H
#define ROOST_SIM_DEVICE_H

#include "devices/window/window.h"
#include "port/sim/sim.h"
#include "sim/ledger.h"
#include "sim/room.h"

enum {
    SIM_AUDIO_RATE_HZ = 8000,
    SIM_SETTLED_MS = 120000, /* from the loss of control to the safe position, at the latest */
};

/* A power cut wanted at one flash operation of one device: "3:torn:117". */
struct sim_wanted_cut {
    uint32_t device;
    enum sim_cut cut;
    uint64_t operation; /* counted from the device's making */
};

struct sim_device {
    char id[16];
    struct sim_board board;
    struct sim_room room;
    struct roost_window window;
    struct sim_ledger ledger;
    char audio[ROOST_WINDOW_AUDIO_BYTES(SIM_AUDIO_RATE_HZ)];
    const struct sim_wanted_cut *cuts; /* borrowed; those for others are passed over */
    size_t cut_count;

    /* followed from step to step; *_ms are the run's time */
    uint32_t taken, heard; /* control messages obeyed; fit to be: as of the last step */
    uint64_t contact_ms;   /* last one, or boot */
    uint64_t trouble_ms;   /* last time something kept the window from moving */
    bool calibrating;      /* at some step since the last look at the end stops */
    enum window_motor_state motor;
    uint32_t journal_dropped; /* by the firmware's count, before this boot */

    uint64_t connects, controls, moves, hand_moves, stalls, live, audio_sent;
    uint64_t refused[WINDOW_REFUSAL_COUNT];
    char wrong[200]; /* the first thing that was, "" none */
};

/* `readings`: how many the run may bring. Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_device_init(struct sim_device *device, struct sim *sim, uint32_t index,
                    uint32_t flash_sectors, size_t readings);
void sim_device_deinit(struct sim_device *device);
void sim_device_start(struct sim_device *device);

/* Looks at what only time shows: end stops, safe position, limits. Every few seconds. */
void sim_device_look(struct sim_device *device);

bool sim_device_connected(const struct sim_device *device);
/* Whether the modelled motor could move the window if it was told to. */
bool sim_device_motor_works(const struct sim_device *device);

/* Adds what this boot's firmware counted to the totals; done by itself at each boot. */
void sim_device_count(struct sim_device *device);

#endif
