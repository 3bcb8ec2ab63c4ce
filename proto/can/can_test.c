/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "proto/can/can.h"

enum { DRAWS = 2000 };

static const struct can_table *const table = &can_table_default;
static struct can_message message;
static uint64_t dice = 88172645463325252u;

static uint32_t draw(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 16);
}

static struct roost_can_frame frame_of(uint32_t id, const char data[static 8])
{
    struct roost_can_frame frame = {.id = id, .extended = true, .len = 8};

    memcpy(frame.data, data, 8);
    return frame;
}

static int hear(enum can_bus bus, uint32_t id, const char data[static 8])
{
    struct roost_can_frame frame = frame_of(id, data);

    return can_decode(table, bus, &frame, &message);
}

#define ASSERT_VALUE(quantity, expected)                                                           \
    do {                                                                                           \
        assert_true(can_has(&message, (quantity)));                                                \
        assert_int_equal(message.value[quantity], (expected));                                     \
    } while (0)

/* ---- every frame as it lies on the wire ---- */

static void the_battery(void **state)
{
    (void)state;
    assert_int_equal(hear(CAN_BATTERY_BUS, 0x1806E5F4, "\x03\x48\x01\x2C\x00\x01\xFF\xFF"), 0);
    assert_int_equal(message.kind, CAN_BATTERY);
    ASSERT_VALUE(CAN_BATTERY_VOLTAGE_MAX_MV, 84000);
    ASSERT_VALUE(CAN_BATTERY_CURRENT_MAX_MA, 30000);
    ASSERT_VALUE(CAN_BATTERY_STOP, 0);
    ASSERT_VALUE(CAN_BATTERY_HEATING, 1);
    assert_int_equal(message.left_out, 0);

    /* 85.6 V, and 300.1 A: each is left out, the rest stays. */
    assert_int_equal(hear(CAN_BATTERY_BUS, 0x1806E5F4, "\x03\x58\x0B\xB9\x01\x00\x00\x00"), 0);
    assert_int_equal(message.left_out, 2);
    assert_false(can_has(&message, CAN_BATTERY_VOLTAGE_MAX_MV));
    assert_false(can_has(&message, CAN_BATTERY_CURRENT_MAX_MA));
    ASSERT_VALUE(CAN_BATTERY_STOP, 1);

    assert_int_equal(hear(CAN_BATTERY_BUS, 0x160B8001, "\x00\x01\xE2\x40\x00\x00\x00\x00"), 0);
    ASSERT_VALUE(CAN_CHARGED_MAH, 123456);
    assert_int_equal(hear(CAN_BATTERY_BUS, 0x160D8001, "\xFF\xFF\xFF\xFF\x00\x00\x00\x00"), 0);
    assert_int_equal(message.left_out, 1);
}

