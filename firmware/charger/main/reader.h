/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A card reader (devices/charger/reader.h) on a UART.
 *
 *     CHARGER_READER(.tx_pin = 2, .rx_pin = 39),   // a part
 */
#ifndef ROOST_FIRMWARE_CHARGER_READER_H
#define ROOST_FIRMWARE_CHARGER_READER_H

#include "devices/charger/reader.h"
#include "port/esp-idf/esp_part.h"

struct charger_reader_part {
    int tx_pin, rx_pin;
};
extern const struct esp_driver charger_reader_driver;
#define CHARGER_READER(...) ESP_PART(charger_reader_driver, struct charger_reader_part, __VA_ARGS__)

/* Its line, good for ever; NULL: there is none, or it could not be made. */
const struct charger_reader_config *charger_reader_line(void);

#endif
