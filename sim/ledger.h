/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The book of readings: each one a journal accepted is entered once, each row of the store has to
 * match an entry that has no row of its kind yet. At the end every entry has its two rows, or was
 * given up by a full journal, which the firmware has to have counted. Depends on
 * devices/window/readings.h and hub/store/series.h.
 */
#ifndef ROOST_SIM_LEDGER_H
#define ROOST_SIM_LEDGER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/window/readings.h"
#include "hub/store/series.h"

struct sim_reading {
    uint64_t seq;
    int64_t unix_ms;        /* 0: the record has no time of its own */
    int32_t value_milli[2]; /* temperature, humidity: as SERIES_TEMPERATURE, SERIES_HUMIDITY */
    uint8_t stored;         /* bit per value */
    bool given_up;          /* by a full journal: may be stored or not */
};

/* One device's. */
struct sim_ledger {
    struct sim_reading *readings;
    size_t count, size;
    size_t open[2];               /* all before these have their row */
    uint32_t journal_id, dropped; /* as of the last look */
    uint64_t cursor_seq;          /* where the last look stopped reading */
    uint32_t cursor_sector, cursor_offset;
    uint64_t rows[2], given_up;
    char wrong[160]; /* the first thing that was, "" none */
};

/* Room for `size` readings, taken once. Returns 0 or ROOST_ERR_NO_MEMORY. */
int sim_ledger_init(struct sim_ledger *ledger, size_t size);
void sim_ledger_deinit(struct sim_ledger *ledger);

/* The device booted: its journal was mounted anew. */
void sim_ledger_boot(struct sim_ledger *ledger);

/* Enters what the journal accepted since the last call: after each step and after each boot. */
void sim_ledger_follow(struct sim_ledger *ledger, const struct roost_journal *journal);

/* A row of TEMPERATURE or HUMIDITY became durable. */
void sim_ledger_row(struct sim_ledger *ledger, const struct series_row *row);

/* Entries that lack a row and were not given up; *oldest (may be NULL) takes the first. */
size_t sim_ledger_missing(const struct sim_ledger *ledger, const struct sim_reading **oldest);

#endif
