/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any frames on both buses: values are inside their ranges, and what was read is read again from
 * what is written of it. Input, repeated: row, length, bus, 8 bytes.
 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/can/can.h"

enum { RECORD = 11 };

static void check_row(const struct can_row *row, const struct can_message *message)
{
    for (unsigned i = 0; i < row->field_count; i++) {
        const struct can_field *field = &row->fields[i];
        int32_t value = message->value[field->quantity];
        FUZZ_CHECK(!can_has(message, (enum can_quantity)field->quantity) ||
                   (value >= field->min && value <= field->max));
    }
    struct roost_can_frame again;
    struct can_message back;
    if (message->left_out || can_encode(row, message, &again))
        return;
    FUZZ_CHECK(can_decode_row(row, &again, &back) == 0);
    for (unsigned i = 0; i < row->field_count; i++) {
        unsigned quantity = row->fields[i].quantity;
        FUZZ_CHECK(back.value[quantity] == message->value[quantity]);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const struct can_table *table = &can_table_default;

    for (; len >= RECORD; data += RECORD, len -= RECORD) {
        const struct can_row *row = &table->rows[data[0] % table->row_count];
        struct roost_can_frame frame = {.id = row->id, .extended = true, .len = data[1] % 9};
        struct can_message message;

        memcpy(frame.data, data + 3, sizeof frame.data);
        int err = can_decode(table, (enum can_bus)(data[2] % CAN_BUS_COUNT), &frame, &message);
        FUZZ_CHECK(err == 0 || err == ROOST_ERR_NOT_FOUND || err == ROOST_ERR_REFUSED ||
                   err == ROOST_ERR_TRUNCATED);
        err = can_decode_row(row, &frame, &message);
        FUZZ_CHECK(err == 0 || err == ROOST_ERR_NOT_FOUND || err == ROOST_ERR_TRUNCATED);
        if (err == 0)
            check_row(row, &message);
    }
    return 0;
}
