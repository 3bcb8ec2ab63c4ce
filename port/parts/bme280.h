/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a BME280 says: its calibration and its raw counts made into temperature and humidity, in
 * integers. Its registers are read by who has the bus; air pressure is not asked for. Depends on
 * core/err.h and the sample of port/port.h.
 *
 *     read(BME280_CALIBRATION_1, first, sizeof first);
 *     read(BME280_CALIBRATION_2, second, sizeof second);
 *     err = bme280_calibration_parse(&calibration, first, second);
 *     write(BME280_CTRL_HUM, 0x01), write(BME280_CTRL_MEAS, BME280_FORCED), wait, read(BME280_DATA)
 *     err = bme280_decode(&calibration, data, &event.climate);
 *
 * Source: Bosch Sensortec BST-BME280-DS002, sections 4.2 and 5.
 */
#ifndef ROOST_PORT_PARTS_BME280_H
#define ROOST_PORT_PARTS_BME280_H

#include <stdint.h>

#include "port/port.h"

/* Registers, and what is written to them. */
enum {
    BME280_CALIBRATION_1 = 0x88, /* 26 bytes */
    BME280_ID = 0xD0,
    BME280_RESET = 0xE0,
    BME280_CALIBRATION_2 = 0xE1, /* 7 bytes */
    BME280_CTRL_HUM = 0xF2,      /* takes effect with the next write to CTRL_MEAS */
    BME280_STATUS = 0xF3,
    BME280_CTRL_MEAS = 0xF4,
    BME280_CONFIG = 0xF5,
    BME280_DATA = 0xFA, /* 5 bytes: temperature, humidity */

    BME280_CHIP_ID = 0x60,
    BME280_RESET_NOW = 0xB6,
    BME280_OVERSAMPLE_1 = 0x01,
    BME280_FORCED = 0x21,    /* temperature once, pressure not at all, then sleep */
    BME280_MEASURING = 0x08, /* in STATUS */
    BME280_COPYING = 0x01,   /* in STATUS: calibration after a reset */

    BME280_START_MS = 2,   /* after power-on or reset (table 1) */
    BME280_MEASURE_MS = 9, /* at most, for T and H once each: 1.25 + 2.3 + 2.3 + 0.575 (9.1) */
};

enum { BME280_FIRST_BYTES = 26, BME280_SECOND_BYTES = 7, BME280_DATA_BYTES = 5 };

struct bme280_calibration {
    uint16_t t1;
    int16_t t2, t3;
    uint8_t h1, h3;
    int16_t h2, h4, h5;
    int8_t h6;
};

/* Returns 0, or ROOST_ERR_CORRUPT for what no part was ever calibrated to (a bus that reads only
 * ones or zeros). */
int bme280_calibration_parse(struct bme280_calibration *out,
                             const uint8_t first[BME280_FIRST_BYTES],
                             const uint8_t second[BME280_SECOND_BYTES]);

/* Returns 0, or ROOST_ERR_CORRUPT when the part did not measure (its reset values). Humidity is cut
 * to 0..100 %. */
int bme280_decode(const struct bme280_calibration *calibration,
                  const uint8_t data[BME280_DATA_BYTES], struct roost_climate_sample *out);

#endif
