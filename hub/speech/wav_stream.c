/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/wav_stream.h"

#include <string.h>

#include "core/err.h"

#define LETTERS(a, b, c, d)                                                                        \
    ((uint32_t)(a) | (uint32_t)(b) << 8 | (uint32_t)(c) << 16 | (uint32_t)(d) << 24)

enum { RIFF_HEAD = 12, CHUNK_HEAD = 8, FMT_MIN = 16, FMT_MAX = 40, CODING_PCM = 1, SAMPLES = 256 };

static uint32_t u32(const uint8_t *p)
{
    return LETTERS(p[0], p[1], p[2], p[3]);
}

static uint16_t u16(const uint8_t *p)
{
    return (uint16_t)(p[0] | p[1] << 8);
}

static void need(struct wav_stream *w, size_t bytes)
{
    w->head_need = bytes;
    w->head_len = 0;
}

static int take_fmt(struct wav_stream *w)
{
    w->channels = u16(w->head + 2);
    w->rate_hz = u32(w->head + 4);
    if (u16(w->head) != CODING_PCM || u16(w->head + 14) != 16 || w->channels < 1 || w->channels > 2)
        return ROOST_ERR_UNSUPPORTED;
    return w->rate_hz < 8000 || w->rate_hz > 48000 ? ROOST_ERR_RANGE : 0;
}

/* The name and size of a chunk are there. */
static int take_chunk(struct wav_stream *w)
{
    uint32_t size = u32(w->head + 4);
    w->chunk = u32(w->head);
    if (w->chunk == LETTERS('d', 'a', 't', 'a')) {
        w->in_data = true;
        w->endless = size == 0 || size >= 0x7ff00000;
        w->left = size;
        return w->channels ? 0 : ROOST_ERR_INVALID;
    }
    if (w->chunk == LETTERS('f', 'm', 't', ' ')) {
        if (size < FMT_MIN || size > FMT_MAX)
            return ROOST_ERR_UNSUPPORTED;
        need(w, size);
        return 0;
    }
    if (size > WAV_STREAM_HEAD_MAX)
        return ROOST_ERR_TOO_LONG;
    w->skip = size + (size & 1); /* chunks begin at even places */
    w->chunk = 0;
    need(w, CHUNK_HEAD);
    return 0;
}

/* head_need bytes are there. */
static int take_head(struct wav_stream *w)
{
    if (!w->riff) {
        if (memcmp(w->head, "RIFF", 4) != 0 || memcmp(w->head + 8, "WAVE", 4) != 0)
            return ROOST_ERR_INVALID;
        w->riff = true;
        need(w, CHUNK_HEAD);
        return 0;
    }
    if (w->chunk == LETTERS('f', 'm', 't', ' ')) {
        w->chunk = 0;
        w->skip = w->head_need & 1;
        need(w, CHUNK_HEAD);
        return take_fmt(w);
    }
    return take_chunk(w);
}

static int head_byte(struct wav_stream *w, uint8_t byte)
{
    if (w->head_need == 0)
        need(w, RIFF_HEAD);
    if (++w->seen > WAV_STREAM_HEAD_MAX)
        return ROOST_ERR_TOO_LONG;
    if (w->skip > 0) {
        w->skip--;
        return 0;
    }
    w->head[w->head_len++] = byte;
    return w->head_len == w->head_need ? take_head(w) : 0;
}

static int16_t sample_of(const uint8_t *p, unsigned channels)
{
    int32_t left = (int16_t)u16(p);
    return (int16_t)(channels == 1 ? left : (left + (int16_t)u16(p + 2)) / 2);
}

static int take_data(struct wav_stream *w, const uint8_t *bytes, size_t len)
{
    size_t width = 2U * w->channels, count = 0;
    int16_t pcm[SAMPLES];
    int err = 0;
    for (size_t i = 0; i < len && !err; i++) {
        w->part[w->part_len++] = bytes[i];
        if (w->part_len < width)
            continue;
        w->part_len = 0;
        pcm[count++] = sample_of(w->part, w->channels);
        if (count == SAMPLES) {
            err = w->sound(w->arg, w->rate_hz, pcm, count);
            count = 0;
        }
    }
    return count > 0 && !err ? w->sound(w->arg, w->rate_hz, pcm, count) : err;
}

int wav_stream_put(struct wav_stream *w, const uint8_t *bytes, size_t len)
{
    size_t i = 0, some;
    int err = 0;
    for (; i < len && !w->in_data && !err; i++)
        err = head_byte(w, bytes[i]);
    if (err || i == len)
        return err;
    some = w->endless || w->left > len - i ? len - i : w->left;
    if (!w->endless)
        w->left -= (uint32_t)some;
    return take_data(w, bytes + i, some);
}

int wav_stream_end(const struct wav_stream *w)
{
    if (w->head_need == 0)
        return ROOST_ERR_EMPTY;
    if (!w->in_data || (!w->endless && w->left > 0))
        return ROOST_ERR_TRUNCATED;
    return 0;
}
