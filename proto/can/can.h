/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a charger says and hears on CAN, as a table: a row for each frame, with its identifier, who
 * sends it, and its fields by place, scale and range. A battery or a power module of another maker
 * is another table (struct can_table); what the rows mean, the quantities below, stays. Numbers are
 * fixed point in the unit of their name. Depends on core/, port/port.h for the frame.
 *
 *     struct can_message message = {0};
 *     if (can_decode(&can_table_default, CAN_BATTERY_BUS, &frame, &message) == 0 &&
 *         can_has(&message, CAN_BATTERY_CURRENT_MAX_MA))
 *         limit_ma = message.value[CAN_BATTERY_CURRENT_MAX_MA];
 *
 * A value outside its range is left out, never bent into it: `outside` tells which, `left_out`
 * counts them. The range of what is measured ends where a measurement cannot be true, far beyond
 * where it would be a fault: a fault has to be seen as one.
 */
#ifndef ROOST_PROTO_CAN_CAN_H
#define ROOST_PROTO_CAN_CAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "port/port.h"

enum { CAN_BIT_RATE = 250000 };

enum can_bus { CAN_BATTERY_BUS, CAN_MODULE_BUS, CAN_BUS_COUNT };

#define CAN_QUANTITY_LIST(X)                                                                       \
    X(BATTERY_VOLTAGE_MAX_MV) /* the battery wants no more, ... */                                 \
    X(BATTERY_CURRENT_MAX_MA)                                                                      \
    X(BATTERY_STOP)    /* ... 0: it allows charging, ... */                                        \
    X(BATTERY_HEATING) /* ... 1: and warms itself */                                               \
    X(CHARGED_MAH)     /* into the battery in its life */                                          \
    X(DISCHARGED_MAH)                                                                              \
    X(OUTPUT_VOLTAGE_MV) /* what the battery is told of the output */                              \
    X(OUTPUT_CURRENT_MA)                                                                           \
    X(OUTPUT_STATUS)           /* enum can_output_status, bits */                                  \
    X(MODULE_OFF)              /* the order: 0 on, 1 off */                                        \
    X(MODULE_VOLTAGE_LIMIT_MV) /* the order */                                                     \
    X(MODULE_CURRENT_LIMIT_MA)                                                                     \
    X(TERMINAL_VOLTAGE_MV) /* the module's meter, which energy is counted by */                    \
    X(TERMINAL_CURRENT_MA)                                                                         \
    X(MODULE_CHARGING)      /* 1: it delivers */                                                   \
    X(TELEMETRY_VOLTAGE_MV) /* the module's second, slower meter */                                \
    X(TELEMETRY_CURRENT_MA)                                                                        \
    X(MODULE_TEMPERATURE_MDEGC)

enum can_quantity {
#define X(name) CAN_##name,
    CAN_QUANTITY_LIST(X)
#undef X
        CAN_QUANTITY_COUNT
};

enum can_output_status {
    CAN_OUTPUT_HARDWARE = 1,
    CAN_OUTPUT_HOT = 2,
    CAN_OUTPUT_INPUT_VOLTAGE = 4,
    CAN_OUTPUT_NO_BATTERY = 8, /* not connected, or reversed */
    CAN_OUTPUT_TIMEOUT = 16
};

/* Kinds of frames. Several rows may be one kind: a module's telemetry is, one function a row. */
enum can_kind {
    /* heard */
    CAN_BATTERY,
    CAN_CHARGE, /* counters of ampere hours */
    CAN_TERMINAL,
    CAN_STATUS,
    CAN_TELEMETRY,
    CAN_CONTROL_REPLY,
    /* said: the rows of a kind in turn, one each period */
    CAN_OUTPUT,
    CAN_CHARGE_ASK,
    CAN_CONTROL,
    CAN_TELEMETRY_ASK,
    CAN_KIND_COUNT,
    CAN_FIRST_SAID = CAN_OUTPUT
};

enum can_form {
    CAN_UNSIGNED,
    CAN_SIGNED,
    CAN_FLOAT
}; /* FLOAT: IEEE 754 single, 4 bytes, scale 1 */

/* Big-endian. value = raw * mul / div + offset, rounded; FLOAT: thousandths of it. */
struct can_field {
    uint8_t quantity; /* enum can_quantity */
    uint8_t byte, bytes;
    uint8_t form; /* enum can_form */
    int16_t mul, div, offset;
    int32_t min, max; /* of the value */
};

struct can_row {
    uint32_t id; /* 29 bits */
    uint8_t kind, bus;
    uint8_t fixed_bytes; /* bit n: byte n is fixed[n], which tells rows of one identifier apart */
    uint8_t fixed[8];
    uint8_t field_count;
    const struct can_field *fields;
};

struct can_table {
    const struct can_row *rows;
    uint8_t row_count;
    uint16_t period_ms[CAN_KIND_COUNT]; /* between two frames that are said; 0: never */
};

/* The fielded charger's. */
extern const struct can_table can_table_default;

struct can_message {
    uint8_t kind;
    uint8_t left_out;                  /* fields outside their range */
    uint32_t has, outside;             /* bits by enum can_quantity; neither: not in this frame */
    int32_t value[CAN_QUANTITY_COUNT]; /* where `has` says so */
};

static inline bool can_has(const struct can_message *message, enum can_quantity quantity)
{
    return message->has >> quantity & 1;
}

static inline void can_put(struct can_message *message, enum can_quantity quantity, int32_t value)
{
    message->has |= 1u << quantity;
    message->value[quantity] = value;
}

/* A set of them. */
#define CAN_BIT(quantity) (1u << CAN_##quantity)

static inline bool can_is_said(enum can_kind kind)
{
    return kind >= CAN_FIRST_SAID;
}

/* The row of a frame, whoever said it. NULL: the table has none on this bus. */
const struct can_row *can_find(const struct can_table *table, enum can_bus bus,
                               const struct roost_can_frame *frame);

/* A frame that was heard. `message` need not be set before. ROOST_ERR_NOT_FOUND: no row has it on
 * this bus. ROOST_ERR_REFUSED: it is one that the charger says itself, an echo or a second charger,
 * and a sign of nobody's life. ROOST_ERR_TRUNCATED: shorter than its fields. */
int can_decode(const struct can_table *table, enum can_bus bus, const struct roost_can_frame *frame,
               struct can_message *message);

/* One row, whoever says it: for the other end, and for tests. ROOST_ERR_NOT_FOUND, _TRUNCATED. */
int can_decode_row(const struct can_row *row, const struct roost_can_frame *frame,
                   struct can_message *message);

/* Eight bytes, unused ones 0. ROOST_ERR_EMPTY: `message` lacks a field; ROOST_ERR_RANGE: one is
 * outside its range. Then there is no frame. */
int can_encode(const struct can_row *row, const struct can_message *message,
               struct roost_can_frame *frame);

/* The row of that kind that comes behind row `*at` (begin with 0), from the first again after the
 * last; *at is its place. NULL: the table has none. */
const struct can_row *can_next(const struct can_table *table, enum can_kind kind, uint8_t *at);

/* The bits of an IEEE 754 single as thousandths, half rounded away from zero, without floating
 * point. ROOST_ERR_RANGE: infinite, no number, or beyond int32_t. */
int can_float_to_milli(uint32_t bits, int32_t *out);
uint32_t can_float_from_milli(int32_t milli); /* the nearest, ties away from zero */

#endif
