/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What more there is to know of a charger's faults than of other products': a class, from which
 * whoever speaks to a central system makes that one's words, and what clears them. Depends on the
 * list.
 *
 *     if (charger_fault_kind(424)->release == CHARGER_RELEASE_HAND) ...
 */
#ifndef ROOST_PROTO_CAN_FAULT_H
#define ROOST_PROTO_CAN_FAULT_H

#include <stdint.h>

#include "proto/can/fault_list.h"

#define CHARGER_CLASS_LIST(X)                                                                      \
    X(OTHER, "other")                                                                              \
    X(EMERGENCY, "emergency")                                                                      \
    X(VEHICLE, "vehicle")                                                                          \
    X(COMMUNICATION, "communication")                                                              \
    X(POWER_MODULE, "power-module")                                                                \
    X(HIGH_TEMPERATURE, "high-temperature")                                                        \
    X(OVER_VOLTAGE, "over-voltage")                                                                \
    X(UNDER_VOLTAGE, "under-voltage")                                                              \
    X(OVER_CURRENT, "over-current")                                                                \
    X(METER, "meter")                                                                              \
    X(GROUND, "ground")                                                                            \
    X(SWITCH, "switch")

enum charger_class {
#define X(name, text) CHARGER_CLASS_##name,
    CHARGER_CLASS_LIST(X)
#undef X
        CHARGER_CLASS_COUNT
};

enum charger_release {
    CHARGER_RELEASE_SELF,    /* when its cause is gone */
    CHARGER_RELEASE_SESSION, /* then, and the transaction is over or the gun plugged in anew */
    CHARGER_RELEASE_HAND     /* then, and somebody resets it at the charger */
};

struct charger_fault_kind {
    uint16_t number;
    uint8_t class, release; /* enum charger_class, enum charger_release */
};

extern const struct charger_fault_kind charger_fault_kinds[]; /* in the list's order */
extern const unsigned charger_fault_kind_count;

/* By number; NULL: not a charger's. */
const struct charger_fault_kind *charger_fault_kind(unsigned number);

/* "high-temperature"; "unknown". */
const char *charger_class_name(enum charger_class class);
/* "self", "session", "hand"; "unknown". */
const char *charger_release_name(enum charger_release release);

#endif
