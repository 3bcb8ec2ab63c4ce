/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The teddy's board: its parts and their pins, from the project's configuration (idf.py menuconfig,
 * "Roost teddy"). The one place that knows, and the reason that an image has the drivers of these
 * parts and no other. docs/teddy-board.md has the same as a wiring table.
 */
#ifndef ROOST_FIRMWARE_TEDDY_HARDWARE_H
#define ROOST_FIRMWARE_TEDDY_HARDWARE_H

#include "firmware/teddy/main/modelled.h"
#include "port/esp-idf/esp_part.h"
#include "sdkconfig.h"

static const struct esp_part teddy_parts[] = {
#if CONFIG_ROOST_NETWORK_OPENETH
    ESP_OPENETH(.host_name = "roost-teddy"),
#else
    ESP_WIFI(.host_name = "roost-teddy"),
#endif
    ESP_WS(),
    ESP_HTTP(),

#if CONFIG_ROOST_SOUND_DUPLEX
    ESP_DUPLEX(.clock_pin = CONFIG_ROOST_PIN_BCLK, .select_pin = CONFIG_ROOST_PIN_LRC,
               .in_pin = CONFIG_ROOST_PIN_MIC, .out_pin = CONFIG_ROOST_PIN_AMPLIFIER),
    ESP_LINES({.number = 0, .pin = CONFIG_ROOST_PIN_BUTTON, .active_low = true, .pull_up = true}),
#if CONFIG_ROOST_PIN_LED >= 0
    ESP_LED(.pin = CONFIG_ROOST_PIN_LED),
#endif
#else
    TEDDY_MODELLED(),
#endif
};

#endif
