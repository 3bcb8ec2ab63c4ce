/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's firmware as a Linux process: what the files of this folder share. One window on one
 * board on one loop, and a control socket for what surrounds them.
 */
#ifndef ROOST_APPS_ROOST_WINDOW_PROGRAM_H
#define ROOST_APPS_ROOST_WINDOW_PROGRAM_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "apps/device/broker.h"
#include "apps/device/control.h"
#include "apps/device/world.h"
#include "host/options.h"
#include "core/json_write.h"
#include "runtime/ota/ota.h"
#include "devices/window/window.h"
#include "port/linux/linux.h"
#include "port/linux/microphone.h"
#include "world/window/window.h"

enum { PROGRAM_AUDIO_RATE_HZ = 16000, PROGRAM_PASSWORD_MAX = 128 };

struct program_settings {
    const char *id, *state_dir, *control_path, *broker_url, *user, *password_file, *ca_file;
    const char *microphone, *key_file, *update_url, *update_ca;
    struct option_list firmware_keys;
    uint64_t speed, seed, hardware_version, update_interval_s, trial_s;
    int world, help;
};

struct program {
    struct program_settings settings;
    struct device_broker broker;
    char password[PROGRAM_PASSWORD_MAX + 1];
    struct roost_ota_config update;
    struct roost_host host;
    struct roost_board board;
    struct world_window world;
    struct device_world around;         /* the same, for the control socket */
    struct linux_microphone microphone; /* in the place of the world's, with --mic */
    struct roost_window window;
    struct control control;
    uv_signal_t on_term, on_int;
    bool stopping;
    uint8_t audio[ROOST_WINDOW_AUDIO_BYTES(PROGRAM_AUDIO_RATE_HZ)];
};

/* Fills in `update` from the settings. Returns 0, or an error with `why` set. */
int program_check_update(struct program *program, char *why, size_t why_size);

/* One command of the control socket; a control_fn with the program as its context. */
void program_command(void *ctx, int argc, char **argv, struct roost_json_writer *answer);

/* Device and world in one object. */
void program_write_state(struct program *program, struct roost_json_writer *answer);

#endif
