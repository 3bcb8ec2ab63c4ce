/* SPDX-License-Identifier: Apache-2.0 */
/* The window on the chip: how it reaches its broker, and what of it is the product's alone. */
#include <stdio.h>

#include "devices/window/window.h"
#include "esp_log.h"
#include "firmware/common/firmware.h"
#include "firmware/window/main/hardware.h"

enum { KEEPALIVE_S = 30 };

static const char tag[] = "window";

static struct {
    struct roost_window window;
#if !CONFIG_ROOST_AUDIO_NONE
    uint8_t audio[ROOST_WINDOW_AUDIO_BYTES(CONFIG_ROOST_AUDIO_RATE)];
#endif
} app;

#if CONFIG_ROOST_PRODUCTION
static bool reach(struct esp_factory *factory)
{
    if (factory->broker_tls && factory->broker_ca)
        return true;
    ESP_LOGE(tag, "factory data: broker_tls, broker_ca: a production image speaks TLS only");
    return false;
}
#else
static bool reach(struct esp_factory *factory)
{
    if (factory->found)
        return true;
    snprintf(factory->broker_host, sizeof factory->broker_host, "%s", CONFIG_ROOST_BROKER_HOST);
    factory->broker_port = CONFIG_ROOST_BROKER_PORT;
    if (!factory->broker_host[0]) {
        ESP_LOGE(tag, "no factory data, and CONFIG_ROOST_BROKER_HOST is empty: "
                      "write a factory image (docs/factory.md) or set it");
        return false;
    }
    ESP_LOGW(tag, "no factory data: %s speaks to %s:%u without TLS and password",
             factory->device_id, factory->broker_host, factory->broker_port);
    return true;
}
#endif

static int make(const struct firmware_setup *setup)
{
    const struct esp_factory *factory = setup->factory;
    const struct roost_window_config config = {
        .device_id = factory->device_id,
        .firmware_version = setup->version,
        .broker = {.host = factory->broker_host,
                   .port = factory->broker_port,
                   .tls = factory->broker_tls,
                   .ca_pem = factory->broker_ca,
                   .user = factory->broker_user[0] ? factory->broker_user : NULL,
                   .password = factory->broker_password[0] ? factory->broker_password : NULL,
                   .keepalive_s = KEEPALIVE_S,
                   .clean_session = true},
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
        .reach = reach,
        .make = make,
        .log = &app.window.device.log,
        .post = post,
        .step = step,
        .device = &app.window,
    };

    firmware_start(&window);
}
