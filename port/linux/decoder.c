/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/decoder.h"

#include <mpg123.h>
#include <opus.h>
#include <stdlib.h>
#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "port/linux/linux.h"

enum {
    FEED_BYTES = 512,       /* given to libmpg123 at once: what it keeps of it is bounded so */
    RESYNC_BYTES = 4096,    /* it may look for the next frame in so many */
    TAG_HEAD = 10,          /* ID3v2.4.0, 3.1 */
    TAG_FOOTER_FLAG = 0x10, /* 3.4 */
};

/* ---- MP3 ---- */

static int start_mp3(struct linux_decoder *decoder)
{
    if (!decoder->mp3)
        return ROOST_ERR_UNSUPPORTED;
    (void)mpg123_close(decoder->mp3);
    if (mpg123_open_feed(decoder->mp3) != MPG123_OK)
        return ROOST_ERR_NO_MEMORY;
    decoder->tag_len = decoder->rubbish = 0;
    decoder->begun = false;
    decoder->skip = decoder->rate_hz = 0;
    return 0;
}

static int feed(struct linux_decoder *decoder, const uint8_t *data, size_t len)
{
    decoder->rubbish += len;
    if (mpg123_feed(decoder->mp3, data, len) != MPG123_OK)
        return ROOST_ERR_NO_MEMORY;
    return decoder->rubbish > LINUX_DECODER_RUBBISH_MAX ? ROOST_ERR_CORRUPT : 0;
}

/* The library would keep a tag as a whole before it throws it away. Returns bytes taken. */
static int begin(struct linux_decoder *decoder, const uint8_t *data, size_t len)
{
    size_t taken = 0;
    const uint8_t *tag = decoder->tag;

    while (decoder->tag_len < TAG_HEAD && taken < len) {
        decoder->tag[decoder->tag_len++] = data[taken++];
        if (decoder->tag_len <= 3 && memcmp(tag, "ID3", decoder->tag_len) != 0)
            break; /* no tag: these bytes are sound */
    }
    bool is_tag = memcmp(tag, "ID3", decoder->tag_len < 3 ? decoder->tag_len : 3) == 0;
    if (is_tag && decoder->tag_len < TAG_HEAD)
        return (int)taken;
    decoder->begun = true;
    if (!is_tag) {
        int err = feed(decoder, tag, decoder->tag_len);
        return err ? err : (int)taken;
    }
    for (int i = 6; i < TAG_HEAD; i++) {
        if (tag[i] & 0x80)
            return ROOST_ERR_CORRUPT;
        decoder->skip = decoder->skip << 7 | tag[i];
    }
    if (tag[5] & TAG_FOOTER_FLAG)
        decoder->skip += TAG_HEAD;
    return (int)taken;
}

/* Gives the library a little. Returns the bytes that were taken, or an error. */
static int take_mp3(struct linux_decoder *decoder, const uint8_t *data, size_t len)
{
    if (!decoder->begun)
        return begin(decoder, data, len);
    if (decoder->skip > 0) {
        size_t now = len < decoder->skip ? len : decoder->skip;
        decoder->skip -= (uint32_t)now;
        return (int)now;
    }
    size_t now = len < FEED_BYTES ? len : (size_t)FEED_BYTES;
    int err = feed(decoder, data, now);
    return err ? err : (int)now;
}

static int read_format(struct linux_decoder *decoder)
{
    long rate = 0;
    int channels = 0, encoding = 0;

    if (mpg123_getformat(decoder->mp3, &rate, &channels, &encoding) != MPG123_OK || channels != 1 ||
        encoding != MPG123_ENC_SIGNED_16)
        return ROOST_ERR_CORRUPT;
    decoder->rate_hz = (uint32_t)rate;
    return 0;
}

/* What the library has. Returns the samples, 0 when it needs more, or an error. */
static int samples_of_mp3(struct linux_decoder *decoder, int16_t *pcm, size_t samples)
{
    for (;;) {
        size_t bytes = 0;
        int result = mpg123_read(decoder->mp3, (unsigned char *)pcm, samples * 2, &bytes), err = 0;
        /* It does not say so when a stream has the format of the one before it. */
        if (result == MPG123_NEW_FORMAT || (bytes > 0 && decoder->rate_hz == 0))
            err = read_format(decoder);
        if (err)
            return err;
        if (bytes > 0) {
            decoder->rubbish = 0;
            return (int)(bytes / 2);
        }
        if (result == MPG123_NEED_MORE || result == MPG123_DONE)
            return 0;
        if (result != MPG123_NEW_FORMAT)
            return ROOST_ERR_CORRUPT;
    }
}

static int decode_mp3(struct linux_decoder *decoder, const uint8_t *data, size_t len, size_t *taken,
                      int16_t *pcm, size_t samples)
{
    for (;;) {
        int count = decoder->begun ? samples_of_mp3(decoder, pcm, samples) : 0;
        if (count != 0 || *taken == len)
            return count;
        int now = take_mp3(decoder, data + *taken, len - *taken);
        if (now < 0)
            return now;
        *taken += (size_t)now;
    }
}

/* ---- Opus ---- */

static int start_opus(struct linux_decoder *decoder)
{
    if (!decoder->opus)
        return ROOST_ERR_UNSUPPORTED;
    if (opus_decoder_ctl(decoder->opus, OPUS_RESET_STATE) != OPUS_OK)
        return ROOST_ERR_INTERNAL;
    decoder->packet_len = decoder->frame_at = decoder->frame_len = 0;
    decoder->rate_hz = LINUX_DECODER_OPUS_HZ;
    return 0;
}

