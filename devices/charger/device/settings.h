/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's settings beside the configuration keys of its central system
 * (devices/charger/keys.h): what belongs to the place it stands at. One table, changeable at run
 * time. Every device's stand before them. Depends on runtime/device.h.
 */
#ifndef ROOST_DEVICES_CHARGER_DEVICE_SETTINGS_H
#define ROOST_DEVICES_CHARGER_DEVICE_SETTINGS_H

#include "runtime/device.h"

enum charger_setting {
    CHARGER_SET_START = ROOST_SETTING_COUNT, /* enum charger_start_mode */
    CHARGER_SET_TERMS,                       /* enum charger_terms */
    CHARGER_SET_FREE_TAG,                    /* with which it starts without a card */
    CHARGER_SET_NETWORK_CLOCK, /* the network's time counts, not the central system's */
    CHARGER_SET_CELSIUS,       /* the unit is said as it is, not as OCPP-J errata 2.1 has it */
    CHARGER_SET_CARD_REVERSED, /* the tags were enrolled with the last byte of the UID first */
    CHARGER_SET_COUNT
};

extern const struct roost_setting charger_settings[CHARGER_SET_COUNT];

#endif
