/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The hand on the button, and who speaks while it is down. One thing at a time: presses of given
 * lengths, or the button held for as long as the microphone's file lasts. A part of the board, for
 * its timer. Depends on port/linux, world/teddy.
 *
 *     options.parts[n] = teddy_hand_part(&hand, &world, &microphone);
 *     err = teddy_hand_tap(&hand, 2);
 *     err = teddy_hand_say(&hand);
 */
#ifndef ROOST_APPS_ROOST_TEDDY_HAND_H
#define ROOST_APPS_ROOST_TEDDY_HAND_H

#include <stdbool.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/linux.h"
#include "port/linux/microphone.h"
#include "world/teddy/teddy.h"

struct teddy_hand {
    struct world_teddy *world;
    struct linux_microphone *microphone;
    struct roost_board *board;
    uv_timer_t timer;
    unsigned taps_left;
    bool down, speaks, heard; /* heard: the microphone was open */
    bool unheard;             /* the last time it never was */
    uint64_t from_ms;
};

struct linux_part teddy_hand_part(struct teddy_hand *hand, struct world_teddy *world,
                                  struct linux_microphone *microphone);

/* ROOST_ERR_BUSY: it does something already. */
int teddy_hand_press(struct teddy_hand *hand, bool down);
int teddy_hand_tap(struct teddy_hand *hand, unsigned times);
/* Holds the button until the microphone's file was heard, but no longer than it takes and some; and
 * lets go when the microphone is not opened at all. */
int teddy_hand_say(struct teddy_hand *hand);
bool teddy_hand_busy(const struct teddy_hand *hand);

#endif
