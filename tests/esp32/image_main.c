/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An image for image.test.mjs: names the parts of the list that is linked to it. What only
 * ESP-IDF's headers would compile has a driver here by name alone.
 */
#include <stdio.h>

#include "port/esp-idf/esp_part.h"
#include "port/esp-idf/esp_queue.h"

extern const struct esp_part *const image_parts;
extern const size_t image_part_count;

int main(void)
{
    for (size_t i = 0; i < image_part_count; i++)
        puts(image_parts[i].driver->name);
    return 0;
}

const struct esp_driver esp_wifi_driver = {.name = "Wi-Fi"};
const struct esp_driver esp_openeth_driver = {.name = "Ethernet"};
const struct esp_driver esp_mqtt_driver = {.name = "MQTT"};
const struct esp_driver esp_ws_driver = {.name = "WebSocket"};
const struct esp_driver esp_http_driver = {.name = "download"};
const struct esp_driver esp_certificates_driver = {.name = "certificates"};
const struct esp_driver esp_mcp2515_driver = {.name = "MCP2515"};
const struct esp_driver charger_gun_driver = {.name = "gun"};
const struct esp_driver charger_meter_driver = {.name = "meter"};

int esp_queue_post(const struct roost_event *event)
{
    (void)event;
    return 0;
}

BaseType_t esp_queue_post_from_isr(const struct roost_event *event)
{
    (void)event;
    return pdFALSE;
}

void esp_queue_call(unsigned number, void (*call)(void *arg), void *arg)
{
    (void)number;
    (void)call;
    (void)arg;
}
