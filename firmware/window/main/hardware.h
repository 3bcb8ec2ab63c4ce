/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's board: its parts and their pins, from the project's configuration (idf.py
 * menuconfig, "Roost window"). The one place that knows, and the reason that an image has the
 * drivers of these parts and no other. docs/esp32.md has the same as a wiring table. No digital
 * lines and no CAN on this board.
 */
#ifndef ROOST_FIRMWARE_WINDOW_HARDWARE_H
#define ROOST_FIRMWARE_WINDOW_HARDWARE_H

#include "firmware/window/main/model.h"
#include "port/esp-idf/esp_part.h"
#include "sdkconfig.h"

static const struct esp_part window_parts[] = {
#if CONFIG_ROOST_NETWORK_OPENETH
    ESP_OPENETH(.host_name = "roost-window"),
#else
    ESP_WIFI(.host_name = "roost-window"),
#endif
    ESP_MQTT(),
    ESP_HTTP(),

#if CONFIG_ROOST_CLIMATE_DHT22
    ESP_DHT22(.data_pin = CONFIG_ROOST_PIN_DHT22),
#elif CONFIG_ROOST_CLIMATE_BME280
    ESP_BME280(.sda_pin = CONFIG_ROOST_PIN_I2C_SDA, .scl_pin = CONFIG_ROOST_PIN_I2C_SCL,
               .address = CONFIG_ROOST_BME280_ADDRESS),
#else
    WINDOW_MODEL_CLIMATE(),
#endif

#if CONFIG_ROOST_MOTOR_SERVO
    ESP_SERVO(.pulse_pin = CONFIG_ROOST_PIN_SERVO, .feedback_pin = CONFIG_ROOST_PIN_FEEDBACK,
              .current_pin = CONFIG_ROOST_PIN_CURRENT,
              .feedback_closed_mv = CONFIG_ROOST_FEEDBACK_CLOSED_MV,
              .feedback_open_mv = CONFIG_ROOST_FEEDBACK_OPEN_MV),
#elif CONFIG_ROOST_MOTOR_STEPPER
    ESP_STEPPER(.step_pin = CONFIG_ROOST_PIN_STEP, .direction_pin = CONFIG_ROOST_PIN_DIRECTION,
                .enable_pin = CONFIG_ROOST_PIN_ENABLE, .encoder_a_pin = CONFIG_ROOST_PIN_ENCODER_A,
                .encoder_b_pin = CONFIG_ROOST_PIN_ENCODER_B,
                .travel_steps = CONFIG_ROOST_TRAVEL_STEPS),
#else
    WINDOW_MODEL_MOTOR(),
#endif

#if CONFIG_ROOST_AUDIO_INMP441
    ESP_INMP441(.clock_pin = CONFIG_ROOST_PIN_I2S_CLOCK, .select_pin = CONFIG_ROOST_PIN_I2S_SELECT,
                .data_pin = CONFIG_ROOST_PIN_I2S_DATA),
#elif CONFIG_ROOST_AUDIO_MODEL
    WINDOW_MODEL_AUDIO(),
#endif
};

#endif
