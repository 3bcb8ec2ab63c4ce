/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of devices/charger/profiles share; for nobody else. */
#ifndef ROOST_DEVICES_CHARGER_PROFILES_PARTS_H
#define ROOST_DEVICES_CHARGER_PROFILES_PARTS_H

#include "devices/charger/profiles/profiles.h"

enum { PROFILES_SLOTS = CHARGER_PROFILES_INSTALLED_MAX + 1 };

/* X(name, err, malformed, field, text) */
#define PROFILES_REFUSALS(X)                                                                       \
    X(CONNECTOR, RANGE, true, "connectorId", "there is no such connector")                         \
    X(PURPOSE, INVALID, true, "chargingProfilePurpose", "unknown")                                 \
    X(KIND, INVALID, true, "chargingProfileKind", "unknown")                                       \
    X(RECURRENCE, INVALID, true, "recurrencyKind", "unknown")                                      \
    X(UNIT, INVALID, true, "chargingRateUnit", "neither A nor W")                                  \
    X(NEGATIVE_LEVEL, RANGE, true, "stackLevel", "below 0")                                        \
    X(NEGATIVE_LIMIT, RANGE, true, "limit", "below 0")                                             \
    X(NEGATIVE_START, RANGE, true, "startPeriod", "below 0")                                       \
    X(NEGATIVE_DURATION, RANGE, true, "duration", "below 0")                                       \
    X(TIME, RANGE, true, "startSchedule, validFrom, validTo", "not within 1970 to 2199")           \
    X(NO_PERIOD, INVALID, true, "chargingSchedulePeriod", "none")                                  \
    X(LEVEL, RANGE, false, "stackLevel", "above ChargeProfileMaxStackLevel (8)")                   \
    X(PERIODS, RANGE, false, "chargingSchedulePeriod", "over ChargingScheduleMaxPeriods (24)")     \
    X(FIRST_START, INVALID, false, "startPeriod", "the first is not 0")                            \
    X(ORDER, INVALID, false, "startPeriod", "not after the one before")                            \
    X(NO_DURATION, INVALID, false, "duration", "0 never runs")                                     \
    X(VALIDITY, INVALID, false, "validTo", "not after validFrom")                                  \
    X(NO_RECURRENCE, INVALID, false, "recurrencyKind", "missing, the kind is Recurring")           \
    X(NO_START, INVALID, false, "startSchedule", "missing, the kind is Recurring")                 \
    X(MAX_RELATIVE, INVALID, false, "chargingProfileKind", "a station has no start of charging")   \
    X(MAX_CONNECTOR, INVALID, false, "connectorId", "ChargePointMaxProfile is for connector 0")    \
    X(TX_CONNECTOR, INVALID, false, "connectorId", "TxProfile is not for connector 0")             \
    X(NO_TRANSACTION, STATE, false, "connectorId", "no transaction runs there")                    \
    X(OTHER_TRANSACTION, STATE, false, "transactionId", "not the one that runs there")             \
    X(NOT_TX, INVALID, false, "chargingProfilePurpose", "a remote start takes a TxProfile")        \
    X(START_TRANSACTION, INVALID, false, "transactionId", "there is none before the start")        \
    X(RUNS, STATE, false, "connectorId", "a transaction runs there")                               \
    X(NO_CLOCK, STATE, false, "startSchedule", "missing, and the time is not known")               \
    X(FULL, FULL, false, "chargingProfileId", "MaxChargingProfilesInstalled (16) are there")       \
    X(STORAGE, IO, false, "chargingProfileId", "could not be stored")

enum profiles_refusal {
    PROFILES_TAKEN,
#define X(name, err, malformed, field, text) PROFILES_##name,
    PROFILES_REFUSALS(X)
#undef X
};

/* What is wrong with the profile by itself. */
enum profiles_refusal profiles_check(const struct charger_profiles_config *config,
                                     const struct charger_profile *profile);

/* ---- on flash (store.c) ---- */

/* Writes slots[slot] behind its key. 0 or ROOST_ERR_IO. It counts once commit() says so. */
int profiles_store(const struct charger_profiles *profiles, unsigned slot);

/* From now on exactly these slots are installed. 0, or ROOST_ERR_IO with nothing changed. */
int profiles_commit(struct charger_profiles *profiles, uint32_t used);

#endif
