/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window device: reads climate and sound, publishes them, and moves the window as it is told
 * while it is safe to. What every device does is the runtime's (runtime/device.h); here are the
 * window's tables and its one decision: what the motor does now.
 *
 *     roost_window_init(&window, &port, &config);          // once
 *     port's sink:  roost_window_post(&window, event)      // copies into the bounded event queue
 *     loop:         due = roost_window_step(&window);      // what happened, then what is due,
 *                                                          // call again at `due` or after a post
 *
 * Readings: every sample gets the journal's next number and is on flash before it is published
 * (runtime/outbox.h); the hub drops what it has by number. Sound is live: without a connection a
 * buffer is dropped and counted. In safe mode it measures and publishes, and moves and records
 * nothing. Depends on runtime/, core/, proto/climate, proto/fleet, port/port.h.
 */
#ifndef ROOST_DEVICES_WINDOW_WINDOW_H
#define ROOST_DEVICES_WINDOW_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "devices/window/control.h"
#include "devices/window/motor.h"
#include "devices/window/sampler.h"
#include "devices/window/settings.h"
#include "devices/window/sound.h"
#include "port/port.h"
#include "proto/climate/topic.h"
#include "runtime/device.h"
#include "runtime/uplink_mqtt.h"

/* Sizes of one 2 s buffer at `rate` Hz, encoded in place as the payload of sensor/{id}/audio. */
#define ROOST_WINDOW_AUDIO_BYTES(rate) (160 + ((rate)*2 * 2 + 2) / 3 * 4 + 4)

struct roost_window_config {
    const char *device_id;
    const char *firmware_version;
    struct roost_mqtt_options broker; /* will and client id are filled in by the device */
    void *audio_memory;               /* NULL, 0: no sound is sent */
    size_t audio_bytes;
    const struct roost_ota_config *update; /* borrowed; NULL: no updates over the air */
};

enum window_timer { WINDOW_TIMER_SAMPLE = ROOST_TIMER_COUNT, WINDOW_TIMER_COUNT };

/* All of the device, by value where the caller wants it. Its members are its own. */
struct roost_window {
    struct roost_device device; /* first: runtime/device.h */
    struct roost_uplink_mqtt mqtt;
    struct roost_outbox outbox;
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_timer timer[WINDOW_TIMER_COUNT];

    struct window_sampler sampler;
    struct window_sound sound;
    struct window_control control;
    struct window_motor motor;

    bool state_dirty;
    uint64_t state_ms;       /* published last */
    uint32_t refused_logged; /* control messages refused, as last logged */
};

extern const struct roost_device_spec window_spec;

/* Strings in config are copied, but for the broker's, which like the port and the audio memory are
 * borrowed for as long as the window is used. Returns 0, or what the device could not run with: a
 * bad device id or version (INVALID, TOO_LONG), a missing part of the port (UNSUPPORTED), an
 * unusable journal region (INVALID), a motor without a range. Connects by itself from the first
 * step on. */
int roost_window_init(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config);

/* The port's sink: roost_device_post. */
int roost_window_post(struct roost_window *window, const struct roost_event *event);

/* Returns when to be called next (monotonic ms), at the latest the watchdog's half time. */
uint64_t roost_window_step(struct roost_window *window);

/* The next step brings everything to rest, says offline and closes; done when
 * roost_window_stopped() is true. */
void roost_window_stop(struct roost_window *window);
bool roost_window_stopped(const struct roost_window *window);

#endif
