/* SPDX-License-Identifier: Apache-2.0 */
#include "port/parts/mcp2515.h"

#include <string.h>

#include "core/err.h"

/* Instructions: section 12, table 12-1. */
enum {
    DO_RESET = 0xC0,
    DO_READ = 0x03,
    DO_WRITE = 0x02,
    DO_MODIFY = 0x05,
    DO_READ_STATUS = 0xA0,
    DO_READ_RX = 0x90, /* | 4: the second buffer; clears its flag at the end */
    DO_LOAD_TX = 0x40, /* | 2 * buffer */
    DO_REQUEST = 0x80  /* | 1 << buffer */
};

/* Registers: section 11, table 11-1. */
enum {
    REG_CANSTAT = 0x0E,
    REG_CANCTRL = 0x0F,
    REG_TEC = 0x1C,  /* REC behind it */
    REG_CNF3 = 0x28, /* CNF2, CNF1, CANINTE, CANINTF, EFLG behind it */
    REG_EFLG = 0x2D,
    REG_RXB0CTRL = 0x60,
    REG_RXB1CTRL = 0x70
};

enum {
    MODE_MASK = 0xE0,
    MODE_NORMAL = 0x00,
    MODE_CONFIGURATION = 0x80,
    ABORT_ALL = 0x10,
    RX_ANY = 0x60,      /* RXM: filters off */
    RX_ROLLOVER = 0x04, /* BUKT: into the second buffer when the first is full */
    INT_RECEIVED = 0x03,
    FLAG_OVERRUN = 0xC0,
    FLAG_BUS_OFF = 0x20,
    FLAG_PASSIVE = 0x18,
    IN_BUFFER_0 = 0x01, /* of READ STATUS */
    IN_BUFFER_1 = 0x02,
    OUT_WAITS_0 = 0x04, /* and two bits on for each further buffer */
    EXTENDED = 0x08,    /* of SIDL */
    REMOTE_STANDARD = 0x10,
    REMOTE = 0x40 /* of DLC */
};

enum { STANDARD_ID_MAX = 0x7FF, EXTENDED_ID_MAX = 0x1FFFFFFF, TX_BUFFERS = 3, MODE_LOOKS = 64 };

void mcp2515_init(struct mcp2515 *can,
                  int (*transfer)(void *ctx, const uint8_t *out, uint8_t *in, size_t len),
                  void *ctx)
{
    *can = (struct mcp2515){.transfer = transfer, .ctx = ctx};
}

/* ---- registers ---- */

static int run(const struct mcp2515 *can, const uint8_t *out, uint8_t *in, size_t len)
{
    return can->transfer(can->ctx, out, in, len);
}

static int read_registers(const struct mcp2515 *can, uint8_t at, uint8_t *values, size_t count)
{
    uint8_t out[MCP2515_TRANSFER_MAX] = {DO_READ, at}, in[MCP2515_TRANSFER_MAX];
    int err = run(can, out, in, 2 + count);

    if (!err)
        memcpy(values, in + 2, count);
    return err;
}

static int write_register(const struct mcp2515 *can, uint8_t at, uint8_t value)
{
    const uint8_t out[] = {DO_WRITE, at, value};
    uint8_t in[sizeof out];

    return run(can, out, in, sizeof out);
}

static int modify(const struct mcp2515 *can, uint8_t at, uint8_t mask, uint8_t value)
{
    const uint8_t out[] = {DO_MODIFY, at, mask, value};
    uint8_t in[sizeof out];

    return run(can, out, in, sizeof out);
}

/* A mode is entered when the bus lets it: a frame under way is ended first. */
static int enter(const struct mcp2515 *can, uint8_t mode)
{
    uint8_t now = 0;
    int err = modify(can, REG_CANCTRL, MODE_MASK, mode);

    for (int i = 0; !err && i < MODE_LOOKS; i++) {
        err = read_registers(can, REG_CANSTAT, &now, 1);
        if (!err && (now & MODE_MASK) == mode)
            return 0;
    }
    return err ? err : ROOST_ERR_FAULT;
}

/* ---- the bit rate ---- */

