/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Inside of the station, shared by its files:
 *
 *     station.c      its life; the order of a run; orders to the power part
 *     status.c       the nine states: the table
 *     terms.c        whose energy it is: the table
 *     fault.c        which faults stop a connector, which only warn, what ends a transaction
 *     admit.c        cards, questions, remote starts, buttons, plugs, time-outs
 *     transaction.c  begin, verdict, end
 *     energy.c       limits, whether energy is wanted, and what becomes of it
 *     allowance.c    what was paid for: kept until its transaction begins, and met
 *     metering.c     samples
 *     reserve.c      reservations, available.c   in and out of order: both survive a boot
 *
 *     plug, card, fault --> happens --> beneath --(fault over it)--> status
 *     admitted and plugged --> begin --> wants --> order --> power --> register, samples --> end
 */
#ifndef ROOST_DEVICES_CHARGER_STATION_PARTS_H
#define ROOST_DEVICES_CHARGER_STATION_PARTS_H

#include "core/log.h"
#include "core/timer.h"
#include "devices/charger/station/station.h"
#include "port/port.h"

static inline struct charger_connector *charger_at(struct charger_station *station, unsigned c)
{
    return &station->connectors[c];
}

static inline struct charger_power *charger_power_at(const struct charger_station *station,
                                                     unsigned c)
{
    return &station->config.power[c - 1];
}

static inline int64_t charger_key_of(const struct charger_station *station, enum charger_key key)
{
    return charger_keys_int(station->config.keys, key);
}

/* Unix time; 0: not known. */
static inline int64_t charger_now_s(const struct charger_station *station)
{
    return station->now.unix_ms / 1000;
}

static inline void charger_due(struct charger_station *station, uint64_t at_ms)
{
    if (at_ms < station->due_ms)
        station->due_ms = at_ms;
}

/* A tag of the right length. */
bool charger_tag_good(const char *tag);
void charger_tag_set(char out[CHARGER_TAG_MAX + 1], const char *tag);

/* A record of one connector on flash, named by three characters and its number: as it stands in
 * memory, for it is read where it was written, and by its length by the same program. len 0: it is
 * gone. What is not there, or of another length, is all 0. The kv's errors; of load: IO. */
int charger_kept_save(const struct charger_station *station, const char *what, unsigned c,
                      const void *record, size_t len);
int charger_kept_load(const struct charger_station *station, const char *what, unsigned c,
                      void *record, size_t len);

/* ---- allowance.c ---- */
int charger_allowance_load(struct charger_station *station, unsigned c);
/* A transaction begins there. */
void charger_allowance_take(struct charger_station *station, unsigned c);
bool charger_allowance_spent(const struct charger_station *station, unsigned c);
/* What may flow, so that the allowance is met. */
int32_t charger_allowance_ma(const struct charger_station *station, unsigned c,
                             uint32_t voltage_mv);

/* ---- station.c ---- */
void charger_happens(struct charger_station *station, unsigned c, enum charger_happening happening);

/* ---- fault.c ---- */
void charger_fault_run(struct charger_station *station);
/* With the status that it came to: a warning that may not be told with it is none. */
void charger_fault_settle(struct charger_station *station, unsigned c);

/* ---- admit.c ---- */
void charger_admit_run(struct charger_station *station);
void charger_plug_run(struct charger_station *station, unsigned c);
/* Whoever was let in there is not any more; what came with a remote start neither. */
void charger_withdraw(struct charger_station *station, unsigned c);

/* ---- transaction.c ---- */
void charger_begin(struct charger_station *station, unsigned c);
/* The first reason counts. */
void charger_stop(struct charger_station *station, unsigned c, enum roost_ledger_reason reason,
                  const char *tag);
/* Writes the end once the energy is down. */
void charger_stop_run(struct charger_station *station, unsigned c);

/* ---- energy.c ---- */
void charger_limits_run(struct charger_station *station);
void charger_energy_run(struct charger_station *station, unsigned c);

/* ---- metering.c ---- */
void charger_values(const struct charger_station *station, unsigned c,
                    struct roost_ledger_values *values);
void charger_metering_run(struct charger_station *station);

/* ---- reserve.c ---- */
int charger_reserve_init(struct charger_station *station);
void charger_reserve_run(struct charger_station *station);
/* Whether the connector is kept free for somebody else. */
bool charger_kept_free(const struct charger_station *station, unsigned c, const char *tag,
                       const char *parent);
/* Whether some reservation is for a group, so that the parent of a card matters. */
bool charger_kept_for_group(const struct charger_station *station);
/* The number of his reservation there, or of one for any connector; 0: he has none. */
int32_t charger_reservation_of(const struct charger_station *station, unsigned c, const char *tag,
                               const char *parent);
/* It is used, or the connector it is for is lost. c 0: that of any. */
void charger_reserve_end(struct charger_station *station, unsigned c);

/* ---- available.c ---- */
int charger_available_init(struct charger_station *station);
/* A transaction is over: what was put off happens. */
void charger_available_run(struct charger_station *station);
static inline bool charger_operative(const struct charger_station *station, unsigned c)
{
    return !station->leaving && station->connectors[0].operative &&
           station->connectors[c].operative;
}

#endif
