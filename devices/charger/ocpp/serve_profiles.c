/* SPDX-License-Identifier: Apache-2.0 */
/* Smart charging. */
#include <stddef.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

#define SLOT(object, field, member, how)                                                           \
    OCPP_SLOT_HOW(object, field, struct charger_profile, member, how)

static const struct ocpp_slot slots[] = {
    SLOT(ChargingProfile, chargingProfileId, id, 0),
    SLOT(ChargingProfile, transactionId, transaction_id, CHARGER_PROFILE_HAS_TRANSACTION),
    SLOT(ChargingProfile, stackLevel, stack_level, 0),
    SLOT(ChargingProfile, chargingProfilePurpose, purpose, 0),
    SLOT(ChargingProfile, chargingProfileKind, kind, 0),
    SLOT(ChargingProfile, recurrencyKind, recurrence, CHARGER_PROFILE_HAS_RECURRENCE),
    SLOT(ChargingProfile, validFrom, valid_from_s, CHARGER_PROFILE_HAS_VALID_FROM | OCPP_SECONDS),
    SLOT(ChargingProfile, validTo, valid_to_s, CHARGER_PROFILE_HAS_VALID_TO | OCPP_SECONDS),
    /* minChargingRate: for who shares a limit among several, which we do not */
    SLOT(ChargingSchedule, duration, duration_s, CHARGER_PROFILE_HAS_DURATION),
    SLOT(ChargingSchedule, startSchedule, start_s, CHARGER_PROFILE_HAS_START | OCPP_SECONDS),
    SLOT(ChargingSchedule, chargingRateUnit, unit, 0),
};

/* What else names profiles: bits of what was given. */
enum { BY_CONNECTOR = 1, BY_ID = 2, BY_LEVEL = 4, BY_PURPOSE = 8, BY_UNIT = 16 };

#define ASKED(object, field, member, how)                                                          \
    OCPP_SLOT_HOW(object, field, union charger_asked, profile.member, how)

static const struct ocpp_slot asked_slots[] = {
    ASKED(SetChargingProfile, connectorId, filter.connector, 0),
    ASKED(ClearChargingProfile, connectorId, filter.connector, BY_CONNECTOR),
    ASKED(ClearChargingProfile, id, filter.id, BY_ID),
    ASKED(ClearChargingProfile, stackLevel, filter.level, BY_LEVEL),
    ASKED(ClearChargingProfile, chargingProfilePurpose, filter.purpose, BY_PURPOSE),
    ASKED(GetCompositeSchedule, connectorId, filter.connector, 0),
    ASKED(GetCompositeSchedule, duration, duration_s, 0),
    ASKED(GetCompositeSchedule, chargingRateUnit, unit, BY_UNIT),
};

/* Their words as ours. */
static int64_t number_of(int64_t word)
{
    static const struct {
        uint16_t word;
        uint8_t number;
    } known[] = {
        {OCPP_ChargePointMaxProfile, CHARGER_PROFILE_MAX},
        {OCPP_TxDefaultProfile, CHARGER_PROFILE_DEFAULT},
        {OCPP_TxProfile, CHARGER_PROFILE_TX},
        {OCPP_Absolute, CHARGER_PROFILE_ABSOLUTE},
        {OCPP_Recurring, CHARGER_PROFILE_RECURRING},
        {OCPP_Relative, CHARGER_PROFILE_RELATIVE},
        {OCPP_Daily, CHARGER_PROFILE_DAILY},
        {OCPP_Weekly, CHARGER_PROFILE_WEEKLY},
        {OCPP_A, CHARGER_AMPERE},
        {OCPP_W, CHARGER_WATT},
    };
    size_t i = 0;

    while (known[i].word != word && i + 1 < sizeof known / sizeof known[0])
        i++;
    return known[i].number;
}

static int fill(const struct ocpp_fill *into, const struct ocpp_value *value)
{
    struct ocpp_value ours = *value;

    if (value->kind == OCPP_KIND_WORD)
        ours.number = number_of(value->number);
    return ocpp_fill_take((void *)into, &ours);
}

/* Of a period that there is no room for only the count goes on: charger_profiles_set says so. */
static int take_period(struct charger_profile *profile, const struct ocpp_value *value)
{
    unsigned at = profile->period_count;

    if (value->kind == OCPP_KIND_END && at < UINT8_MAX)
        profile->period_count++;
    if (at >= CHARGER_PROFILES_PERIODS_MAX)
        return 0;
    if (value->field == OCPP_startPeriod)
        profile->periods[at].start_s = (int32_t)value->number;
    else if (value->field == OCPP_limit && value->number > INT32_MAX)
        return ROOST_ERR_RANGE;
    else if (value->field == OCPP_limit)
        profile->periods[at].limit_tenths = (int32_t)value->number;
    return 0;
}

