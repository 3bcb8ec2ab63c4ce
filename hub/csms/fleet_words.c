/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charger of ours says and takes as every device of the fleet does, inside of DataTransfer:
 * "Status" and "Answer" to the hub, "Command" to the charger, data a text of proto/fleet. One that
 * has said a word of it takes the fleet's commands, until its socket ends.
 */
#include <string.h>

#include "core/err.h"
#include "hub/csms/csms_internal.h"
#include "hub/fleet/fleet.h"
#include "proto/fleet/command.h"

bool csms_word(struct csms_call *call, enum ocpp_word *status)
{
    struct csms_charger *charger = call->charger;
    struct fleet *fleet = charger->csms->parts.fleet;
    struct fleet_device *device = csms_device_of(charger);
    const char *text = call->texts ? call->texts : "";
    bool answer = strcmp(call->info, "Answer") == 0;
    int err;

    if (!ocpp_identifier_equal(call->text, CSMS_VENDOR) ||
        (!answer && strcmp(call->info, "Status") != 0))
        return false;
    *status = OCPP_Rejected;
    if (!device) /* not entered yet, or another product's of this name: it is said again */
        return true;
    err = answer ? fleet_answer(fleet, device, text, strlen(text), NULL)
                 : fleet_status(fleet, device, text, strlen(text), false);
    charger->speaks |= err == 0;
    if (err == 0 || err == ROOST_ERR_EXISTS)
        *status = OCPP_Accepted;
    return true;
}

/* What becomes of it the fleet sees by the answer, or by none in time. */
int csms_carry(void *service, struct fleet_device *device, const struct hub_command *command)
{
    const struct csms_charger *charger = csms_charger_find(service, device->id);
    char payload[2 * ROOST_COMMAND_MAX + 128];
    struct roost_json_writer w;

    if (!charger || strcmp(device->type, CSMS_TYPE) != 0)
        return ROOST_ERR_NOT_FOUND; /* it is none of ours */
    if (!charger->link)
        return ROOST_ERR_CLOSED;
    if (!charger->speaks)
        return ROOST_ERR_UNSUPPORTED;
    roost_json_begin(&w, payload, sizeof payload);
    roost_json_object(&w);
    roost_json_put_str(&w, "vendorId", CSMS_VENDOR);
    roost_json_put_str(&w, "messageId", "Command");
    roost_json_key(&w, "data");
    roost_json_strn(&w, command->json, command->len);
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    if (len < 0)
        return len;
    const struct csms_ask ask = {
        .message = OCPP_MSG_DataTransfer, .payload = payload, .payload_len = (size_t)len};
    return csms_ask(service, charger->identity, &ask);
}
