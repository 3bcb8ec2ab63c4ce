/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the window's tests have in common: one window on the fake port, and words for starting it,
 * asking it and reading what it says. Included after <cmocka.h>, by one file a program.
 */
#ifndef ROOST_DEVICES_WINDOW_TEST_RIG_H
#define ROOST_DEVICES_WINDOW_TEST_RIG_H

#include "core/err.h"
#include "devices/window/parts.h"
#include "devices/window/test/fake_port.h"
#include "devices/window/window.h"
#include "proto/climate/payload.h"
#include "proto/fleet/command.h"
#include "proto/fleet/status.h"

enum { MINUTE = 60000, CALIBRATION_MS = 60000, MOVE_MS = 12000 };

static struct fake_port fake;
static struct roost_window window;
static char audio_memory[ROOST_WINDOW_AUDIO_BYTES(8000)];
static struct roost_answer answer;
static struct roost_status status;
static struct roost_window_state motion;

/* With a port that has what updates need, the version is the one of the slot that runs. */
static inline void boot(void)
{
    static struct roost_ota_config update;
    struct roost_window_config config = {.device_id = "win-1",
                                         .firmware_version = "1.2.3",
                                         .audio_memory = audio_memory,
                                         .audio_bytes = sizeof audio_memory};

    if (fake.port.firmware.ops) {
        config.firmware_version = fake.running.slot ? "1.3.0" : "1.2.3";
        update = fake_update_config;
        update.version = config.firmware_version;
        config.update = &update;
    }
    assert_int_equal(roost_window_init(&window, &fake.port, &config), 0);
    fake_attach(&fake, &window);
}

static inline void start(void)
{
    fake_init(&fake);
    boot();
}

/* Started, connected, calibrated and at rest. */
static inline void start_ready(void)
{
    start();
    fake_run(&fake, CALIBRATION_MS + MOVE_MS);
    assert_int_equal(window.motor.state, WINDOW_MOTOR_HOLDING);
}

static inline void reboot_as(enum roost_reset_reason reason)
{
    fake_boot(&fake, reason);
    boot();
}

/* ---- what it says ---- */

static inline void read_status(void)
{
    const char *payload = fake.last[FAKE_TOPIC_STATUS];
    assert_int_equal(roost_status_parse(&status, payload, strlen(payload)), 0);
    assert_true(fake.retained[FAKE_TOPIC_STATUS]);
}

static inline void read_motion(void)
{
    const char *payload = fake.last[CLIMATE_TOPIC_STATE];
    assert_int_equal(roost_window_state_parse(&motion, payload, strlen(payload)), 0);
    assert_true(fake.retained[CLIMATE_TOPIC_STATE]);
}

/* Sends a command and reads its answer. */
static inline void ask(const char *payload)
{
    int before = fake.count[FAKE_TOPIC_ANSWER];
    assert_int_equal(fake_deliver(&fake, FAKE_TOPIC_COMMAND, payload), 0);
    fake_run(&fake, 10);
    assert_int_equal(fake.count[FAKE_TOPIC_ANSWER], before + 1);
    const char *said = fake.last[FAKE_TOPIC_ANSWER];
    assert_int_equal(roost_answer_parse(&answer, said, strlen(said)), 0);
    assert_true(!fake.retained[FAKE_TOPIC_ANSWER]);
}

static inline bool contains(const char *text, const char *part)
{
    size_t len = strlen(part);
    for (; strlen(text) >= len; text++)
        if (memcmp(text, part, len) == 0)
            return true;
    return false;
}

static inline void send_control(double position, double confidence, int64_t age_ms)
{
    char payload[512];
    struct roost_control control = {.device_id = "win-1",
                                    .unix_ms = fake_unix_ms(&fake) - age_ms,
                                    .position_pct = position,
                                    .confidence = confidence,
                                    .inference_time_ms = -1};
    assert_true(roost_control_write(payload, sizeof payload, &control) > 0);
    assert_int_equal(fake_deliver(&fake, CLIMATE_TOPIC_CONTROL, payload), 0);
}

static inline bool near(double value, double expected)
{
    return value > expected - 1.5 && value < expected + 1.5;
}

#endif
