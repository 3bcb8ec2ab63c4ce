/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The charger's board: its parts and their pins, from the project's configuration (idf.py
 * menuconfig, "Roost charger"). The one place that knows, and the reason that an image has the
 * drivers of these parts and no other. Inputs are active when all is well: a broken wire is not.
 */
#ifndef ROOST_FIRMWARE_CHARGER_HARDWARE_H
#define ROOST_FIRMWARE_CHARGER_HARDWARE_H

#include "devices/charger/power/power.h"
#include "firmware/charger/main/gun.h"
#include "firmware/charger/main/meter.h"
#include "firmware/charger/main/modelled.h"
#include "firmware/charger/main/reader.h"
#include "port/esp-idf/esp_part.h"
#include "sdkconfig.h"

/* The port's numbers of inputs (enum charger_input) and, behind them, of outputs. */
enum { LINE_OUTPUTS = CHARGER_INPUT_COUNT };

#define INPUT(name, pin_number)                                                                    \
    {                                                                                              \
        .number = CHARGER_IN_##name, .pin = (pin_number), .active_low = true, .pull_up = true      \
    }
#define OUTPUT(name, pin_number)                                                                   \
    {                                                                                              \
        .number = LINE_OUTPUTS + CHARGER_OUT_##name, .pin = (pin_number), .output = true           \
    }

static const struct esp_part charger_parts[] = {
#if CONFIG_ROOST_NETWORK_OPENETH
    ESP_OPENETH(.host_name = "roost-charger"),
#else
    ESP_WIFI(.host_name = "roost-charger"),
#endif
    ESP_WS(),
    ESP_HTTP(),
    ESP_CERTIFICATES(),

#if CONFIG_ROOST_POWER_BOARD
    /* The battery's bus, and the power module's. */
    ESP_TWAI(.bus = 0, .tx_pin = CONFIG_ROOST_PIN_CAN_TX, .rx_pin = CONFIG_ROOST_PIN_CAN_RX),
    ESP_MCP2515(.bus = 1, .clock_pin = CONFIG_ROOST_PIN_CAN2_SCK,
                .out_pin = CONFIG_ROOST_PIN_CAN2_SI, .in_pin = CONFIG_ROOST_PIN_CAN2_SO,
                .select_pin = CONFIG_ROOST_PIN_CAN2_CS, .int_pin = CONFIG_ROOST_PIN_CAN2_INT,
                .crystal_hz = CONFIG_ROOST_CAN2_CRYSTAL_HZ),
    ESP_LINES(
        INPUT(PLUG, CONFIG_ROOST_PIN_PLUG), INPUT(STOP_CHAIN, CONFIG_ROOST_PIN_STOP_CHAIN),
        INPUT(DOOR, CONFIG_ROOST_PIN_DOOR), INPUT(EARTH, CONFIG_ROOST_PIN_EARTH),
        INPUT(FAN, CONFIG_ROOST_PIN_FAN), INPUT(POLARITY, CONFIG_ROOST_PIN_POLARITY),
        INPUT(INSULATION, CONFIG_ROOST_PIN_INSULATION), INPUT(CONTACTOR, CONFIG_ROOST_PIN_FEEDBACK),
        OUTPUT(TEST, CONFIG_ROOST_PIN_TEST), OUTPUT(PRECHARGE, CONFIG_ROOST_PIN_PRECHARGE),
        OUTPUT(CONTACTOR, CONFIG_ROOST_PIN_CONTACTOR), OUTPUT(MODULE, CONFIG_ROOST_PIN_MODULE)),
    CHARGER_GUN(.sensor_pin = CONFIG_ROOST_PIN_GUN_SENSOR),
#if CONFIG_ROOST_DC_METER
    CHARGER_METER(.tx_pin = CONFIG_ROOST_PIN_METER_TX, .rx_pin = CONFIG_ROOST_PIN_METER_RX,
                  .direction_pin = CONFIG_ROOST_PIN_METER_DIRECTION,
                  .address = CONFIG_ROOST_DC_METER_ADDRESS),
#endif
#if CONFIG_ROOST_CARD_READER
    CHARGER_READER(.tx_pin = CONFIG_ROOST_PIN_READER_TX, .rx_pin = CONFIG_ROOST_PIN_READER_RX),
#endif
#if CONFIG_ROOST_PIN_LIGHT >= 0
    ESP_LED(.pin = CONFIG_ROOST_PIN_LIGHT),
#endif
#else
    CHARGER_MODELLED(),
#endif
};

#undef INPUT
#undef OUTPUT

#endif
