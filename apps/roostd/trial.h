/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the stores can be written, tried on a thread of its own (hub/store/sqlite_try.h):
 * reading a database says nothing of a full disk, a file that was taken away, or a lock that never
 * ends. One trial at a time, and for TRIAL_EVERY_MS its outcome is what is known.
 *
 *     err = trial_open(&trial, loop, paths, on_tried, ctx);
 *     if (trial_known(&trial, now_ms))             // else on_tried follows
 *         err = trial.known[TRIAL_SERIES].err;
 */
#ifndef ROOSTD_TRIAL_H
#define ROOSTD_TRIAL_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "hub/worker.h"

enum trial_which { TRIAL_REGISTRY, TRIAL_SERIES, TRIAL_CHARGING, TRIAL_STORES };
enum { TRIAL_EVERY_MS = 10000, TRIAL_WHY_MAX = 256 };

struct trial_store {
    const char *path; /* borrowed */
    int err;          /* of the last trial; 0 before the first */
    char why[TRIAL_WHY_MAX];
};

struct trial {
    struct worker_job job; /* first: the worker gives it back */
    struct worker *worker;
    struct trial_store trying[TRIAL_STORES]; /* the thread's while `under_way` */
    struct trial_store known[TRIAL_STORES];  /* of the last trial that ended */
    bool under_way;
    uint64_t ended_ms; /* 0: never */
    void (*done)(void *ctx);
    void *ctx;
};

/* By the stores' files. Returns 0 or ROOST_ERR_NO_MEMORY. Must not be moved afterwards. */
int trial_open(struct trial *trial, uv_loop_t *loop, const char *const paths[TRIAL_STORES],
               void (*done)(void *ctx), void *ctx);

/* True when what is known is new enough; else a trial is under way, and `done` follows. */
bool trial_known(struct trial *trial, uint64_t now_ms);

/* Waits for the one under way; the loop has to turn once more. Safe when it was not opened. */
void trial_close(struct trial *trial);

#endif
