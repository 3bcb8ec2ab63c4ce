/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/dht22.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

enum { FIRST_BIT = 3 }; /* index of its low pulse, behind the host's end and the answer */

struct frame {
    uint16_t pulses[DHT22_PULSES + 8];
    size_t count;
};

static void add(struct frame *frame, bool high, unsigned us)
{
    frame->pulses[frame->count++] = (uint16_t)((high ? DHT22_HIGH : 0u) | us);
}

/* As the manual draws it. */
static struct frame make(const uint8_t bytes[5])
{
    struct frame frame = {.count = 0};

    add(&frame, true, 30);
    add(&frame, false, 80);
    add(&frame, true, 80);
    for (int bit = 0; bit < DHT22_BITS; bit++) {
        add(&frame, false, 50);
        add(&frame, true, bytes[bit / 8] & 0x80 >> bit % 8 ? 70 : 26);
    }
    add(&frame, false, 50);
    add(&frame, true, 0);
    return frame;
}

static int decode(const struct frame *frame, struct roost_climate_sample *out)
{
    *out = (struct roost_climate_sample){-1, -1};
    return dht22_decode(frame->pulses, frame->count, out);
}

/* The two examples of the AM2302 manual, and the ends of its range. */
static void test_frames(void **state)
{
    static const struct {
        uint8_t bytes[5];
        int32_t temperature_mdegc, humidity_mpct;
    } known[] = {
        {{0x02, 0x92, 0x01, 0x0D, 0xA2}, 26900, 65800},
        {{0x02, 0x92, 0x80, 0x65, 0x79}, -10100, 65800},
        {{0x02, 0x8C, 0x01, 0x5F, 0xEE}, 35100, 65200},
        {{0x00, 0x00, 0x81, 0x90, 0x11}, -40000, 0},
        {{0x03, 0xE8, 0x03, 0x20, 0x0E}, 80000, 100000},
        {{0x00, 0x01, 0x80, 0x00, 0x81}, 0, 100},
    };
    struct roost_climate_sample sample;

    (void)state;
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        struct frame frame = make(known[i].bytes);

        assert_int_equal(decode(&frame, &sample), 0);
        assert_int_equal(sample.temperature_mdegc, known[i].temperature_mdegc);
        assert_int_equal(sample.humidity_mpct, known[i].humidity_mpct);
    }
}

static const uint8_t good[5] = {0x02, 0x92, 0x01, 0x0D, 0xA2};

/* What is measured of the host's own pulse, and of the end, differs from part to part. */
static void test_head_and_end(void **state)
{
    struct frame whole = make(good);
    struct frame frame = {.count = 0};
    struct roost_climate_sample sample;

    (void)state;
    add(&frame, false, 900); /* the end of the start pulse and a glitch in the rise */
    add(&frame, true, 2);
    add(&frame, false, 3);
    memcpy(frame.pulses + 3, whole.pulses, whole.count * sizeof whole.pulses[0]);
    frame.count = whole.count + 3;
    assert_int_equal(decode(&frame, &sample), 0);

    frame = whole;
    memmove(frame.pulses, frame.pulses + 1, (frame.count - 1) * sizeof frame.pulses[0]);
    frame.count -= 1;
    assert_int_equal(decode(&frame, &sample), 0);
    frame.count -= 2; /* not even the low of the end */
    assert_int_equal(decode(&frame, &sample), 0);
    frame.count -= 1;
    assert_int_equal(decode(&frame, &sample), ROOST_ERR_CORRUPT);
}

static void test_silent(void **state)
{
    struct frame frame = {.count = 0};
    struct roost_climate_sample sample;

    (void)state;
    assert_int_equal(decode(&frame, &sample), ROOST_ERR_TIMEOUT);
    add(&frame, true, 0);
    assert_int_equal(decode(&frame, &sample), ROOST_ERR_TIMEOUT);
    frame.count = 0;
    for (int i = 0; i < 60; i++)
        add(&frame, i % 2 == 0, 26); /* noise of a line without pull-up */
    assert_int_equal(decode(&frame, &sample), ROOST_ERR_TIMEOUT);
    assert_int_equal(sample.humidity_mpct, -1);
}

static void test_checksum(void **state)
{
    struct roost_climate_sample sample;

    (void)state;
    for (int bit = 0; bit < DHT22_BITS; bit++) {
        uint8_t bytes[5];

        memcpy(bytes, good, sizeof bytes);
        bytes[bit / 8] = (uint8_t)(bytes[bit / 8] ^ 0x80 >> bit % 8);
        struct frame frame = make(bytes);
        assert_int_equal(decode(&frame, &sample), ROOST_ERR_CORRUPT);
    }
}

static void test_lengths(void **state)
{
    static const struct {
        bool high;
        uint16_t us;
        int err;
    } tried[] = {
        {false, 29, ROOST_ERR_CORRUPT},
        {false, 30, 0},
        {false, 80, 0},
        {false, 81, ROOST_ERR_CORRUPT},
        {true, 9, ROOST_ERR_CORRUPT},
        {true, 10, 0},
        {true, 48, 0},
        {true, 96, ROOST_ERR_CORRUPT},
        {true, 500, ROOST_ERR_CORRUPT},
        {true, 0, ROOST_ERR_CORRUPT},
    };
    struct roost_climate_sample sample;

    (void)state;
    for (size_t i = 0; i < sizeof tried / sizeof tried[0]; i++)
        for (size_t bit = 0; bit < 6; bit++) { /* these are zeros */
            struct frame frame = make(good);
            size_t at = FIRST_BIT + 2 * bit + (tried[i].high ? 1 : 0);

            frame.pulses[at] = (uint16_t)((tried[i].high ? DHT22_HIGH : 0u) | tried[i].us);
            assert_int_equal(decode(&frame, &sample), tried[i].err);
        }
    for (uint16_t us = 49; us <= 95; us++) { /* the seventh bit is a one */
        struct frame frame = make(good);

        frame.pulses[FIRST_BIT + 2 * 6 + 1] = (uint16_t)(DHT22_HIGH | us);
        assert_int_equal(decode(&frame, &sample), 0);
    }
}

static void test_too_many_or_too_few(void **state)
{
    struct roost_climate_sample sample;
    struct frame whole = make(good);

    (void)state;
    for (size_t count = FIRST_BIT; count < FIRST_BIT + 2 * DHT22_BITS; count++) {
        struct frame frame = whole;

        frame.count = count;
        assert_int_equal(decode(&frame, &sample), ROOST_ERR_CORRUPT);
    }
    whole.count -= 1; /* the end marker */
    add(&whole, true, 26);
    add(&whole, false, 50);
    assert_int_equal(decode(&whole, &sample), ROOST_ERR_CORRUPT);
    for (size_t i = FIRST_BIT; i < FIRST_BIT + 2 * DHT22_BITS; i++) { /* a level that repeats */
        struct frame frame = make(good);

        frame.pulses[i] ^= DHT22_HIGH;
        assert_int_equal(decode(&frame, &sample), ROOST_ERR_CORRUPT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_frames),  cmocka_unit_test(test_head_and_end),
        cmocka_unit_test(test_silent),  cmocka_unit_test(test_checksum),
        cmocka_unit_test(test_lengths), cmocka_unit_test(test_too_many_or_too_few),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
