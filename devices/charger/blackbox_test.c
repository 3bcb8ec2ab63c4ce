/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>

#include "core/bytes.h"
#include "devices/charger/blackbox.h"
#include "devices/charger/power/test/rig.h"

enum { BOOK = 4800 };

static struct charger_blackbox box;
static struct charger_blackbox_reader reader;
static char line[CHARGER_BLACKBOX_LINE_MAX];
static uint64_t dice = 88172645463325252u;

/* All that came, to compare with what is read. */
static struct {
    uint32_t tick, id;
    uint8_t data[8], len, bus;
    bool said, extended;
} book[BOOK];
static uint32_t booked;
static bool noisy;

static uint32_t draw(void)
{
    dice ^= dice << 13;
    dice ^= dice >> 7;
    dice ^= dice << 17;
    return (uint32_t)(dice >> 16);
}

static void put(uint64_t now_ms, enum can_bus bus, const struct roost_can_frame *frame, bool said)
{
    uint32_t left_out = box.left_out, missed = box.missed;

    charger_blackbox_frame(&box, now_ms, bus, frame, said);
    if (box.left_out > left_out || box.missed > missed)
        return;
    book[booked % BOOK].tick = (uint32_t)(now_ms / 10);
    book[booked % BOOK].id = frame->id;
    memcpy(book[booked % BOOK].data, frame->data, 8);
    book[booked % BOOK].len = frame->len;
    book[booked % BOOK].bus = (uint8_t)bus;
    book[booked % BOOK].said = said;
    book[booked % BOOK].extended = frame->extended;
    booked++;
}

/* Of the power part. A real meter's last bits are noise: 0.1 V and 0.1 A of it. */
static void hook(void *ctx, uint64_t now_ms, enum can_bus bus, const struct roost_can_frame *frame,
                 bool said)
{
    struct roost_can_frame heard = *frame;

    (void)ctx;
    if (noisy && frame->id == 0x00433F01)
        for (int i = 0; i < 8; i += 4)
            roost_be_put(heard.data + i, roost_be_get(frame->data + i, 4) ^ (draw() & 0x3FFF), 4);
    put(now_ms, bus, &heard, said);
}

static struct roost_can_frame frame_of(uint32_t id, const char data[static 8])
{
    struct roost_can_frame frame = {.id = id, .extended = true, .len = 8};

    memcpy(frame.data, data, 8);
    return frame;
}

static void begin(void)
{
    charger_blackbox_init(&box, &can_table_default);
    booked = 0;
}

static const char *next_line(void)
{
    int len = charger_blackbox_line(&reader, line);

    assert_true(len >= 0 && len < CHARGER_BLACKBOX_LINE_MAX);
    assert_int_equal(len > 0 ? (int)strlen(line) : 0, len);
    return len > 0 ? line : NULL;
}

/* Every line is a frame of the book, from the oldest that is kept to the last. */
static void expect_the_last(void)
{
    char expected[CHARGER_BLACKBOX_LINE_MAX];

    assert_int_equal(charger_blackbox_read(&box, &reader), 0);
    assert_non_null(next_line());
    assert_true(box.kept <= BOOK && box.kept <= booked);
    assert_int_equal(box.kept + box.gone, booked);
    for (uint32_t i = booked - box.kept; i < booked; i++) {
        uint32_t tick = book[i % BOOK].tick;
        int at = snprintf(expected, sizeof expected, "(%u.%02u0000) can%u %0*X#",
                          (unsigned)tick / 100, (unsigned)tick % 100, book[i % BOOK].bus,
                          book[i % BOOK].extended ? 8 : 3, (unsigned)book[i % BOOK].id);
        for (int n = 0; n < book[i % BOOK].len; n++)
            at += snprintf(expected + at, sizeof expected - (size_t)at, "%02X",
                           book[i % BOOK].data[n]);
        snprintf(expected + at, sizeof expected - (size_t)at, " %c\n",
                 book[i % BOOK].said ? 'T' : 'R');
        assert_non_null(next_line());
        assert_string_equal(line, expected);
    }
    assert_null(next_line());
    assert_null(next_line());
}

static uint32_t span_ms(void)
{
    return (uint32_t)(box.tick - box.oldest.tick) * CHARGER_BLACKBOX_TICK_MS;
}

