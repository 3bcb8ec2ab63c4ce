/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sounds for tests, made by the encoders that a hub would use: MP3 by LAME, Opus by libopus with
 * each packet behind its length. Depends on both.
 */
#ifndef ROOST_PORT_LINUX_TEST_SOUND_H
#define ROOST_PORT_LINUX_TEST_SOUND_H

#include <lame.h>
#include <math.h>
#include <opus.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

struct test_sound {
    uint8_t bytes[256 * 1024];
    size_t len;
};

static inline int16_t *test_tone(uint32_t rate_hz, uint32_t ms, size_t *count)
{
    *count = (size_t)rate_hz * ms / 1000;
    int16_t *pcm = malloc(*count * sizeof *pcm + 1);

    for (size_t i = 0; pcm && i < *count; i++)
        pcm[i] = (int16_t)lrint(9000 * sin(2 * 3.14159265358979 * 440 * (double)i / rate_hz));
    return pcm;
}

static inline void test_mp3(struct test_sound *out, uint32_t rate_hz, uint32_t ms)
{
    size_t count;
    int16_t *pcm = test_tone(rate_hz, ms, &count);
    lame_t lame = lame_init();

    out->len = 0;
    lame_set_in_samplerate(lame, (int)rate_hz);
    lame_set_out_samplerate(lame, (int)rate_hz);
    lame_set_num_channels(lame, 1);
    lame_set_brate(lame, 48);
    lame_set_bWriteVbrTag(lame, 0);
    if (!pcm || lame_init_params(lame) < 0)
        abort();
    int len = lame_encode_buffer(lame, pcm, NULL, (int)count, out->bytes, (int)sizeof out->bytes);
    if (len < 0)
        abort();
    out->len = (size_t)len;
    len = lame_encode_flush(lame, out->bytes + out->len, (int)(sizeof out->bytes - out->len));
    if (len < 0)
        abort();
    out->len += (size_t)len;
    lame_close(lame);
    free(pcm);
}

static inline void test_opus(struct test_sound *out, uint32_t ms)
{
    enum { FRAME = 16000 * 60 / 1000 };
    size_t count;
    int err, len;
    int16_t *pcm = test_tone(16000, ms, &count);
    OpusEncoder *opus = opus_encoder_create(16000, 1, OPUS_APPLICATION_VOIP, &err);

    out->len = 0;
    if (!pcm || !opus)
        abort();
    for (size_t at = 0; at + FRAME <= count; at += FRAME, out->len += 2 + (size_t)len) {
        uint8_t *packet = out->bytes + out->len;
        len = opus_encode(opus, pcm + at, FRAME, packet + 2, 1275);
        if (len <= 0)
            abort();
        packet[0] = (uint8_t)(len >> 8);
        packet[1] = (uint8_t)len;
    }
    opus_encoder_destroy(opus);
    free(pcm);
}

#endif
