/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a fault of the power part means for its connector. All of them take the energy off at once;
 * that is the power part's doing. Here is what is told and whether the transaction goes on:
 *
 *   class            told as                  the transaction
 *   VEHICLE          a warning: SuspendedEV   goes on
 *   EMERGENCY        Faulted                  ends, EMERGENCY_STOP
 *   any other        Faulted                  release SELF: goes on, and energy with it when the
 *                                             cause is gone; SESSION, HAND: ends, OTHER
 *
 * A warning is told with a vehicle there and PREPARING, SUSPENDED_EV, SUSPENDED_EVSE or FINISHING
 * (1.6 edition 2, 4.9), else not at all: while it holds the energy is off, so that a CHARGING has
 * become a SUSPENDED_EV when it is looked at.
 * Emergency stop, door, earth and fan are the housing's: the station is faulted, too.
 */
#include "devices/charger/station/parts.h"

enum {
    HOUSING =
        CHARGER_BIT(EMERGENCY_STOP) | CHARGER_BIT(DOOR) | CHARGER_BIT(EARTH) | CHARGER_BIT(FAN)
};

static bool warns(unsigned i)
{
    return charger_fault_kinds[i].class == CHARGER_CLASS_VEHICLE;
}

/* The worst of those that stop it, else of those that warn; -1. */
static int worst_of(uint32_t faults)
{
    int worst = -1;

    for (int i = 0; faults >> i != 0; i++) {
        if (!(faults >> i & 1))
            continue;
        if (worst < 0 || (warns((unsigned)worst) && !warns((unsigned)i)) ||
            (warns((unsigned)worst) == warns((unsigned)i) &&
             charger_faults[i].severity > charger_faults[worst].severity))
            worst = i;
    }
    return worst;
}

/* The reason for which they end a transaction; 0: it goes on. */
static unsigned ends(uint32_t faults)
{
    unsigned reason = 0;

    for (unsigned i = 0; faults >> i != 0; i++)
        if (faults >> i & 1 && !warns(i) &&
            charger_fault_kinds[i].release != CHARGER_RELEASE_SELF && reason == 0)
            reason = charger_fault_kinds[i].class == CHARGER_CLASS_EMERGENCY
                         ? ROOST_LEDGER_EMERGENCY_STOP
                         : ROOST_LEDGER_OTHER;
    return reason;
}

static void show(struct charger_station *station, unsigned c, int worst)
{
    struct charger_connector *at = charger_at(station, c);
    int fault = worst < 0 ? -1 : worst + ROOST_FAULT_COUNT;
    uint64_t until_ms = at->fault_ms + CHARGER_FAULT_SHOWN_MS;
    bool lighter = worst < 0 || (at->faulted && warns((unsigned)worst));

    if (fault == at->fault)
        return;
    if (at->fault >= 0 && lighter && station->now.now_ms < until_ms) {
        charger_due(station, until_ms);
        return;
    }
    at->fault = fault;
    at->fault_ms = station->now.now_ms;
    at->faulted = worst >= 0 && !warns((unsigned)worst);
    if (at->faulted)
        charger_reserve_end(station, c); /* 1.6 edition 2, 5.13 */
}

void charger_fault_run(struct charger_station *station)
{
    uint32_t housing = 0;

    for (unsigned c = 1; c <= station->config.connectors; c++) {
        uint32_t faults = charger_power_at(station, c)->faults;
        unsigned reason = ends(faults);

        housing |= faults & HOUSING;
        show(station, c, worst_of(faults));
        if (reason != 0 && charger_at(station, c)->transaction != 0)
            charger_stop(station, c, (enum roost_ledger_reason)reason, "");
    }
    show(station, 0, worst_of(housing));
}

void charger_fault_settle(struct charger_station *station, unsigned c)
{
    static const bool told_with[CHARGER_STATUS_COUNT] = {
        [CHARGER_IS_PREPARING] = true,
        [CHARGER_IS_SUSPENDED_EV] = true,
        [CHARGER_IS_SUSPENDED_EVSE] = true,
        [CHARGER_IS_FINISHING] = true,
    };
    struct charger_connector *at = charger_at(station, c);

    if (!at->faulted && !(at->plugged && told_with[at->beneath]))
        at->fault = -1;
}
