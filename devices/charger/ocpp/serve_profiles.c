/* SPDX-License-Identifier: Apache-2.0 */
/* Smart charging. */
#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

static uint8_t purpose_of(int64_t word)
{
    return word == OCPP_ChargePointMaxProfile ? CHARGER_PROFILE_MAX
           : word == OCPP_TxDefaultProfile    ? CHARGER_PROFILE_DEFAULT
                                              : CHARGER_PROFILE_TX;
}

static uint8_t kind_of(int64_t word)
{
    return word == OCPP_Absolute    ? CHARGER_PROFILE_ABSOLUTE
           : word == OCPP_Recurring ? CHARGER_PROFILE_RECURRING
                                    : CHARGER_PROFILE_RELATIVE;
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

static int take_schedule(struct charger_profile *profile, const struct ocpp_value *value)
{
    switch (value->field) {
    case OCPP_duration:
        profile->duration_s = (int32_t)value->number;
        profile->has |= CHARGER_PROFILE_HAS_DURATION;
        break;
    case OCPP_startSchedule:
        profile->start_s = value->number / 1000;
        profile->has |= CHARGER_PROFILE_HAS_START;
        break;
    case OCPP_chargingRateUnit:
        profile->unit = value->number == OCPP_W ? CHARGER_WATT : CHARGER_AMPERE;
        break;
    default:
        break; /* minChargingRate: for who shares a limit among several, which we do not */
    }
    return 0;
}

static int take_head(struct charger_profile *profile, const struct ocpp_value *value)
{
    switch (value->field) {
    case OCPP_chargingProfileId:
        profile->id = (int32_t)value->number;
        break;
    case OCPP_transactionId:
        profile->transaction_id = (int32_t)value->number;
        profile->has |= CHARGER_PROFILE_HAS_TRANSACTION;
        break;
    case OCPP_stackLevel:
        profile->stack_level = (int32_t)value->number;
        break;
    case OCPP_chargingProfilePurpose:
        profile->purpose = purpose_of(value->number);
        break;
    case OCPP_chargingProfileKind:
        profile->kind = kind_of(value->number);
        break;
    case OCPP_recurrencyKind:
        profile->recurrence =
            value->number == OCPP_Weekly ? CHARGER_PROFILE_WEEKLY : CHARGER_PROFILE_DAILY;
        profile->has |= CHARGER_PROFILE_HAS_RECURRENCE;
        break;
    case OCPP_validFrom:
        profile->valid_from_s = value->number / 1000;
        profile->has |= CHARGER_PROFILE_HAS_VALID_FROM;
        break;
    case OCPP_validTo:
        profile->valid_to_s = value->number / 1000;
        profile->has |= CHARGER_PROFILE_HAS_VALID_TO;
        break;
    default:
        break;
    }
    return 0;
}

bool charger_take_profile(struct charger_profile *profile, const struct ocpp_value *value, int *err)
{
    switch (value->object) {
    case OCPP_OBJ_ChargingProfile:
        *err = take_head(profile, value);
        return true;
    case OCPP_OBJ_ChargingSchedule:
        *err = take_schedule(profile, value);
        return true;
    case OCPP_OBJ_ChargingSchedulePeriod:
        *err = take_period(profile, value);
        return true;
    default:
        return false;
    }
}

int charger_take_profiles(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    struct charger_profile_filter *filter = &asked->profile.filter;
    int err = 0;

    if (charger_take_profile(&asked->profile.profile, value, &err))
        return err;
    switch (value->field) {
    case OCPP_connectorId:
        asked->profile.connector = filter->connector = (int32_t)value->number;
        filter->by_connector = true;
        break;
    case OCPP_id:
        filter->id = (int32_t)value->number;
        filter->by_id = true;
        break;
    case OCPP_stackLevel:
        filter->level = (int32_t)value->number;
        filter->by_level = true;
        break;
    case OCPP_chargingProfilePurpose:
        filter->purpose = purpose_of(value->number);
        filter->by_purpose = true;
        break;
    case OCPP_duration:
        asked->profile.duration_s = (int32_t)value->number;
        break;
    case OCPP_chargingRateUnit:
        asked->profile.unit = value->number == OCPP_W ? CHARGER_WATT : CHARGER_AMPERE;
        asked->profile.has_unit = true;
        break;
    default:
        break;
    }
    return 0;
}

/* One that cannot be is the message's mistake, one that does not fit now is refused. */
enum ocpp_error charger_serve_set_profile(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    const struct charger_refusal *why = NULL;

    asked->profile.profile.connector = asked->profile.connector;
    int err =
        charger_profiles_set(ocpp->config.profiles, &asked->profile.profile, &ocpp->now, &why);
    if (err < 0 && why && why->malformed)
        return charger_say_error(ocpp, OCPP_ERROR_PROPERTY, why->text);
    return charger_say_or(ocpp, err == 0, OCPP_Rejected);
}

enum ocpp_error charger_serve_clear_profile(struct charger_ocpp *ocpp)
{
    int cleared =
        charger_profiles_clear(ocpp->config.profiles, &ocpp->serving.asked.profile.filter);

    if (cleared < 0)
        return charger_say_error(ocpp, OCPP_ERROR_INTERNAL, "the profiles could not be written");
    return charger_say_or(ocpp, cleared > 0, OCPP_Unknown);
}

enum ocpp_error charger_serve_composite(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    uint8_t unit = asked->profile.has_unit ? asked->profile.unit : CHARGER_ANY_UNIT;

    if (!charger_has_connector(ocpp, asked->profile.connector, true))
        return charger_say_error(ocpp, OCPP_ERROR_PROPERTY, "connectorId: there is no such");
    asked->profile.at_ms = ocpp->now.unix_ms;
    int err = charger_profiles_composite(ocpp->config.profiles, asked->profile.connector,
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
    ocpp_put_int(w, OCPP_connectorId, asked->profile.connector);
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
