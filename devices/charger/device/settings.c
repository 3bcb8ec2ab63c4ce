/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/charger/device/settings.h"

#include "devices/charger/station/station.h"

#define SWITCH(name, value)                                                                        \
    {                                                                                              \
        .key = (name), .type = ROOST_SETTING_BOOL, .initial = (value), .min = 0, .max = 1          \
    }

const struct roost_setting charger_settings[CHARGER_SET_COUNT] = {
    ROOST_DEVICE_SETTINGS,
    /* 0 a card, 1 the plug, 2 the button */
    [CHARGER_SET_START] =
        ROOST_SETTING_INT_ROW("start_mode", CHARGER_START_CARD, 0, CHARGER_START_BUTTON, ""),
    /* 0 private, 1 roaming, 2 prepaid */
    [CHARGER_SET_TERMS] =
        ROOST_SETTING_INT_ROW("terms", CHARGER_TERMS_ROAMING, 0, CHARGER_TERMS_COUNT - 1, ""),
    [CHARGER_SET_FREE_TAG] = {.key = "free_tag",
                              .type = ROOST_SETTING_STRING,
                              .initial_text = "FREE",
                              .min = 1,
                              .max = CHARGER_TAG_MAX},
    [CHARGER_SET_NETWORK_CLOCK] = SWITCH("network_clock", 0),
    [CHARGER_SET_CELSIUS] = SWITCH("celsius", 0),
    [CHARGER_SET_CARD_REVERSED] = SWITCH("card_reversed", 0),
};
