/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/mcp2515.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/err.h"

/* ---- the controller, by its data sheet (DS20001801J): registers and instructions ---- */

enum {
    CANSTAT = 0x0E,
    CANCTRL = 0x0F,
    TEC = 0x1C,
    REC = 0x1D,
    CNF3 = 0x28,
    CANINTF = 0x2C,
    EFLG = 0x2D,
    TXB = 0x30,
    RXB = 0x60
};

static struct {
    uint8_t registers[128];
    bool absent;                   /* nobody answers: MISO floats high */
    bool stubborn;                 /* stays in its mode */
    int fails_in;                  /* transfers until one fails; -1: none */
    unsigned sent[16], sent_count; /* identifiers as they left */
} chip;

static void enter_mode(uint8_t mode)
{
    if (!chip.stubborn)
        chip.registers[CANSTAT] = (uint8_t)((chip.registers[CANSTAT] & 0x1F) | mode);
    if (chip.registers[CANSTAT] >> 5 == 4) /* configuration: counters are cleared */
        chip.registers[TEC] = chip.registers[REC] = chip.registers[EFLG] = 0;
}

static void reset(void)
{
    memset(chip.registers, 0, sizeof chip.registers);
    chip.registers[CANCTRL] = 0x87;
    chip.registers[CANSTAT] = 0x80;
}

static void write_one(uint8_t at, uint8_t value)
{
    chip.registers[at] = value;
    if (at != CANCTRL)
        return;
    enter_mode(value & 0xE0);
    if (value & 0x10) /* ABAT */
        for (int i = 0; i < 3; i++)
            chip.registers[TXB + 16 * i] &= (uint8_t)~0x08;
}

static uint8_t status(void)
{
    uint8_t out = chip.registers[CANINTF] & 3;

    for (int i = 0; i < 3; i++)
        out = (uint8_t)(out | (chip.registers[TXB + 16 * i] & 0x08 ? 0x04 << 2 * i : 0));
    return out;
}

static int transfer(void *ctx, const uint8_t *out, uint8_t *in, size_t len)
{
    assert_ptr_equal(ctx, &chip);
    assert_true(len >= 1 && len <= MCP2515_TRANSFER_MAX);
    if (chip.fails_in >= 0 && chip.fails_in-- == 0)
        return ROOST_ERR_FAULT;
    memset(in, 0xFF, len);
    if (chip.absent)
        return 0;
    if (out[0] == 0xC0) {
        reset();
    } else if (out[0] == 0x03) {
        for (size_t i = 2; i < len; i++)
            in[i] = chip.registers[(out[1] + i - 2) % 128];
    } else if (out[0] == 0x02) {
        for (size_t i = 2; i < len; i++)
            write_one((uint8_t)((out[1] + i - 2) % 128), out[i]);
    } else if (out[0] == 0x05) {
        write_one(out[1], (uint8_t)((chip.registers[out[1]] & ~out[2]) | (out[3] & out[2])));
    } else if (out[0] == 0xA0) {
        in[1] = status();
    } else if ((out[0] & 0xF9) == 0x90) {
        unsigned buffer = out[0] >> 2 & 1;
        for (size_t i = 1; i < len; i++)
            in[i] = chip.registers[RXB + 16 * buffer + i];
        chip.registers[CANINTF] &= (uint8_t) ~(1u << buffer);
    } else if ((out[0] & 0xF8) == 0x40) {
        for (size_t i = 1; i < len; i++)
            chip.registers[TXB + 16u * (out[0] >> 1 & 3) + i] = out[i];
    } else if ((out[0] & 0xF8) == 0x80) {
        for (unsigned i = 0; i < 3; i++)
            if (out[0] >> i & 1)
                chip.registers[TXB + 16 * i] |= 0x08;
    } else {
        fail_msg("no instruction: %02x", out[0]);
    }
    return 0;
}

/* One frame leaves: of those that wait the one in the highest buffer. */
static void bus_takes_one(void)
{
    for (int i = 2; i >= 0; i--) {
        uint8_t *buffer = chip.registers + TXB + 16 * i;
        if (!(buffer[0] & 0x08))
            continue;
        buffer[0] &= (uint8_t)~0x08;
        unsigned id = (unsigned)buffer[1] << 3 | buffer[2] >> 5;
        if (buffer[2] & 8)
            id = id << 18 | (buffer[2] & 3u) << 16 | (unsigned)buffer[3] << 8 | buffer[4];
        chip.sent[chip.sent_count++] = id;
        return;
    }
}

/* A frame comes: into the first buffer, by rollover into the second, or it is lost. */
static void bus_brings(const uint8_t bytes[13])
{
    int buffer = !(chip.registers[CANINTF] & 1) ? 0 : !(chip.registers[CANINTF] & 2) ? 1 : 2;

    if (buffer == 2) {
        chip.registers[EFLG] |= 0x80;
        return;
    }
    memcpy(chip.registers + RXB + 16 * buffer + 1, bytes, 13);
    chip.registers[CANINTF] |= (uint8_t)(1u << buffer);
}

