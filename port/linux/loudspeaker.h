/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A loudspeaker that is no model: a WAV file (port/linux/wav.h), an ALSA playback device, or
 * nowhere, which only counts. It plays in real time, or `speed` times as fast where nobody listens
 * to it: then it waits for what is written, and wakes the device as soon as there is room.
 *
 * The file holds what was heard while the loudspeaker was started, gaps included as the silence
 * they were, so that an underrun is heard in it; what lies between stop and start is not in it, nor
 * is the silence before a stop. It is whole after every 20 ms, so that a program that is killed
 * leaves what was heard until then. Its rate is 16 kHz and no other, as on a board whose microphone
 * and loudspeaker share a clock. Depends on libasound and the board.
 *
 *     options.parts[n] = linux_loudspeaker_part(&loudspeaker, "answer.wav");
 */
#ifndef ROOST_PORT_LINUX_LOUDSPEAKER_H
#define ROOST_PORT_LINUX_LOUDSPEAKER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <uv.h>

#include "port/linux/wav.h"

struct _snd_pcm;
struct linux_part;
struct roost_board;

enum {
    LINUX_LOUDSPEAKER_FILE_HZ = 16000,
    LINUX_LOUDSPEAKER_RATE_MAX_HZ = 48000,
    LINUX_LOUDSPEAKER_BUFFER_MS = 100
};

struct linux_loudspeaker {
    const char *source; /* FILE.wav, alsa:DEVICE; NULL: nowhere */
    uint32_t speed;     /* to be set before the board is made; 0: 1. Not of ALSA */
    bool dead;          /* faults, to be set from outside: it answers ROOST_ERR_FAULT, */
    bool slow;          /* its clock goes at half the rate; not of ALSA */

    /* For whoever looks. */
    uint64_t heard;     /* samples since the board was made; of ALSA: given to it */
    uint64_t heard_ms;  /* the same as time */
    uint32_t underruns; /* roost_audio_out */
    uint32_t level;     /* highest of what was heard last */
    bool started;

    /* Its own. */
    struct roost_board *board;
    struct linux_wav_file file;
    const char *device; /* of ALSA */
    struct _snd_pcm *pcm;
    uv_timer_t tick;
    uint32_t rate_hz;
    bool fed, dry;    /* something was written since the start; it ran out since */
    uint64_t at_ms;   /* drained up to here, ... */
    uint64_t rest;    /* ... and this many thousandths of a sample */
    uint64_t silence; /* samples of a gap that are not in the file yet */
    uint64_t ms_rest; /* of heard_ms, in samples */
    int16_t ring[LINUX_LOUDSPEAKER_RATE_MAX_HZ / 1000 * LINUX_LOUDSPEAKER_BUFFER_MS];
    size_t head, used, size;
};

/* The board's audio_out. The source is borrowed; a file is emptied when the board is made. */
struct linux_part linux_loudspeaker_part(struct linux_loudspeaker *loudspeaker, const char *source);

#endif
