/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy's settings: one table, changeable at run time and effective at once (core/settings).
 * Every device's stand before them. Depends on runtime/device.h.
 */
#ifndef ROOST_DEVICES_TEDDY_SETTINGS_H
#define ROOST_DEVICES_TEDDY_SETTINGS_H

#include "runtime/device.h"

enum teddy_setting {
    TEDDY_SET_VOLUME = ROOST_SETTING_COUNT, /* percent; 0: it is not heard */
    TEDDY_SET_MUTE,                         /* it neither listens nor speaks */
    TEDDY_SET_BRIGHTNESS,                   /* of the light, percent */
    TEDDY_SET_BEEP,                         /* a short sound before it listens */
    TEDDY_SET_HEARTBEAT,                    /* ms between two signs of life */
    TEDDY_SET_THINKING,                     /* ms until a reply that does not come is given up */
    TEDDY_SET_COUNT
};

extern const struct roost_setting teddy_settings[TEDDY_SET_COUNT];

#endif
