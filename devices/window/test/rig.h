/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the window's tests have in common: one window on the fake port in its fake world, and words
 * for starting it and for its own messages beside those of runtime/test/rig.h. Included after
 * <cmocka.h>, by one file a program.
 */
#ifndef ROOST_DEVICES_WINDOW_TEST_RIG_H
#define ROOST_DEVICES_WINDOW_TEST_RIG_H

#include "devices/window/parts.h"
#include "devices/window/test/fake_world.h"
#include "devices/window/window.h"
#include "proto/climate/payload.h"
#include "runtime/test/rig.h"

enum { CALIBRATION_MS = 60000, MOVE_MS = 12000 };

static struct fake_world world;
static struct roost_window window;
static char audio_memory[ROOST_WINDOW_AUDIO_BYTES(8000)];
static struct roost_window_state motion;

/* A port as it comes from the factory, in a world at rest. */
static inline void begin(void)
{
    fake_init(&fake);
    fake_world_init(&world, &fake);
}

/* With a port that has what updates need, the version is the one of the slot that runs. */
static inline void boot(void)
{
    struct roost_window_config config = {.device_id = "win-1",
                                         .firmware_version = "1.2.3",
                                         .audio_memory = audio_memory,
                                         .audio_bytes = sizeof audio_memory};

    if (fake.port.firmware.ops) {
        config.firmware_version = fake.update.version = fake.running.slot ? "1.3.0" : "1.2.3";
        config.update = &fake.update;
    }
    assert_int_equal(roost_window_init(&window, &fake.port, &config), 0);
    fake_attach_window(&fake, &window);
}

static inline void start(void)
{
    begin();
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

static inline void read_motion(void)
{
    const char *payload = fake.last[FAKE_STATE];
    assert_int_equal(roost_window_state_parse(&motion, payload, strlen(payload)), 0);
    assert_true(fake.retained[FAKE_STATE]);
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
    assert_int_equal(fake_deliver(&fake, FAKE_CONTROL, payload), 0);
}

static inline bool near(double value, double expected)
{
    return value > expected - 1.5 && value < expected + 1.5;
}

#endif
