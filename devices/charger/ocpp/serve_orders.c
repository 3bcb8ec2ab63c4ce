/* SPDX-License-Identifier: Apache-2.0 */
/* Start, stop, reset, unlock, availability, reservations: orders to the station. */
#include <string.h>

#include "core/err.h"
#include "devices/charger/ocpp/serve_parts.h"

#define SLOT(object, field, member) OCPP_SLOT(object, field, union charger_asked, order.member)

static const struct ocpp_slot slots[] = {
    SLOT(CancelReservation, reservationId, id),
    SLOT(ChangeAvailability, connectorId, connector),
    SLOT(ChangeAvailability, type, word),
    SLOT(ExtendedTriggerMessage, requestedMessage, word),
    SLOT(ExtendedTriggerMessage, connectorId, connector),
    SLOT(RemoteStartTransaction, connectorId, connector),
    SLOT(RemoteStartTransaction, idTag, tag),
    SLOT(RemoteStopTransaction, transactionId, id),
    SLOT(ReserveNow, connectorId, connector),
    SLOT(ReserveNow, expiryDate, at_ms),
    SLOT(ReserveNow, idTag, tag),
    SLOT(ReserveNow, parentIdTag, parent),
    SLOT(ReserveNow, reservationId, id),
    SLOT(Reset, type, word),
    SLOT(TriggerMessage, requestedMessage, word),
    SLOT(TriggerMessage, connectorId, connector),
    SLOT(UnlockConnector, connectorId, connector),
};

int charger_take_order(void *ctx, const struct ocpp_value *value)
{
    union charger_asked *asked = &((struct charger_ocpp *)ctx)->serving.asked;
    struct ocpp_fill fill = {slots, sizeof slots / sizeof slots[0], asked, NULL};
    int err = 0;

    if (value->field == OCPP_connectorId)
        asked->order.has_connector = true;
    if (charger_take_profile(&asked->order.profile, value, &err)) {
        asked->order.has_profile = true;
        return err;
    }
    return ocpp_fill_take(&fill, value);
}

enum ocpp_error charger_serve_remote_start(struct charger_ocpp *ocpp)
{
    union charger_asked *asked = &ocpp->serving.asked;
    int32_t connector = asked->order.connector;
    const struct charger_refusal *why = NULL;
    char tag[CHARGER_TAG_MAX + 1];

    /* While the boot is pending nothing is begun (1.6 edition 2, 4.2). */
    if (ocpp->registration != CHARGER_REGISTERED || !charger_tag_of(tag, asked->order.tag))
        return charger_say(ocpp, OCPP_Rejected);
    if (asked->order.has_connector && !charger_has_connector(ocpp, connector, false))
        return charger_say(ocpp, OCPP_Rejected);
    asked->order.profile.connector = connector;
    int err =
        charger_station_remote_start(ocpp->config.station, tag, (uint8_t)connector,
                                     asked->order.has_profile ? &asked->order.profile : NULL, &why);
    if (err < 0 && why && why->malformed)
        return charger_say_error(ocpp, OCPP_ERROR_PROPERTY, why->text);
    return charger_say_or(ocpp, err >= 0, OCPP_Rejected);
}

enum ocpp_error charger_serve_remote_stop(struct charger_ocpp *ocpp)
{
    int err = ROOST_ERR_STATE;

    if (ocpp->registration == CHARGER_REGISTERED)
        err = charger_station_remote_stop(ocpp->config.station, ocpp->serving.asked.order.id);
    return charger_say_or(ocpp, err >= 0, OCPP_Rejected);
}

enum ocpp_error charger_serve_reset(struct charger_ocpp *ocpp)
{
    return charger_say_or(ocpp, ocpp->config.does.restart != NULL, OCPP_Rejected);
}

void charger_after_reset(struct charger_ocpp *ocpp)
{
    if (ocpp->serving.verdict != OCPP_Accepted)
        return;
    ocpp->reset_hard = ocpp->serving.asked.order.word == OCPP_Hard;
    ocpp->reset_due = true;
    charger_station_end(ocpp->config.station, ocpp->reset_hard);
}

/* A DC gun's cable is fixed, and no lock is ours: the one at the vehicle opens by itself when the
 * transaction is over. Of a connector that does not exist the answer is the same (errata 3.87). */
enum ocpp_error charger_serve_unlock(struct charger_ocpp *ocpp)
{
    return charger_say(ocpp, OCPP_NotSupported);
}

enum ocpp_error charger_serve_availability(struct charger_ocpp *ocpp)
{
    static const uint16_t words[CHARGER_AVAILABLE_ANSWERS] = {
        [CHARGER_AVAILABLE_ACCEPTED] = OCPP_Accepted,
        [CHARGER_AVAILABLE_REJECTED] = OCPP_Rejected,
        [CHARGER_AVAILABLE_SCHEDULED] = OCPP_Scheduled};
    const union charger_asked *asked = &ocpp->serving.asked;

    if (!charger_has_connector(ocpp, asked->order.connector, true))
        return charger_say(ocpp, OCPP_Rejected);
    return charger_say(
        ocpp, words[charger_station_available(ocpp->config.station, (uint8_t)asked->order.connector,
                                              asked->order.word == OCPP_Operative)]);
}

enum ocpp_error charger_serve_reserve(struct charger_ocpp *ocpp)
{
    static const uint16_t words[CHARGER_RESERVE_ANSWERS] = {
        [CHARGER_RESERVE_ACCEPTED] = OCPP_Accepted,
        [CHARGER_RESERVE_FAULTED] = OCPP_Faulted,
        [CHARGER_RESERVE_OCCUPIED] = OCPP_Occupied,
        [CHARGER_RESERVE_REJECTED] = OCPP_Rejected,
        [CHARGER_RESERVE_UNAVAILABLE] = OCPP_Unavailable};
    const union charger_asked *asked = &ocpp->serving.asked;
    struct charger_reservation reservation = {.id = asked->order.id,
                                              .expires_s = asked->order.at_ms / 1000};

    if (!charger_has_connector(ocpp, asked->order.connector, true) ||
        !charger_tag_of(reservation.tag, asked->order.tag) ||
        !charger_tag_of(reservation.parent, asked->order.parent))
        return charger_say(ocpp, OCPP_Rejected);
    return charger_say(
        ocpp, words[charger_station_reserve(ocpp->config.station, (uint8_t)asked->order.connector,
                                            &reservation)]);
}

enum ocpp_error charger_serve_cancel(struct charger_ocpp *ocpp)
{
    int err = charger_station_cancel(ocpp->config.station, ocpp->serving.asked.order.id);

    return charger_say_or(ocpp, err >= 0, OCPP_Rejected);
}
