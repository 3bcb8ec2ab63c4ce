/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A WAV file as it comes out of a pipe or a socket, in pieces of any size: PCM16, mono or stereo
 * (mixed), 8 to 48 kHz. Whoever writes to a pipe does not know the length: sizes of 0, -1 or nearly
 * so mean "to the end". Anything else, as a page of HTML, is refused at its first bytes. Pure; no
 * sound is kept. Depends on core/err.h.
 *
 *     struct wav_stream wav = {.sound = put, .arg = encoder};
 *     err = wav_stream_put(&wav, bytes, len) ...
 *     err = wav_stream_end(&wav);       ROOST_ERR_TRUNCATED when less came than it promised
 */
#ifndef ROOST_HUB_SPEECH_WAV_STREAM_H
#define ROOST_HUB_SPEECH_WAV_STREAM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { WAV_STREAM_HEAD_MAX = 4096 /* bytes in front of the sound */ };

struct wav_stream {
    int (*sound)(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples);
    void *arg;

    uint8_t head[40]; /* of the chunk that is read */
    size_t head_len, head_need, skip, seen;
    uint32_t chunk; /* its four letters */
    uint32_t rate_hz;
    uint16_t channels;
    bool riff, in_data, endless;
    uint32_t left;   /* of the data */
    uint8_t part[4]; /* of a sample */
    size_t part_len;
};

/* Returns 0, what `sound` returned, ROOST_ERR_INVALID (no WAV), ROOST_ERR_UNSUPPORTED (coding,
 * channels, width), ROOST_ERR_RANGE (rate), ROOST_ERR_TOO_LONG (head). What comes behind the data
 * is passed over. */
int wav_stream_put(struct wav_stream *wav, const uint8_t *bytes, size_t len);
/* ROOST_ERR_EMPTY: nothing came at all. */
int wav_stream_end(const struct wav_stream *wav);

#endif