bool charger_take_profile(struct charger_profile *profile, const struct ocpp_value *value, int *err)
{
    const struct ocpp_fill into = {slots, sizeof slots / sizeof slots[0], profile, &profile->has};
    bool period = value->object == OCPP_OBJ_ChargingSchedulePeriod;

    if (!period && value->object != OCPP_OBJ_ChargingProfile &&
        value->object != OCPP_OBJ_ChargingSchedule)
        return false;
    *err = period ? take_period(profile, value) : fill(&into, value);
    return true;
}

int charger_take_profiles(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    const struct ocpp_fill into = {asked_slots, sizeof asked_slots / sizeof asked_slots[0], asked,
                                   &asked->profile.given};
    int err = 0;

    if (charger_take_profile(&asked->profile.profile, value, &err))
        return err;
    return fill(&into, value);
}

/* One that cannot be is the message's mistake, one that does not fit now is refused. */
enum ocpp_error charger_serve_set_profile(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    const struct charger_refusal *why = NULL;

    asked->profile.profile.connector = asked->profile.filter.connector;
    int err =
        charger_profiles_set(ocpp->config.profiles, &asked->profile.profile, &ocpp->now, &why);
    if (err < 0 && why && why->malformed)
        return charger_say_error(ocpp, OCPP_ERROR_PROPERTY, why->text);
    return charger_say_or(ocpp, err == 0, OCPP_Rejected);
}

enum ocpp_error charger_serve_clear_profile(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    struct charger_profile_filter *filter = &asked->profile.filter;

    filter->by_connector = asked->profile.given & BY_CONNECTOR;
    filter->by_id = asked->profile.given & BY_ID;
    filter->by_level = asked->profile.given & BY_LEVEL;
    filter->by_purpose = asked->profile.given & BY_PURPOSE;
    int cleared = charger_profiles_clear(ocpp->config.profiles, filter);
    if (cleared < 0)
        return charger_say_error(ocpp, OCPP_ERROR_INTERNAL, "the profiles could not be written");
    return charger_say_or(ocpp, cleared > 0, OCPP_Unknown);
}

enum ocpp_error charger_serve_composite(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    uint8_t unit = asked->profile.given & BY_UNIT ? asked->profile.unit : CHARGER_ANY_UNIT;

    if (!charger_has_connector(ocpp, asked->profile.filter.connector, true))
        return charger_say_error(ocpp, OCPP_ERROR_PROPERTY, "connectorId: there is no such");
    asked->profile.at_ms = ocpp->now.unix_ms;
    int err = charger_profiles_composite(ocpp->config.profiles, asked->profile.filter.connector,
                                         asked->profile.duration_s, unit, &ocpp->now,
                                         &asked->profile.composite);
    return charger_say_or(ocpp, err == 0, OCPP_Rejected);
}

void charger_write_composite(struct charger_ocpp *ocpp, struct ocpp_writer *w)
{
    const union charger_asked *asked = &ocpp->serving.asked;
    const struct charger_composite *composite = &asked->profile.composite;

    ocpp_put_word(w, OCPP_status, ocpp->serving.verdict);
    if (ocpp->serving.verdict != OCPP_Accepted)
        return;
    ocpp_put_int(w, OCPP_connectorId, asked->profile.filter.connector);
    if (asked->profile.at_ms > 0)
        ocpp_put_time(w, OCPP_scheduleStart, asked->profile.at_ms);
    ocpp_put_object(w, OCPP_chargingSchedule);
    ocpp_put_int(w, OCPP_duration, composite->duration_s);
    ocpp_put_word(w, OCPP_chargingRateUnit, composite->unit == CHARGER_WATT ? OCPP_W : OCPP_A);
    ocpp_put_list(w, OCPP_chargingSchedulePeriod);
    for (unsigned i = 0; i < composite->count; i++) {
        ocpp_add_object(w);
        ocpp_put_int(w, OCPP_startPeriod, composite->periods[i].start_s);
        ocpp_put_scaled(w, OCPP_limit, composite->periods[i].limit_tenths, 1);
        ocpp_end(w);
    }
    ocpp_end(w);
    ocpp_end(w);
}
