/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/ocpp/rules.h"

enum rule {
    AT_LEAST, /* the number; of tenths in tenths */
    AT_MOST,
    RISES,  /* the first one is the number, each later one is above the one before */
    WHEN,   /* the word, and */
    ABSENT, /* the field is not there, of the same mark, may not come together */
};

enum { ANY = OCPP_OBJ_Nothing, MARK_RECURRING = 1, MARK_FULL = 2 };

/* Not here, since logic answers them otherwise than by a CALLERROR: a meter that falls and a
 * transaction -1 are stored and flagged, an unknown connector is Rejected, version 0 is Failed, a
 * remote start of connector 0 or with another's profile is Rejected (TC_027, TC_060). */
static const struct {
    uint8_t object; /* ANY: every object that has the field */
    uint8_t rule;
    uint16_t field;
    uint16_t number; /* or word */
    uint8_t mark;    /* of WHEN and ABSENT */
} rules[] = {
    /* 1.6 chapter 6: "connectorId >= 0", and "> 0" where there has to be one */
    {ANY, AT_LEAST, OCPP_connectorId, 0, 0},
    {OCPP_OBJ_StartTransaction, AT_LEAST, OCPP_connectorId, 1, 0},
    {OCPP_OBJ_TriggerMessage, AT_LEAST, OCPP_connectorId, 1, 0},
    {OCPP_OBJ_ExtendedTriggerMessage, AT_LEAST, OCPP_connectorId, 1, 0},
    {OCPP_OBJ_UnlockConnector, AT_LEAST, OCPP_connectorId, 1, 0},
    /* spans of time and counts */
    {ANY, AT_LEAST, OCPP_interval, 0, 0},
    {ANY, AT_LEAST, OCPP_duration, 0, 0},
    {ANY, AT_LEAST, OCPP_retries, 0, 0},
    {ANY, AT_LEAST, OCPP_retryInterval, 0, 0},
    {OCPP_OBJ_SendLocalList, AT_LEAST, OCPP_listVersion, 0, 0},
    /* 7.8, 7.13, 7.14: profiles */
    {ANY, AT_LEAST, OCPP_stackLevel, 0, 0},
    {ANY, AT_LEAST, OCPP_limit, 0, 0},
    {ANY, AT_LEAST, OCPP_minChargingRate, 0, 0},
    {ANY, AT_LEAST, OCPP_numberPhases, 1, 0},
    {ANY, AT_MOST, OCPP_numberPhases, 3, 0},
    {ANY, RISES, OCPP_startPeriod, 0, 0},
    {ANY, WHEN, OCPP_chargingProfileKind, OCPP_Recurring, MARK_RECURRING},
    {OCPP_OBJ_ChargingProfile, ABSENT, OCPP_recurrencyKind, 0, MARK_RECURRING},
    /* 7.1: idTagInfo is "Required when UpdateType is Full" */
    {ANY, WHEN, OCPP_updateType, OCPP_Full, MARK_FULL},
    {OCPP_OBJ_AuthorizationData, ABSENT, OCPP_idTagInfo, 0, MARK_FULL},
};

enum { RULES = sizeof rules / sizeof rules[0], MARKS_ABSENT = 4 /* bits above those of WHEN */ };

void ocpp_rules_begin(struct ocpp_check *check)
{
    check->marks = 0;
    check->start = -1;
}

static void out_of_range(struct ocpp_check *check, enum ocpp_word field, int32_t limit)
{
    ocpp_check_fault(check, OCPP_FAULT_RANGE, field, limit);
}

void ocpp_rules_value(struct ocpp_check *check, enum ocpp_object object,
                      const struct ocpp_field *field, int64_t number)
{
    for (unsigned i = 0; i < RULES; i++) {
        int32_t bound = rules[i].number;
        if (rules[i].field != field->name || (rules[i].object != ANY && rules[i].object != object))
            continue;
        switch (rules[i].rule) {
        case AT_LEAST:
            if (number < bound)
                out_of_range(check, field->name, bound);
            break;
        case AT_MOST:
            if (number > bound)
                out_of_range(check, field->name, bound);
            break;
        case RISES:
            if (check->start < 0 ? number != bound : number <= check->start)
                out_of_range(check, field->name, check->start < 0 ? bound : check->start);
            check->start = (int32_t)number;
            break;
        case WHEN:
            if (number == bound)
                check->marks |= rules[i].mark;
            break;
        default: /* ABSENT is seen at the object's end */
            break;
        }
    }
}

void ocpp_rules_absent(struct ocpp_check *check, enum ocpp_object object, enum ocpp_word field)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].rule == ABSENT && rules[i].object == object && rules[i].field == field)
            check->marks |= (uint8_t)(rules[i].mark << MARKS_ABSENT);
}

void ocpp_rules_end(struct ocpp_check *check)
{
    for (unsigned i = 0; i < RULES; i++)
        if (rules[i].rule == ABSENT && (check->marks & rules[i].mark) != 0 &&
            (check->marks >> MARKS_ABSENT & rules[i].mark) != 0)
            ocpp_check_fault(check, OCPP_FAULT_MISSING, rules[i].field, 0);
}
