/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Smart charging of a charge point: the charging profiles that are installed, the limit that they
 * set now, and the schedule that follows from them (OCPP 1.6 edition 2, 3.13, 5.5, 5.7, 5.16, 7.8,
 * and its errata). It is given structs, not messages; who reads a message fills one. Has no heap,
 * no float and no clock of its own. Depends on core/ and the key-value store of port/port.h.
 *
 *     err = charger_profiles_init(&profiles, &port->kv, &config);
 *     err = charger_profiles_set(&profiles, &profile, &now, &why);     // why->field, why->text
 *     charger_profiles_begin(&profiles, 1, &now);                      // a transaction runs
 *     charger_profiles_identify(&profiles, 1, transaction_id);         // the central system's id
 *     charger_profiles_limit(&profiles, 1, &now, &limit);              // each second
 *     order.limit_ma = charger_limit_ma(&limit, voltage_mv);
 *     charger_profiles_end(&profiles, 1);                              // its profiles are gone
 *
 *   limit of connector c = the lower of
 *       |  MAX of connector 0
 *       |  TX of c while a transaction runs  else  DEFAULT of c  else  DEFAULT of 0
 *
 * Of each line the profile with the highest stack level that runs at that second counts. A profile
 * runs from validFrom until before validTo, from its start on, for its duration; one that recurs,
 * in each recurrence from the first start on, and never beyond the recurrence's end. `else` holds
 * for every second: where no TX profile runs, a default does. Without any there is no limit.
 *
 *   kind       starts                                     without startSchedule
 *   absolute   at startSchedule                           as relative; MAX: when it was set
 *   recurring  at startSchedule, then each day or week    refused
 *   relative   when the transaction began (none runs:     that is how it is; one that is
 *              as if one began now); MAX: refused         there is passed over
 *
 * Units: A and W are those of the output, losses left out. A limit in A and one in W both hold,
 * each in its own unit, and both are handed on; what is the lower one is decided at the voltage
 * that is measured (charger_limit_ma). Only where one unit is asked for (a composite schedule) is
 * the other one converted, at config.nominal_mv, downwards. numberPhases is of no meaning for DC
 * and minChargingRate is not used: neither is kept.
 *
 * While the time of day is not known, what hangs on it cannot be judged: of such a MAX profile the
 * lowest limit holds (whatever its level), TX and DEFAULT profiles are passed over.
 *
 * On flash: MAX and DEFAULT profiles, each behind a key of its own, and one key that says which of
 * them count. Changing that one is the moment at which all of a change has happened; a power cut
 * leaves the profiles as before or as after, whole. TX profiles are kept in memory alone: they end
 * with their transaction, and no transaction outlives a boot.
 */
#ifndef ROOST_DEVICES_CHARGER_PROFILES_PROFILES_H
#define ROOST_DEVICES_CHARGER_PROFILES_PROFILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct roost_kv;

enum {
    CHARGER_PROFILES_LEVEL_MAX = 8,      /* ChargeProfileMaxStackLevel */
    CHARGER_PROFILES_PERIODS_MAX = 24,   /* ChargingScheduleMaxPeriods */
    CHARGER_PROFILES_INSTALLED_MAX = 16, /* MaxChargingProfilesInstalled, of all purposes */
    CHARGER_PROFILES_CONNECTORS_MAX = 4, /* beside connector 0, the whole station */
    CHARGER_COMPOSITE_PERIODS_MAX = 48,  /* of a composite schedule */
    CHARGER_COMPOSITE_STEPS_MAX = 128,   /* instants looked at for one */
    CHARGER_PROFILES_RAM_MAX = 4352,     /* bytes of struct charger_profiles */
    CHARGER_UNLIMITED = INT32_MAX,       /* of a limit */
};

enum charger_profile_purpose { CHARGER_PROFILE_MAX, CHARGER_PROFILE_DEFAULT, CHARGER_PROFILE_TX };
enum charger_profile_kind {
    CHARGER_PROFILE_ABSOLUTE,
    CHARGER_PROFILE_RECURRING,
    CHARGER_PROFILE_RELATIVE
};
enum charger_profile_recurrence { CHARGER_PROFILE_DAILY, CHARGER_PROFILE_WEEKLY };
enum charger_rate_unit { CHARGER_AMPERE, CHARGER_WATT, CHARGER_ANY_UNIT };

enum { /* bits of charger_profile.has */
       CHARGER_PROFILE_HAS_TRANSACTION = 1,
       CHARGER_PROFILE_HAS_VALID_FROM = 2,
       CHARGER_PROFILE_HAS_VALID_TO = 4,
       CHARGER_PROFILE_HAS_START = 8,
       CHARGER_PROFILE_HAS_DURATION = 16,
       CHARGER_PROFILE_HAS_RECURRENCE = 32,
};

struct charger_period {
    int32_t start_s;      /* from the start of the schedule */
    int32_t limit_tenths; /* 0.1 A or 0.1 W */
};

struct charger_profile {
    int32_t id, transaction_id;
    int32_t stack_level;
    int32_t connector; /* 0: the whole station (MAX), or the default of every connector */
    uint8_t purpose, kind, recurrence, unit; /* the enumerations above */
    uint8_t has;                             /* which of these are given: */
    uint8_t period_count; /* may say more than there is room for: then it is refused */
    int32_t duration_s;
    int64_t valid_from_s, valid_to_s, start_s; /* since 1970, fractions cut */
    struct charger_period periods[CHARGER_PROFILES_PERIODS_MAX];
};

