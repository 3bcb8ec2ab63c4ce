/* SPDX-License-Identifier: Apache-2.0 */
/* The CAN controllers of a board: port.h's operations on the nodes that are wired up. */
#include "core/assert.h"
#include "core/err.h"
#include "port/sim/board.h"

/* Returns 0, or why the firmware cannot use this controller. */
static int find(void *ctx, unsigned bus, struct sim_can_node **node)
{
    struct sim_board *board = ctx;

    if (bus >= ROOST_CAN_BUSES || !board->can[bus].bus)
        return ROOST_ERR_RANGE;
    *node = &board->can[bus];
    return sim_board_alive(board) ? 0 : ROOST_ERR_STATE;
}

static int can_start(void *ctx, unsigned bus, uint32_t bit_rate)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    return err ? err : sim_can_start(node, bit_rate);
}

static int can_send(void *ctx, unsigned bus, const struct roost_can_frame *frame)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    return err ? err : sim_can_send(node, frame);
}

static int can_receive(void *ctx, unsigned bus, struct roost_can_frame *out)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    return err ? err : sim_can_receive(node, out);
}

static int can_recover(void *ctx, unsigned bus)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    return err ? err : sim_can_recover(node);
}

static int can_status(void *ctx, unsigned bus, struct roost_can_status *out)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    if (err == 0)
        *out = node->status;
    return err;
}

static int can_stop(void *ctx, unsigned bus)
{
    struct sim_can_node *node;
    int err = find(ctx, bus, &node);

    return err ? err : sim_can_stop(node);
}

static const struct roost_can_ops can_ops = {
    .start = can_start,
    .send = can_send,
    .receive = can_receive,
    .recover = can_recover,
    .status = can_status,
    .stop = can_stop,
};

/* ---- frames came ---- */

static void ready(struct sim_board *board, unsigned bus)
{
    struct roost_event event = {.type = ROOST_EV_CAN_READY, .token = bus};

    sim_board_post(board, &event);
}

static void ready_0(void *ctx)
{
    ready(ctx, 0);
}

static void ready_1(void *ctx)
{
    ready(ctx, 1);
}

/* ---- lifecycle ---- */

void sim_board_wire_can(struct sim_board *board, unsigned bus, struct sim_can_bus *wires)
{
    static void (*const ready_by_bus[ROOST_CAN_BUSES])(void *ctx) = {ready_0, ready_1};

    ROOST_ASSERT(bus < ROOST_CAN_BUSES && !board->can[bus].bus);
    sim_can_node_init(&board->can[bus], wires);
    board->can[bus].ready = ready_by_bus[bus];
    board->can[bus].ctx = board;
    board->port.can = (struct roost_can){.ops = &can_ops, .ctx = board};
}

/* The controller falls silent with its chip. */
void sim_controllers_off(struct sim_board *board)
{
    for (unsigned i = 0; i < ROOST_CAN_BUSES; i++)
        if (board->can[i].bus)
            (void)sim_can_stop(&board->can[i]);
}