/* Section 5: a bit of 8 to 25 quanta, 16 by preference; sampled at three quarters of it. */
static int find_timing(uint32_t crystal_hz, uint32_t bit_rate, uint8_t cnf[3])
{
    uint32_t best = 0, prescaler = 0;

    for (uint32_t brp = 1; bit_rate > 0 && brp <= 64; brp++) {
        uint64_t bit = (uint64_t)2 * brp * bit_rate;
        uint32_t quanta = (uint32_t)(crystal_hz / bit);

        if (crystal_hz % bit != 0 || quanta < 8 || quanta > 22)
            continue;
        if (best == 0 || (quanta > best && best < 16) || (quanta < best && quanta >= 16)) {
            best = quanta;
            prescaler = brp;
        }
    }
    if (best == 0)
        return ROOST_ERR_RANGE;
    uint32_t phase2 = best / 4, rest = best - 1 - phase2;
    uint32_t phase1 = (rest + 1) / 2 > 8 ? 8 : (rest + 1) / 2;
    cnf[0] = (uint8_t)(phase2 - 1);                                     /* CNF3 */
    cnf[1] = (uint8_t)(0x80 | (phase1 - 1) << 3 | (rest - phase1 - 1)); /* CNF2 */
    cnf[2] = (uint8_t)((phase2 > 2 ? 1u : 0u) << 6 | (prescaler - 1));  /* CNF1 */
    return 0;
}

/* ---- its life ---- */

static int configure(const struct mcp2515 *can, const uint8_t cnf[3])
{
    const uint8_t out[] = {DO_WRITE, REG_CNF3, cnf[0], cnf[1], cnf[2], INT_RECEIVED, 0, 0};
    uint8_t in[sizeof out], back[3];
    int err = run(can, out, in, sizeof out);

    if (!err)
        err = read_registers(can, REG_CNF3, back, sizeof back);
    if (!err && memcmp(back, cnf, sizeof back) != 0)
        err = ROOST_ERR_FAULT; /* nobody there, or something else */
    if (!err)
        err = write_register(can, REG_RXB0CTRL, RX_ANY | RX_ROLLOVER);
    if (!err)
        err = write_register(can, REG_RXB1CTRL, RX_ANY);
    return err;
}

int mcp2515_start(struct mcp2515 *can, uint32_t crystal_hz, uint32_t bit_rate)
{
    const uint8_t reset[] = {DO_RESET};
    uint8_t cnf[3], in[1];
    int err = find_timing(crystal_hz, bit_rate, cnf);

    can->started = can->off = false;
    if (!err)
        err = run(can, reset, in, 1);
    if (!err)
        err = enter(can, MODE_CONFIGURATION); /* which a reset leads to */
    if (!err)
        err = configure(can, cnf);
    if (!err)
        err = enter(can, MODE_NORMAL);
    can->started = !err;
    return err;
}

int mcp2515_stop(struct mcp2515 *can)
{
    if (!can->started)
        return 0;
    can->started = can->off = false;
    return enter(can, MODE_CONFIGURATION);
}

int mcp2515_recover(struct mcp2515 *can)
{
    if (!can->started || !can->off)
        return ROOST_ERR_STATE;
    int err = enter(can, MODE_NORMAL);
    if (!err)
        can->off = false;
    return err;
}

/* ---- frames ---- */

static void pack_id(uint8_t out[4], const struct roost_can_frame *frame)
{
    uint32_t standard = frame->extended ? frame->id >> 18 : frame->id;

    out[0] = (uint8_t)(standard >> 3);
    out[1] = (uint8_t)(standard << 5 & 0xE0);
    out[2] = out[3] = 0;
    if (!frame->extended)
        return;
    out[1] = (uint8_t)(out[1] | EXTENDED | (frame->id >> 16 & 3));
    out[2] = (uint8_t)(frame->id >> 8);
    out[3] = (uint8_t)frame->id;
}

static uint32_t unpack_id(const uint8_t in[4], bool extended)
{
    uint32_t standard = (uint32_t)in[0] << 3 | in[1] >> 5;

    if (!extended)
        return standard;
    return standard << 18 | (uint32_t)(in[1] & 3) << 16 | (uint32_t)in[2] << 8 | in[3];
}

static int read_status(const struct mcp2515 *can, uint8_t *status)
{
    const uint8_t out[] = {DO_READ_STATUS, 0};
    uint8_t in[sizeof out];
    int err = run(can, out, in, sizeof out);

    *status = in[1];
    return err;
}

