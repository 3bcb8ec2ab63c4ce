/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A microphone that is no model: a WAV file (port/linux/wav.h), nobody at all, or an ALSA capture
 * device. A file is heard in real time, or `speed` times as fast: from its beginning to its end and
 * again for ever, as a place is heard; or `once` after each start, as a question is,
 * and then a little noise. Depends on libasound and the board.
 *
 *     options.parts[n] = linux_microphone_part(&microphone, "alsa:default");
 *
 *     options.parts[n] = linux_microphone_part(&microphone, "question.wav");
 *     microphone.once = true;
 */
#ifndef ROOST_PORT_LINUX_MICROPHONE_H
#define ROOST_PORT_LINUX_MICROPHONE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/wav.h"

struct _snd_pcm;
struct linux_part;
struct roost_board;

struct linux_microphone {
    struct linux_wav wav; /* empty: nobody speaks */
    size_t next;          /* sample of it */
    uint32_t hiss;
    struct _snd_pcm *pcm;
    const char *device; /* of ALSA; NULL: a file, or neither */

    /* as a part of a board */
    const char *source;
    struct roost_board *board;
    bool once;      /* to be set before the board is made */
    uint32_t speed; /* likewise; 0: 1 */
    bool dead;      /* faults, to be set from outside: it answers ROOST_ERR_FAULT, */
    bool flat;      /* all samples are the same */
    bool listening;
    uv_timer_t tick;
    uint32_t asked_hz, overruns;
    uint64_t from_ms, taken; /* since start: when it began, samples of the file read or lost */
};

/* The board's audio_in from a source as linux_microphone_init() takes it (borrowed). */
struct linux_part linux_microphone_part(struct linux_microphone *microphone, const char *source);

/* Another file, from the next start on. ROOST_ERR_STATE: it listens, or is a device; else as init.
 */
int linux_microphone_load(struct linux_microphone *microphone, const char *path);
/* It listens, and the file that is played once was read to its end. */
bool linux_microphone_said(const struct linux_microphone *microphone);

static inline uint32_t linux_microphone_speed(const struct linux_microphone *microphone)
{
    return microphone->speed ? microphone->speed : 1;
}

/* Reads the file, or notes the device ("alsa:DEV"); NULL: nobody speaks. Returns 0,
 * ROOST_ERR_NOT_FOUND, ROOST_ERR_IO, ROOST_ERR_INVALID (not such a WAV file) or
 * ROOST_ERR_NO_MEMORY. */
int linux_microphone_init(struct linux_microphone *microphone, const char *source);
void linux_microphone_deinit(struct linux_microphone *microphone);

/* Opens the ALSA device for capture. Nothing to do for a file, whose rate must be rate_hz
 * (ROOST_ERR_UNSUPPORTED). ROOST_ERR_FAULT when the device is not there. */
int linux_microphone_start(struct linux_microphone *microphone, uint32_t rate_hz);
void linux_microphone_stop(struct linux_microphone *microphone);

/* The next samples of the file. */
void linux_microphone_play(struct linux_microphone *microphone, int16_t *out, size_t samples);

/* Takes what ALSA has. Returns the count, or ROOST_ERR_FAULT; *lost is set when it overran. */
int linux_microphone_capture(struct linux_microphone *microphone, int16_t *out, size_t samples,
                             int *lost);

#endif