static int take_packet(struct linux_decoder *decoder, const uint8_t *data, size_t len,
                       size_t *taken)
{
    while (*taken < len) {
        decoder->packet[decoder->packet_len++] = data[(*taken)++];
        if (decoder->packet_len < 2)
            continue;
        size_t size = roost_be_get16(decoder->packet);
        if (size == 0 || size > LINUX_DECODER_PACKET_MAX)
            return ROOST_ERR_CORRUPT;
        if (decoder->packet_len < 2 + size)
            continue;
        int count = opus_decode(decoder->opus, decoder->packet + 2, (opus_int32)size,
                                decoder->frame, LINUX_DECODER_FRAME_MAX, 0);
        if (count <= 0)
            return ROOST_ERR_CORRUPT;
        decoder->packet_len = decoder->frame_at = 0;
        decoder->frame_len = (size_t)count;
        return 0;
    }
    return 0;
}

static int decode_opus(struct linux_decoder *decoder, const uint8_t *data, size_t len,
                       size_t *taken, int16_t *pcm, size_t samples)
{
    if (decoder->frame_at == decoder->frame_len) {
        decoder->frame_at = decoder->frame_len = 0;
        int err = take_packet(decoder, data, len, taken);
        if (err)
            return err;
    }
    size_t count = decoder->frame_len - decoder->frame_at;
    if (count > samples)
        count = samples;
    memcpy(pcm, decoder->frame + decoder->frame_at, count * sizeof *pcm);
    decoder->frame_at += count;
    return (int)count;
}

/* ---- the operations ---- */

static int part_start(void *ctx, enum roost_sound_format format)
{
    struct linux_decoder *decoder = ctx;
    int err = ROOST_ERR_UNSUPPORTED;

    decoder->stream = LINUX_DECODER_OFF;
    if (format == ROOST_SOUND_MP3)
        err = start_mp3(decoder);
    else if (format == ROOST_SOUND_OPUS)
        err = start_opus(decoder);
    if (!err)
        decoder->stream = format == ROOST_SOUND_MP3 ? LINUX_DECODER_MP3 : LINUX_DECODER_OPUS;
    return err;
}

static int part_decode(void *ctx, const void *data, size_t len, size_t *taken, int16_t *pcm,
                       size_t samples, uint32_t *rate_hz)
{
    struct linux_decoder *decoder = ctx;
    int count = ROOST_ERR_STATE;

    *taken = 0;
    if (decoder->stream == LINUX_DECODER_MP3)
        count = decode_mp3(decoder, data, len, taken, pcm, samples);
    else if (decoder->stream == LINUX_DECODER_OPUS)
        count = decode_opus(decoder, data, len, taken, pcm, samples);
    if (count > 0)
        *rate_hz = decoder->rate_hz;
    if (count < 0)
        decoder->stream = LINUX_DECODER_OFF;
    return count;
}

/* ---- the part ---- */

int linux_decoder_init(struct linux_decoder *decoder)
{
    int err = MPG123_OK;

    *decoder = (struct linux_decoder){0};
    if (mpg123_init() != MPG123_OK)
        return ROOST_ERR_NO_MEMORY;
    decoder->mp3 = mpg123_new(NULL, &err);
    decoder->opus = opus_decoder_create(LINUX_DECODER_OPUS_HZ, 1, &err);
    if (!decoder->mp3 || !decoder->opus) {
        linux_decoder_deinit(decoder);
        return ROOST_ERR_NO_MEMORY;
    }
    /* It says on standard error what it does not like, unless it is told to be quiet. */
    (void)mpg123_param(decoder->mp3, MPG123_ADD_FLAGS, MPG123_QUIET | MPG123_MONO_MIX, 0);
    (void)mpg123_param(decoder->mp3, MPG123_RESYNC_LIMIT, RESYNC_BYTES, 0);
    (void)mpg123_format_none(decoder->mp3);
    const long *rates;
    size_t count;
    mpg123_rates(&rates, &count);
    for (size_t i = 0; i < count; i++)
        (void)mpg123_format(decoder->mp3, rates[i], MPG123_MONO, MPG123_ENC_SIGNED_16);
    return 0;
}

void linux_decoder_deinit(struct linux_decoder *decoder)
{
    if (decoder->mp3)
        mpg123_delete(decoder->mp3);
    if (decoder->opus)
        opus_decoder_destroy(decoder->opus);
    *decoder = (struct linux_decoder){0};
}

static int part_init(void *ctx, struct roost_board *board, char *why, size_t why_size)
{
    static const struct roost_decoder_ops ops = {.start = part_start, .decode = part_decode};
    struct linux_decoder *decoder = ctx;
    int err = linux_decoder_init(decoder);

    (void)why;
    (void)why_size;
    if (!err)
        board->port.decoder = (struct roost_decoder){&ops, decoder};
    return err;
}

static void part_deinit(void *ctx, struct roost_board *board)
{
    (void)board;
    linux_decoder_deinit(ctx);
}

struct linux_part linux_decoder_part(struct linux_decoder *decoder)
{
    *decoder = (struct linux_decoder){0};
    return (struct linux_part){
        .name = "decoder", .init = part_init, .deinit = part_deinit, .ctx = decoder};
}