/* An instant on both clocks. */
struct charger_instant {
    uint64_t now_ms; /* since boot */
    int64_t unix_ms; /* 0: not known */
};

struct charger_profiles_config {
    uint8_t connectors; /* 1..CHARGER_PROFILES_CONNECTORS_MAX */
    uint32_t nominal_mv;
    /* What one connector can do by itself: a composite schedule goes no higher. */
    int32_t max_tenths_a, max_tenths_w;
};

/* Why a profile is not taken. */
struct charger_refusal {
    int err;        /* RANGE, INVALID, STATE, FULL, ... of core/err.h */
    bool malformed; /* the message itself is wrong (PropertyConstraintViolation), else Rejected */
    const char *field; /* as the protocol calls it */
    const char *text;
};

struct charger_limit { /* both hold; CHARGER_UNLIMITED: none in that unit */
    int32_t tenths_a, tenths_w;
};

/* Which profiles are meant: all that match in everything that is given. With an id the rest does
 * not count (errata 3.26). */
struct charger_profile_filter {
    bool by_id, by_connector, by_purpose, by_level;
    int32_t id, connector, level;
    uint8_t purpose;
};

/* From now on for duration_s, each period until the next one's start. Limits are never missing:
 * where no profile limits, what the charger can do by itself stands. */
struct charger_composite {
    uint8_t unit;       /* CHARGER_AMPERE or CHARGER_WATT */
    uint8_t count;      /* at least 1 */
    int32_t duration_s; /* less than was asked for when the rest did not fit */
    struct charger_period periods[CHARGER_COMPOSITE_PERIODS_MAX];
};

struct charger_profiles {
    const struct roost_kv *kv;
    struct charger_profiles_config config;
    uint32_t used;     /* bit: slots[bit] is installed */
    uint32_t on_flash; /* bit: may be taken for installed by the next boot */
    uint32_t damaged;  /* profiles that could not be read back at init: they are gone */
    struct {
        bool runs, identified;
        int32_t id; /* the central system's, when it is known */
        uint64_t begun_ms;
    } transactions[CHARGER_PROFILES_CONNECTORS_MAX + 1];
    /* One more than may be installed: a new one is written before an old one is given up. */
    struct charger_profile slots[CHARGER_PROFILES_INSTALLED_MAX + 1];
};

/* Reads what is on flash; kv is borrowed for ever. Returns 0, ROOST_ERR_INVALID (config) or
 * ROOST_ERR_IO: nothing could be read, none is installed. */
int charger_profiles_init(struct charger_profiles *profiles, const struct roost_kv *kv,
                          const struct charger_profiles_config *config);

/* ---- what comes from the central system ---- */

/* Installs a profile in the place of all that have its id, or its purpose, stack level and
 * connector; what does not belong to its kind or purpose (transaction_id, start_s, recurrence) is
 * dropped. Returns 0, or why->err with nothing changed; `why` points to static storage. */
int charger_profiles_set(struct charger_profiles *profiles, const struct charger_profile *profile,
                         const struct charger_instant *now, const struct charger_refusal **why);

/* The same for the profile of a remote start: a TX profile without a transaction id (errata 3.41)
 * on a connector where none runs yet. It holds for the next transaction there, and is gone after
 * charger_profiles_end(), which is also called when that start comes to nothing. */
int charger_profiles_set_for_start(struct charger_profiles *profiles,
                                   const struct charger_profile *profile,
                                   const struct charger_instant *now,
                                   const struct charger_refusal **why);

/* Returns how many were removed (0: none matched), or ROOST_ERR_IO with nothing changed. */
int charger_profiles_clear(struct charger_profiles *profiles,
                           const struct charger_profile_filter *filter);

/* The installed one of this id, borrowed until the next call; NULL: there is none. */
const struct charger_profile *charger_profiles_find(const struct charger_profiles *profiles,
                                                    int32_t id);

/* connector 0: the whole station, at most what all its connectors may take together. CHARGER_ANY_
 * UNIT: A where all profiles that count are in A, else W. Returns 0, or ROOST_ERR_RANGE (connector,
 * unit, duration below 1). The answer ends early when it has CHARGER_COMPOSITE_PERIODS_MAX periods,
 * or CHARGER_COMPOSITE_STEPS_MAX instants were looked at, which bounds its time. */
int charger_profiles_composite(const struct charger_profiles *profiles, int32_t connector,
                               int32_t duration_s, uint8_t unit, const struct charger_instant *now,
                               struct charger_composite *out);

/* ---- what happens at a connector ---- */

/* ROOST_ERR_RANGE: no such connector; ROOST_ERR_STATE: one runs there (begin), none does. */
int charger_profiles_begin(struct charger_profiles *profiles, int32_t connector,
                           const struct charger_instant *now);
int charger_profiles_identify(struct charger_profiles *profiles, int32_t connector,
                              int32_t transaction_id);
/* 0 also when none ran. Writes nothing. */
int charger_profiles_end(struct charger_profiles *profiles, int32_t connector);

/* The limit at this second. connector 0: what the whole station may take; how its connectors share
 * that is not decided here. ROOST_ERR_RANGE: no such connector. */
int charger_profiles_limit(const struct charger_profiles *profiles, int32_t connector,
                           const struct charger_instant *now, struct charger_limit *out);

/* The current that keeps both limits at this voltage, rounded down; CHARGER_UNLIMITED. */
int32_t charger_limit_ma(const struct charger_limit *limit, uint32_t voltage_mv);

#endif
