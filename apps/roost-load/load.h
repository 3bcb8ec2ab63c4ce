/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A fleet of windows in one process: the firmware object on boards without state, one loop, one
 * thread. Between window and board sits a thin layer that takes the time from a publish to its
 * acknowledgement and from a sensor message to the control message after it. Depends on
 * devices/window, port/linux.
 *
 *     load_init(&load, &settings, why, sizeof why);
 *     load_run(&load);        // until the time or the readings are over
 *     load_report(&load, buffer, sizeof buffer);
 *     load_deinit(&load);
 */
#ifndef ROOST_APPS_ROOST_LOAD_LOAD_H
#define ROOST_APPS_ROOST_LOAD_LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "host/broker.h"
#include "apps/roost-load/histogram.h"
#include "devices/window/window.h"
#include "port/linux/linux.h"
#include "world/window/window.h"

enum { LOAD_PREFIX_MAX = 40, LOAD_AUDIO_RATE_HZ = 16000, LOAD_FILES_A_DEVICE = 3 };

struct load_settings {
    const char *broker_url, *prefix, *user, *password_file, *ca_file;
    uint64_t devices, interval_ms, seconds, readings, ramp_ms, seed, audio_interval_ms;
    int audio, motor, help;
};

/* One kind of published message. */
enum load_kind {
    LOAD_READING, /* temperature or humidity */
    LOAD_AUDIO,
    LOAD_OTHER, /* state, status, answers */
    LOAD_KIND_COUNT
};

struct load;

struct load_device {
    struct load *load;
    struct roost_port port; /* the board's, with our layer in front of MQTT and sensor */
    struct roost_board board;
    struct world_window world;
    struct roost_window window;
    char id[ROOST_DEVICE_ID_MAX + 1];
    struct {
        int token; /* 0: free */
        enum load_kind kind;
        uint64_t sent_us;
    } sent[LINUX_MQTT_INFLIGHT];
    uint64_t sensor_us; /* when the last sensor message left; 0: a control message answered it */
    uint64_t measured;  /* samples taken */
    bool complete, stopped;
};

struct load {
    struct load_settings settings;
    struct broker_address broker;
    char password[129];
    struct roost_host host;
    struct load_device *devices;
    size_t made, complete, stopped; /* switched on; all acknowledged; closed */
    uint8_t *audio;                 /* one buffer a device */
    uv_timer_t start_timer, end_timer;
    bool ending;
    int err; /* why it ended early, in words too */
    char why[256];
    uint64_t begun_us, ended_us;
    uint64_t published[LOAD_KIND_COUNT], acked[LOAD_KIND_COUNT], forgotten, refused;
    uint64_t controls;
    struct histogram ack_us, control_us;
};

/* Returns 0 or an error with `why` set; deinit is then not needed. */
int load_init(struct load *load, const struct load_settings *settings, char *why, size_t why_size);

/* Returns 0, or an error with load->why set: a device that cannot start, or ROOST_ERR_TIMEOUT when
 * readings were asked for and not all were acknowledged. */
int load_run(struct load *load);

/* One JSON object. Returns its length or ROOST_ERR_TOO_LONG. */
int load_report(struct load *load, char *out, size_t size);

void load_deinit(struct load *load);

#endif
