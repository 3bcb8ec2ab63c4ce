/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The least firmware that is a window: what it links is what the product costs on the chip, the
 * port's own code left out. Static memory is named, so that the size report can tell it apart.
 */
#include "devices/window/window.h"
#include "tests/rv32/null_port.h"

struct roost_window size_window;
char size_audio[ROOST_WINDOW_AUDIO_BYTES(16000)];
static struct null_port null;

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(ctx, event);
}

int main(void)
{
    static const struct roost_ota_config update = {.url = "https://hub/api/v1/esp32/firmware",
                                                   .product = "window",
                                                   .target = "esp32c3",
                                                   .version = "1.0.0",
                                                   .key_count = 2,
                                                   .https_only = true};
    const struct roost_window_config config = {.device_id = "win-1",
                                               .firmware_version = "1.0.0",
                                               .broker = {.host = "broker", .port = 8883},
                                               .audio_memory = size_audio,
                                               .audio_bytes = sizeof size_audio,
                                               .update = &update};
    null_port_init(&null, post, &size_window);
    int err = roost_window_init(&size_window, &null.port, &config);
    while (!err && !roost_window_stopped(&size_window)) {
        null_port_pump(&null);
        null.now_ms = roost_window_step(&size_window);
    }
    return err;
}
