/* SPDX-License-Identifier: Apache-2.0 */
/* The board as a host of modelled surroundings: virtual time, the run's chance and its record. */
#include "core/err.h"
#include "port/sim/board.h"

static uint64_t now_ms(void *ctx)
{
    return ((struct sim_board *)ctx)->clock->now_ms;
}

static void on_timer(void *ctx, uint64_t number, void *data)
{
    struct sim_timer *timer = ctx;

    (void)number;
    (void)data;
    timer->ring(timer->arg);
}

static void stop_timer(void *ctx, unsigned number)
{
    ((struct sim_board *)ctx)->timers[number].life++;
}

static int start_timer(void *ctx, unsigned number, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    struct sim_board *board = ctx;

    if (number >= WORLD_TIMERS)
        return ROOST_ERR_FAULT;
    stop_timer(board, number);
    struct sim_timer *timer = &board->timers[number];
    timer->ring = ring;
    timer->arg = arg;
    sim_at_guarded(board->clock, board->clock->now_ms + delay_ms, on_timer, timer, 0, NULL,
                   &timer->life);
    return 0;
}

static void post(void *ctx, const struct roost_event *event)
{
    sim_board_post(ctx, event);
}

static uint64_t random_bits(void *ctx)
{
    return sim_random_next(&((struct sim_board *)ctx)->noise);
}

static bool powered(void *ctx)
{
    return sim_board_alive(ctx);
}

static void note(void *ctx, const char *what, const void *data, size_t len)
{
    struct sim_board *board = ctx;

    sim_trace(board->clock, board->options.index, what, data, len);
}

struct world_time sim_board_time(struct sim_board *board)
{
    static const struct world_time_ops ops = {.now_ms = now_ms,
                                              .start = start_timer,
                                              .stop = stop_timer,
                                              .post = post,
                                              .random = random_bits,
                                              .powered = powered,
                                              .note = note};

    return (struct world_time){.ops = &ops, .ctx = board};
}
