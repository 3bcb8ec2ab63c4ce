/* SPDX-License-Identifier: Apache-2.0 */
#include "devices/window/window.h"

#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "devices/window/faults.h"
#include "devices/window/parts.h"
#include "devices/window/readings.h"

enum { FIRST_SAMPLE_MS = 1000 }; /* the sensor needs a second after power-on */

static const struct roost_counter_row counters[] = {
    {"audio_sent", offsetof(struct roost_window, sound.sent), false},
    {"audio_dropped", offsetof(struct roost_window, sound.dropped), true},
    {"audio_overruns", offsetof(struct roost_window, sound.overruns), false},
};

const struct roost_device_spec window_spec = {
    .type = "window",
    .settings = window_settings,
    .setting_count = WINDOW_SET_COUNT,
    .faults = window_faults,
    .fault_count = WINDOW_FAULT_COUNT,
    .commands = window_commands,
    .command_count = WINDOW_COMMANDS,
    .counters = counters,
    .counter_count = sizeof counters / sizeof counters[0],
    .topics = &climate_topics[CLIMATE_TOPIC_CONTROL],
    .topic_count = 1,
    .events = 1u << ROOST_EV_CLIMATE, /* every step looks for sound while it records */
    .timer_count = WINDOW_TIMER_COUNT,
    .write_health = window_write_health,
    .report = window_report,
};

/* ---- step ---- */

static struct window_sound_situation sound_situation(const struct roost_window *window)
{
    const struct roost_device *device = &window->device;

    return (struct window_sound_situation){
        .now_ms = device->now.now_ms,
        .unix_ms = device->now.unix_ms,
        .interval_ms = roost_device_u32(device, WINDOW_SET_AUDIO_INTERVAL),
        .rate_hz = roost_device_u32(device, WINDOW_SET_AUDIO_RATE),
        .connected = roost_device_online(device),
        .safe_mode = device->safe_mode,
        .stopping = roost_device_rests(device),
    };
}

static uint64_t window_due(const struct roost_window *window,
                           const struct window_situation *situation,
                           const struct window_sound_situation *sound)
{
    uint64_t due_ms = window_motor_due(&window->motor);

    due_ms = roost_earlier(due_ms, window_control_due(&window->control, situation));
    return roost_earlier(due_ms, window_sound_due(&window->sound, sound));
}

static void take_what_happened(struct roost_window *window)
{
    struct roost_what what;

    roost_device_begin(&window->device);
    while (roost_device_next(&window->device, &what))
        window_happens(window, &what);
}

uint64_t roost_window_step(struct roost_window *window)
{
    take_what_happened(window);
    struct window_situation situation = window_situation_now(window);
    struct window_sound_situation sound = sound_situation(window);
    window_run_motor(window, &situation);
    window_sound_run(&window->sound, &sound);
    window_set_faults(window, &situation);
    return roost_device_finish(&window->device, window_due(window, &situation, &sound),
                               !window_motor_moving(&window->motor),
                               window->sampler.count[WINDOW_SAMPLE_GOOD] > 0 ? NULL : "sensor");
}

int roost_window_post(struct roost_window *window, const struct roost_event *event)
{
    return roost_device_post(&window->device, event);
}

void roost_window_stop(struct roost_window *window)
{
    roost_device_stop(&window->device);
}

bool roost_window_stopped(const struct roost_window *window)
{
    return roost_device_over(&window->device);
}

/* ---- making one ---- */

static int init_parts(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config)
{
    struct roost_device *device = &window->device;
    int err = roost_outbox_init(&window->outbox, &window_readings, window, port,
                                roost_device_boot(device), &device->log);

    if (err < 0)
        return err;
    device->outbox = &window->outbox;
    if (device->resetting)
        (void)window_travel_forget(&port->kv); /* what stays fits the window still */
    err = window_motor_init(&window->motor, &port->motor, &port->kv, &device->log);
    if (err < 0)
        return err;
    window_sampler_init(&window->sampler);
    window_control_init(&window->control, device->id);
    window_sound_init(&window->sound, port, &window->mqtt, config->audio_memory,
                      config->audio_bytes, &device->log);
    window->control.contact_ms = device->now.now_ms;
    window->control.calibrate =
        window->motor.state == WINDOW_MOTOR_UNCALIBRATED &&
        roost_settings_int(&device->settings, WINDOW_SET_AUTO_CALIBRATE) != 0;
    return 0;
}

int roost_window_init(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config)
{
    memset((char *)window + sizeof window->device, 0, sizeof *window - sizeof window->device);
    if (!port->journal.ops || !port->climate.ops || !port->motor.ops)
        return ROOST_ERR_UNSUPPORTED;
    int err = roost_device_init(&window->device, &(struct roost_device_config){
                                                     .spec = &window_spec,
                                                     .port = port,
                                                     .device_id = config->device_id,
                                                     .firmware_version = config->firmware_version,
                                                     .uplink = roost_uplink_mqtt(&window->mqtt),
                                                     .values = window->values,
                                                     .timers = window->timer,
                                                     .update = config->update,
                                                 });
    if (err == 0)
        err = roost_uplink_mqtt_init(&window->mqtt, port, &config->broker, window->device.id,
                                     window_spec.topics, window_spec.topic_count);
    if (err == 0)
        err = init_parts(window, port, config);
    if (err < 0)
        return err;
    roost_timers_start(&window->device.timers, WINDOW_TIMER_SAMPLE,
                       window->device.now.now_ms + FIRST_SAMPLE_MS);
    roost_device_ready(&window->device);
    return 0;
}
