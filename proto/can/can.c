/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/can/can.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"

/* ---- IEEE 754 singles: sign, 8 bits of exponent, 23 of fraction; value = mantissa * 2^power ----
 */

enum { FRACTION_BITS = 23, EXPONENT_BIAS = 127, EXPONENT_ALL = 255, POWER_MAX = 7 };

int can_float_to_milli(uint32_t bits, int32_t *out)
{
    uint32_t exponent = bits >> FRACTION_BITS & EXPONENT_ALL;
    uint64_t milli = bits & ((1u << FRACTION_BITS) - 1);
    int power = (int)exponent - EXPONENT_BIAS - FRACTION_BITS;

    if (exponent == EXPONENT_ALL || power > POWER_MAX)
        return ROOST_ERR_RANGE;
    if (exponent > 0)
        milli |= 1u << FRACTION_BITS;
    milli *= 1000; /* 34 bits */
    if (power >= 0)
        milli <<= power;
    else if (power > -40)
        milli = (milli + (1ull << (-power - 1))) >> -power;
    else
        milli = 0;
    if (milli > INT32_MAX)
        return ROOST_ERR_RANGE;
    *out = bits >> 31 ? -(int32_t)milli : (int32_t)milli;
    return 0;
}

uint32_t can_float_from_milli(int32_t milli)
{
    uint64_t scaled = (uint64_t)(milli < 0 ? -(int64_t)milli : milli);
    uint32_t exponent = EXPONENT_BIAS + FRACTION_BITS;

    if (milli == 0)
        return 0;
    for (; scaled >> 62 == 0; exponent--)
        scaled <<= 1;
    scaled /= 1000;
    for (; scaled >> (FRACTION_BITS + 2) != 0; exponent++)
        scaled >>= 1;
    scaled = (scaled + 1) >> 1; /* it was one bit longer than the mantissa */
    exponent++;
    if (scaled >> (FRACTION_BITS + 1) != 0) {
        scaled >>= 1;
        exponent++;
    }
    return (milli < 0 ? 1u << 31 : 0) | exponent << FRACTION_BITS |
           ((uint32_t)scaled & ((1u << FRACTION_BITS) - 1));
}

/* ---- fields ---- */

static int64_t divide_rounded(int64_t value, int32_t by)
{
    if (by < 0) {
        value = -value;
        by = -by;
    }
    return (value < 0 ? value - by / 2 : value + by / 2) / by;
}

/* Returns 0 or ROOST_ERR_RANGE. */
static int read_field(const struct can_field *field, const uint8_t *data, int32_t *out)
{
    uint32_t raw = (uint32_t)roost_be_get(data + field->byte, field->bytes);
    int64_t value = raw;

    if (field->form == CAN_FLOAT) {
        int err = can_float_to_milli(raw, out);
        if (err)
            return err;
        value = *out;
    } else {
        if (field->form == CAN_SIGNED && raw >> (8 * field->bytes - 1) & 1)
            value -= (int64_t)1 << 8 * field->bytes;
        value = divide_rounded(value * field->mul, field->div) + field->offset;
    }
    if (value < field->min || value > field->max)
        return ROOST_ERR_RANGE;
    *out = (int32_t)value;
    return 0;
}

static int write_field(const struct can_field *field, int32_t value, uint8_t *data)
{
    if (value < field->min || value > field->max)
        return ROOST_ERR_RANGE;
    uint64_t raw =
        field->form == CAN_FLOAT
            ? can_float_from_milli(value)
            : (uint64_t)divide_rounded(((int64_t)value - field->offset) * field->div, field->mul);
    roost_be_put(data + field->byte, raw, field->bytes);
    return 0;
}

/* ---- rows ---- */

static bool row_fits(const struct can_row *row, const struct roost_can_frame *frame)
{
    if (!frame->extended || frame->id != row->id)
        return false;
    for (unsigned i = 0; i < sizeof row->fixed; i++)
        if (row->fixed_bytes >> i & 1 && (i >= frame->len || frame->data[i] != row->fixed[i]))
            return false;
    return true;
}

static int read_row(const struct can_row *row, const struct roost_can_frame *frame,
                    struct can_message *message)
{
    message->kind = row->kind;
    message->has = message->outside = message->left_out = 0;
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct can_field *field = &row->fields[i];
        int32_t value;

        if (field->byte + field->bytes > frame->len)
            return ROOST_ERR_TRUNCATED;
        if (read_field(field, frame->data, &value) == 0) {
            can_put(message, (enum can_quantity)field->quantity, value);
        } else {
            message->outside |= 1u << field->quantity;
            message->left_out++;
        }
    }
    return 0;
}

int can_decode_row(const struct can_row *row, const struct roost_can_frame *frame,
                   struct can_message *message)
{
    return row_fits(row, frame) ? read_row(row, frame, message) : ROOST_ERR_NOT_FOUND;
}

const struct can_row *can_find(const struct can_table *table, enum can_bus bus,
                               const struct roost_can_frame *frame)
{
    for (unsigned i = 0; i < table->row_count; i++)
        if (table->rows[i].bus == bus && row_fits(&table->rows[i], frame))
            return &table->rows[i];
    return NULL;
}

int can_decode(const struct can_table *table, enum can_bus bus, const struct roost_can_frame *frame,
               struct can_message *message)
{
    const struct can_row *row = can_find(table, bus, frame);

    if (!row)
        return ROOST_ERR_NOT_FOUND;
    return can_is_said((enum can_kind)row->kind) ? ROOST_ERR_REFUSED
                                                 : read_row(row, frame, message);
}

int can_encode(const struct can_row *row, const struct can_message *message,
               struct roost_can_frame *frame)
{
    struct roost_can_frame made = {
        .id = row->id, .extended = true, .len = (uint8_t)sizeof made.data};

    for (unsigned i = 0; i < sizeof row->fixed; i++)
        if (row->fixed_bytes >> i & 1)
            made.data[i] = row->fixed[i];
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct can_field *field = &row->fields[i];

        if (!can_has(message, (enum can_quantity)field->quantity))
            return ROOST_ERR_EMPTY;
        int err = write_field(field, message->value[field->quantity], made.data);
        if (err)
            return err;
    }
    *frame = made;
    return 0;
}

const struct can_row *can_next(const struct can_table *table, enum can_kind kind, uint8_t *at)
{
    for (unsigned i = 1; i <= table->row_count; i++) {
        unsigned next = (*at + i) % table->row_count;

        if (table->rows[next].kind != kind)
            continue;
        *at = (uint8_t)next;
        return &table->rows[next];
    }
    return NULL;
}
