/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/settings.h"

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)

const struct roost_setting window_settings[WINDOW_SET_COUNT] = {
    ROOST_DEVICE_SETTINGS,
    [WINDOW_SET_SAMPLE_INTERVAL] =
        ROOST_SETTING_INT_ROW("sample_interval_ms", 10000, 500, HOUR_MS, "ms"),
    [WINDOW_SET_STUCK_SAMPLES] = ROOST_SETTING_INT_ROW("stuck_samples", 60, 0, 10000, ""),
    [WINDOW_SET_AUDIO_INTERVAL] =
        ROOST_SETTING_INT_ROW("audio_interval_ms", 30000, 0, HOUR_MS, "ms"),
    [WINDOW_SET_AUDIO_RATE] = ROOST_SETTING_INT_ROW("audio_sample_rate", 16000, 8000, 48000, "Hz"),
    [WINDOW_SET_CONTROL_MAX_AGE] =
        ROOST_SETTING_INT_ROW("control_max_age_ms", 10000, 500, HOUR_MS, "ms"),
    [WINDOW_SET_CONTROL_CONFIDENCE] = {.key = "control_min_confidence",
                                       .type = ROOST_SETTING_MILLI,
                                       .initial = 300,
                                       .min = 0,
                                       .max = 1000},
    [WINDOW_SET_CONTROL_LOST] =
        ROOST_SETTING_INT_ROW("control_lost_ms", 15 * MINUTE_MS, 5000, 24 * HOUR_MS, "ms"),
    [WINDOW_SET_SAFE_POSITION] = ROOST_SETTING_INT_ROW("safe_position", 0, 0, 100, "%"),
    [WINDOW_SET_HAND_HOLD] =
        ROOST_SETTING_INT_ROW("hand_hold_ms", 30 * MINUTE_MS, 0, 24 * HOUR_MS, "ms"),
    [WINDOW_SET_STATE_INTERVAL] =
        ROOST_SETTING_INT_ROW("state_interval_ms", 500, 100, MINUTE_MS, "ms"),
    [WINDOW_SET_AUTO_CALIBRATE] =
        {.key = "auto_calibrate", .type = ROOST_SETTING_BOOL, .initial = 1, .min = 0, .max = 1},
    [WINDOW_SET_MOTOR_SPEED] = ROOST_SETTING_INT_ROW("motor_speed", 20, 1, 100, "%/s"),
    [WINDOW_SET_MOTOR_ACCELERATION] =
        ROOST_SETTING_INT_ROW("motor_acceleration", 40, 5, 400, "%/s2"),
    [WINDOW_SET_MOTOR_LAG] = ROOST_SETTING_INT_ROW("motor_lag_limit", 8, 3, 50, "%"),
    [WINDOW_SET_MOTOR_CURRENT] = ROOST_SETTING_INT_ROW("motor_current_ma", 600, 50, 20000, "mA"),
    [WINDOW_SET_MOTOR_STALL] = ROOST_SETTING_INT_ROW("motor_stall_ms", 300, 40, 5000, "ms"),
};
