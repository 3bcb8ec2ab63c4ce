/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window device: reads climate and sound, publishes them, and moves the window as it is told
 * while it is safe to. The same object runs on the chip, as a Linux process, by the thousand in
 * roost-load and in virtual time in the simulator: no globals, no heap, no clock but the port's.
 *
 *     roost_window_init(&window, &port, &config);          // once
 *     port's sink:  roost_window_post(&window, event)      // copies into the bounded event queue
 *     loop:         due = roost_window_step(&window);      // drains the queue, runs what is due,
 *                                                          // call again at `due` or after a post
 *
 * Readings: every sample gets the journal's next number and is on flash before it is published; it
 * is trimmed when the broker acknowledged it. On each connection what is unacknowledged is sent
 * again in order; the hub drops what it has by number. Sound is live: without a connection a buffer
 * is dropped and counted. Commands wait in a queue of their own: one at a time is answered, and its
 * answer is the port's before the next is looked at. After three crashes in a row the device runs
 * in safe mode: it measures, publishes, takes commands and updates, and moves and records nothing.
 *
 *     event queue   --> step: events, commands, timers, link, motor, sound, update, faults,
 *     command queue -->       reports, readings --> port
 *                                     |            |
 *                             control decides   publisher <-> journal
 *
 * Depends on core/, proto/climate, proto/fleet, port/port.h.
 */
#ifndef ROOST_DEVICES_WINDOW_WINDOW_H
#define ROOST_DEVICES_WINDOW_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/fault.h"
#include "runtime/health.h"
#include "core/link.h"
#include "core/log.h"
#include "runtime/networks.h"
#include "runtime/ota/ota.h"
#include "core/queue.h"
#include "core/settings.h"
#include "core/timer.h"
#include "devices/window/control.h"
#include "devices/window/motor.h"
#include "devices/window/publisher.h"
#include "devices/window/sampler.h"
#include "devices/window/settings.h"
#include "devices/window/sound.h"
#include "port/port.h"
#include "proto/climate/any_topic.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"

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

enum {
    ROOST_WINDOW_EVENT_BYTES = 3072,
    ROOST_WINDOW_EVENT_RESERVE = 1024, /* of it, not for messages: acknowledgements and the like */
    ROOST_WINDOW_COMMAND_BYTES = 2560, /* at least two commands, of usual ones more than twenty */
    ROOST_WINDOW_LOG_BYTES = 4096,
    ROOST_WINDOW_WATCHDOG_MS = 7500, /* half of the watchdog's time-out */
    ROOST_WINDOW_STABLE_MS = 300000, /* up for so long, the last crash is forgiven */
    ROOST_WINDOW_REBOOT_MS = 2000,   /* longest wait for the answer to go out */
    ROOST_WINDOW_STOP_MS = 3000,     /* longest wait for the connection to close */
};

enum window_timer {
    WINDOW_TIMER_SAMPLE,
    WINDOW_TIMER_HEALTH,
    WINDOW_TIMER_STABLE,
    WINDOW_TIMER_WIFI, /* a wait between two rounds, or an attempt that nothing came of */
    WINDOW_TIMER_SCAN, /* the answer to wifi_scan */
    WINDOW_TIMER_REBOOT,
    WINDOW_TIMER_STOP,
    WINDOW_TIMER_COUNT
};

/* An event as it lies in the queue; the payload of a control message or
 * the networks of a scan follow. */
struct window_event {
    uint8_t type; /* enum roost_event_type */
    int32_t status;
    uint64_t token;
    struct roost_climate_sample climate;
};

/* All of the device, by value where the caller wants it. Its members are its own. */
struct roost_window {
    const struct roost_port *port;
    char device_id[ROOST_DEVICE_ID_MAX + 1];
    char firmware[ROOST_FIRMWARE_VERSION_MAX + 1];
    struct roost_mqtt_options broker;
    char will_topic[ROOST_TOPIC_MAX + 1], will_payload[64];

    struct roost_log log;
    struct roost_faults faults;
    uint32_t faults_reported; /* the active set as last logged */
    struct roost_health health;
    struct roost_settings settings;
    union roost_setting_value values[WINDOW_SET_COUNT];
    struct roost_timers timers;
    struct roost_timer timer[WINDOW_TIMER_COUNT];
    struct roost_queue events, commands;
    uint32_t too_long;   /* messages longer than any we take */
    uint32_t unexpected; /* messages on topics that are not ours */

    struct roost_link link;
    struct roost_networks networks;
    struct roost_backoff wifi_backoff;
    bool wifi_up;
    bool wifi_tries, wifi_scans;            /* the round waits for the port, for a scan */
    bool scan_asked;                        /* by a command, ... */
    char scan_id[ROOST_COMMAND_ID_MAX + 1]; /* ... this one */
    struct window_sampler sampler;
    struct window_publisher publisher;
    struct window_sound sound;
    struct window_control control;
    struct window_motor motor;

    struct window_time now; /* of this step */
    int boot_err;           /* what reading the boot counters said */
    bool safe_mode, started, stopping, stopped, rebooting;
    bool status_dirty, state_dirty;
    uint64_t status_ms, state_ms; /* published last */
    uint32_t refused_logged;      /* control messages refused, as last logged */
    size_t answer_len;            /* of an answer that waits for room in the port; 0: none */
    uint32_t reboot_token;        /* of the answer to reboot */
    uint32_t answers_lost;

    struct roost_ota ota;
    bool updates;          /* it takes them */
    bool updating;         /* an image is ready: everything rests, the restart is due */
    uint8_t ota_reported;  /* state as last told */
    bool status_acked;     /* since boot, the broker has taken a status */
    uint32_t status_token; /* of the last one; 0: none on its way */
    uint32_t update_token; /* of the offline one before the restart */

    struct roost_command command;
    struct {
        struct window_event head;
        char data[ROOST_COMMAND_MAX + 1];
    } event;
    char answer[ROOST_ANSWER_MAX];
    uint8_t event_memory[ROOST_WINDOW_EVENT_BYTES];
    uint8_t command_memory[ROOST_WINDOW_COMMAND_BYTES];
    char log_memory[ROOST_WINDOW_LOG_BYTES];
};

/* Strings in config are copied, but for the broker's, which like the port and the audio memory are
 * borrowed for as long as the window is used. Returns 0, or what the device could not run with: a
 * bad device id or version (INVALID, TOO_LONG), a missing part of the port (UNSUPPORTED), an
 * unusable journal region (INVALID), a motor without a range. Connects by itself from the first
 * step on. */
int roost_window_init(struct roost_window *window, const struct roost_port *port,
                      const struct roost_window_config *config);

/* The port's sink. Returns 0, ROOST_ERR_FULL or ROOST_ERR_TOO_LONG, both counted (but for the parts
 * of a download, which are offered again). */
int roost_window_post(struct roost_window *window, const struct roost_event *event);

/* Returns when to be called next (monotonic ms), at the latest the watchdog's half time. */
uint64_t roost_window_step(struct roost_window *window);

/* Publishes offline and closes; done when roost_window_stopped() is true. */
void roost_window_stop(struct roost_window *window);
bool roost_window_stopped(const struct roost_window *window);

#endif
