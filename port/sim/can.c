/* SPDX-License-Identifier: Apache-2.0 */
#include "port/sim/can.h"

#include <string.h>

#include "core/assert.h"
#include "core/err.h"

/* ISO 11898-1: 12.1.4 counters and states, 10.4 frames. */
enum {
    PASSIVE_ABOVE = 127,
    BUS_OFF_ABOVE = 255,
    SEND_ERROR = 8,
    RECEIVE_ERRORS_MAX = 255,
    RECOVERY_BITS = 128 * 11,
    STANDARD_BITS = 47, /* without data, with the space between frames */
    EXTENDED_BITS = 67,
    BIT_RATE_MAX = 1000000
};

static bool takes_part(const struct sim_can_node *node)
{
    return node->status.state == ROOST_CAN_ACTIVE || node->status.state == ROOST_CAN_PASSIVE;
}

/* ---- counters ---- */

static void judge(struct sim_can_node *node)
{
    struct roost_can_status *status = &node->status;

    if (status->tx_errors > BUS_OFF_ABOVE) {
        status->state = ROOST_CAN_BUS_OFF;
        node->send_count = 0;
    } else {
        bool passive = status->tx_errors > PASSIVE_ABOVE || status->rx_errors > PASSIVE_ABOVE;

        status->state = passive ? ROOST_CAN_PASSIVE : ROOST_CAN_ACTIVE;
    }
}

static void add_error(struct sim_can_node *node, bool sender)
{
    if (sender)
        node->status.tx_errors += SEND_ERROR;
    else if (node->status.rx_errors < RECEIVE_ERRORS_MAX)
        node->status.rx_errors++;
    judge(node);
}

static void take_error_back(struct sim_can_node *node, bool sender)
{
    uint32_t *count = sender ? &node->status.tx_errors : &node->status.rx_errors;

    if (!sender && *count > PASSIVE_ABOVE)
        *count = PASSIVE_ABOVE;
    else if (*count > 0)
        (*count)--;
    judge(node);
}

/* ---- the bus ---- */

/* What wins: the lower identifier, and of equal ones the standard frame. */
static uint64_t rank(const struct roost_can_frame *frame)
{
    if (!frame->extended)
        return (uint64_t)frame->id << 19;
    return (uint64_t)(frame->id >> 18) << 19 | 1u << 18 | (frame->id & 0x3FFFFu);
}

/* Stuffing adds a bit to five at most; a fifth of that is what real traffic shows. */
static uint64_t frame_us(const struct roost_can_frame *frame, uint32_t bit_rate)
{
    uint64_t bits = (frame->extended ? EXTENDED_BITS : STANDARD_BITS) + 8u * frame->len;

    bits += bits / 25;
    return (bits * 1000000 + bit_rate - 1) / bit_rate;
}

/* Puts the next frame on the bus. */
static void begin_frame(struct sim_can_bus *bus, uint64_t start_us)
{
    bus->sender = NULL;
    for (size_t i = 0; i < bus->node_count; i++) {
        struct sim_can_node *node = bus->nodes[i];

        if (!takes_part(node) || node->send_count == 0 || node->futile)
            continue;
        if (!bus->sender || rank(&node->sending[0]) < rank(&bus->sender->sending[0]))
            bus->sender = node;
    }
    bus->busy = bus->sender != NULL;
    if (bus->busy)
        bus->end_us = start_us + frame_us(&bus->sender->sending[0], bus->sender->bit_rate);
}

/* A controller set to another rate takes every frame for an error and says so while it may. */
static bool spoilt(struct sim_can_bus *bus, const struct sim_can_node *sender)
{
    bool by_fault = bus->shorted || sim_random_chance(&bus->random, bus->loss_per_million);

    if (bus->disturbed > 0) {
        bus->disturbed--;
        by_fault = true;
    }
    for (size_t i = 0; i < bus->node_count; i++)
        if (bus->nodes[i]->status.state == ROOST_CAN_ACTIVE &&
            bus->nodes[i]->bit_rate != sender->bit_rate)
            return true;
    return by_fault;
}

static bool acknowledged(const struct sim_can_bus *bus, const struct sim_can_node *sender)
{
    for (size_t i = 0; i < bus->node_count; i++)
        if (bus->nodes[i] != sender && takes_part(bus->nodes[i]) &&
            bus->nodes[i]->bit_rate == sender->bit_rate)
            return true;
    return false;
}

static void take_in(struct sim_can_node *node, const struct roost_can_frame *frame)
{
    take_error_back(node, false);
    if (node->receive_count == SIM_CAN_RECEIVE_MAX) {
        node->status.overruns++;
        return;
    }
    node->received[(node->receive_at + node->receive_count++) % SIM_CAN_RECEIVE_MAX] = *frame;
    node->news = true;
}

static void deliver(struct sim_can_bus *bus, struct sim_can_node *sender)
{
    struct roost_can_frame frame = sender->sending[0];

    bus->frames++;
    memmove(&sender->sending[0], &sender->sending[1],
            --sender->send_count * sizeof sender->sending[0]);
    take_error_back(sender, true);
    for (size_t i = 0; i < bus->node_count; i++)
        if (bus->nodes[i] != sender && takes_part(bus->nodes[i]) &&
            bus->nodes[i]->bit_rate == sender->bit_rate)
            take_in(bus->nodes[i], &frame);
}