/* ---- tests ---- */

static struct mcp2515 can;

static void fresh(void)
{
    memset(&chip, 0, sizeof chip);
    chip.fails_in = -1;
    mcp2515_init(&can, transfer, &chip);
}

static void started(void)
{
    fresh();
    assert_int_equal(mcp2515_start(&can, 8000000, 250000), 0);
}

/* Section 5.3: the quanta of a bit and where it is sampled. */
static void timing(uint32_t crystal_hz, uint32_t rate, unsigned quanta)
{
    fresh();
    assert_int_equal(mcp2515_start(&can, crystal_hz, rate), 0);
    uint8_t cnf3 = chip.registers[CNF3], cnf2 = chip.registers[CNF3 + 1],
            cnf1 = chip.registers[CNF3 + 2];
    unsigned propagation = (cnf2 & 7u) + 1, phase1 = (cnf2 >> 3 & 7u) + 1, phase2 = (cnf3 & 7u) + 1;
    unsigned prescaler = (cnf1 & 0x3Fu) + 1, jump = (unsigned)(cnf1 >> 6) + 1;

    assert_int_equal(1 + propagation + phase1 + phase2, quanta);
    assert_int_equal((uint64_t)crystal_hz, (uint64_t)2 * prescaler * quanta * rate);
    assert_true(cnf2 & 0x80); /* phase 2 is what CNF3 says */
    assert_true(phase2 >= 2 && jump < phase2 && propagation + phase1 >= phase2);
    unsigned sample = 100 * (1 + propagation + phase1) / quanta;
    assert_true(sample >= 70 && sample <= 80);
}

static void test_bit_rates(void **state)
{
    (void)state;
    timing(8000000, 250000, 16);
    timing(8000000, 500000, 8);
    timing(16000000, 250000, 16);
    timing(16000000, 500000, 16);
    timing(16000000, 1000000, 8);
    timing(20000000, 250000, 20);
    fresh();
    assert_int_equal(mcp2515_start(&can, 8000000, 1000000), ROOST_ERR_RANGE);
    assert_int_equal(mcp2515_start(&can, 8000000, 0), ROOST_ERR_RANGE);
    assert_int_equal(mcp2515_start(&can, 8000000, 33333), ROOST_ERR_RANGE);
}

static void test_start(void **state)
{
    const struct roost_can_frame frame = {.id = 1};
    struct roost_can_frame got;
    struct roost_can_status now;
    (void)state;

    fresh();
    assert_int_equal(mcp2515_send(&can, &frame), ROOST_ERR_STATE);
    assert_int_equal(mcp2515_receive(&can, &got), ROOST_ERR_STATE);
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_STOPPED);
    started();
    assert_int_equal(chip.registers[CANSTAT] & 0xE0, 0); /* on the bus */
    assert_int_equal(chip.registers[RXB] & 0x64, 0x64);  /* everything, into both buffers */
    assert_int_equal(chip.registers[RXB + 16] & 0x60, 0x60);
    assert_int_equal(chip.registers[0x2B], 3); /* INT: a frame came */
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_ACTIVE);
    assert_int_equal(mcp2515_stop(&can), 0);
    assert_int_equal(chip.registers[CANSTAT] & 0xE0, 0x80);
    assert_int_equal(mcp2515_stop(&can), 0);
}

static void test_nobody_there(void **state)
{
    (void)state;
    fresh();
    chip.absent = true;
    assert_int_equal(mcp2515_start(&can, 8000000, 250000), ROOST_ERR_FAULT);
    fresh();
    chip.stubborn = true;
    assert_int_equal(mcp2515_start(&can, 8000000, 250000), ROOST_ERR_FAULT);
    for (int i = 0; i < 8; i++) { /* every transfer of it may fail */
        fresh();
        chip.fails_in = i;
        assert_int_equal(mcp2515_start(&can, 8000000, 250000), ROOST_ERR_FAULT);
        assert_false(can.started);
    }
}

