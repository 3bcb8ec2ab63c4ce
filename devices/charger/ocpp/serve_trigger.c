/* SPDX-License-Identifier: Apache-2.0 */
/* TriggerMessage and ExtendedTriggerMessage: what is asked for follows the answer, never precedes
 * it. */
#include "devices/charger/ocpp/serve_parts.h"

/* One connector, or all of them and the station. */
static bool connector_good(const struct charger_ocpp *ocpp)
{
    const union charger_asked *asked = &ocpp->serving.asked;

    return !asked->order.has_connector || charger_has_connector(ocpp, asked->order.connector, true);
}

enum ocpp_error charger_serve_trigger(struct charger_ocpp *ocpp)
{
    const struct charger_ocpp_does *does = &ocpp->config.does;

    switch (ocpp->serving.asked.order.word) {
    case OCPP_BootNotification: /* once accepted it says nothing new (errata 3.35) */
        return charger_say_or(ocpp, ocpp->registration != CHARGER_REGISTERED, OCPP_Rejected);
    case OCPP_StatusNotification:
    case OCPP_MeterValues:
        return charger_say_or(ocpp, connector_good(ocpp), OCPP_Rejected);
    case OCPP_Heartbeat:
    case OCPP_DiagnosticsStatusNotification:
    case OCPP_LogStatusNotification:
    case OCPP_FirmwareStatusNotification:
        return charger_say(ocpp, OCPP_Accepted);
    case OCPP_SignChargePointCertificate: /* said by who keeps the key */
        return charger_say_or(ocpp, does->sign && does->sign(does->ctx) == 0, OCPP_Rejected);
    default:
        return charger_say(ocpp, OCPP_NotImplemented);
    }
}

static void ask_status(struct charger_ocpp *ocpp)
{
    const union charger_asked *asked = &ocpp->serving.asked;

    for (int32_t c = 0; c <= ocpp->config.station->config.connectors; c++)
        if (!asked->order.has_connector || asked->order.connector == c)
            ocpp->status[c].asked = true;
}

static void ask_values(struct charger_ocpp *ocpp)
{
    const union charger_asked *asked = &ocpp->serving.asked;

    /* What could not be kept is counted by the station; the question has its answer already. */
    for (int32_t c = 1; c <= ocpp->config.station->config.connectors; c++)
        if (!asked->order.has_connector || asked->order.connector == 0 ||
            asked->order.connector == c)
            (void)charger_station_trigger(ocpp->config.station, (uint8_t)c);
}

/* What is about files. The extensions' trigger means the message of the extensions. */
static uint8_t asked_of(const struct charger_ocpp *ocpp)
{
    enum ocpp_word word = ocpp->serving.asked.order.word;

    if (word == OCPP_DiagnosticsStatusNotification)
        return CHARGER_ASKED_DIAGNOSTICS;
    if (word == OCPP_LogStatusNotification)
        return CHARGER_ASKED_LOG;
    if (word != OCPP_FirmwareStatusNotification)
        return 0;
    return ocpp->serving.server->message == OCPP_MSG_ExtendedTriggerMessage
               ? CHARGER_ASKED_SIGNED
               : CHARGER_ASKED_FIRMWARE;
}

void charger_after_trigger(struct charger_ocpp *ocpp)
{
    if (ocpp->serving.verdict != OCPP_Accepted)
        return;
    switch (ocpp->serving.asked.order.word) {
    case OCPP_BootNotification:
        ocpp->boot_asked = true;
        break;
    case OCPP_StatusNotification:
        ask_status(ocpp);
        break;
    case OCPP_MeterValues:
        ask_values(ocpp);
        break;
    case OCPP_Heartbeat:
        ocpp->heartbeat_asked = true;
        break;
    default:
        ocpp->files.asked |= asked_of(ocpp);
        break;
    }
}
