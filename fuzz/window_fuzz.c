/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The whole window device under arbitrary messages, samples, losses of connection and leaps of
 * time, on a port that costs nothing. Input: steps of [what][length][bytes].
 */
#include "core/err.h"
#include "devices/window/window.h"
#include "fuzz/fuzz.h"
#include "tests/rv32/null_port.h"

enum { CONTROL, COMMAND, SAMPLE, CLOSED, WAIT, KINDS };

static struct roost_window window;
static struct null_port null;
static char audio[ROOST_WINDOW_AUDIO_BYTES(8000)];

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(ctx, event);
}

static void step(void)
{
    null_port_pump(&null);
    uint64_t due_ms = roost_window_step(&window);
    FUZZ_CHECK(due_ms <= null.now_ms + ROOST_DEVICE_WATCHDOG_MS);
    FUZZ_CHECK(null.set_raw >= 500 && null.set_raw <= 2500);
    if (window.motor.calibrated && !window_motor_calibrating(&window.motor))
        FUZZ_CHECK(window.motor.position_raw >= NULL_END_CLOSED_RAW &&
                   window.motor.position_raw <= NULL_END_OPEN_RAW);
}

/* From one due time to the next, as a firmware's loop does. */
static void wait_ms(uint64_t ms)
{
    uint64_t end_ms = null.now_ms + ms;
    for (int steps = 0; null.now_ms < end_ms && steps < 200; steps++) {
        null_port_pump(&null);
        uint64_t due_ms = roost_window_step(&window);
        null.now_ms = due_ms > null.now_ms ? due_ms : null.now_ms + 1;
    }
    null.now_ms = null.now_ms < end_ms ? end_ms : null.now_ms;
}

static void act(uint8_t what, const uint8_t *bytes, size_t len)
{
    struct roost_event event = {.data = bytes, .len = len};
    switch (what % KINDS) {
    case CONTROL:
    case COMMAND:
        event.type = ROOST_EV_MQTT_MESSAGE;
        event.topic = what % KINDS == CONTROL ? "window/win-1/control" : "device/win-1/command";
        break;
    case SAMPLE:
        event.type = ROOST_EV_CLIMATE;
        if (len >= sizeof event.climate)
            memcpy(&event.climate, bytes, sizeof event.climate);
        break;
    case CLOSED:
        event.type = ROOST_EV_MQTT_CLOSED;
        event.status = ROOST_ERR_CLOSED;
        break;
    default:
        wait_ms(len * len);
        return;
    }
    (void)post(&window, &event);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct roost_window_config config = {.device_id = "win-1",
                                               .firmware_version = "1.0.0",
                                               .broker = {.host = "broker", .port = 8883},
                                               .audio_memory = audio,
                                               .audio_bytes = sizeof audio};
    null_port_init(&null, post, &window);
    FUZZ_CHECK(roost_window_init(&window, &null.port, &config) == 0);
    wait_ms(1000);
    while (len > 3 && !roost_window_stopped(&window)) {
        size_t part = data[1] | (size_t)(data[2] & 3) << 8;
        if (part > len - 3)
            part = len - 3;
        act(data[0], data + 3, part);
        step();
        data += 3 + part;
        len -= 3 + part;
    }
    return 0;
}
