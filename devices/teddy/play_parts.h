/* SPDX-License-Identifier: Apache-2.0 */
/* Between play.c (the ring) and sound.c (the loudspeaker); for nobody else. */
#ifndef ROOST_DEVICES_TEDDY_PLAY_PARTS_H
#define ROOST_DEVICES_TEDDY_PLAY_PARTS_H

#include "devices/teddy/play.h"

uint32_t teddy_play_at(const struct teddy_play *play, size_t n); /* in the ring: byte n to play */
void teddy_play_skip(struct teddy_play *play, uint32_t bytes);   /* they are played, or never */
bool teddy_play_enough(const struct teddy_play *play);           /* to begin, or to go on */
void teddy_play_off(struct teddy_play *play); /* the loudspeaker is silent at once */

#endif
