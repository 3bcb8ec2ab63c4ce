/* SPDX-License-Identifier: Apache-2.0 */
#include "firmware/common/firmware.h"

#include <stdio.h>
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "esp_app_desc.h"
#include "esp_log.h"
#include "esp_mac.h"
#include "runtime/networks.h"
#include "sdkconfig.h"

/* What lives as long as the device, so that nothing of it is on a heap. */
static struct {
    const struct firmware_product *product;
    struct esp_factory factory;
    struct roost_ota_config update;
    struct roost_networks networks; /* to store what the factory brought */
} app;

static const char *tag(void)
{
    return app.product->name;
}

#if !CONFIG_ROOST_PRODUCTION
/* The product's name and the base MAC address, the same for ever. */
static void name_by_mac(char *out, size_t size)
{
    uint8_t mac[6] = {0};
    char digits[2 * sizeof mac + 1];

    if (esp_read_mac(mac, ESP_MAC_BASE) != ESP_OK)
        ESP_LOGE(tag(), "no MAC address in the chip: the device id is not unique");
    roost_hex_write(digits, mac, sizeof mac);
    snprintf(out, size, "%s-%s", app.product->name, digits);
}

static bool read_key(uint8_t *out, size_t size, const char *hex)
{
    return strlen(hex) == 2 * size && roost_hex_read(out, hex, size);
}

/* A board that no factory has seen: on the desk or in an emulator. */
static void configure_for_development(struct esp_factory *out)
{
    if (sizeof CONFIG_ROOST_DEVICE_ID > 1)
        snprintf(out->device_id, sizeof out->device_id, "%s", CONFIG_ROOST_DEVICE_ID);
    else
        name_by_mac(out->device_id, sizeof out->device_id);
    snprintf(out->update_url, sizeof out->update_url, "%s", CONFIG_ROOST_UPDATE_URL);
    out->hardware_version = CONFIG_ROOST_HARDWARE_VERSION;
    if (sizeof CONFIG_ROOST_UPDATE_KEY > 1) {
        if (read_key(out->keys[0], sizeof out->keys[0], CONFIG_ROOST_UPDATE_KEY))
            out->key_count = 1;
        else
            ESP_LOGE(tag(),
                     "CONFIG_ROOST_UPDATE_KEY: 130 hexadecimal digits are allowed; no updates");
    }
}
#endif

/* Fills app.factory. False: there is nothing to run with, and the log says why. */
static bool configure(void)
{
    const char *name = "";
    int err = esp_factory_read(&app.factory, &name);

    if (err < 0) {
        ESP_LOGE(tag(), "factory data: %s: %s", name, roost_err_text(err));
        return false;
    }
    if (!app.factory.found) {
#if CONFIG_ROOST_PRODUCTION
        ESP_LOGE(tag(), "no factory data: write this device's image (docs/factory.md)");
        return false;
#else
        configure_for_development(&app.factory);
#endif
    }
    return app.product->reach(&app.factory);
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
            ESP_LOGE(tag(), "factory data: %s%u: %s", ROOST_FACTORY_WIFI_PREFIX, (unsigned)i,
                     roost_err_text(err));
    }
}

static const struct roost_ota_config *update_config(void)
{
    const struct esp_factory *factory = &app.factory;

    if (!factory->update_url[0] || factory->key_count == 0)
        return NULL;
    app.update = (struct roost_ota_config){
        .url = factory->update_url,
        .ca_pem = factory->update_ca ? factory->update_ca : factory->broker_ca,
        .product = app.product->name,
        .target = CONFIG_IDF_TARGET,
        .version = esp_app_get_description()->version,
        .hardware_version =
            factory->hardware_version ? factory->hardware_version : CONFIG_ROOST_HARDWARE_VERSION,
        .key_count = factory->key_count,
    };
#if CONFIG_ROOST_PRODUCTION
    app.update.https_only = true;
#endif
    memcpy(app.update.keys, factory->keys, sizeof app.update.keys);
    return &app.update;
}

void firmware_start(const struct firmware_product *product)
{
    const struct esp_port_options options = {.parts = product->parts,
                                             .part_count = product->part_count,
                                             .time_server = CONFIG_ROOST_TIME_SERVER};
    struct firmware_setup setup = {.factory = &app.factory};

    app.product = product;
    setup.version = esp_app_get_description()->version;
    ESP_LOGI(tag(), "roost-%s %s for %s", product->name, setup.version, CONFIG_IDF_TARGET);
    int err = esp_port_init(&options);
    if (err == 0 && !configure())
        return;
    if (err == 0) {
        store_networks();
        setup.update = update_config();
        err = product->make(&setup);
    }
    if (err == 0) {
        esp_port_log(product->log);
        err = esp_port_run(product->post, product->step, product->device);
    }
    if (err < 0)
        ESP_LOGE(tag(), "the device cannot start: %s", roost_err_text(err));
}
