/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One reply's sound as a device takes it: mono PCM16 of any rate in, sentence after sentence, and
 * PCM at 16 kHz, one gapless MP3 stream at 22,050 Hz or Opus packets out. MP3: 48 kbit/s, frames
 * that stand alone, so that a stream may be cut and gone on with at any of them. Depends on
 * libsamplerate, LAME, libopus, hub/voice/provider.h.
 *
 *     encoder_open(&encoder, SPEECH_MP3_22K, sink, arg);
 *     encoder_put(encoder, 16000, pcm, samples) ...
 *     encoder_end(encoder);
 *     encoder_close(encoder);
 */
#ifndef ROOST_HUB_SPEECH_ENCODER_H
#define ROOST_HUB_SPEECH_ENCODER_H

#include <stddef.h>
#include <stdint.h>

#include "hub/voice/provider.h"

enum {
    ENCODER_PCM_HZ = 16000,
    ENCODER_MP3_HZ = 22050,
    ENCODER_MP3_BITS_PER_S = 48000,
    ENCODER_OPUS_MS = 60,
    ENCODER_RATE_MIN_HZ = 8000,
    ENCODER_RATE_MAX_HZ = 48000,
    ENCODER_PUT_MAX = 4096, /* samples */
};

struct encoder;

/* Sound as it comes out, borrowed for the call; with Opus, one packet behind its length
 * (provider.h). The durations add up to that of the whole reply. */
typedef void encoder_sink(void *arg, const void *bytes, size_t len, uint32_t duration_us);

/* Returns 0, ROOST_ERR_NO_MEMORY or ROOST_ERR_UNSUPPORTED. */
int encoder_open(struct encoder **encoder, enum speech_format format, encoder_sink *sink,
                 void *arg);
/* At most ENCODER_PUT_MAX samples; the rate may change between sentences. Returns 0,
 * ROOST_ERR_RANGE (rate), ROOST_ERR_TOO_LONG, ROOST_ERR_NO_MEMORY, ROOST_ERR_INTERNAL. */
int encoder_put(struct encoder *encoder, uint32_t rate_hz, const int16_t *pcm, size_t samples);
/* What is still inside comes out. */
int encoder_end(struct encoder *encoder);
void encoder_close(struct encoder *encoder);

#endif
