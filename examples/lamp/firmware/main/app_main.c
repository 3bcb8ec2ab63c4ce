/* SPDX-License-Identifier: Apache-2.0 */
/* The lamp on the chip: a relay module on pin 4, a button from pin 5 to ground. */
#include "examples/lamp/lamp.h"
#include "firmware/common/mqtt.h"

static const struct esp_part parts[] = {
    ESP_WIFI(.host_name = "roost-lamp"),
    ESP_MQTT(),
    ESP_HTTP(),
    ESP_LINES({.number = LAMP_LINE_RELAY, .pin = 4, .output = true},
              {.number = LAMP_LINE_BUTTON, .pin = 5, .active_low = true, .pull_up = true}),
};

static struct lamp lamp;

static int make(const struct firmware_setup *setup)
{
    const struct roost_mqtt_options broker = firmware_broker(setup->factory);

    return lamp_init(&lamp, esp_port(), setup->factory->device_id, setup->version, &broker,
                     setup->update);
}

static int post(void *ctx, const struct roost_event *event)
{
    return roost_device_post(&((struct lamp *)ctx)->device, event);
}

static uint64_t step(void *ctx)
{
    return lamp_step(ctx);
}

void app_main(void)
{
    static const struct firmware_product product = {.name = "lamp",
                                                    .parts = parts,
                                                    .part_count = sizeof parts / sizeof parts[0],
                                                    .reach = firmware_reach_broker,
                                                    .make = make,
                                                    .log = &lamp.device.log,
                                                    .post = post,
                                                    .step = step,
                                                    .device = &lamp};

    firmware_start(&product);
}
