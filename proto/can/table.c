/* SPDX-License-Identifier: Apache-2.0 */
/* The frames of the fielded charger: 250 kbit/s, 29-bit identifiers, big-endian. */
#include "proto/can/can.h"

/* A terminal at 160 V or 450 A is a fault of the output, and has to be read to be one. Beyond these
 * it is the measurement that is broken: no 25 kW module and no battery of 80 V gets there. */
enum {
    VOLTAGE_MIN_MV = 56000,
    VOLTAGE_MAX_MV = 85500,
    CURRENT_MAX_MA = 300000,
    SEEN_VOLTAGE_MV = 1000000,
    SEEN_CURRENT_MA = 1000000,
    SEEN_CHARGE_MAH = 2000000000
};

/* clang-format off */
#define FIELDS(name) .field_count = sizeof(name) / sizeof((name)[0]), .fields = (name)
/* Byte 0 and byte 1 of a request; byte 1, the function, of its reply. */
#define ASKS(function)    .fixed_bytes = 3, .fixed = {0x01, (function)}
#define REPLIES(function) .fixed_bytes = 2, .fixed = {0, (function)}

/*   quantity                       byte bytes form       mul   div   offset  min               max */
static const struct can_field battery[] = {
    {CAN_BATTERY_VOLTAGE_MAX_MV,    0, 2, CAN_UNSIGNED,   100,  1,    0,      VOLTAGE_MIN_MV,   VOLTAGE_MAX_MV},
    {CAN_BATTERY_CURRENT_MAX_MA,    2, 2, CAN_UNSIGNED,   100,  1,    0,      0,                CURRENT_MAX_MA},
    {CAN_BATTERY_STOP,              4, 1, CAN_UNSIGNED,   1,    1,    0,      0,                255},
    {CAN_BATTERY_HEATING,           5, 1, CAN_UNSIGNED,   1,    1,    0,      0,                255},
};
static const struct can_field charged[] = {
    {CAN_CHARGED_MAH,               0, 4, CAN_UNSIGNED,   1,    1,    0,      0,                SEEN_CHARGE_MAH},
};
static const struct can_field discharged[] = {
    {CAN_DISCHARGED_MAH,            0, 4, CAN_UNSIGNED,   1,    1,    0,      0,                SEEN_CHARGE_MAH},
};
static const struct can_field output[] = {
    {CAN_OUTPUT_VOLTAGE_MV,         0, 2, CAN_UNSIGNED,   100,  1,    0,      0,                SEEN_VOLTAGE_MV},
    {CAN_OUTPUT_CURRENT_MA,         2, 2, CAN_UNSIGNED,   100,  1,    0,      0,                SEEN_CURRENT_MA},
    {CAN_OUTPUT_STATUS,             4, 1, CAN_UNSIGNED,   1,    1,    0,      0,                31},
};
static const struct can_field on_off[] = {
    {CAN_MODULE_OFF,                3, 1, CAN_UNSIGNED,   1,    1,    0,      0,                1},
};
static const struct can_field voltage_limit[] = { /* x 1024 */
    {CAN_MODULE_VOLTAGE_LIMIT_MV,   4, 4, CAN_UNSIGNED,   1000, 1024, 0,      0,                VOLTAGE_MAX_MV},
};
static const struct can_field current_limit[] = { /* x 30.5 */
    {CAN_MODULE_CURRENT_LIMIT_MA,   4, 4, CAN_UNSIGNED,   2000, 61,   0,      0,                CURRENT_MAX_MA},
};
static const struct can_field seen_voltage[] = {
    {CAN_TELEMETRY_VOLTAGE_MV,      4, 4, CAN_UNSIGNED,   1000, 1024, 0,      0,                SEEN_VOLTAGE_MV},
};
static const struct can_field seen_current[] = {
    {CAN_TELEMETRY_CURRENT_MA,      6, 2, CAN_SIGNED,     100,  1,    0,      -SEEN_CURRENT_MA, SEEN_CURRENT_MA},
};
/* Of the four bytes of the value the lower two hold it up to 65.5 degrees, and the limit is 70. */
static const struct can_field temperature[] = {
    {CAN_MODULE_TEMPERATURE_MDEGC,  4, 4, CAN_SIGNED,     1,    1,    0,      -40000,           150000},
};
static const struct can_field terminal[] = {
    {CAN_TERMINAL_VOLTAGE_MV,       0, 4, CAN_FLOAT,      1,    1,    0,      -SEEN_VOLTAGE_MV, SEEN_VOLTAGE_MV},
    {CAN_TERMINAL_CURRENT_MA,       4, 4, CAN_FLOAT,      1,    1,    0,      -SEEN_CURRENT_MA, SEEN_CURRENT_MA},
};
static const struct can_field status[] = { /* 03 01: it does not, 03 02: it delivers */
    {CAN_MODULE_CHARGING,           6, 2, CAN_UNSIGNED,   1,    1,    -0x301, 0,                1},
};