/* ---- */

static void a_few_frames(void **state)
{
    struct roost_can_frame frame = frame_of(0x1806E5F4, "\x03\x48\x02\x58\0\0\0");

    (void)state;
    begin();
    assert_int_equal(charger_blackbox_read(&box, &reader), ROOST_ERR_STATE);
    put(1234560, CAN_BATTERY_BUS, &frame, false);
    put(1234569, CAN_BATTERY_BUS, &frame, false); /* within 10 ms */
    frame.data[7] = 0xAB;
    put(1234761, CAN_BATTERY_BUS, &frame, false);
    frame = frame_of(0x18FF50E5, "\x02\xD5\0\0\0\0\0");
    put(1234761, CAN_BATTERY_BUS, &frame, true);
    charger_blackbox_freeze(&box, 409);
    charger_blackbox_freeze(&box, 411);
    put(1234800, CAN_BATTERY_BUS, &frame, true);
    assert_int_equal(charger_blackbox_read(&box, &reader), 0);
    assert_string_equal(next_line(),
                        "# until fault 409: 3 frames in 0.2 s; earlier 0, left out 1, later 1\n");
    assert_string_equal(next_line(), "(1234.560000) can0 1806E5F4#0348025800000000 R\n");
    assert_string_equal(next_line(), "(1234.760000) can0 1806E5F4#03480258000000AB R\n");
    assert_string_equal(next_line(), "(1234.760000) can0 18FF50E5#02D5000000000000 T\n");
    assert_null(next_line());
}

static void nothing_at_all(void **state)
{
    (void)state;
    begin();
    charger_blackbox_freeze(&box, 0);
    expect_the_last();
    assert_int_equal(charger_blackbox_read(&box, &reader), 0);
    assert_string_equal(next_line(),
                        "# until asked: 0 frames in 0.0 s; earlier 0, left out 0, later 0\n");
}

/* What no row has: 11 bits, short ones, an echo of one's own, a frame on the other bus. */
static void what_is_not_of_the_table(void **state)
{
    struct roost_can_frame frame = {.id = 0x123, .len = 0};

    (void)state;
    begin();
    put(1000, CAN_MODULE_BUS, &frame, false);
    frame = frame_of(0x18FF50E5, "\1\2\3\4\5\6\7");
    put(2000, CAN_BATTERY_BUS, &frame, false);
    frame.len = 5;
    memset(frame.data + 5, 0, 3);
    put(3000, CAN_BATTERY_BUS, &frame, true);
    frame = frame_of(0x1806E5F4, "\1\2\3\4\5\6\7");
    put(4000, CAN_MODULE_BUS, &frame, false);
    put(4999, CAN_MODULE_BUS, &frame, false); /* within the second */
    put(UINT32_MAX, CAN_MODULE_BUS, &frame, false);
    charger_blackbox_freeze(&box, 401);
    assert_int_equal(box.left_out, 1);
    expect_the_last();
}

/* It goes on where it stopped; who reads meanwhile is told. */
static void frozen_and_thawed(void **state)
{
    struct roost_can_frame frame = frame_of(0x1806E5F4, "\x03\x48\x02\x58\0\0\0");

    (void)state;
    begin();
    put(1000, CAN_BATTERY_BUS, &frame, false);
    charger_blackbox_freeze(&box, 402);
    frame.data[3] = 0;
    put(2000, CAN_BATTERY_BUS, &frame, false);
    assert_int_equal(charger_blackbox_read(&box, &reader), 0);
    assert_non_null(next_line());
    charger_blackbox_thaw(&box);
    charger_blackbox_thaw(&box);
    assert_int_equal(charger_blackbox_line(&reader, line), ROOST_ERR_STALE);
    frame.data[3] = 1;
    put(86400000, CAN_BATTERY_BUS, &frame, false); /* a day later */
    charger_blackbox_freeze(&box, 403);
    assert_int_equal(charger_blackbox_line(&reader, line), ROOST_ERR_STALE);
    assert_int_equal(box.fault, 403);
    expect_the_last();
}

