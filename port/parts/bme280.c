/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/bme280.h"

#include "core/bytes.h"
#include "core/err.h"

enum { NO_TEMPERATURE = 0x80000, NO_HUMIDITY = 0x8000 }; /* skipped, or never measured */

/* 12 bits, two's complement. */
static int16_t twelve(uint8_t high, uint8_t low_nibble)
{
    int value = high << 4 | low_nibble;

    return (int16_t)(value >= 0x800 ? value - 0x1000 : value);
}

int bme280_calibration_parse(struct bme280_calibration *out,
                             const uint8_t first[BME280_FIRST_BYTES],
                             const uint8_t second[BME280_SECOND_BYTES])
{
    *out = (struct bme280_calibration){
        .t1 = roost_le_get16(first),
        .t2 = (int16_t)roost_le_get16(first + 2),
        .t3 = (int16_t)roost_le_get16(first + 4),
        .h1 = first[25],
        .h2 = (int16_t)roost_le_get16(second),
        .h3 = second[2],
        .h4 = twelve(second[3], second[4] & 0x0F),
        .h5 = twelve(second[5], second[4] >> 4),
        .h6 = (int8_t)second[6],
    };
    if (out->t1 == 0 || out->t1 == UINT16_MAX || out->t2 == 0 || out->h2 == 0)
        return ROOST_ERR_CORRUPT;
    return 0;
}

/* The part's own fine temperature, of which 5120 are a degree. 64 bits: no calibration that could
 * be read overflows it. */
static int32_t fine_temperature(const struct bme280_calibration *c, int32_t raw)
{
    int64_t coarse = ((raw >> 3) - 2 * (int32_t)c->t1) * (int64_t)c->t2 >> 11;
    int64_t distance = (raw >> 4) - (int32_t)c->t1;
    int64_t bend = ((distance * distance) >> 12) * c->t3 >> 14;

    return (int32_t)(coarse + bend);
}

/* In 1/1024 percent. */
static int32_t humidity(const struct bme280_calibration *c, int32_t raw, int32_t fine)
{
    int64_t v = (int64_t)fine - 76800;
    int64_t offset = (((int64_t)raw * 16384 - (int64_t)c->h4 * 1048576 - c->h5 * v) + 16384) >> 15;
    int64_t bend = ((v * c->h6) >> 10) * (((v * c->h3) >> 11) + 32768) >> 10;
    int64_t scale = ((bend + 2097152) * c->h2 + 8192) >> 14;
    int64_t linear = offset * scale;

    /* Far outside of what the sensor can mean, but inside of what can be squared. */
    linear = linear < 0 ? 0 : linear > INT32_MAX ? INT32_MAX : linear;
    linear -= ((((linear >> 15) * (linear >> 15)) >> 7) * c->h1) >> 4;
    linear = linear < 0 ? 0 : linear > 419430400 ? 419430400 : linear;
    return (int32_t)(linear >> 12);
}

int bme280_decode(const struct bme280_calibration *calibration,
                  const uint8_t data[BME280_DATA_BYTES], struct roost_climate_sample *out)
{
    int32_t raw_temperature = data[0] << 12 | data[1] << 4 | data[2] >> 4;
    int32_t raw_humidity = roost_be_get16(data + 3);

    if (raw_temperature == NO_TEMPERATURE || raw_humidity == NO_HUMIDITY)
        return ROOST_ERR_CORRUPT;
    int32_t fine = fine_temperature(calibration, raw_temperature);
    int64_t hundredths = ((int64_t)fine * 5 + 128) >> 8;
    out->temperature_mdegc = (int32_t)(hundredths * 10);
    out->humidity_mpct = (humidity(calibration, raw_humidity, fine) * 125 + 64) / 128;
    return 0;
}
