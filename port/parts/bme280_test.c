/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/bme280.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

/* Temperature: the worked example of BST-BMP280-DS001, section 3.12, whose formula and registers
 * are the same. Humidity: as parts come, with H4 and H5 in the nibbles of one register. */
static const uint8_t first[BME280_FIRST_BYTES] = {
    0x70, 0x6B, 0x43, 0x67, 0x18, 0xFC, 0x7D, 0x8E, 0x43, 0xD6, 0xD0, 0x0B, 0x27,
    0x0B, 0x8C, 0x00, 0xF9, 0xFF, 0x8C, 0x3C, 0xF8, 0xC6, 0x70, 0x17, 0x00, 0x4B};
static const uint8_t second[BME280_SECOND_BYTES] = {0x6A, 0x01, 0x00, 0x13, 0x29, 0x03, 0x1E};

static void put(uint8_t data[BME280_DATA_BYTES], int32_t temperature, int32_t humidity)
{
    data[0] = (uint8_t)(temperature >> 12);
    data[1] = (uint8_t)(temperature >> 4);
    data[2] = (uint8_t)(temperature << 4 & 0xF0);
    data[3] = (uint8_t)(humidity >> 8);
    data[4] = (uint8_t)humidity;
}

static struct bme280_calibration calibrated(void)
{
    struct bme280_calibration calibration;

    assert_int_equal(bme280_calibration_parse(&calibration, first, second), 0);
    return calibration;
}

static void test_calibration(void **state)
{
    struct bme280_calibration c = calibrated();
    static const uint8_t signs[BME280_SECOND_BYTES] = {0x00, 0x80, 0xFF, 0xFF, 0xF7, 0x80, 0x80};

    (void)state;
    assert_int_equal(c.t1, 27504);
    assert_int_equal(c.t2, 26435);
    assert_int_equal(c.t3, -1000);
    assert_int_equal(c.h1, 75);
    assert_int_equal(c.h2, 362);
    assert_int_equal(c.h3, 0);
    assert_int_equal(c.h4, 313);
    assert_int_equal(c.h5, 50);
    assert_int_equal(c.h6, 30);
    assert_int_equal(bme280_calibration_parse(&c, first, signs), 0);
    assert_int_equal(c.h2, -32768);
    assert_int_equal(c.h3, 255);
    assert_int_equal(c.h4, -9);
    assert_int_equal(c.h5, -2033);
    assert_int_equal(c.h6, -128);
}

static void test_blank_calibration(void **state)
{
    uint8_t ones[BME280_FIRST_BYTES];
    static const uint8_t zeros[BME280_FIRST_BYTES];
    struct bme280_calibration c;

    (void)state;
    memset(ones, 0xFF, sizeof ones);
    assert_int_equal(bme280_calibration_parse(&c, ones, ones), ROOST_ERR_CORRUPT);
    assert_int_equal(bme280_calibration_parse(&c, zeros, zeros), ROOST_ERR_CORRUPT);
    assert_int_equal(bme280_calibration_parse(&c, first, zeros), ROOST_ERR_CORRUPT);
}

static void test_temperature_example(void **state)
{
    struct bme280_calibration c = calibrated();
    struct roost_climate_sample sample;
    uint8_t data[BME280_DATA_BYTES];

    (void)state;
    put(data, 519888, 30000);
    assert_int_equal(bme280_decode(&c, data, &sample), 0);
    assert_int_equal(sample.temperature_mdegc, 25080);
}

/* Section 4.2.3's formulas in floating point, which the integers must follow. */
static void reference(const struct bme280_calibration *c, int32_t raw_t, int32_t raw_h,
                      double *degc, double *percent)
{
    double var1 = (raw_t / 16384.0 - c->t1 / 1024.0) * c->t2;
    double apart = raw_t / 131072.0 - c->t1 / 8192.0;
    double fine = var1 + apart * apart * c->t3;
    double h = fine - 76800.0;

    h = (raw_h - (c->h4 * 64.0 + c->h5 / 16384.0 * h)) *
        (c->h2 / 65536.0 * (1.0 + c->h6 / 67108864.0 * h * (1.0 + c->h3 / 67108864.0 * h)));
    h = h * (1.0 - c->h1 * h / 524288.0);
    *degc = fine / 5120.0;
    *percent = h < 0 ? 0 : h > 100 ? 100 : h;
}

static void test_against_floating_point(void **state)
{
    struct bme280_calibration c = calibrated();
    int cut_low = 0, cut_high = 0, between = 0;

    (void)state;
    for (int32_t raw_t = 330000; raw_t <= 700000; raw_t += 37000)
        for (int32_t raw_h = 15000; raw_h <= 52000; raw_h += 1000) {
            uint8_t data[BME280_DATA_BYTES];
            struct roost_climate_sample sample;
            double degc, percent;

            put(data, raw_t, raw_h);
            assert_int_equal(bme280_decode(&c, data, &sample), 0);
            reference(&c, raw_t, raw_h, &degc, &percent);
            double off_mdegc = sample.temperature_mdegc - degc * 1000.0;
            double off_mpct = sample.humidity_mpct - percent * 1000.0;
            assert_true(off_mdegc > -11 && off_mdegc < 11);
            assert_true(off_mpct > -30 && off_mpct < 30);
            cut_low += sample.humidity_mpct == 0;
            cut_high += sample.humidity_mpct == 100000;
            between += sample.humidity_mpct > 0 && sample.humidity_mpct < 100000;
        }
    assert_true(cut_low > 0 && cut_high > 0 && between > 100);
}

static void test_not_measured(void **state)
{
    struct bme280_calibration c = calibrated();
    struct roost_climate_sample sample;
    uint8_t data[BME280_DATA_BYTES];

    (void)state;
    put(data, 0x80000, 30000);
    assert_int_equal(bme280_decode(&c, data, &sample), ROOST_ERR_CORRUPT);
    put(data, 519888, 0x8000);
    assert_int_equal(bme280_decode(&c, data, &sample), ROOST_ERR_CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_calibration),         cmocka_unit_test(test_blank_calibration),
        cmocka_unit_test(test_temperature_example), cmocka_unit_test(test_against_floating_point),
        cmocka_unit_test(test_not_measured),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
