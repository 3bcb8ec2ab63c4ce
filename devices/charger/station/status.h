/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The nine states of a connector and what leads from one to another, as one table (OCPP 1.6
 * edition 2, 4.9), without faults: these lie over the state beneath and go away again. Pure.
 * Depends on nothing.
 *
 *     charger_status_next(&connector->beneath, CHARGER_HAPPENS_PLUGGED);
 */
#ifndef ROOST_DEVICES_CHARGER_STATION_STATUS_H
#define ROOST_DEVICES_CHARGER_STATION_STATUS_H

#include <stdbool.h>

#define CHARGER_STATUS_LIST(X)                                                                     \
    X(AVAILABLE, "available")                                                                      \
    X(PREPARING, "preparing") /* plugged in, or let in: not both */                                \
    X(CHARGING, "charging")                                                                        \
    X(SUSPENDED_EVSE, "suspended-evse") /* we give nothing */                                      \
    X(SUSPENDED_EV, "suspended-ev")     /* it takes nothing */                                     \
    X(FINISHING, "finishing")           /* the transaction is over, the plug is in */              \
    X(RESERVED, "reserved")                                                                        \
    X(UNAVAILABLE, "unavailable")                                                                  \
    X(FAULTED, "faulted")

enum charger_status {
#define X(name, text) CHARGER_IS_##name,
    CHARGER_STATUS_LIST(X)
#undef X
        CHARGER_STATUS_COUNT
};

#define CHARGER_HAPPENING_LIST(X)                                                                  \
    X(PLUGGED, "plugged")                                                                          \
    X(UNPLUGGED, "unplugged")                                                                      \
    X(ADMITTED, "admitted")   /* somebody was let in for this connector */                         \
    X(TIMED_OUT, "timed-out") /* let in or plugged in, and nothing came of it */                   \
    X(BEGUN, "begun")         /* a transaction */                                                  \
    X(FLOWS, "flows")                                                                              \
    X(HELD, "held") /* by us: limit, refusal, not ready */                                         \
    X(FULL, "full") /* by the battery */                                                           \
    X(ENDED, "ended")                                                                              \
    X(RESERVED, "reserved")                                                                        \
    X(RELEASED, "released") /* no reservation any more */                                          \
    X(CLOSED, "closed")     /* out of order */                                                     \
    X(OPENED, "opened")

enum charger_happening {
#define X(name, text) CHARGER_HAPPENS_##name,
    CHARGER_HAPPENING_LIST(X)
#undef X
        CHARGER_HAPPENING_COUNT
};

/* Writes *status, the one place that does; the plug's state says where an end or an opening leads.
 * Returns whether it is another one. */
bool charger_status_next(enum charger_status *status, enum charger_happening happening,
                         bool plugged);

const char *charger_status_name(enum charger_status status);

#endif
