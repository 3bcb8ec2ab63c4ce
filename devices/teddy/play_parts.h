/* SPDX-License-Identifier: Apache-2.0 */
/* Between play.c (the ring) and sound.c (the loudspeaker); for nobody else. */
#ifndef ROOST_DEVICES_TEDDY_PLAY_PARTS_H
#define ROOST_DEVICES_TEDDY_PLAY_PARTS_H

#include "devices/teddy/play.h"

size_t teddy_play_bytes(const struct teddy_play *play); /* in the ring, not played */
bool teddy_play_enough(const struct teddy_play *play);  /* to begin, or to go on */
void teddy_play_off(struct teddy_play *play);           /* the loudspeaker is silent at once */

#endif
