/* SPDX-License-Identifier: Apache-2.0 */
/* What the window goes by, and its one decision: what the motor does now. */
#include "devices/window/parts.h"

struct window_situation window_situation_now(const struct roost_window *window)
{
    const struct roost_device *device = &window->device;
    const struct roost_settings *set = &device->settings;

    return (struct window_situation){
        .now_ms = device->now.now_ms,
        .unix_ms = device->now.unix_ms,
        .safe_mode = device->safe_mode,
        .stopping = roost_device_rests(device),
        .motor = window->motor.state,
        .position_mpct = window_motor_position_mpct(&window->motor),
        .lost_ms = roost_device_u32(device, WINDOW_SET_CONTROL_LOST),
        .max_age_ms = roost_device_u32(device, WINDOW_SET_CONTROL_MAX_AGE),
        .min_confidence_milli = (int32_t)roost_settings_int(set, WINDOW_SET_CONTROL_CONFIDENCE),
        .safe_mpct = (int32_t)roost_settings_int(set, WINDOW_SET_SAFE_POSITION) * 1000,
    };
}

/* The one place that commands the motor. */
void window_run_motor(struct roost_window *window, const struct window_situation *situation)
{
    enum window_reason before = window->control.reason;
    struct window_order order = window_control_decide(&window->control, situation);

    if (before != window->control.reason)
        ROOST_LOG(&window->device.log, ROOST_LOG_INFO, "control", "decision",
                  RF_STR("reason", window_reason_name(window->control.reason)),
                  RF_MILLI("target_pct", order.target_mpct));
    if (window_motor_run(&window->motor, &order, situation->now_ms))
        window->state_dirty = true;
}
