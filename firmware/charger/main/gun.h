/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The gun's temperature: a thermistor (devices/charger/thermistor.h) on an input of ADC1.
 *
 *     CHARGER_GUN(.sensor_pin = 33),       // in the list of parts
 */
#ifndef ROOST_FIRMWARE_CHARGER_GUN_H
#define ROOST_FIRMWARE_CHARGER_GUN_H

#include <stdint.h>

#include "port/esp-idf/esp_part.h"

struct charger_gun_part {
    int sensor_pin;
};
extern const struct esp_driver charger_gun_driver;
#define CHARGER_GUN(...) ESP_PART(charger_gun_driver, struct charger_gun_part, __VA_ARGS__)

/* As struct charger_power_config wants it. 0, or ROOST_ERR_FAULT: it cannot be read, and nothing
 * flows. */
int charger_gun_mdegc(void *none, int32_t *mdegc);

#endif
