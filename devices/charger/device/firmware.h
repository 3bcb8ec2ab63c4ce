/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An update that the central system orders (SignedUpdateFirmware; security whitepaper, L01): when
 * it is loaded, when it is installed, and what is told of it. devices/charger/security/signed.h
 * judges it, runtime/ota loads it, by the manifest at the location with ".json" behind it. For the
 * charger's device alone. Depends on these.
 *
 *     WAITS --retrieveDateTime--> LOADS --> LOADED --signature--> READY --installDateTime, at
 * rest--> INSTALLS --told--> RESTARTS --boot--> Installed or InstallationFailed
 *
 * Up to the restart a power cut leads back to WAITS, and what was loaded is there.
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_FIRMWARE_H
#define ROOST_DEVICES_CHARGER_DEVICE_FIRMWARE_H

#include "devices/charger/ocpp/ocpp.h"
#include "devices/charger/security/signed.h"

enum charger_firmware_stage {
    CHARGER_FIRMWARE_WAITS,
    CHARGER_FIRMWARE_LOADS,
    CHARGER_FIRMWARE_LOADED,
    CHARGER_FIRMWARE_READY,
    CHARGER_FIRMWARE_INSTALLS,
    CHARGER_FIRMWARE_RESTARTS
};

/* On flash as it is here, under "fu": it never leaves the machine. */
struct charger_firmware_plan {
    struct charger_ocpp_update order; /* url: of the manifest; "": what was kept is not of it */
    uint8_t bank; /* of `judged`, which with the request's id says whose it is */
};

struct charger_firmware {
    struct charger_signed judged;
    struct charger_firmware_plan plan;
    uint8_t stage;     /* enum charger_firmware_stage */
    bool scheduled;    /* that it waits was told */
    uint32_t failures; /* of the loader, when it began */
};

#endif
