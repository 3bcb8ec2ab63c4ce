/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder: the modelled parts of a window, one file each. */
#ifndef ROOST_WORLD_WINDOW_PARTS_H
#define ROOST_WORLD_WINDOW_PARTS_H

#include "world/window/window.h"

/* ctx: the world */
extern const struct roost_climate_sensor_ops world_window_climate_ops;
extern const struct roost_motor_ops world_window_motor_ops;

/* The host's timers. */
enum { WORLD_WINDOW_CLIMATE_TIMER, WORLD_WINDOW_AUDIO_TIMER };

bool world_window_powered(const struct world_window *world);

/* 64 even bits; and as a number in [-1, 1). */
uint64_t world_window_random(struct world_window *world);
double world_window_draw(struct world_window *world);

void world_window_settle_sash(struct world_window *world);
/* Sash and, when it is due, house. */
void world_window_settle(struct world_window *world);

void world_window_mic_attach(struct world_window *world, struct roost_port *port);

#endif
