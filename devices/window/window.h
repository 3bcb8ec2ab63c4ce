/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window device: reads climate and sound, publishes them, and moves the window as it is told while
 * it is safe to. The same object runs on the chip, as a Linux process, by the thousand in roost-load
 * and in virtual time in the simulator: no globals, no heap, no clock but the port's.
 *
 *     roost_window_init(&window, &port, &config);          // once
 *     port's sink:  roost_window_post(&window, event)      // copies into the bounded event queue
 *     loop:         due = roost_window_step(&window);      // drains the queue, runs what is due,
 *                                                          // call again at `due` or after a post
 *
 * Readings: every sample gets the journal's next number and is on flash before it is published; it is
 * trimmed when the broker acknowledged it. On each connection what is unacknowledged is sent again in
 * order; the hub drops what it has by number. Sound is live: without a connection a buffer is dropped
 * and counted. Depends on core/, proto/climate, proto/fleet, port/port.h.
 */
#ifndef ROOST_DEVICES_WINDOW_WINDOW_H
#define ROOST_DEVICES_WINDOW_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "core/health.h"
#include "core/journal.h"
#include "core/link.h"
#include "core/log.h"
#include "core/queue.h"
#include "core/settings.h"
#include "core/timer.h"
#include "devices/window/motor.h"
#include "devices/window/sampler.h"
#include "devices/window/publisher.h"
#include "port/port.h"
#include "proto/climate/payload.h"

/* Sizes of one 2 s buffer at `rate` Hz, encoded in place as the payload of sensor/{id}/audio. */
#define ROOST_WINDOW_AUDIO_BYTES(rate) (160 + ((rate) * 2 * 2 + 2) / 3 * 4 + 4)

struct roost_window_config {
    const char *device_id;
    const char *firmware_version;
    struct roost_mqtt_options broker;  /* will and client id are filled in by the device */
    void *audio_memory;                /* NULL, 0: no sound is sent */
    size_t audio_bytes;
};

enum { ROOST_WINDOW_EVENT_BYTES = 4096, ROOST_WINDOW_LOG_BYTES = 4096 };

/* What the device decides for itself comes from its settings (devices/window/settings.h). */
struct roost_window;

/* Returns 0, or an error that names nothing the device could run with (bad device id, a missing part
 * of the port, unusable journal region). Connects by itself from the first step on. */
int roost_window_init(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config);

int roost_window_post(struct roost_window *window, const struct roost_event *event);

/* Returns when to be called next (monotonic ms), at the latest the watchdog's half time. */
uint64_t roost_window_step(struct roost_window *window);

/* Publishes offline and closes; done when roost_window_stopped() is true. */
void roost_window_stop(struct roost_window *window);
bool roost_window_stopped(const struct roost_window *window);

#endif
