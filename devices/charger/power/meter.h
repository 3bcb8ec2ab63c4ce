/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Counts the energy that went out: voltage times current of the measurements that come, in fixed
 * point. The register never falls and is never re-based, over sessions, resets and power cuts: its
 * owner keeps `mwh` and begins with it again. Between two measurements the power is taken to have
 * gone straight from one to the other. What cannot be true is left out and counted, and does not
 * end the counting: the next good measurement spans the gap, if it is short. A rise that seems too
 * steep counts when the next measurement confirms it, from where it was first seen. Pure; depends
 * on nothing.
 *
 *     charger_meter_init(&meter, kept_mwh);
 *     charger_meter_start(&meter, now_ms);                      // the contactor closes
 *     charger_meter_add(&meter, 72500, 123250, now_ms);         // each measurement
 *     charger_meter_stop(&meter, now_ms);                       // it opens: nothing flows after
 */
#ifndef ROOST_DEVICES_CHARGER_POWER_METER_H
#define ROOST_DEVICES_CHARGER_POWER_METER_H

#include <stdbool.h>
#include <stdint.h>

enum {
    CHARGER_METER_VOLTAGE_MAX_MV = 100000,
    CHARGER_METER_CURRENT_MAX_MA = 350000,
    CHARGER_METER_JUMP_MW = 5000000, /* no power rises so much between two measurements, ... */
    CHARGER_METER_GAP_MS = 4000      /* ... and no longer time without one is counted */
};

struct charger_meter {
    uint64_t mwh;     /* the register */
    uint32_t rest_uj; /* of the next mWh, 0..3599999 */
    uint32_t rest_nj; /* of the next uJ */
    bool running;
    uint64_t at_ms;          /* of the last measurement that counted, ... */
    int32_t power_mw;        /* ... and what it was */
    int32_t doubted_mw;      /* a jump that the next measurement may confirm; -1: none, ... */
    uint64_t doubted_ms;     /* ... and when it was */
    uint32_t outside, jumps; /* left out */
    uint32_t negative;       /* counted as nothing: what flows back is not billed, nor paid */
    uint32_t gaps_ms;        /* time that was not counted */
};

void charger_meter_init(struct charger_meter *meter, uint64_t mwh);

/* Nothing flows yet. 0 also when it runs. */
void charger_meter_start(struct charger_meter *meter, uint64_t now_ms);
/* What flowed last went on until now. */
void charger_meter_stop(struct charger_meter *meter, uint64_t now_ms);

/* Returns whether it counted; while stopped nothing does. */
bool charger_meter_add(struct charger_meter *meter, int32_t voltage_mv, int32_t current_ma,
                       uint64_t now_ms);

#endif
