/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's settings: one table, changeable at run time and effective at once (core/settings).
 * Every device's
 * stand before them. Depends on runtime/device.h.
 *
 *     interval_ms = roost_settings_int(&settings, WINDOW_SET_SAMPLE_INTERVAL);
 */
#ifndef ROOST_DEVICES_WINDOW_SETTINGS_H
#define ROOST_DEVICES_WINDOW_SETTINGS_H

#include "runtime/device.h"

enum window_setting {
    WINDOW_SET_SAMPLE_INTERVAL = ROOST_SETTING_COUNT, /* ms between climate measurements */
    WINDOW_SET_STUCK_SAMPLES,      /* equal samples in a row that mean a stuck sensor; 0: off */
    WINDOW_SET_AUDIO_INTERVAL,     /* ms from one sound buffer to the next; 0: no sound */
    WINDOW_SET_AUDIO_RATE,         /* Hz */
    WINDOW_SET_CONTROL_MAX_AGE,    /* ms after which a control message is stale */
    WINDOW_SET_CONTROL_CONFIDENCE, /* least confidence to act on, thousandths */
    WINDOW_SET_CONTROL_LOST,       /* ms without a valid control message until the safe position */
    WINDOW_SET_SAFE_POSITION,      /* percent */
    WINDOW_SET_HAND_HOLD,          /* ms for which a position set by hand stays */
    WINDOW_SET_STATE_INTERVAL,     /* ms between state messages while moving */
    WINDOW_SET_AUTO_CALIBRATE,     /* calibrate by itself when there is no stored travel */
    WINDOW_SET_MOTOR_SPEED,        /* percent of the travel a second */
    WINDOW_SET_MOTOR_ACCELERATION, /* percent of the travel a second squared */
    WINDOW_SET_MOTOR_LAG,          /* percent of the travel the feedback may be behind */
    WINDOW_SET_MOTOR_CURRENT,      /* mA above which the motor is blocked */
    WINDOW_SET_MOTOR_STALL,        /* ms of lag or current until it counts as a stall */
    WINDOW_SET_COUNT
};

extern const struct roost_setting window_settings[WINDOW_SET_COUNT];

#endif