static void test_send(void **state)
{
    struct roost_can_frame frame = {
        .id = 0x18FF50E5, .extended = true, .len = 8, .data = {1, 2, 3, 4, 5, 6, 7, 8}};
    (void)state;

    started();
    assert_int_equal(mcp2515_send(&can, &frame), 0);
    assert_memory_equal(chip.registers + TXB + 32 + 6, frame.data, 8);
    assert_int_equal(chip.registers[TXB + 32 + 5], 8);
    bus_takes_one();
    assert_int_equal(chip.sent[0], 0x18FF50E5);
    frame = (struct roost_can_frame){.id = 0x7A5, .len = 0};
    assert_int_equal(mcp2515_send(&can, &frame), 0);
    bus_takes_one();
    assert_int_equal(chip.sent[1], 0x7A5);
    frame.id = 0x800;
    assert_int_equal(mcp2515_send(&can, &frame), ROOST_ERR_INVALID);
    frame = (struct roost_can_frame){.id = 0x20000000, .extended = true};
    assert_int_equal(mcp2515_send(&can, &frame), ROOST_ERR_INVALID);
    frame = (struct roost_can_frame){.len = 9};
    assert_int_equal(mcp2515_send(&can, &frame), ROOST_ERR_INVALID);
}

/* However the bus takes them, they leave in the order they were given, and none is lost. */
static void test_order(void **state)
{
    unsigned given = 0, random = 1;
    (void)state;

    started();
    while (chip.sent_count < 16) {
        const struct roost_can_frame frame = {.id = given};
        random = random * 1103515245 + 12345;
        if (random >> 16 & 1) {
            int err = mcp2515_send(&can, &frame);
            assert_true(err == 0 || err == ROOST_ERR_FULL);
            given += err == 0;
        } else {
            bus_takes_one();
        }
    }
    for (unsigned i = 0; i < 16; i++)
        assert_int_equal(chip.sent[i], i);
}

static void test_receive(void **state)
{
    /* 0x1806E5F4 with 8 bytes; standard 0x123 with 2; a remote frame; a length code of 12 */
    static const uint8_t extended[13] = {0xC0, 0x2A | 0x08, 0xE5, 0xF4, 8, 1, 2, 3, 4, 5, 6, 7, 8},
                         standard[13] = {0x24, 0x60, 0, 0, 2, 9, 10},
                         remote[13] = {0x24, 0x70, 0, 0, 2}, long_code[13] = {0x24, 0x60, 0, 0, 12};
    struct roost_can_frame got;
    (void)state;

    started();
    assert_int_equal(mcp2515_receive(&can, &got), 0);
    bus_brings(extended);
    bus_brings(standard);
    assert_int_equal(mcp2515_receive(&can, &got), 1);
    assert_true(got.extended && got.len == 8);
    assert_int_equal(got.id, 0x1806E5F4);
    assert_memory_equal(got.data, extended + 5, 8);
    assert_int_equal(mcp2515_receive(&can, &got), 1);
    assert_false(got.extended);
    assert_int_equal(got.id, 0x123);
    assert_int_equal(got.len, 2);
    assert_memory_equal(got.data, standard + 5, 2);
    assert_int_equal(mcp2515_receive(&can, &got), 0);
    bus_brings(remote);
    bus_brings(long_code);
    assert_int_equal(mcp2515_receive(&can, &got), 1);
    assert_int_equal(got.len, 8);
    assert_int_equal(mcp2515_receive(&can, &got), 0);
    chip.fails_in = 0;
    assert_int_equal(mcp2515_receive(&can, &got), ROOST_ERR_FAULT);
}

static void test_overrun(void **state)
{
    static const uint8_t frame[13] = {0x24, 0x60};
    struct roost_can_status now;
    (void)state;

    started();
    for (int i = 0; i < 3; i++)
        bus_brings(frame);
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.overruns, 1);
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.overruns, 1); /* told once */
}

static void test_bus_off(void **state)
{
    const struct roost_can_frame frame = {.id = 5};
    struct roost_can_status now;
    (void)state;

    started();
    assert_int_equal(mcp2515_recover(&can), ROOST_ERR_STATE);
    chip.registers[TEC] = 130;
    chip.registers[EFLG] = 0x10;
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_PASSIVE);
    assert_int_equal(now.tx_errors, 130);
    assert_int_equal(mcp2515_send(&can, &frame), 0);
    chip.registers[EFLG] = 0x30;
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_BUS_OFF);
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_BUS_OFF); /* and stays, whatever the chip thinks */
    assert_int_equal(mcp2515_send(&can, &frame), ROOST_ERR_STATE);
    assert_int_equal(mcp2515_recover(&can), 0);
    bus_takes_one();
    assert_int_equal(chip.sent_count, 0); /* what waited is forgotten */
    assert_int_equal(mcp2515_status(&can, &now), 0);
    assert_int_equal(now.state, ROOST_CAN_ACTIVE);
    assert_int_equal(mcp2515_send(&can, &frame), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_bit_rates),    cmocka_unit_test(test_start),
        cmocka_unit_test(test_nobody_there), cmocka_unit_test(test_send),
        cmocka_unit_test(test_order),        cmocka_unit_test(test_receive),
        cmocka_unit_test(test_overrun),      cmocka_unit_test(test_bus_off),
    };

    return cmocka_run_group_tests_name("MCP2515", tests, NULL, NULL);
}
