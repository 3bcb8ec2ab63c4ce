/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board's clock and timers of the loop for modelled surroundings (world/time.h), which run in
 * real time beside the device.
 *
 *     struct world_time time = roost_board_time(board);
 *     world_lamp_attach(&world, &time, &board->port);
 */
#ifndef ROOST_PORT_LINUX_TIME_H
#define ROOST_PORT_LINUX_TIME_H

#include <uv.h>

#include "world/time.h"

struct roost_board;

struct linux_time {
    struct linux_timer {
        uv_timer_t uv;
        world_ring_fn ring;
        void *arg;
    } timers[WORLD_TIMERS];
};

void linux_time_init(struct roost_board *board);
void linux_time_deinit(struct roost_board *board);

/* For the one world of a board; as long as the board is open. */
struct world_time roost_board_time(struct roost_board *board);

#endif
