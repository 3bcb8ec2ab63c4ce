/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/encoder.h"

#include <lame/lame.h>
#include <math.h>
#include <opus.h>
#include <samplerate.h>
#include <stdlib.h>
#include <string.h>

#include "core/err.h"

enum {
    OPUS_SAMPLES = ENCODER_PCM_HZ / 1000 * ENCODER_OPUS_MS,
    OPUS_BITS_PER_S = 18000,
    OPUS_PACKET_MAX = 1275,                /* RFC 6716 section 3.2.1 */
    RESAMPLED = ENCODER_PUT_MAX * 3 + 256, /* 8 to 22.05 kHz is the most */
    MP3_BYTES = RESAMPLED * 5 / 4 + 7200,  /* LAME's own bound */
};

struct encoder {
    enum speech_format format;
    encoder_sink *sink;
    void *arg;
    uint32_t rate_hz; /* the format's */

    SRC_STATE *resampler; /* NULL: never needed yet */
    uint32_t from_hz;     /* what it is made for; 0: nothing was put yet */
    float in[ENCODER_PUT_MAX], out[RESAMPLED];
    int16_t pcm[RESAMPLED];

    lame_t lame;
    uint64_t mp3_bytes;
    double told_us; /* as durations, of mp3_bytes */
    unsigned char mp3[MP3_BYTES];

    OpusEncoder *opus;
    int16_t packet[OPUS_SAMPLES];
    size_t packed;
};

static void say_nothing(const char *format, va_list args)
{
    (void)format;
    (void)args;
}

static int open_lame(struct encoder *e)
{
    e->lame = lame_init();
    if (!e->lame)
        return ROOST_ERR_NO_MEMORY;
    lame_set_errorf(e->lame, say_nothing);
    lame_set_debugf(e->lame, say_nothing);
    lame_set_msgf(e->lame, say_nothing);
    lame_set_num_channels(e->lame, 1);
    lame_set_mode(e->lame, MONO);
    lame_set_in_samplerate(e->lame, ENCODER_MP3_HZ);
    lame_set_out_samplerate(e->lame, ENCODER_MP3_HZ);
    lame_set_brate(e->lame, ENCODER_MP3_BITS_PER_S / 1000);
    lame_set_quality(e->lame, 7);
    lame_set_disable_reservoir(e->lame, 1);
    lame_set_bWriteVbrTag(e->lame, 0);
    lame_set_write_id3tag_automatic(e->lame, 0);
    return lame_init_params(e->lame) < 0 ? ROOST_ERR_UNSUPPORTED : 0;
}

static int open_opus(struct encoder *e)
{
    int fault;
    e->opus = opus_encoder_create(ENCODER_PCM_HZ, 1, OPUS_APPLICATION_VOIP, &fault);
    if (!e->opus)
        return ROOST_ERR_NO_MEMORY;
    opus_encoder_ctl(e->opus, OPUS_SET_BITRATE(OPUS_BITS_PER_S));
    opus_encoder_ctl(e->opus, OPUS_SET_COMPLEXITY(5));
    return 0;
}

int encoder_open(struct encoder **out, enum speech_format format, encoder_sink *sink, void *arg)
{
    struct encoder *e = calloc(1, sizeof *e);
    int err = 0;
    if (!e)
        return ROOST_ERR_NO_MEMORY;
    e->format = format;
    e->sink = sink;
    e->arg = arg;
    e->rate_hz = format == SPEECH_MP3_22K ? ENCODER_MP3_HZ : ENCODER_PCM_HZ;
    if (format == SPEECH_MP3_22K)
        err = open_lame(e);
    else if (format == SPEECH_OPUS)
        err = open_opus(e);
    else if (format != SPEECH_PCM_16K)
        err = ROOST_ERR_UNSUPPORTED;
    if (err)
        encoder_close(e);
    else
        *out = e;
    return err;
}

/* ---- out of the encoders ---- */

static void put_mp3(struct encoder *e, int len)
{
    double whole_us;
    if (len <= 0)
        return;
    e->mp3_bytes += (uint64_t)len;
    whole_us = floor((double)e->mp3_bytes * 8e6 / ENCODER_MP3_BITS_PER_S);
    e->sink(e->arg, e->mp3, (size_t)len, (uint32_t)(whole_us - e->told_us));
    e->told_us = whole_us;
}

