/* SPDX-License-Identifier: Apache-2.0 */
/* What the window says of itself beside what every device does: faults, state, health. */
#include "core/assert.h"
#include "core/err.h"
#include "devices/window/faults.h"
#include "devices/window/parts.h"
#include "proto/climate/payload.h"

/* ---- faults ---- */

const struct roost_fault_info window_faults[WINDOW_FAULT_COUNT] = {
    WINDOW_FAULT_LIST(ROOST_FAULT_ROW)};

/* Those that follow from the parts' condition; the sampler sets its own. */
void window_set_faults(struct roost_window *window, const struct window_situation *situation)
{
    const struct window_motor *motor = &window->motor;
    struct roost_device *device = &window->device;
    struct roost_faults *faults = &device->faults;
    bool stalled = motor->state == WINDOW_MOTOR_STALLED;
    bool lost = !device->safe_mode && window_control_lost(&window->control, situation);

    device->unsaved = motor->unsaved || window->sound.unsaved;
    roost_faults_set(faults, WINDOW_FAULT_MICROPHONE, window->sound.microphone_fault);
    roost_faults_set(faults, WINDOW_FAULT_MOTOR_STALL, stalled);
    roost_faults_set(faults, WINDOW_FAULT_MOTOR_UNCALIBRATED, !motor->calibrated && !stalled);
    roost_faults_set(faults, WINDOW_FAULT_CONTROL_LOST, lost);
}

/* The fault that says most about why the window stands where it stands, or -1. */
static int motion_fault(const struct roost_window *window)
{
    static const uint8_t of_motion[] = {WINDOW_FAULT_MOTOR_STALL, ROOST_FAULT_CRASH_LOOP,
                                        WINDOW_FAULT_MOTOR_UNCALIBRATED, WINDOW_FAULT_CONTROL_LOST};

    for (size_t i = 0; i < sizeof of_motion; i++)
        if (roost_faults_active(&window->device.faults, of_motion[i]))
            return of_motion[i];
    return -1;
}

/* ---- state ---- */

static int publish_state(struct roost_window *window)
{
    const struct window_motor *motor = &window->motor;
    struct roost_window_state state = {
        .position_pct = window_motor_position_mpct(motor) / 1000.0,
        .target_pct = motor->target_mpct / 1000.0,
        .moving = window_motor_moving(motor),
        .calibrated = motor->calibrated,
    };
    char payload[160];

    roost_faults_write(&window->device.faults, motion_fault(window), state.fault,
                       sizeof state.fault);
    int len = roost_window_state_write(payload, sizeof payload, &state);
    ROOST_ASSERT(len > 0);
    return roost_uplink_mqtt_publish(&window->mqtt, &climate_topics[CLIMATE_TOPIC_STATE], payload,
                                     (size_t)len, true);
}

void window_report(struct roost_device *device, bool faults_changed)
{
    struct roost_window *window = (struct roost_window *)device;
    uint64_t now_ms = device->now.now_ms;
    bool moving = window_motor_moving(&window->motor);
    bool due = now_ms >= window->state_ms + roost_device_u32(device, WINDOW_SET_STATE_INTERVAL);

    window->state_dirty |= faults_changed || (moving && due);
    if (!window->state_dirty || (moving && !due) || publish_state(window) <= 0)
        return; /* no room in the port is tried again on the next step */
    window->state_dirty = false;
    window->state_ms = now_ms;
}

/* ---- health ---- */

static void write_control(const struct roost_window *window, struct roost_json_writer *out)
{
    const struct window_control *control = &window->control;

    roost_json_put_object(out, "control");
    roost_json_put_str(out, "reason", window_reason_name(control->reason));
    roost_json_put_uint(out, "taken", control->taken);
    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        roost_json_put_uint(out, window_refusal_name((enum window_refusal)i), control->refused[i]);
    roost_json_end(out);
}

static void write_samples(const struct window_sampler *sampler, struct roost_json_writer *out)
{
    roost_json_put_object(out, "samples");
    for (int i = 0; i < WINDOW_VERDICT_COUNT; i++)
        roost_json_put_uint(out, window_verdict_name((enum window_verdict)i), sampler->count[i]);
    roost_json_end(out);
}

static void write_motor(const struct roost_window *window, struct roost_json_writer *out)
{
    const struct window_motor *motor = &window->motor;

    roost_json_put_object(out, "motor");
    roost_json_put_str(out, "state", window_motor_state_name(motor->state));
    roost_json_put_milli(out, "position", window_motor_position_mpct(motor));
    roost_json_put_milli(out, "target", motor->target_mpct);
    roost_json_put_int(out, "current_ma", motor->current_ma);
    roost_json_put_uint(out, "moves", motor->moves);
    roost_json_put_uint(out, "stalls", motor->stalls);
    roost_json_put_uint(out, "calibrations", motor->calibrations);
    roost_json_end(out);
}

void window_write_health(const struct roost_device *device, struct roost_json_writer *out)
{
    const struct roost_window *window = (const struct roost_window *)device;

    write_samples(&window->sampler, out);
    write_control(window, out);
    write_motor(window, out);
}

void window_log_refused(struct roost_window *window)
{
    const uint32_t *refused = window->control.refused;
    uint32_t sum = 0;

    for (int i = 0; i < WINDOW_REFUSAL_COUNT; i++)
        sum += refused[i];
    if (sum == window->refused_logged)
        return;
    window->refused_logged = sum;
    ROOST_LOG(&window->device.log, ROOST_LOG_INFO, "control", "refused so far",
              RF_INT("malformed", refused[WINDOW_REFUSED_MALFORMED]),
              RF_INT("device", refused[WINDOW_REFUSED_DEVICE]),
              RF_INT("retained", refused[WINDOW_REFUSED_RETAINED]),
              RF_INT("stale", refused[WINDOW_REFUSED_STALE]),
              RF_INT("future", refused[WINDOW_REFUSED_FUTURE]),
              RF_INT("confidence", refused[WINDOW_REFUSED_CONFIDENCE]),
              RF_INT("hand", refused[WINDOW_REFUSED_HAND]),
              RF_INT("motor", refused[WINDOW_REFUSED_MOTOR]));
}