static void the_module(void **state)
{
    (void)state;
    /* 72.5 V and 123.25 A as IEEE floats */
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00433F01, "\x42\x91\x00\x00\x42\xF6\x80\x00"), 0);
    ASSERT_VALUE(CAN_TERMINAL_VOLTAGE_MV, 72500);
    ASSERT_VALUE(CAN_TERMINAL_CURRENT_MA, 123250);
    /* not a number, and infinity */
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00433F01, "\x7F\xC0\x00\x00\xFF\x80\x00\x00"), 0);
    assert_int_equal(message.left_out, 2);
    assert_int_equal(message.has, 0);
    assert_int_equal(message.outside, CAN_BIT(TERMINAL_VOLTAGE_MV) | CAN_BIT(TERMINAL_CURRENT_MA));
    /* 160 V and 450 A, and -450 A: a fault is seen, not left out; 1000.1 V cannot be */
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00433F01, "\x43\x20\x00\x00\x43\xE1\x00\x00"), 0);
    ASSERT_VALUE(CAN_TERMINAL_VOLTAGE_MV, 160000);
    ASSERT_VALUE(CAN_TERMINAL_CURRENT_MA, 450000);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00433F01, "\x44\x7A\x06\x66\xC3\xE1\x00\x00"), 0);
    ASSERT_VALUE(CAN_TERMINAL_CURRENT_MA, -450000);
    assert_int_equal(message.outside, CAN_BIT(TERMINAL_VOLTAGE_MV));

    assert_int_equal(hear(CAN_MODULE_BUS, 0x00473F01, "\x00\x00\x00\x00\x00\x00\x03\x01"), 0);
    ASSERT_VALUE(CAN_MODULE_CHARGING, 0);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00473F01, "\x00\x00\x00\x00\x00\x00\x03\x02"), 0);
    ASSERT_VALUE(CAN_MODULE_CHARGING, 1);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x00473F01, "\x00\x00\x00\x00\x00\x00\x03\x03"), 0);
    assert_int_equal(message.left_out, 1);

    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x84\x00\x00\x00\x01\x22\x00"), 0);
    ASSERT_VALUE(CAN_TELEMETRY_VOLTAGE_MV, 72500);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x82\x00\x00\x00\x00\x04\xD0"), 0);
    ASSERT_VALUE(CAN_TELEMETRY_CURRENT_MA, 123200);
    /* a little below nothing; 3276.7 A cannot be */
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x82\x00\x00\x00\x00\xFF\xFF"), 0);
    ASSERT_VALUE(CAN_TELEMETRY_CURRENT_MA, -100);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x82\x00\x00\x00\x00\x7F\xFF"), 0);
    assert_int_equal(message.outside, CAN_BIT(TELEMETRY_CURRENT_MA));
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x80\x00\x00\x00\x00\xC3\x50"), 0);
    ASSERT_VALUE(CAN_MODULE_TEMPERATURE_MDEGC, 50000);
    /* 71 degrees need a 17th bit, 5 below zero all 32. */
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x80\x00\x00\x00\x01\x15\x58"), 0);
    ASSERT_VALUE(CAN_MODULE_TEMPERATURE_MDEGC, 71000);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x80\x00\x00\xFF\xFF\xEC\x78"), 0);
    ASSERT_VALUE(CAN_MODULE_TEMPERATURE_MDEGC, -5000);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x79\x00\x00\x00\x00\x00\x00"), 0);
    assert_int_equal(message.kind, CAN_TELEMETRY);
    assert_int_equal(message.has, 0);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681817E, "\x01\x32\x00\x00\x00\x00\x00\x00"), 0);
    assert_int_equal(message.kind, CAN_CONTROL_REPLY);
}

static void what_is_not_heard(void **state)
{
    struct roost_can_frame frame = frame_of(0x1806E5F4, "\x03\x48\x01\x2C\x00\x00\x00\x00");

    (void)state;
    /* One's own frame is nobody's sign of life. */
    assert_int_equal(hear(CAN_BATTERY_BUS, 0x18FF50E5, "\0\0\0\0\0\0\0"), ROOST_ERR_REFUSED);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x068182FE, "\x01\x84\0\0\0\0\0"), ROOST_ERR_REFUSED);
    /* on the other bus, a standard frame, an unknown function, too short */
    assert_int_equal(can_decode(table, CAN_MODULE_BUS, &frame, &message), ROOST_ERR_NOT_FOUND);
    frame.extended = false;
    assert_int_equal(can_decode(table, CAN_BATTERY_BUS, &frame, &message), ROOST_ERR_NOT_FOUND);
    frame.extended = true;
    frame.len = 5;
    assert_int_equal(can_decode(table, CAN_BATTERY_BUS, &frame, &message), ROOST_ERR_TRUNCATED);
    assert_int_equal(hear(CAN_MODULE_BUS, 0x0681827E, "\x01\x77\0\0\0\0\0"), ROOST_ERR_NOT_FOUND);
    frame = frame_of(0x0681827E, "\x01\x84\0\0\0\0\0");
    frame.len = 1;
    assert_int_equal(can_decode(table, CAN_MODULE_BUS, &frame, &message), ROOST_ERR_NOT_FOUND);
}

static void what_is_said(void **state)
{
    static const struct {
        uint32_t id;
        const char *data;
    } expected[] = {
        {0x18FF50E5, "\x02\xD5\x04\xD0\x1F\x00\x00\x00"},
        {0x160B0180, "\x00\x00\x00\x00\x00\x00\x00\x00"},
        {0x160D0180, "\x00\x00\x00\x00\x00\x00\x00\x00"},
        {0x068182FE, "\x01\x84\x00\x00\x00\x00\x00\x00"},
        {0x068182FE, "\x01\x82\x00\x00\x00\x00\x00\x00"},
        {0x068182FE, "\x01\x80\x00\x00\x00\x00\x00\x00"},
        {0x068182FE, "\x01\x79\x00\x00\x00\x00\x00\x00"},
        {0x068182FE, "\x01\x83\x00\x00\x00\x00\x00\x00"},
        {0x068181FE, "\x01\x32\x00\x01\x00\x00\x00\x00"},
        {0x068181FE, "\x01\x00\x00\x00\x00\x01\x22\x00"},
        {0x068181FE, "\x01\x03\x00\x00\x00\x00\x0B\xEA"},
    };
    struct roost_can_frame frame;
    size_t said = 0;

    (void)state;
    message = (struct can_message){0};
    can_put(&message, CAN_OUTPUT_VOLTAGE_MV, 72500);
    can_put(&message, CAN_OUTPUT_CURRENT_MA, 123200);
    can_put(&message, CAN_OUTPUT_STATUS, 31);
    can_put(&message, CAN_MODULE_OFF, 1);
    can_put(&message, CAN_MODULE_VOLTAGE_LIMIT_MV, 72500);
    can_put(&message, CAN_MODULE_CURRENT_LIMIT_MA, 100000);
    for (unsigned i = 0; i < table->row_count; i++) {
        if (!can_is_said((enum can_kind)table->rows[i].kind))
            continue;
        assert_int_equal(can_encode(&table->rows[i], &message, &frame), 0);
        assert_int_equal(frame.id, expected[said].id);
        assert_true(frame.extended && frame.len == 8);
        assert_memory_equal(frame.data, expected[said].data, 8);
        said++;
    }
    assert_int_equal(said, sizeof expected / sizeof expected[0]);
}

