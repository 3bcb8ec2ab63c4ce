/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a transaction cost, or has cost so far: its registers are read page by page, and priced by
 * what was frozen with it (tariffs.h). Depends on tariff.h, desk.h.
 *
 *     static void on_cost(void *arg, const struct cost *cost);
 *     err = cost_ask(csms, tx_id, on_cost, arg);
 */
#ifndef ROOST_HUB_CSMS_COST_H
#define ROOST_HUB_CSMS_COST_H

#include "hub/csms/tariffs.h"

enum {
    COST_SAMPLES_MAX = 100000 /* registers of one transaction; more is looked at by a person */
};

/* X(name, label) */
#define COST_LIST(X)                                                                               \
    X(FREE, "free")       /* no tariff held when it started */                                     \
    X(RUNNING, "running") /* so far */                                                             \
    X(FINAL, "final")                                                                              \
    X(DOUBTFUL, "doubtful") /* nothing is billed by itself */

enum cost_state {
#define X(name, label) COST_##name,
    COST_LIST(X)
#undef X
        COST_STATES
};

struct cost {
    int err; /* it cannot be read now; ROOST_ERR_NOT_FOUND: no such transaction */
    const struct csms_tx *tx;
    enum cost_state state;
    struct csms_prices prices; /* not of FREE */
    struct tariff_lines lines; /* of RUNNING, FINAL */
};

/* Once, on the hub's thread, never from inside the call that asked. Borrowed. */
typedef void (*cost_fn)(void *arg, const struct cost *cost);

/* Returns 0; ROOST_ERR_CLOSED, ROOST_ERR_FULL, ROOST_ERR_NO_MEMORY: `done` is not called. */
int cost_ask(struct csms *csms, int32_t tx_id, cost_fn done, void *arg);

const char *cost_state_name(enum cost_state state);
/* Members of the innermost object: cost {...}, invoice_line. */
void cost_write(struct roost_json_writer *w, const struct cost *cost);

#endif
