/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger as one of the fleet: what it says is taken as a status message would be. An operator
 * has let it in by entering it here, so it is registered whatever the policy for strangers is. One
 * whose identity is no device id, or is that of another product's device, is shown here only.
 */
#include <stdio.h>
#include <stdlib.h>

#include "hub/csms/csms_internal.h"
#include "hub/fleet/fleet.h"
#include "proto/faults.h"
#include "proto/fleet/status.h"

enum {
    HEARD_MS = 5000,    /* the fleet is told at most so often that it spoke */
    FAULT_OF_OCPP = 499 /* none of our catalogue: a warning */
};

struct fleet_device *csms_device_of(const struct csms_charger *charger)
{
    struct fleet *fleet = charger->csms->parts.fleet;
    struct fleet_device *device = fleet ? fleet_find(fleet, charger->identity) : NULL;

    return device && (device->type[0] == '\0' || strcmp(device->type, CSMS_TYPE) == 0) ? device
                                                                                       : NULL;
}

/* ---- faults ---- */

/* "EVCommunicationError" as the fleet writes faults: "ev_communication_error". */
static void fault_name(char *out, size_t size, const char *word)
{
    size_t len = 0;

    for (size_t i = 0; word[i] && len + 2 < size; i++) {
        bool capital = word[i] >= 'A' && word[i] <= 'Z';
        bool begins =
            capital && i > 0 && (word[i - 1] >= 'a' || (word[i + 1] >= 'a' && word[i + 1] <= 'z'));
        if (begins)
            out[len++] = '_';
        out[len++] = (char)(capital ? word[i] + ('a' - 'A') : word[i]);
    }
    out[len] = '\0';
}

uint32_t csms_fault_number(const char *vendor_error)
{
    char *end;
    unsigned long number = strtoul(vendor_error, &end, 10);

    if (vendor_error[0] < '0' || vendor_error[0] > '9' || *end != '\0' || number > UINT16_MAX)
        return 0;
    return roost_fault_find((uint32_t)number) ? (uint32_t)number : 0;
}

/* The worst: of a connector that is out of order for it, else any. */
static void put_fault(const struct csms_charger *charger, struct roost_status *status)
{
    const struct csms_connector *worst = NULL;

    for (size_t i = 0; i < charger->connector_count; i++) {
        const struct csms_connector *at = &charger->connectors[i];
        if (at->error_code == OCPP_NO_WORD || at->error_code == OCPP_NoError)
            continue;
        if (!worst || (at->status == OCPP_Faulted && worst->status != OCPP_Faulted))
            worst = at;
    }
    if (!worst)
        return;
    fault_name(status->fault, sizeof status->fault, ocpp_word_text(worst->error_code));
    status->fault_number = worst->fault_number ? worst->fault_number : FAULT_OF_OCPP;
}

/* ---- what the fleet is told ---- */

static void on_added(void *arg, int err)
{
    struct csms_charger *charger = arg;

    charger->adding = false;
    if (err == 0)
        csms_fleet_tell(charger);
}

static void add(struct csms_charger *charger)
{
    struct fleet *fleet = charger->csms->parts.fleet;

    if (!fleet || charger->adding || !charger->link || fleet_find(fleet, charger->identity))
        return;
    charger->adding = fleet_add(fleet, charger->identity, CSMS_TYPE, "", on_added, charger) == 0;
}

void csms_fleet_tell(struct csms_charger *charger)
{
    struct fleet_device *device = csms_device_of(charger);
    struct roost_status status = {.online = true, .has_health = true, .type = CSMS_TYPE};
    char json[ROOST_STATUS_MAX];
    int len = 0;

    if (!charger->booted || charger->registration != CSMS_ACCEPTED)
        return;
    if (!device) {
        add(charger);
        return;
    }
    if (charger->link && charger->speaks)
        return; /* it tells more of itself than its messages do */
    snprintf(status.firmware, sizeof status.firmware, "%s", charger->firmware);
    put_fault(charger, &status);
    if (charger->link)
        len = roost_status_write(json, sizeof json, &status);
    else
        len = snprintf(json, sizeof json, "%s", ROOST_STATUS_OFFLINE);
    if (len > 0)
        (void)fleet_status(charger->csms->parts.fleet, device, json, (size_t)len, false);
}

void csms_fleet_heard(struct csms_charger *charger)
{
    uint64_t now_ms = csms_now_ms(charger->csms);
    struct fleet_device *device;

    if (charger->told_ms != 0 && now_ms - charger->told_ms < HEARD_MS)
        return;
    charger->told_ms = now_ms;
    device = csms_device_of(charger);
    if (device)
        fleet_heard(charger->csms->parts.fleet, device);
}

void csms_boot_is(struct csms_charger *charger, const struct csms_boot *boot)
{
    memcpy(charger->vendor, boot->vendor, sizeof charger->vendor);
    memcpy(charger->model, boot->model, sizeof charger->model);
    snprintf(charger->firmware, sizeof charger->firmware, "%.*s", (int)sizeof charger->firmware - 1,
             boot->firmware);
    for (char *c = charger->firmware; *c; c++) /* it may be cut within a character */
        if ((unsigned char)*c >= 0x80)
            *c = '?';
}

/* ---- what the fleet shows and asks ---- */

void csms_describe(const void *service, const struct fleet_device *device,
                   struct roost_json_writer *w)
{
    const struct csms_charger *charger = csms_charger_find(service, device->id);
    unsigned open = 0, faulted = 0;

    if (!charger || strcmp(device->type, CSMS_TYPE) != 0) {
        roost_json_put_null(w, "charger");
        return;
    }
    for (size_t i = 0; i < charger->connector_count; i++) {
        open += charger->connectors[i].tx != NULL;
        faulted += charger->connectors[i].status == OCPP_Faulted;
    }
    roost_json_put_object(w, "charger");
    roost_json_put_bool(w, "connected", charger->link != NULL);
    roost_json_put_uint(w, "open_transactions", open);
    roost_json_put_uint(w, "faulted_connectors", faulted);
    roost_json_end(w);
}

const char *csms_refuses(const void *service, const struct fleet_device *device,
                         const char *command)
{
    const struct csms_charger *charger = csms_charger_find(service, device->id);

    (void)command;
    if (!charger || strcmp(device->type, CSMS_TYPE) != 0 || (charger->link && charger->speaks))
        return NULL;
    return "a charger that speaks OCPP takes operations: POST "
           "/api/v1/chargers/{identity}/operations/{operation}";
}