static void nothing_wrong_is_said(void **state)
{
    uint8_t at = 0;
    const struct can_row *row = can_next(table, CAN_OUTPUT, &at);
    struct roost_can_frame frame = {.id = 7};

    (void)state;
    message = (struct can_message){0};
    can_put(&message, CAN_OUTPUT_VOLTAGE_MV, 72500);
    can_put(&message, CAN_OUTPUT_CURRENT_MA, -1);
    assert_int_equal(can_encode(row, &message, &frame), ROOST_ERR_RANGE);
    message.has = 0;
    assert_int_equal(can_encode(row, &message, &frame), ROOST_ERR_EMPTY);
    assert_int_equal(frame.id, 7);
}

static void rows_come_in_turn(void **state)
{
    static const uint8_t functions[] = {0x84, 0x82, 0x80, 0x79, 0x83, 0x84};
    uint8_t at = 0;
    const struct can_table none = {.rows = table->rows, .row_count = 1};

    (void)state;
    for (size_t i = 0; i < sizeof functions; i++)
        assert_int_equal(can_next(table, CAN_TELEMETRY_ASK, &at)->fixed[1], functions[i]);
    assert_null(can_next(&none, CAN_CONTROL, &at));
}

/* Another maker's battery: another identifier, half volts in one byte, permission in the same. */
static void another_battery(void **state)
{
    static const struct can_field limits[] = {
        {CAN_BATTERY_VOLTAGE_MAX_MV, 1, 1, CAN_UNSIGNED, 500, 1, 0, 40000, 60000},
        {CAN_BATTERY_CURRENT_MAX_MA, 2, 2, CAN_SIGNED, 1000, 1, 0, 0, 100000},
        {CAN_BATTERY_STOP, 0, 1, CAN_UNSIGNED, -1, 1, 1, 0, 1}};
    static const struct can_row rows[] = {{.id = 0x18F00102,
                                           .kind = CAN_BATTERY,
                                           .bus = CAN_BATTERY_BUS,
                                           .field_count = 3,
                                           .fields = limits}};
    static const struct can_table other = {.rows = rows, .row_count = 1};
    struct roost_can_frame frame = frame_of(0x18F00102, "\x01\x6C\x00\x28\0\0\0");

    (void)state;
    frame.len = 4;
    assert_int_equal(can_decode(&other, CAN_BATTERY_BUS, &frame, &message), 0);
    ASSERT_VALUE(CAN_BATTERY_VOLTAGE_MAX_MV, 54000);
    ASSERT_VALUE(CAN_BATTERY_CURRENT_MAX_MA, 40000);
    ASSERT_VALUE(CAN_BATTERY_STOP, 0); /* 1 is yes there */
    frame.data[2] = 0xFF;              /* -216 A */
    assert_int_equal(can_decode(&other, CAN_BATTERY_BUS, &frame, &message), 0);
    assert_int_equal(message.left_out, 1);
}

/* ---- properties ---- */

