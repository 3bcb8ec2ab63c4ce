/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether there is a voice in a sound at all: enough of it is louder than a quiet room and has a
 * pitch. Loudness alone does not tell, as a fan is louder than a shy child; noise has no pitch.
 * What is only whispered has none either and is taken for silence. 16 kHz. Pure.
 *
 *     voice_gate_init(&gate);
 *     if (voice_gate_feed(&gate, pcm, samples)) ...     // from then on always
 */
#ifndef ROOST_HUB_SPEECH_VOICE_GATE_H
#define ROOST_HUB_SPEECH_VOICE_GATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    VOICE_GATE_HOP = 120,     /* at 8 kHz: 15 ms */
    VOICE_GATE_WINDOW = 240,  /* 30 ms */
    VOICE_GATE_LAG_MIN = 16,  /* 500 Hz */
    VOICE_GATE_LAG_MAX = 106, /* 75 Hz */
    VOICE_GATE_FRAME = VOICE_GATE_WINDOW + VOICE_GATE_LAG_MAX,
};

struct voice_gate {
    float frame[VOICE_GATE_FRAME]; /* 8 kHz, whitened; the newest last */
    int32_t half;                  /* the sample before, of a pair */
    float before, rumble;
    bool odd;
    unsigned filled;
    double energy;   /* of this hop, before it is whitened */
    uint32_t voiced; /* the last 32 hops, a bit each */
    size_t samples;  /* up to the moment at which it was clear, when heard */
    bool heard;
};

void voice_gate_init(struct voice_gate *gate);
/* True when a voice was heard in what came so far. */
bool voice_gate_feed(struct voice_gate *gate, const int16_t *pcm, size_t samples);

#endif
