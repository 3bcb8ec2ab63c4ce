/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The window's world around a modelled board: a BME280 in the room and a microphone with the
 * street's level, which is what a run of days can afford. Neighbours have the weather in common.
 * Depends on world/window and port/sim.
 *
 *     sim_room_attach(&room, &board);      // after sim_board_init()
 */
#ifndef ROOST_SIM_ROOM_H
#define ROOST_SIM_ROOM_H

#include "port/sim/board.h"
#include "world/window/window.h"

enum { SIM_NOISE_SAMPLES = 8191 /* prime: buffers do not repeat */ };

struct sim_room {
    struct world_window world;
    int16_t noise[SIM_NOISE_SAMPLES];
};

/* Returns 0. Room and board stay where they are. */
int sim_room_attach(struct sim_room *room, struct sim_board *board);

#endif
