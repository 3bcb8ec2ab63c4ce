/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One run of the whole system from a seed: hours of faults under the eyes of the checkers, then the
 * liveness phase, in which nothing is broken any more and everything has to be delivered. The same
 * options give the same report, digest included. Depends on sim/world.h.
 *
 *     struct sim_run_options options = {.seed = 7, .hours = 24, .devices = 10};
 *     struct sim_report report;
 *     int err = sim_run(&options, &report);
 *     if (report.violation[0]) puts(report.violation);
 */
#ifndef ROOST_SIM_RUN_H
#define ROOST_SIM_RUN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/world.h"

enum { SIM_CUTS_MAX = 16 };

/* Returns 0 or ROOST_ERR_INVALID. */
int sim_wanted_cut_parse(struct sim_wanted_cut *cut, const char *id);

struct sim_run_options {
    uint64_t seed;
    double hours;
    uint32_t
        visits; /* beyond the hours, until all that are visited were so often; 0: as they come */
    const struct sim_product *products[SIM_PRODUCTS_MAX]; /* each once; all NULL: sim_products[0] */
    uint32_t devices;                                     /* of each of them */
    struct sim_wanted_cut cuts[SIM_CUTS_MAX];
    size_t cut_count;
    bool calm;    /* no faults but those cuts */
    FILE *log;    /* faults as they come, NULL: nothing */
    bool console; /* the devices' own lines too */
    /* Breaks the world on purpose: a test of the checkers. */
    void (*sabotage)(struct sim_world *world);
};

struct sim_report {
    char violation[512]; /* "" none: when, who, what, how to replay */
    char digest[65];
    uint64_t events;
    const struct sim_fault *faults[SIM_FAULTS_MAX]; /* by number */
    uint64_t injected[SIM_FAULTS_MAX];
    const struct sim_product *products[SIM_PRODUCTS_MAX];
    uint64_t totals[SIM_PRODUCTS_MAX][SIM_TOTALS_MAX]; /* what they have to tell */
    size_t product_count;
    uint64_t duplicates, gaps, reconnects, boots, watchdog_resets, power_cuts;
    uint64_t broker_published, broker_queue_high, broker_wills, hub_starts, hub_refused, hub_pauses,
        store_writes, store_refused, batch_high;
    uint32_t erases_least, erases_most; /* of a journal's sectors, over all devices */
    size_t memory_first, memory_most;   /* bytes on the heap in quiet moments, after the warm-up */
    uint64_t drained_ms;                /* of the liveness phase, until all was delivered */
};

/* Returns 0, also when a checker found something, or ROOST_ERR_NO_MEMORY. */
int sim_run(const struct sim_run_options *options, struct sim_report *report);

void sim_report_print(const struct sim_report *report, FILE *out);

#endif
