/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The drivers of the ESP-IDF port, one file a part, and the choice among them. Private to the port.
 * Each init is called once, from app_main, after esp_queue_init and before the device's task runs.
 * It allocates all that its driver ever needs (the CAN controller excepted, esp_twai.c) and always
 * leaves working operations in *out: where a part cannot be set up, or a pin cannot do what it is
 * for, the log names it and *out is that of a part that is not there, whose operations answer
 * ROOST_ERR_FAULT.
 *
 *     esp_climate_init(&options->hardware, &port.climate);
 *     esp_motor_init(&options->hardware, &port.motor);
 *
 * Operations run in the device's task, and no other; interrupts, timers and workers post to
 * esp_queue.h. Depends on ESP-IDF's drivers, port/parts, world/ (esp_model.c).
 */
#ifndef ROOST_PORT_ESP_IDF_ESP_HW_H
#define ROOST_PORT_ESP_IDF_ESP_HW_H

#include <stdbool.h>

#include "esp_err.h"

#include "port/esp-idf/esp_port.h"
#include "port/port.h"

/* Return 0, or why the part is not there; its operations can be called all the same. */
int esp_climate_init(const struct esp_hardware *hw, struct roost_climate_sensor *out);
int esp_motor_init(const struct esp_hardware *hw, struct roost_motor *out);
int esp_audio_init(const struct esp_hardware *hw, struct roost_audio_in *out);
/* Lines and buses that are not there answer ROOST_ERR_RANGE. */
int esp_gpio_init(const struct esp_hardware *hw, struct roost_gpio *out);
int esp_can_init(const struct esp_hardware *hw, struct roost_can *out);

/* ---- the parts: *out is only set when 0 is returned ---- */

int esp_dht22_init(const struct esp_hardware *hw, struct roost_climate_sensor *out);
int esp_bme280_init(const struct esp_hardware *hw, struct roost_climate_sensor *out);
int esp_servo_init(const struct esp_hardware *hw, struct roost_motor *out);
int esp_stepper_init(const struct esp_hardware *hw, struct roost_motor *out);
int esp_inmp441_init(const struct esp_hardware *hw, struct roost_audio_in *out);
/* House, street and sash of world/, one of each. */
int esp_model_climate_init(struct roost_climate_sensor *out);
int esp_model_motor_init(struct roost_motor *out);
int esp_model_audio_init(struct roost_audio_in *out);

/* ---- what they share ---- */

enum esp_pin_use { ESP_PIN_INPUT, ESP_PIN_OUTPUT };

/* Whether the chip has such a pin and it can be used so; if not, the log says which part's. */
bool esp_pin_check(const char *part, const char *signal, int pin, enum esp_pin_use use);

/* ESP-IDF's error as one of ours; logged with the part's name and what was tried unless ESP_OK. */
int esp_part_error(const char *part, const char *tried, esp_err_t err);

/* The one interrupt service of the pins; any number of times. */
int esp_pin_interrupts(void);

#endif