static int load(const struct mcp2515 *can, unsigned buffer, const struct roost_can_frame *frame)
{
    uint8_t out[MCP2515_TRANSFER_MAX] = {(uint8_t)(DO_LOAD_TX | 2 * buffer)};
    uint8_t in[MCP2515_TRANSFER_MAX];
    const uint8_t request = (uint8_t)(DO_REQUEST | 1u << buffer);

    pack_id(out + 1, frame);
    out[5] = frame->len;
    memcpy(out + 6, frame->data, frame->len);
    int err = run(can, out, in, 6u + frame->len);
    return err ? err : run(can, &request, in, 1);
}

/* Frames go out in the order they were given: the controller takes the highest of the buffers that
 * wait, so a lower one is filled only behind it, and the highest only when none waits. */
int mcp2515_send(struct mcp2515 *can, const struct roost_can_frame *frame)
{
    uint8_t status;

    if (frame->len > 8 || frame->id > (frame->extended ? EXTENDED_ID_MAX : STANDARD_ID_MAX))
        return ROOST_ERR_INVALID;
    if (!can->started || can->off)
        return ROOST_ERR_STATE;
    int err = read_status(can, &status);
    if (err)
        return err;
    for (unsigned buffer = 0; buffer < TX_BUFFERS; buffer++) {
        if (!(status & OUT_WAITS_0 << 2 * buffer))
            continue;
        return buffer == 0 ? ROOST_ERR_FULL : load(can, buffer - 1, frame);
    }
    return load(can, TX_BUFFERS - 1, frame);
}

static bool unpack(const uint8_t in[13], struct roost_can_frame *out)
{
    bool extended = (in[1] & EXTENDED) != 0;
    uint8_t len = in[4] & 0x0F;

    *out = (struct roost_can_frame){
        .id = unpack_id(in, extended), .extended = extended, .len = len > 8 ? 8 : len};
    memcpy(out->data, in + 5, out->len);
    return extended ? (in[4] & REMOTE) == 0 : (in[1] & REMOTE_STANDARD) == 0;
}

/* Remote frames ask for something that nobody here has: they are passed by. */
int mcp2515_receive(struct mcp2515 *can, struct roost_can_frame *out)
{
    uint8_t status;

    if (!can->started)
        return ROOST_ERR_STATE;
    for (;;) {
        int err = read_status(can, &status);
        if (err)
            return err;
        if (!(status & (IN_BUFFER_0 | IN_BUFFER_1)))
            return 0;
        const uint8_t ask[MCP2515_TRANSFER_MAX] = {
            (uint8_t)(status & IN_BUFFER_0 ? DO_READ_RX : DO_READ_RX | 4)};
        uint8_t in[MCP2515_TRANSFER_MAX];
        err = run(can, ask, in, sizeof in);
        if (err)
            return err;
        if (unpack(in + 1, out))
            return 1;
    }
}

/* ---- how it is ---- */

/* What waits to be sent is no more true when the bus is back. */
static int forget_waiting(const struct mcp2515 *can)
{
    int err = modify(can, REG_CANCTRL, ABORT_ALL, ABORT_ALL);

    return err ? err : modify(can, REG_CANCTRL, ABORT_ALL, 0);
}

static int look_at_errors(struct mcp2515 *can, uint8_t flags)
{
    int err = 0;

    if (flags & FLAG_OVERRUN) {
        can->overruns += (flags >> 7 & 1u) + (flags >> 6 & 1u);
        err = modify(can, REG_EFLG, FLAG_OVERRUN, 0);
    }
    if (!err && flags & FLAG_BUS_OFF && !can->off) {
        can->off = true;
        err = forget_waiting(can);
        if (!err)
            err = enter(can, MODE_CONFIGURATION);
    }
    return err;
}

int mcp2515_status(struct mcp2515 *can, struct roost_can_status *out)
{
    uint8_t counters[2] = {0, 0}, flags = 0;
    int err = 0;

    *out = (struct roost_can_status){.state = ROOST_CAN_STOPPED, .overruns = can->overruns};
    if (!can->started)
        return 0;
    err = read_registers(can, REG_TEC, counters, sizeof counters);
    if (!err)
        err = read_registers(can, REG_EFLG, &flags, 1);
    if (!err)
        err = look_at_errors(can, flags);
    out->tx_errors = counters[0];
    out->rx_errors = counters[1];
    out->overruns = can->overruns;
    out->state = can->off               ? ROOST_CAN_BUS_OFF
                 : flags & FLAG_PASSIVE ? ROOST_CAN_PASSIVE
                                        : ROOST_CAN_ACTIVE;
    return err;
}
