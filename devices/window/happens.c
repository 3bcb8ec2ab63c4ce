/* SPDX-License-Identifier: Apache-2.0 */
/* What each thing that happens to a window sets going. */
#include "devices/window/parts.h"

static void sample_due(struct roost_window *window)
{
    struct roost_device *device = &window->device;
    uint32_t interval_ms = roost_device_u32(device, WINDOW_SET_SAMPLE_INTERVAL);
    uint64_t due_ms = window->timer[WINDOW_TIMER_SAMPLE].due_ms + interval_ms;
    int err = window_measure(window);

    if (err < 0)
        window_sample(window, err, &(struct roost_climate_sample){0});
    /* Even spacing, without a burst of catching up after a long gap. */
    if (due_ms <= device->now.now_ms)
        due_ms = device->now.now_ms + interval_ms;
    roost_timers_start(&device->timers, WINDOW_TIMER_SAMPLE, due_ms);
}

static void control_message(struct roost_window *window, const struct roost_what *what)
{
    struct window_situation situation = window_situation_now(window);
    enum window_refusal refusal;
    int err = window_control_message(&window->control, &situation, what->data, what->len,
                                     what->retained, &refusal);

    if (err < 0)
        ROOST_LOG(&window->device.log, ROOST_LOG_DEBUG, "control", "refused",
                  RF_STR("reason", window_refusal_name(refusal)), RF_ERR("error", err));
}

static void apply_settings(struct roost_window *window)
{
    struct roost_device *device = &window->device;
    const struct roost_settings *set = &device->settings;

    window->motor.limits = (struct window_motor_limits){
        .speed_pct_s = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_SPEED),
        .acceleration_pct_s2 = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_ACCELERATION),
        .lag_pct = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_LAG),
        .current_ma = (int32_t)roost_settings_int(set, WINDOW_SET_MOTOR_CURRENT),
        .stall_ms = roost_device_u32(device, WINDOW_SET_MOTOR_STALL),
    };
    roost_device_start_by(device, WINDOW_TIMER_SAMPLE,
                          device->now.now_ms +
                              roost_device_u32(device, WINDOW_SET_SAMPLE_INTERVAL));
}

void window_happens(struct roost_window *window, const struct roost_what *what)
{
    switch (what->kind) {
    case ROOST_WHAT_EVENT: /* of the sensor: the only one it takes */
        window_sample(window, what->status, &what->climate);
        break;
    case ROOST_WHAT_MESSAGE:
        control_message(window, what);
        break;
    case ROOST_WHAT_TIMER:
        sample_due(window);
        break;
    case ROOST_WHAT_ONLINE:
        window->state_dirty = true;
        break;
    case ROOST_WHAT_OFFLINE:
        break;
    case ROOST_WHAT_SETTINGS:
        apply_settings(window);
        break;
    case ROOST_WHAT_HEALTH:
        window_log_refused(window);
        break;
    }
}
