/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/settings.h"

#define INT_SETTING(name, default_value, low, high, unit_text)                                     \
    {                                                                                              \
        .key = (name), .type = ROOST_SETTING_INT, .initial = (default_value), .min = (low),        \
        .max = (high), .unit = (unit_text)                                                         \
    }

#define MINUTE_MS 60000
#define HOUR_MS   (60 * MINUTE_MS)

const struct roost_setting window_settings[WINDOW_SET_COUNT] = {
    [WINDOW_SET_SAMPLE_INTERVAL] = INT_SETTING("sample_interval_ms", 10000, 500, HOUR_MS, "ms"),
    [WINDOW_SET_STUCK_SAMPLES] = INT_SETTING("stuck_samples", 60, 0, 10000, ""),
    [WINDOW_SET_AUDIO_INTERVAL] = INT_SETTING("audio_interval_ms", 30000, 0, HOUR_MS, "ms"),
    [WINDOW_SET_AUDIO_RATE] = INT_SETTING("audio_sample_rate", 16000, 8000, 48000, "Hz"),
    [WINDOW_SET_HEALTH_INTERVAL] = INT_SETTING("health_interval_ms", 60000, 1000, HOUR_MS, "ms"),
    [WINDOW_SET_MEMORY_LOW] = INT_SETTING("memory_low_bytes", 20000, 0, 1 << 30, "bytes"),
    [WINDOW_SET_CONTROL_MAX_AGE] = INT_SETTING("control_max_age_ms", 10000, 500, HOUR_MS, "ms"),
    [WINDOW_SET_CONTROL_CONFIDENCE] = {.key = "control_min_confidence",
                                       .type = ROOST_SETTING_MILLI,
                                       .initial = 300,
                                       .min = 0,
                                       .max = 1000},
    [WINDOW_SET_CONTROL_LOST] =
        INT_SETTING("control_lost_ms", 15 * MINUTE_MS, 5000, 24 * HOUR_MS, "ms"),
    [WINDOW_SET_SAFE_POSITION] = INT_SETTING("safe_position", 0, 0, 100, "%"),
    [WINDOW_SET_HAND_HOLD] = INT_SETTING("hand_hold_ms", 30 * MINUTE_MS, 0, 24 * HOUR_MS, "ms"),
    [WINDOW_SET_STATE_INTERVAL] = INT_SETTING("state_interval_ms", 500, 100, MINUTE_MS, "ms"),
    [WINDOW_SET_AUTO_CALIBRATE] =
        {.key = "auto_calibrate", .type = ROOST_SETTING_BOOL, .initial = 1, .min = 0, .max = 1},
    [WINDOW_SET_MOTOR_SPEED] = INT_SETTING("motor_speed", 20, 1, 100, "%/s"),
    [WINDOW_SET_MOTOR_ACCELERATION] = INT_SETTING("motor_acceleration", 40, 5, 400, "%/s2"),
    [WINDOW_SET_MOTOR_LAG] = INT_SETTING("motor_lag_limit", 8, 3, 50, "%"),
    [WINDOW_SET_MOTOR_CURRENT] = INT_SETTING("motor_current_ma", 600, 50, 20000, "mA"),
    [WINDOW_SET_MOTOR_STALL] = INT_SETTING("motor_stall_ms", 300, 40, 5000, "ms"),
    [WINDOW_SET_LOG_LEVEL] = {.key = "log_level",
                              .type = ROOST_SETTING_STRING,
                              .initial_text = "info",
                              .min = 4,
                              .max = 5},
};
