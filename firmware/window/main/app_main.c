/* SPDX-License-Identifier: Apache-2.0 */
/* The window on the chip: what of it is the product's alone. */
#include "devices/window/window.h"
#include "firmware/common/mqtt.h"
#include "firmware/window/main/hardware.h"

static struct {
    struct roost_window window;
#if !CONFIG_ROOST_AUDIO_NONE
    uint8_t audio[ROOST_WINDOW_AUDIO_BYTES(CONFIG_ROOST_AUDIO_RATE)];
#endif
} app;

static int make(const struct firmware_setup *setup)
{
    const struct esp_factory *factory = setup->factory;
    const struct roost_window_config config = {
        .device_id = factory->device_id,
        .firmware_version = setup->version,
        .broker = firmware_broker(factory),
        .update = setup->update,
#if !CONFIG_ROOST_AUDIO_NONE
        .audio_memory = app.audio,
        .audio_bytes = sizeof app.audio,
#endif
    };

    return roost_window_init(&app.window, esp_port(), &config);
}

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(ctx, event);
}

static uint64_t step(void *ctx)
{
    return roost_window_step(ctx);
}

void app_main(void)
{
    static const struct firmware_product window = {
        .name = "window",
        .parts = window_parts,
        .part_count = sizeof window_parts / sizeof window_parts[0],
        .reach = firmware_reach_broker,
        .make = make,
        .log = &app.window.device.log,
        .post = post,
        .step = step,
        .device = &app.window,
    };

    firmware_start(&window);
}
