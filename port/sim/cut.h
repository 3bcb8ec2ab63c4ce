/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The power-cut test. A scenario is run with the power cut at its first flash operation, at the
 * second, and so on until it runs clean; and for each of these again with the recovery cut at its
 * first, second, ... operation. Each operation is cut before it, within it and behind it.
 *
 *     static const struct sim_cut_scenario scenario = {.begin = format, .run = work, .check =
 * look}; char id[SIM_CUT_ID_MAX]; const char *wrong = sim_cut_test(&scenario, &test, &power, seed,
 * getenv("ROOST_CUT"), id, NULL); if (wrong) fail_msg("%s, replay with ROOST_CUT=%s", wrong, id);
 *
 * Depends on port/sim/flash.h.
 */
#ifndef ROOST_PORT_SIM_CUT_H
#define ROOST_PORT_SIM_CUT_H

#include "port/sim/flash.h"

enum { SIM_CUT_ID_MAX = 48 };

struct sim_cut_scenario {
    /* New flash, nothing promised yet. Power is on and no cut is set. */
    void (*begin)(void *ctx);
    /* Boots on what the flash holds and does the work, from wherever the last life left it; returns
     * when it is done or power->off. Called again after each cut. */
    void (*run)(void *ctx);
    /* After a run without a cut: NULL, or what is wrong. */
    const char *(*check)(void *ctx);
    uint64_t recovery_max;   /* cut only the first so many operations of a recovery; 0: all */
    uint64_t operations_max; /* a scenario that does more never ends: wrong */
};

/* Runs every case, or the one named by `only` (NULL or "": all). Returns NULL, or what was wrong
 * with `id` filled in: "torn:17" or "torn:17:3" (cut, operation, operation of the recovery).
 * *cases (may be NULL) counts what was run. */
const char *sim_cut_test(const struct sim_cut_scenario *scenario, void *ctx,
                         struct sim_power *power, uint64_t seed, const char *only,
                         char id[SIM_CUT_ID_MAX], uint64_t *cases);

/* "torn:17" -> SIM_CUT_TORN, 17; a third number is the recovery's or 0. ROOST_ERR_INVALID. */
int sim_cut_parse(const char *id, enum sim_cut *cut, uint64_t *operation, uint64_t *recovery);

#endif
