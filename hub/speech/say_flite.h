/* SPDX-License-Identifier: Apache-2.0 */
/*
 * English by flite, in this process. A voice is data that any number of threads read. Blocks.
 * Depends on flite.
 *
 *     say_flite_open();
 *     err = say_flite(SAY_FLITE_SLT, "Hello.", put, arg);
 */
#ifndef ROOST_HUB_SPEECH_SAY_FLITE_H
#define ROOST_HUB_SPEECH_SAY_FLITE_H

#include <stddef.h>
#include <stdint.h>

/* slt: a woman; rms: a man; kal16: a robot, at a twentieth of the cost. */
enum say_flite_voice { SAY_FLITE_SLT, SAY_FLITE_RMS, SAY_FLITE_KAL16, SAY_FLITE_VOICES };

/* Sound as it is made, borrowed for the call. Anything but 0 ends the sentence with that. */
typedef int say_sound(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples);

/* Once, before there are threads. Returns 0 or ROOST_ERR_NO_MEMORY. */
int say_flite_open(void);
/* Text as spoken_text() makes it. Returns 0, what `sound` returned or ROOST_ERR_FAULT. */
int say_flite(enum say_flite_voice voice, const char *text, say_sound *sound, void *arg);

#endif
