/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window in a run: its firmware in a modelled room, the book of its readings, and the checks
 * that follow it step by step. Depends on devices/window, sim/device.h, sim/ledger.h, sim/model.h,
 * sim/room.h.
 *
 *     struct sim_window *window = sim_window_of(world->devices[0]);
 */
#ifndef ROOST_SIM_WINDOW_H
#define ROOST_SIM_WINDOW_H

#include "devices/window/window.h"
#include "sim/device.h"
#include "sim/ledger.h"
#include "sim/model.h"
#include "sim/room.h"

enum {
    SIM_AUDIO_RATE_HZ = 8000,
    SIM_SETTLED_MS = 120000, /* from the loss of control to the safe position, at the latest */
    SIM_ROWS_REMEMBERED = 128
};

/* The newest rows of what has no book: to see one that comes twice. */
struct sim_row_memory {
    uint64_t keys[SIM_ROWS_REMEMBERED];
    size_t next;
};

struct sim_window {
    struct sim_device device;
    struct sim_room room;
    struct roost_window window;
    char audio[ROOST_WINDOW_AUDIO_BYTES(SIM_AUDIO_RATE_HZ)];
    struct sim_ledger ledger;
    struct sim_row_memory sounds, decisions;

    /* followed from step to step; *_ms are the run's time */
    uint32_t taken, heard;    /* control messages obeyed; fit to be: as of the last step */
    uint64_t contact_ms;      /* last one, or boot */
    uint64_t trouble_ms;      /* last time something kept the window from moving */
    bool calibrating;         /* at some step since the last look at the end stops */
    uint32_t journal_dropped; /* by the firmware's count, before this boot */

    uint64_t controls, moves, stalls, refused;
};

extern const struct sim_product sim_window;

static inline struct sim_window *sim_window_of(const struct sim_device *device)
{
    return (struct sim_window *)device;
}

/* The model that the run's windows ask. */
struct sim_model *sim_window_model(const struct sim_world *world);

/* ---- between its files ---- */

/* Whether the modelled motor could move the window if it was told to. */
bool sim_window_motor_works(const struct sim_window *window);

/* window_book.c: what must have been stored, and what is said of it. */
void sim_window_stored(struct sim_device *device, const struct series_row *row);
const char *sim_window_lacks(const struct sim_device *device);
void sim_window_end(struct sim_device *device);
void sim_window_account(const struct sim_world *world, uint64_t totals[SIM_TOTALS_MAX]);
void sim_window_print(const uint64_t totals[SIM_TOTALS_MAX], FILE *out);

/* window_faults.c */
enum { SIM_WINDOW_FAULTS = 7 };
extern const struct sim_fault sim_window_faults[SIM_WINDOW_FAULTS];

#endif