/* A packet does not say where it ends: its length is in front of it. */
static int put_packet(struct encoder *e)
{
    unsigned char bytes[2 + OPUS_PACKET_MAX];
    int len = opus_encode(e->opus, e->packet, OPUS_SAMPLES, bytes + 2, OPUS_PACKET_MAX);
    e->packed = 0;
    if (len < 0)
        return ROOST_ERR_INTERNAL;
    bytes[0] = (unsigned char)(len >> 8);
    bytes[1] = (unsigned char)(len & 0xff);
    e->sink(e->arg, bytes, 2 + (size_t)len, ENCODER_OPUS_MS * 1000);
    return 0;
}

static int put_opus(struct encoder *e, const int16_t *pcm, size_t samples)
{
    int err = 0;
    while (samples > 0 && !err) {
        size_t some = OPUS_SAMPLES - e->packed < samples ? OPUS_SAMPLES - e->packed : samples;
        memcpy(e->packet + e->packed, pcm, some * sizeof *pcm);
        e->packed += some;
        pcm += some;
        samples -= some;
        if (e->packed == OPUS_SAMPLES)
            err = put_packet(e);
    }
    return err;
}

/* Samples at the format's rate. */
static int encode(struct encoder *e, const int16_t *pcm, size_t samples)
{
    int len;
    switch (e->format) {
    case SPEECH_OPUS:
        return put_opus(e, pcm, samples);
    case SPEECH_MP3_22K:
        len = lame_encode_buffer(e->lame, pcm, pcm, (int)samples, e->mp3, sizeof e->mp3);
        put_mp3(e, len);
        return len < 0 ? ROOST_ERR_INTERNAL : 0;
    default:
        if (samples > 0)
            e->sink(e->arg, pcm, samples * sizeof *pcm,
                    (uint32_t)(samples * 1000000 / ENCODER_PCM_HZ));
        return 0;
    }
}

/* ---- resampling ---- */

static int resample(struct encoder *e, const int16_t *pcm, size_t samples, int last)
{
    SRC_DATA data = {.data_in = e->in,
                     .data_out = e->out,
                     .input_frames = (long)samples,
                     .output_frames = RESAMPLED,
                     .end_of_input = last,
                     .src_ratio = (double)e->rate_hz / e->from_hz};
    if (samples > 0)
        src_short_to_float_array(pcm, e->in, (int)samples);
    if (src_process(e->resampler, &data) != 0)
        return ROOST_ERR_INTERNAL;
    src_float_to_short_array(e->out, e->pcm, (int)data.output_frames_gen);
    return encode(e, e->pcm, (size_t)data.output_frames_gen);
}

/* The end of what came at the old rate, then the new one. */
static int change_rate(struct encoder *e, uint32_t rate_hz)
{
    int err = 0, fault;
    if (e->from_hz && e->from_hz != e->rate_hz)
        err = resample(e, NULL, 0, 1);
    if (!e->resampler && rate_hz != e->rate_hz) {
        e->resampler = src_new(SRC_SINC_FASTEST, 1, &fault);
        if (!e->resampler)
            return ROOST_ERR_NO_MEMORY;
    }
    if (e->resampler)
        src_reset(e->resampler);
    e->from_hz = rate_hz;
    return err;
}

int encoder_put(struct encoder *e, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    int err = 0;
    if (samples > ENCODER_PUT_MAX)
        return ROOST_ERR_TOO_LONG;
    if (rate_hz < ENCODER_RATE_MIN_HZ || rate_hz > ENCODER_RATE_MAX_HZ)
        return ROOST_ERR_RANGE;
    if (rate_hz != e->from_hz)
        err = change_rate(e, rate_hz);
    if (err || samples == 0)
        return err;
    return rate_hz == e->rate_hz ? encode(e, pcm, samples) : resample(e, pcm, samples, 0);
}

int encoder_end(struct encoder *e)
{
    int err = 0;
    if (e->from_hz && e->from_hz != e->rate_hz)
        err = resample(e, NULL, 0, 1);
    if (!err && e->format == SPEECH_MP3_22K && e->from_hz)
        put_mp3(e, lame_encode_flush(e->lame, e->mp3, sizeof e->mp3));
    if (!err && e->packed > 0) {
        memset(e->packet + e->packed, 0, (OPUS_SAMPLES - e->packed) * sizeof *e->packet);
        err = put_packet(e);
    }
    return err;
}

void encoder_close(struct encoder *e)
{
    if (e->resampler)
        src_delete(e->resampler);
    if (e->lame)
        lame_close(e->lame);
    if (e->opus)
        opus_encoder_destroy(e->opus);
    explicit_bzero(e, sizeof *e);
    free(e);
}