static void every_row_comes_back(void **state)
{
    struct can_message back;
    struct roost_can_frame frame;

    (void)state;
    for (unsigned i = 0; i < table->row_count; i++) {
        const struct can_row *row = &table->rows[i];
        for (int n = 0; n < DRAWS; n++) {
            message = (struct can_message){0};
            for (unsigned f = 0; f < row->field_count; f++) {
                const struct can_field *field = &row->fields[f];
                uint32_t span = (uint32_t)field->max - (uint32_t)field->min;
                int64_t value = field->min + (int64_t)(n == 0   ? 0
                                                       : n == 1 ? span
                                                                : draw() % ((uint64_t)span + 1));
                can_put(&message, (enum can_quantity)field->quantity, (int32_t)value);
            }
            assert_int_equal(can_encode(row, &message, &frame), 0);
            assert_int_equal(can_decode_row(row, &frame, &back), 0);
            for (unsigned f = 0; f < row->field_count; f++) {
                const struct can_field *field = &row->fields[f];
                int32_t step = field->mul / field->div / 2 + 1;
                int32_t sent = message.value[field->quantity];

                /* The last step of a scale may lie beyond the range: then it is left out. */
                if (!can_has(&back, (enum can_quantity)field->quantity)) {
                    assert_true(sent > field->max - step || sent < field->min + step);
                    continue;
                }
                assert_true(back.value[field->quantity] >= sent - step);
                assert_true(back.value[field->quantity] <= sent + step);
            }
        }
    }
}

static void whatever_comes(void **state)
{
    (void)state;
    for (int n = 0; n < DRAWS * 10; n++) {
        const struct can_row *row = &table->rows[draw() % table->row_count];
        struct roost_can_frame frame = {
            .id = row->id, .extended = true, .len = (uint8_t)(draw() % 9)};

        for (unsigned i = 0; i < 8; i++)
            frame.data[i] = draw() % 2 ? row->fixed[i] : (uint8_t)draw();
        if (can_decode(table, (enum can_bus)row->bus, &frame, &message) != 0)
            continue;
        for (unsigned f = 0; f < row->field_count; f++) {
            const struct can_field *field = &row->fields[f];
            if (can_has(&message, (enum can_quantity)field->quantity))
                assert_in_range(message.value[field->quantity] - (int64_t)field->min, 0,
                                (int64_t)field->max - field->min);
        }
    }
}

/* ---- floats ---- */

static float float_of(uint32_t bits)
{
    float value;

    memcpy(&value, &bits, sizeof value);
    return value;
}

static double error_of(uint32_t bits, int32_t milli)
{
    double error = (double)float_of(bits) - milli / 1000.0;

    return error < 0 ? -error : error;
}

static void floats(void **state)
{
    int32_t milli;

    (void)state;
    assert_int_equal(can_float_to_milli(0x80000000u, &milli), 0);
    assert_int_equal(milli, 0);
    assert_int_equal(can_float_to_milli(0x00000001u, &milli), 0); /* the least there is */
    assert_int_equal(milli, 0);
    assert_int_equal(can_float_to_milli(0xBF800000u, &milli), 0);
    assert_int_equal(milli, -1000);
    assert_int_equal(can_float_to_milli(0x3A03126Fu, &milli), 0); /* 0.0005 */
    assert_int_equal(milli, 1);
    assert_int_equal(can_float_to_milli(0x4A03126Eu, &milli), 0); /* 2147483.5 */
    assert_int_equal(milli, 2147483500);
    assert_int_equal(can_float_to_milli(0x4A031270u, &milli), ROOST_ERR_RANGE); /* 2147484 */
    assert_int_equal(can_float_to_milli(0x7F7FFFFFu, &milli), ROOST_ERR_RANGE);
    assert_int_equal(can_float_to_milli(0x7F800000u, &milli), ROOST_ERR_RANGE);
    assert_int_equal(can_float_to_milli(0x7FC00001u, &milli), ROOST_ERR_RANGE);
    for (int n = 0; n < DRAWS * 10; n++) {
        uint32_t bits = draw();
        double exact = (double)float_of(bits) * 1000;
        int err = can_float_to_milli(bits, &milli);

        if (err) {
            assert_true(!(exact > -2147483647.0 && exact < 2147483647.0));
            continue;
        }
        assert_true(milli - exact <= 0.5 && exact - milli <= 0.5);
        int32_t drawn = (int32_t)draw();
        uint32_t written = can_float_from_milli(drawn);
        assert_true(error_of(written, drawn) <= error_of(written + 1, drawn));
        assert_true(error_of(written, drawn) <= error_of(written - 1, drawn));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_battery),           cmocka_unit_test(the_module),
        cmocka_unit_test(what_is_not_heard),     cmocka_unit_test(what_is_said),
        cmocka_unit_test(nothing_wrong_is_said), cmocka_unit_test(rows_come_in_turn),
        cmocka_unit_test(every_row_comes_back),  cmocka_unit_test(whatever_comes),
        cmocka_unit_test(another_battery),       cmocka_unit_test(floats),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
