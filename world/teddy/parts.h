/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of this folder: the modelled parts of a teddy. */
#ifndef ROOST_WORLD_TEDDY_PARTS_H
#define ROOST_WORLD_TEDDY_PARTS_H

#include "world/teddy/teddy.h"

/* ctx: the world */
extern const struct roost_audio_out_ops world_teddy_mouth_ops;

/* The host's timers. */
enum { WORLD_TEDDY_LINES_TIMER, WORLD_TEDDY_EAR_TIMER, WORLD_TEDDY_BOUNCE_TIMER };

bool world_teddy_powered(const struct world_teddy *world);
uint64_t world_teddy_now_ms(const struct world_teddy *world);

void world_teddy_ear_attach(struct world_teddy *world, struct roost_port *port);

#endif
