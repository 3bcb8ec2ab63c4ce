/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Analogue inputs of ADC1, which goes on beside Wi-Fi: for drivers that measure a voltage. In the
 * device's task; a reading takes under a millisecond. Depends on ESP-IDF's ADC, esp_hw.h.
 *
 *     err = esp_adc1_open("servo", &position, "feedback", pin);
 *     err = esp_adc1_read_mv(&position, &mv);
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_ADC1_H
#define ROOST_PORT_ESP_IDF_ESP_ADC1_H

#include <stdbool.h>
#include <stdint.h>

struct esp_adc1 {
    bool there;
    int channel;
    void *calibration; /* NULL: this chip has none burnt in, millivolts are rough */
};

/* 0 also for ESP_PIN_NONE: it is not there. ROOST_ERR_RANGE: no pin of ADC1; or ESP-IDF's error.
 * The log says which part's and which signal. */
int esp_adc1_open(const char *part, struct esp_adc1 *input, const char *signal, int pin);

/* 0 or ROOST_ERR_FAULT. */
int esp_adc1_read_mv(const struct esp_adc1 *input, int32_t *out);

#endif
