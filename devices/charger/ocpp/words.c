/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/ocpp/parts.h"

enum ocpp_word charger_word_of_status(enum charger_status status)
{
    static const uint16_t words[CHARGER_STATUS_COUNT] = {
        [CHARGER_IS_AVAILABLE] = OCPP_Available,
        [CHARGER_IS_PREPARING] = OCPP_Preparing,
        [CHARGER_IS_CHARGING] = OCPP_Charging,
        [CHARGER_IS_SUSPENDED_EVSE] = OCPP_SuspendedEVSE,
        [CHARGER_IS_SUSPENDED_EV] = OCPP_SuspendedEV,
        [CHARGER_IS_FINISHING] = OCPP_Finishing,
        [CHARGER_IS_RESERVED] = OCPP_Reserved,
        [CHARGER_IS_UNAVAILABLE] = OCPP_Unavailable,
        [CHARGER_IS_FAULTED] = OCPP_Faulted,
    };
    return (enum ocpp_word)words[status];
}

enum ocpp_word charger_word_of_reason(enum roost_ledger_reason reason)
{
    static const uint16_t words[] = {
        [ROOST_LEDGER_LOCAL] = OCPP_Local,
        [ROOST_LEDGER_REMOTE] = OCPP_Remote,
        [ROOST_LEDGER_EV_DISCONNECTED] = OCPP_EVDisconnected,
        [ROOST_LEDGER_EMERGENCY_STOP] = OCPP_EmergencyStop,
        [ROOST_LEDGER_DEAUTHORIZED] = OCPP_DeAuthorized,
        [ROOST_LEDGER_UNLOCK] = OCPP_UnlockCommand,
        [ROOST_LEDGER_SOFT_RESET] = OCPP_SoftReset,
        [ROOST_LEDGER_HARD_RESET] = OCPP_HardReset,
        [ROOST_LEDGER_REBOOT] = OCPP_Reboot,
        [ROOST_LEDGER_POWER_LOSS] = OCPP_PowerLoss,
        [ROOST_LEDGER_OTHER] = OCPP_Other,
    };
    if (reason < ROOST_LEDGER_LOCAL || reason > ROOST_LEDGER_OTHER)
        return OCPP_Other; /* as it was read from flash */
    return (enum ocpp_word)words[reason];
}

/* EVCommunicationError is a warning: said only where a vehicle is there and nothing flows (1.6
 * edition 2, 4.9). */
static enum ocpp_word of_vehicle(enum charger_status status)
{
    switch (status) {
    case CHARGER_IS_PREPARING:
    case CHARGER_IS_SUSPENDED_EV:
    case CHARGER_IS_SUSPENDED_EVSE:
    case CHARGER_IS_FINISHING:
        return OCPP_EVCommunicationError;
    case CHARGER_IS_FAULTED:
        return OCPP_OtherError;
    default:
        return OCPP_NoError;
    }
}

enum ocpp_word charger_word_of_fault(int fault, enum charger_status status)
{
    static const uint16_t words[CHARGER_CLASS_COUNT] = {
        [CHARGER_CLASS_OTHER] = OCPP_OtherError,
        [CHARGER_CLASS_EMERGENCY] = OCPP_OtherError,
        [CHARGER_CLASS_COMMUNICATION] = OCPP_InternalError,
        [CHARGER_CLASS_POWER_MODULE] = OCPP_InternalError,
        [CHARGER_CLASS_HIGH_TEMPERATURE] = OCPP_HighTemperature,
        [CHARGER_CLASS_OVER_VOLTAGE] = OCPP_OverVoltage,
        [CHARGER_CLASS_UNDER_VOLTAGE] = OCPP_UnderVoltage,
        [CHARGER_CLASS_OVER_CURRENT] = OCPP_OverCurrentFailure,
        [CHARGER_CLASS_METER] = OCPP_PowerMeterFailure,
        [CHARGER_CLASS_GROUND] = OCPP_GroundFailure,
        [CHARGER_CLASS_SWITCH] = OCPP_PowerSwitchFailure,
    };
    if (fault < (int)ROOST_FAULT_COUNT || fault >= (int)CHARGER_FAULT_END)
        return OCPP_NoError;
    uint8_t class = charger_fault_kinds[fault - (int)ROOST_FAULT_COUNT].class;
    return class == CHARGER_CLASS_VEHICLE ? of_vehicle(status) : (enum ocpp_word)words[class];
}

enum charger_tag_status charger_tag_status_of(enum ocpp_word word)
{
    switch (word) {
    case OCPP_Accepted:
        return CHARGER_TAG_ACCEPTED;
    case OCPP_Blocked:
        return CHARGER_TAG_BLOCKED;
    case OCPP_Expired:
        return CHARGER_TAG_EXPIRED;
    case OCPP_ConcurrentTx:
        return CHARGER_TAG_CONCURRENT;
    default:
        return CHARGER_TAG_INVALID;
    }
}
