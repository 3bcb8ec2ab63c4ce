/* SPDX-License-Identifier: Apache-2.0 */
#include "port/esp-idf/esp_adc1.h"

#include "esp_adc/adc_cali.h"
#include "esp_adc/adc_cali_scheme.h"
#include "esp_adc/adc_oneshot.h"
#include "esp_log.h"

#include "core/err.h"
#include "port/esp-idf/esp_hw.h"

enum {
    SAMPLES = 8, /* of a reading, averaged */
    TRIES = 3,   /* a conversion that lost the ADC to the Wi-Fi driver */
    ADC_BITS = 12
};

static adc_oneshot_unit_handle_t unit_of_all;

/* At 12 dB; of use only without a calibration. */
#if CONFIG_IDF_TARGET_ESP32
enum { FULL_SCALE_MV = 3100 };
#else
enum { FULL_SCALE_MV = 2900 };
#endif

static adc_cali_handle_t calibration_of(const char *part, adc_channel_t channel)
{
    adc_cali_handle_t handle = NULL;
    esp_err_t err = ESP_ERR_NOT_SUPPORTED;

    (void)channel; /* one for all of them in line fitting */
#if ADC_CALI_SCHEME_CURVE_FITTING_SUPPORTED
    const adc_cali_curve_fitting_config_t config = {.unit_id = ADC_UNIT_1,
                                                    .chan = channel,
                                                    .atten = ADC_ATTEN_DB_12,
                                                    .bitwidth = ADC_BITWIDTH_12};
    err = adc_cali_create_scheme_curve_fitting(&config, &handle);
#elif ADC_CALI_SCHEME_LINE_FITTING_SUPPORTED
    const adc_cali_line_fitting_config_t config = {
        .unit_id = ADC_UNIT_1,
        .atten = ADC_ATTEN_DB_12,
        .bitwidth = ADC_BITWIDTH_12,
#if CONFIG_IDF_TARGET_ESP32
        .default_vref = 1100
#endif
    };
    err = adc_cali_create_scheme_line_fitting(&config, &handle);
#endif
    if (err == ESP_OK)
        return handle;
    ESP_LOGW(part, "ADC without calibration (%s): millivolts are rough", esp_err_to_name(err));
    return NULL;
}

int esp_adc1_open(const char *part, struct esp_adc1 *input, const char *signal, int pin)
{
    const adc_oneshot_unit_init_cfg_t unit = {.unit_id = ADC_UNIT_1,
                                              .ulp_mode = ADC_ULP_MODE_DISABLE};
    const adc_oneshot_chan_cfg_t how = {.atten = ADC_ATTEN_DB_12, .bitwidth = ADC_BITWIDTH_12};
    adc_unit_t which;
    adc_channel_t channel;

    if (pin == ESP_PIN_NONE)
        return 0;
    if (!esp_pin_check(part, signal, pin, ESP_PIN_INPUT))
        return ROOST_ERR_RANGE;
    if (adc_oneshot_io_to_channel(pin, &which, &channel) != ESP_OK || which != ADC_UNIT_1) {
        ESP_LOGE(part, "pin %d for %s is not one of ADC1", pin, signal);
        return ROOST_ERR_RANGE;
    }
    esp_err_t err = unit_of_all ? ESP_OK : adc_oneshot_new_unit(&unit, &unit_of_all);
    if (err == ESP_OK)
        err = adc_oneshot_config_channel(unit_of_all, channel, &how);
    if (err != ESP_OK)
        return esp_part_error(part, signal, err);
    input->channel = (int)channel;
    input->calibration = calibration_of(part, channel);
    input->there = true;
    return 0;
}

int esp_adc1_read_mv(const struct esp_adc1 *input, int32_t *out)
{
    int sum = 0;

    for (int i = 0; i < SAMPLES; i++) {
        int raw;
        esp_err_t err = ESP_FAIL;

        for (int tries = 0; tries < TRIES && err != ESP_OK; tries++)
            err = adc_oneshot_read(unit_of_all, (adc_channel_t)input->channel, &raw);
        if (err != ESP_OK)
            return ROOST_ERR_FAULT;
        sum += raw;
    }
    int average = (sum + SAMPLES / 2) / SAMPLES;
    int mv = average * FULL_SCALE_MV / ((1 << ADC_BITS) - 1);
    if (input->calibration && adc_cali_raw_to_voltage(input->calibration, average, &mv) != ESP_OK)
        return ROOST_ERR_FAULT;
    *out = mv;
    return 0;
}