static const struct can_row rows[] = {
    {0x1806E5F4, CAN_BATTERY,       CAN_BATTERY_BUS, FIELDS(battery)},
    {0x18FF50E5, CAN_OUTPUT,        CAN_BATTERY_BUS, FIELDS(output)},
    {0x160B0180, CAN_CHARGE_ASK,    CAN_BATTERY_BUS, .field_count = 0},
    {0x160D0180, CAN_CHARGE_ASK,    CAN_BATTERY_BUS, .field_count = 0},
    {0x160B8001, CAN_CHARGE,        CAN_BATTERY_BUS, FIELDS(charged)},
    {0x160D8001, CAN_CHARGE,        CAN_BATTERY_BUS, FIELDS(discharged)},
    {0x00433F01, CAN_TERMINAL,      CAN_MODULE_BUS,  FIELDS(terminal)},
    {0x00473F01, CAN_STATUS,        CAN_MODULE_BUS,  FIELDS(status)},
    {0x0681827E, CAN_TELEMETRY,     CAN_MODULE_BUS,  REPLIES(0x84), FIELDS(seen_voltage)},
    {0x0681827E, CAN_TELEMETRY,     CAN_MODULE_BUS,  REPLIES(0x82), FIELDS(seen_current)},
    {0x0681827E, CAN_TELEMETRY,     CAN_MODULE_BUS,  REPLIES(0x80), FIELDS(temperature)},
    {0x0681827E, CAN_TELEMETRY,     CAN_MODULE_BUS,  REPLIES(0x79), .field_count = 0},
    {0x0681827E, CAN_TELEMETRY,     CAN_MODULE_BUS,  REPLIES(0x83), .field_count = 0},
    {0x0681817E, CAN_CONTROL_REPLY, CAN_MODULE_BUS,  REPLIES(0x32), .field_count = 0},
    {0x0681817E, CAN_CONTROL_REPLY, CAN_MODULE_BUS,  REPLIES(0x00), .field_count = 0},
    {0x0681817E, CAN_CONTROL_REPLY, CAN_MODULE_BUS,  REPLIES(0x03), .field_count = 0},
    {0x068182FE, CAN_TELEMETRY_ASK, CAN_MODULE_BUS,  ASKS(0x84), .field_count = 0},
    {0x068182FE, CAN_TELEMETRY_ASK, CAN_MODULE_BUS,  ASKS(0x82), .field_count = 0},
    {0x068182FE, CAN_TELEMETRY_ASK, CAN_MODULE_BUS,  ASKS(0x80), .field_count = 0},
    {0x068182FE, CAN_TELEMETRY_ASK, CAN_MODULE_BUS,  ASKS(0x79), .field_count = 0},
    {0x068182FE, CAN_TELEMETRY_ASK, CAN_MODULE_BUS,  ASKS(0x83), .field_count = 0},
    {0x068181FE, CAN_CONTROL,       CAN_MODULE_BUS,  ASKS(0x32), FIELDS(on_off)},
    {0x068181FE, CAN_CONTROL,       CAN_MODULE_BUS,  ASKS(0x00), FIELDS(voltage_limit)},
    {0x068181FE, CAN_CONTROL,       CAN_MODULE_BUS,  ASKS(0x03), FIELDS(current_limit)},
};
/* clang-format on */

const struct can_table can_table_default = {
    .rows = rows,
    .row_count = sizeof rows / sizeof rows[0],
    .period_ms = {[CAN_OUTPUT] = 100,
                  [CAN_CHARGE_ASK] = 500,
                  [CAN_CONTROL] = 300,
                  [CAN_TELEMETRY_ASK] = 200},
};
