/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/time.h"

#include "core/err.h"
#include "port/linux/linux.h"

static uint64_t now_ms(void *ctx)
{
    return linux_board_now_ms(ctx);
}

static void on_timer(uv_timer_t *uv)
{
    struct linux_timer *timer = (struct linux_timer *)uv; /* its first member */

    timer->ring(timer->arg);
}

static int start(void *ctx, unsigned number, uint32_t delay_ms, world_ring_fn ring, void *arg)
{
    struct roost_board *board = ctx;

    if (number >= WORLD_TIMERS || board->halted)
        return ROOST_ERR_FAULT;
    struct linux_timer *timer = &board->time.timers[number];
    timer->ring = ring;
    timer->arg = arg;
    uv_update_time(board->host->loop);
    return uv_timer_start(&timer->uv, on_timer, delay_ms, 0) == 0 ? 0 : ROOST_ERR_FAULT;
}

static void stop(void *ctx, unsigned number)
{
    uv_timer_stop(&((struct roost_board *)ctx)->time.timers[number].uv);
}

static void post(void *ctx, const struct roost_event *event)
{
    (void)linux_board_post(ctx, event); /* which counts what was refused */
}

struct world_time roost_board_time(struct roost_board *board)
{
    static const struct world_time_ops ops = {
        .now_ms = now_ms, .start = start, .stop = stop, .post = post};

    return (struct world_time){.ops = &ops, .ctx = board};
}

void linux_time_init(struct roost_board *board)
{
    for (unsigned i = 0; i < WORLD_TIMERS; i++) {
        uv_timer_init(board->host->loop, &board->time.timers[i].uv);
        board->time.timers[i].uv.data = board;
        board->open_handles++;
    }
}

void linux_time_deinit(struct roost_board *board)
{
    for (unsigned i = 0; i < WORLD_TIMERS; i++)
        uv_close((uv_handle_t *)&board->time.timers[i].uv, linux_board_closed_handle);
}
