/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's board: which parts it has and on which pins, from the project's configuration
 * (idf.py menuconfig, "Roost window"). The one place that knows. docs/esp32.md has the same as a
 * wiring table.
 */
#ifndef ROOST_FIRMWARE_WINDOW_HARDWARE_H
#define ROOST_FIRMWARE_WINDOW_HARDWARE_H

#include "port/esp-idf/esp_port.h"
#include "sdkconfig.h"

static const struct esp_hardware window_hardware = {
#if CONFIG_ROOST_NETWORK_OPENETH
    .net = ESP_NET_OPENETH,
#else
    .net = ESP_NET_WIFI,
#endif

#if CONFIG_ROOST_CLIMATE_DHT22
    .climate = ESP_CLIMATE_DHT22,
    .dht22_pin = CONFIG_ROOST_PIN_DHT22,
#elif CONFIG_ROOST_CLIMATE_BME280
    .climate = ESP_CLIMATE_BME280,
    .i2c_sda_pin = CONFIG_ROOST_PIN_I2C_SDA,
    .i2c_scl_pin = CONFIG_ROOST_PIN_I2C_SCL,
    .bme280_address = CONFIG_ROOST_BME280_ADDRESS,
#else
    .climate = ESP_CLIMATE_MODEL,
#endif

#if CONFIG_ROOST_MOTOR_SERVO
    .motor = ESP_MOTOR_SERVO,
    .servo_pin = CONFIG_ROOST_PIN_SERVO,
    .feedback_pin = CONFIG_ROOST_PIN_FEEDBACK,
    .current_pin = CONFIG_ROOST_PIN_CURRENT,
    .feedback_closed_mv = CONFIG_ROOST_FEEDBACK_CLOSED_MV,
    .feedback_open_mv = CONFIG_ROOST_FEEDBACK_OPEN_MV,
#elif CONFIG_ROOST_MOTOR_STEPPER
    .motor = ESP_MOTOR_STEPPER,
    .step_pin = CONFIG_ROOST_PIN_STEP,
    .direction_pin = CONFIG_ROOST_PIN_DIRECTION,
    .enable_pin = CONFIG_ROOST_PIN_ENABLE,
    .encoder_a_pin = CONFIG_ROOST_PIN_ENCODER_A,
    .encoder_b_pin = CONFIG_ROOST_PIN_ENCODER_B,
    .travel_steps = CONFIG_ROOST_TRAVEL_STEPS,
#else
    .motor = ESP_MOTOR_MODEL,
#endif

#if CONFIG_ROOST_AUDIO_INMP441
    .audio = ESP_AUDIO_INMP441,
    .i2s_clock_pin = CONFIG_ROOST_PIN_I2S_CLOCK,
    .i2s_select_pin = CONFIG_ROOST_PIN_I2S_SELECT,
    .i2s_data_pin = CONFIG_ROOST_PIN_I2S_DATA,
#elif CONFIG_ROOST_AUDIO_MODEL
    .audio = ESP_AUDIO_MODEL,
#else
    .audio = ESP_AUDIO_NONE,
#endif

    /* No digital lines and no CAN on this board. */
    .lines = {[0 ... ROOST_GPIO_LINES - 1] = {.pin = ESP_PIN_NONE}},
    .can = {[0 ... ROOST_CAN_BUSES - 1] = {.tx_pin = ESP_PIN_NONE, .rx_pin = ESP_PIN_NONE}},
};

#endif
