/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/teddy/settings.h"

#include "proto/voice/voice.h"

#define SWITCH(name, value)                                                                        \
    {                                                                                              \
        .key = (name), .type = ROOST_SETTING_BOOL, .initial = (value), .min = 0, .max = 1          \
    }

const struct roost_setting teddy_settings[TEDDY_SET_COUNT] = {
    ROOST_DEVICE_SETTINGS,
    [TEDDY_SET_VOLUME] = ROOST_SETTING_INT_ROW("volume", 70, 0, 100, "%"),
    [TEDDY_SET_MUTE] = SWITCH("mute", 0),
    [TEDDY_SET_BRIGHTNESS] = ROOST_SETTING_INT_ROW("brightness", 60, 0, 100, "%"),
    [TEDDY_SET_BEEP] = SWITCH("listen_beep", 0),
    [TEDDY_SET_HEARTBEAT] =
        ROOST_SETTING_INT_ROW("heartbeat_ms", VOICE_HEARTBEAT_MS, 1000, 600000, "ms"),
    [TEDDY_SET_THINKING] = ROOST_SETTING_INT_ROW("thinking_ms", 15000, 2000, 120000, "ms"),
};
