/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window on the chip: what the factory wrote, or in development what was configured, becomes
 * the device's configuration; then the port's task runs the device and this one ends.
 */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "runtime/networks.h"
#include "runtime/ota/ota.h"
#include "devices/window/window.h"
#include "esp_app_desc.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "firmware/window/main/hardware.h"

enum { KEEPALIVE_S = 30 };

static const char tag[] = "window";

/* What lives as long as the device, so that nothing of it is on a heap. */
static struct {
    struct esp_factory factory;
    struct roost_ota_config update;
    struct roost_window window;
    struct roost_networks networks; /* to store what the factory brought */
#if !CONFIG_ROOST_AUDIO_NONE
    uint8_t audio[ROOST_WINDOW_AUDIO_BYTES(CONFIG_ROOST_AUDIO_RATE)];
#endif
} app;

static int post(void *ctx, const struct roost_event *event)
{
    return roost_window_post(ctx, event);
}

static uint64_t step(void *ctx)
{
    return roost_window_step(ctx);
}

#if !CONFIG_ROOST_PRODUCTION
/* "window-" and the base MAC address, the same for ever. */
static void name_by_mac(char *out, size_t size)
{
    uint8_t mac[6] = {0};
    char digits[2 * sizeof mac + 1];

    if (esp_read_mac(mac, ESP_MAC_BASE) != ESP_OK)
        ESP_LOGE(tag, "no MAC address in the chip: the device id is not unique");
    roost_hex_write(digits, mac, sizeof mac);
    snprintf(out, size, "window-%s", digits);
}

static bool read_key(uint8_t *out, size_t size, const char *hex)
{
    return strlen(hex) == 2 * size && roost_hex_read(out, hex, size);
}

/* A board that no factory has seen: on the desk or in an emulator. */
static bool configure_for_development(struct esp_factory *out)
{
    if (sizeof CONFIG_ROOST_DEVICE_ID > 1)
        snprintf(out->device_id, sizeof out->device_id, "%s", CONFIG_ROOST_DEVICE_ID);
    else
        name_by_mac(out->device_id, sizeof out->device_id);
    snprintf(out->broker_host, sizeof out->broker_host, "%s", CONFIG_ROOST_BROKER_HOST);
    snprintf(out->update_url, sizeof out->update_url, "%s", CONFIG_ROOST_UPDATE_URL);
    out->broker_port = CONFIG_ROOST_BROKER_PORT;
    out->hardware_version = CONFIG_ROOST_HARDWARE_VERSION;
    if (sizeof CONFIG_ROOST_UPDATE_KEY > 1) {
        if (read_key(out->keys[0], sizeof out->keys[0], CONFIG_ROOST_UPDATE_KEY))
            out->key_count = 1;
        else
            ESP_LOGE(tag,
                     "CONFIG_ROOST_UPDATE_KEY: 130 hexadecimal digits are allowed; no updates");
    }
    if (!out->broker_host[0]) {
        ESP_LOGE(tag, "no factory data, and CONFIG_ROOST_BROKER_HOST is empty: "
                      "write a factory image (docs/factory.md) or set it");
        return false;
    }
    ESP_LOGW(tag, "no factory data: %s speaks to %s:%u without TLS and password", out->device_id,
             out->broker_host, out->broker_port);
    return true;
}
#endif

/* Fills app.factory. False: there is nothing to run with, and the log says why. */
static bool configure(void)
{
    const char *name = "";
    int err = esp_factory_read(&app.factory, &name);

    if (err < 0) {
        ESP_LOGE(tag, "factory data: %s: %s", name, roost_err_text(err));
        return false;
    }
#if CONFIG_ROOST_PRODUCTION
    if (!app.factory.found) {
        ESP_LOGE(tag, "no factory data: write this device's image (docs/factory.md)");
        return false;
    }
    if (!app.factory.broker_tls || !app.factory.broker_ca) {
        ESP_LOGE(tag, "factory data: broker_tls, broker_ca: a production image speaks TLS only");
        return false;
    }
    return true;
#else
    return app.factory.found || configure_for_development(&app.factory);
#endif
}

/* The factory's networks are the first ones a new device knows; afterwards its owner's count. */
static void store_networks(void)
{
    const struct esp_factory *factory = &app.factory;
    int err = roost_networks_init(&app.networks, &esp_port()->kv);

    if (err < 0 || roost_networks_count(&app.networks) > 0)
        return;
    for (size_t i = 0; i < factory->wifi_count; i++) {
        err = roost_networks_add(&app.networks, factory->wifi[i].ssid, factory->wifi[i].psk);
        if (err < 0)
            ESP_LOGE(tag, "factory data: %s%u: %s", ROOST_FACTORY_WIFI_PREFIX, (unsigned)i,
                     roost_err_text(err));
    }
}

static const struct roost_ota_config *update_config(void)
{
    const struct esp_factory *factory = &app.factory;

    if (!factory->update_url[0] || factory->key_count == 0)
        return NULL;
    app.update = (struct roost_ota_config)
    {
        .url = factory->update_url,
        .ca_pem = factory->update_ca ? factory->update_ca : factory->broker_ca, .product = "window",
        .target = CONFIG_IDF_TARGET, .version = esp_app_get_description()->version,
        .hardware_version =
            factory->hardware_version ? factory->hardware_version : CONFIG_ROOST_HARDWARE_VERSION,
        .key_count = factory->key_count,
#if CONFIG_ROOST_PRODUCTION
        .https_only = true,
#endif
    };
    memcpy(app.update.keys, factory->keys, sizeof app.update.keys);
    return &app.update;
}

static int make_device(void)
{
    const struct esp_factory *factory = &app.factory;
    const struct roost_window_config config = {
        .device_id = factory->device_id,
        .firmware_version = esp_app_get_description()->version,
        .broker = {.host = factory->broker_host,
                   .port = factory->broker_port,
                   .tls = factory->broker_tls,
                   .ca_pem = factory->broker_ca,
                   .user = factory->broker_user[0] ? factory->broker_user : NULL,
                   .password = factory->broker_password[0] ? factory->broker_password : NULL,
                   .keepalive_s = KEEPALIVE_S,
                   .clean_session = true},
        .update = update_config(),
#if !CONFIG_ROOST_AUDIO_NONE
        .audio_memory = app.audio,
        .audio_bytes = sizeof app.audio,
#endif
    };

    return roost_window_init(&app.window, esp_port(), &config);
}

void app_main(void)
{
    const struct esp_port_options options = {
        .parts = window_parts,
        .part_count = sizeof window_parts / sizeof window_parts[0],
        .time_server = CONFIG_ROOST_TIME_SERVER,
    };

    ESP_LOGI(tag, "roost-window %s for %s", esp_app_get_description()->version, CONFIG_IDF_TARGET);
    int err = esp_port_init(&options);
    if (err == 0 && !configure())
        return; /* nothing restarts it: what is missing does not come by itself */
    if (err == 0) {
        store_networks();
        err = make_device();
    }
    if (err == 0) {
        esp_port_log(&app.window.device.log);
        err = esp_port_run(post, step, &app.window);
    }
    if (err < 0)
        ESP_LOGE(tag, "the device cannot start: %s", roost_err_text(err));
}
