/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An energy meter of its own (devices/charger/dcmeter.h) on a UART.
 *
 *     CHARGER_METER(.tx_pin = 2, .rx_pin = 39, .direction_pin = 12, .address = 1),   // a part
 */
#ifndef ROOST_FIRMWARE_CHARGER_METER_H
#define ROOST_FIRMWARE_CHARGER_METER_H

#include <stdint.h>

#include "port/esp-idf/esp_part.h"

struct charger_meter_part {
    int tx_pin, rx_pin, direction_pin;
    uint8_t address;
};
extern const struct esp_driver charger_meter_driver;
#define CHARGER_METER(...) ESP_PART(charger_meter_driver, struct charger_meter_part, __VA_ARGS__)

/* As struct charger_power_config wants it. An error where the part could not be made: a charger
 * that has a meter does not bill by anything else. */
int charger_meter_register(void *none, uint64_t now_ms, uint64_t last_mwh, uint64_t *out);

#endif