/* A charger that charges: more than a minute of all it says and hears, with noise in the meter. */
static void a_minute_of_charging(void **state)
{
    (void)state;
    for (int noise = 0; noise < 2; noise++) {
        begin();
        noisy = noise;
        rig_begin(60000, 400);
        rig.power.config.frame = hook;
        rig_plug_and_start();
        assert_true(rig_until(CHARGER_CHARGING, 20000));
        rig_run(100000);
        world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_RUNAWAY, true);
        for (int i = 0; i < 50 && rig.power.faults == 0; i++)
            rig_cycle();
        charger_blackbox_freeze(&box, 411);
        print_message("%s noise: %u frames, %u ms, %u left out, %u bytes\n",
                      noise ? "with" : "without", (unsigned)box.kept, (unsigned)span_ms(),
                      (unsigned)box.left_out, (unsigned)sizeof box);
        assert_true(span_ms() >= 60000);
        assert_true(box.left_out < 10); /* an order said in its turn and, at once, out of it */
        assert_true(box.gone > 0);
        expect_the_last();
    }
}

/* A thousand frames a second of others: hardly less of one's own. */
static void a_flood_of_others(void **state)
{
    (void)state;
    begin();
    noisy = true;
    rig_begin(60000, 400);
    rig.power.config.frame = hook;
    rig_plug_and_start();
    assert_true(rig_until(CHARGER_CHARGING, 20000));
    world_charger_set_fault(&rig.world, WORLD_CHARGER_BATTERY_FLOOD, true);
    world_charger_set_fault(&rig.world, WORLD_CHARGER_MODULE_FLOOD, true);
    rig_run(100000);
    charger_blackbox_freeze(&box, 0);
    print_message("flood: %u frames, %u ms, %u left out\n", (unsigned)box.kept, (unsigned)span_ms(),
                  (unsigned)box.left_out);
    assert_true(span_ms() >= 50000);
    assert_in_range(box.left_out, 195000, 200000);
    expect_the_last();
}

/* A thousand a second of the table's, each another one: at most one of a row in 10 ms, all counted.
 */
static void a_flood_of_ones_own(void **state)
{
    struct roost_can_frame frame = frame_of(0x00433F01, "\0\0\0\0\0\0\0");
    uint32_t count = 0;

    (void)state;
    begin();
    for (uint64_t ms = 0; ms < 30000; ms++, count++) {
        for (unsigned i = 0; i < 8; i++)
            frame.data[i] = (uint8_t)draw();
        put(ms, CAN_MODULE_BUS, &frame, false);
    }
    charger_blackbox_freeze(&box, 0);
    assert_int_equal(box.kept + box.gone + box.left_out, count);
    assert_int_equal(box.left_out, count / 10 * 9);
    assert_true(span_ms() >= 7000);
    expect_the_last();
}

/* Whatever comes, whenever, is what is read. */
static void anything(void **state)
{
    uint64_t now_ms = 5;

    (void)state;
    for (int round = 0; round < 20; round++) {
        begin();
        for (uint32_t n = draw() % 9000; n > 0; n--) {
            const struct can_row *row =
                &can_table_default.rows[draw() % can_table_default.row_count];
            struct roost_can_frame frame = {
                .id = draw() % 16 ? row->id : draw() & 0x7FF, .extended = draw() % 16, .len = 8};

            if (frame.id > 0x7FF)
                frame.extended = true;
            if (draw() % 32 == 0)
                frame.len = (uint8_t)(draw() % 9);
            for (unsigned i = 0; i < frame.len; i++)
                frame.data[i] = row->fixed_bytes >> i & 1 ? row->fixed[i]
                                : draw() % 4              ? 0
                                                          : (uint8_t)draw();
            now_ms += draw() % 64 ? draw() % 60 : draw() % 300000;
            put(now_ms, (enum can_bus)row->bus, &frame, draw() % 2);
        }
        charger_blackbox_freeze(&box, 0);
        expect_the_last();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_few_frames),         cmocka_unit_test(nothing_at_all),
        cmocka_unit_test(frozen_and_thawed),    cmocka_unit_test(what_is_not_of_the_table),
        cmocka_unit_test(a_minute_of_charging), cmocka_unit_test(a_flood_of_others),
        cmocka_unit_test(a_flood_of_ones_own),  cmocka_unit_test(anything),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
