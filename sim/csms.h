/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the central system of the simulated hub is given: a book as a disk under a database keeps
 * it, without the database. It answers later, in virtual time; survives the hub's crashes, in which
 * a change that was under way is kept or not, whole; and shows each change as it becomes durable.
 * Transactions stay, for as many as it was made for; samples are only shown, so that a long run
 * stays small. Depends on hub/csms/book.h, port/sim/clock.h.
 *
 *     sim_csms_init(&csms, &sim.clock);                   hub.c does; CSMS_EXTRA is &csms.parts
 *     sim_csms_charger(&csms, "charger-07", 500);         as an operator enters it, and its tags
 *     sim_csms_tag(&csms, "CARD-07", false);
 *     csms.stalled = true;                                fault: nobody is answered any more
 */
#ifndef ROOST_SIM_CSMS_H
#define ROOST_SIM_CSMS_H

#include "hub/csms/csms.h"
#include "port/sim/clock.h"

enum { SIM_CSMS_CHARGERS = 128, SIM_CSMS_TAGS = 512 };

struct sim_csms_row {
    struct csms_charger_row row;
    struct csms_tx *txs; /* in the order of their ids */
    size_t tx_count, tx_max, open_count;
};

struct sim_csms_job;

struct sim_csms {
    struct sim_clock *clock;
    struct sim_random random;
    struct csms_book book;
    struct csms_parts parts;
    bool stalled; /* fault: no answer until it ends */
    bool slow;    /* fault: answers take seconds */
    bool failing; /* fault: nothing is stored or found, ROOST_ERR_IO; now and then not even taken */
    /* Durable now; `tx_id` as csms_stored_fn. NULL: nobody looks. */
    void (*on_change)(void *ctx, const struct csms_change *change, int32_t tx_id);
    void *ctx;

    struct sim_csms_row *rows; /* SIM_CSMS_CHARGERS */
    struct csms_tag *tags;     /* SIM_CSMS_TAGS; NULL until the first is entered, like rows */
    size_t row_count, tag_count;
    int32_t last_id;
    struct sim_csms_job *jobs; /* under way */
    uint32_t life;             /* counts the hub's processes: guards the ends of jobs */
    uint64_t finds, puts, failed, refused, cut_kept, cut_lost;
};

void sim_csms_init(struct sim_csms *csms, struct sim_clock *clock);
void sim_csms_deinit(struct sim_csms *csms);
/* The hub's process is gone: nobody is answered any more. */
void sim_csms_crash(struct sim_csms *csms);

/* Room for so many transactions. Returns 0 or ROOST_ERR_NO_MEMORY; what is beyond the room or the
 * limits above is a bug of the run and asserts. */
int sim_csms_charger(struct sim_csms *csms, const char *identity, size_t tx_max);
int sim_csms_tag(struct sim_csms *csms, const char *id_tag, bool blocked);

/* NULL: it was not entered. */
const struct sim_csms_row *sim_csms_find(const struct sim_csms *csms, const char *identity);

#endif