static void end_frame(struct sim_can_bus *bus)
{
    struct sim_can_node *sender = bus->sender;

    if (!sender)
        return;
    if (spoilt(bus, sender)) {
        bus->destroyed++;
        for (size_t i = 0; i < bus->node_count; i++)
            if (takes_part(bus->nodes[i]))
                add_error(bus->nodes[i], bus->nodes[i] == sender);
    } else if (acknowledged(bus, sender)) {
        deliver(bus, sender);
    } else if (sender->status.state == ROOST_CAN_PASSIVE) {
        sender->futile = true; /* exception 1 of 12.1.4.2: counts no more, so nothing changes */
    } else {
        bus->destroyed++;
        add_error(sender, true);
    }
}

static void frame_over(void *ctx, uint64_t number, void *data);

static void schedule(struct sim_can_bus *bus)
{
    if (bus->busy)
        sim_at(bus->clock, (bus->end_us + 999) / 1000, frame_over, bus, 0, NULL);
}

/* All frames that ended in this millisecond. */
static void frame_over(void *ctx, uint64_t number, void *data)
{
    struct sim_can_bus *bus = ctx;

    (void)number;
    (void)data;
    while (bus->busy && bus->end_us <= bus->clock->now_ms * 1000) {
        end_frame(bus);
        begin_frame(bus, bus->end_us);
    }
    schedule(bus);
    for (size_t i = 0; i < bus->node_count; i++) {
        struct sim_can_node *node = bus->nodes[i];
        bool news = node->news;

        node->news = false;
        if (news && node->ready)
            node->ready(node->ctx);
    }
}

static void wake(struct sim_can_bus *bus)
{
    uint64_t now_us = bus->clock->now_ms * 1000;

    if (bus->busy)
        return;
    begin_frame(bus, bus->end_us > now_us ? bus->end_us : now_us);
    schedule(bus);
}

/* Something is different: what was futile may succeed. */
static void changed(struct sim_can_bus *bus)
{
    for (size_t i = 0; i < bus->node_count; i++)
        bus->nodes[i]->futile = false;
    wake(bus);
}

void sim_can_bus_init(struct sim_can_bus *bus, struct sim_clock *clock, uint64_t index)
{
    *bus = (struct sim_can_bus){.clock = clock};
    sim_random_init(&bus->random, clock->seed, "can", index);
}

/* ---- controllers ---- */

void sim_can_node_init(struct sim_can_node *node, struct sim_can_bus *bus)
{
    ROOST_ASSERT(bus->node_count < SIM_CAN_NODES_MAX);
    *node = (struct sim_can_node){.bus = bus};
    bus->nodes[bus->node_count++] = node;
}

int sim_can_stop(struct sim_can_node *node)
{
    node->life++;
    node->status.state = ROOST_CAN_STOPPED;
    node->recovering = node->news = false;
    node->send_count = node->receive_count = 0;
    if (node->bus->sender == node)
        node->bus->sender = NULL;
    return 0;
}

int sim_can_start(struct sim_can_node *node, uint32_t bit_rate)
{
    if (bit_rate == 0 || bit_rate > BIT_RATE_MAX)
        return ROOST_ERR_INVALID;
    (void)sim_can_stop(node);
    node->bit_rate = bit_rate;
    node->status = (struct roost_can_status){.state = ROOST_CAN_ACTIVE};
    changed(node->bus);
    return 0;
}

int sim_can_send(struct sim_can_node *node, const struct roost_can_frame *frame)
{
    if (!takes_part(node))
        return ROOST_ERR_STATE;
    if (frame->len > sizeof frame->data || frame->id > (frame->extended ? 0x1FFFFFFFu : 0x7FFu))
        return ROOST_ERR_INVALID;
    if (node->send_count == SIM_CAN_SEND_MAX)
        return ROOST_ERR_FULL;
    node->sending[node->send_count++] = *frame;
    wake(node->bus);
    return 0;
}

int sim_can_receive(struct sim_can_node *node, struct roost_can_frame *out)
{
    if (node->status.state == ROOST_CAN_STOPPED)
        return ROOST_ERR_STATE;
    if (node->receive_count == 0)
        return 0;
    *out = node->received[node->receive_at];
    node->receive_at = (node->receive_at + 1) % SIM_CAN_RECEIVE_MAX;
    node->receive_count--;
    return 1;
}

static void recovered(void *ctx, uint64_t number, void *data)
{
    struct sim_can_node *node = ctx;

    (void)number;
    (void)data;
    if (!node->recovering || node->bus->shorted)
        return; /* a short circuit is no recessive bit */
    node->recovering = false;
    node->status.tx_errors = node->status.rx_errors = 0;
    node->status.state = ROOST_CAN_ACTIVE;
    changed(node->bus);
}

static void count_bits(struct sim_can_node *node)
{
    uint64_t wait_ms = ((uint64_t)RECOVERY_BITS * 1000 + node->bit_rate - 1) / node->bit_rate;

    sim_at_guarded(node->bus->clock, node->bus->clock->now_ms + wait_ms, recovered, node, 0, NULL,
                   &node->life);
}

int sim_can_recover(struct sim_can_node *node)
{
    if (node->status.state != ROOST_CAN_BUS_OFF)
        return ROOST_ERR_STATE;
    if (!node->recovering)
        count_bits(node);
    node->recovering = true;
    return 0;
}

void sim_can_set_shorted(struct sim_can_bus *bus, bool shorted)
{
    if (bus->shorted == shorted)
        return;
    bus->shorted = shorted;
    for (size_t i = 0; i < bus->node_count && !shorted; i++)
        if (bus->nodes[i]->recovering)
            count_bits(bus->nodes[i]);
    changed(bus);
}
