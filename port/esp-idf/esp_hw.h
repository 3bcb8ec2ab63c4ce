/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hardware drivers share: pins, errors, and the operations of a part that is not there.
 * A driver begins by putting those into the port, and replaces them when it is set up:
 *
 *     static int init(const void *config, struct roost_port *port)
 *     {
 *         port->motor = esp_no_motor;
 *         if (!esp_pin_check(part, "pulse", servo->pulse_pin, ESP_PIN_OUTPUT))
 *             return ROOST_ERR_RANGE;
 *         ...
 *         port->motor = (struct roost_motor){.ops = &ops};
 *
 * Operations run in the device's task, and no other; interrupts, timers and workers post to
 * esp_queue.h. Depends on ESP-IDF's GPIO driver, port/port.h.
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_HW_H
#define ROOST_PORT_ESP_IDF_ESP_HW_H

#include <stdbool.h>

#include "esp_err.h"

#include "port/esp-idf/esp_part.h"
#include "port/port.h"

/* Answer ROOST_ERR_FAULT. The motor's range is that of a servo: a device asks for it first, and one
 * whose motor is broken still measures. */
extern const struct roost_climate_sensor esp_no_climate;
extern const struct roost_motor esp_no_motor;
extern const struct roost_audio_in esp_no_audio_in;
extern const struct roost_audio_out esp_no_audio_out;
extern const struct roost_light esp_no_light;

enum esp_pin_use { ESP_PIN_INPUT, ESP_PIN_OUTPUT };

/* Whether the chip has such a pin and it can be used so; if not, the log says which part's. */
bool esp_pin_check(const char *part, const char *signal, int pin, enum esp_pin_use use);

/* ESP-IDF's error as one of ours; logged with the part's name and what was tried unless ESP_OK. */
int esp_part_error(const char *part, const char *tried, esp_err_t err);

/* The one interrupt service of the pins; any number of times. */
int esp_pin_interrupts(void);

#endif
