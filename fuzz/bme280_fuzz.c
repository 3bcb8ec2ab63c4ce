/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any content of the calibration and data registers: no overflow, humidity stays in its range.
 * Input: the 26 and 7 bytes of calibration, 5 of data.
 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "port/parts/bme280.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct bme280_calibration calibration;
    struct roost_climate_sample sample;

    if (len < BME280_FIRST_BYTES + BME280_SECOND_BYTES + BME280_DATA_BYTES)
        return 0;
    int err = bme280_calibration_parse(&calibration, data, data + BME280_FIRST_BYTES);
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_CORRUPT);
    err = bme280_decode(&calibration, data + BME280_FIRST_BYTES + BME280_SECOND_BYTES, &sample);
    FUZZ_CHECK(err == 0 || err == ROOST_ERR_CORRUPT);
    if (err)
        return 0;
    FUZZ_CHECK(sample.humidity_mpct >= 0 && sample.humidity_mpct <= 100000);
    FUZZ_CHECK(sample.temperature_mdegc % 10 == 0);
    return 0;
}
