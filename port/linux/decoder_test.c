/* SPDX-License-Identifier: Apache-2.0 */
/* What the conformance suite cannot bring about: streams that are odd. */
#include "port/linux/decoder.h"

#include <malloc.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/err.h"
#include "port/linux/linux.h"
#include "port/linux/test/sound.h"

enum { MS = 800, TAG_HEAD = 10 };

static struct linux_decoder decoder;
static struct roost_board board;
static struct test_sound mp3, opus;
static uint8_t stream[512 * 1024];

struct result {
    long samples;
    uint32_t rate_hz;
    int err;
    size_t taken;
};

static struct result decode(enum roost_sound_format format, const uint8_t *data, size_t len)
{
    const struct roost_decoder *part = &board.port.decoder;
    struct result result = {0};
    int16_t pcm[512];
    int count;

    assert_int_equal(part->ops->start(part->ctx, format), 0);
    do {
        size_t now = len - result.taken < 700 ? len - result.taken : 700, taken;
        count = part->ops->decode(part->ctx, data + result.taken, now, &taken, pcm, 512,
                                  &result.rate_hz);
        result.taken += taken;
        if (count < 0)
            result.err = count;
        else
            result.samples += count;
    } while (count > 0 || (count == 0 && result.taken < len));
    return result;
}

static long ms_of(const struct result *result)
{
    return result->samples * 1000 / (long)result->rate_hz;
}

/* ID3v2.4 of `bytes` behind its head. */
static size_t put_tag(uint8_t *out, uint32_t bytes, uint8_t flags)
{
    memcpy(out, "ID3\4\0", 5);
    out[5] = flags;
    for (int i = 0; i < 4; i++)
        out[6 + i] = (uint8_t)(bytes >> (21 - 7 * i) & 0x7F);
    for (uint32_t i = 0; i < bytes; i++)
        out[TAG_HEAD + i] = (uint8_t)(i % 50 == 0 ? 0xFF : 0xFB); /* what looks like frames */
    return TAG_HEAD + bytes;
}

static void a_tag_before_it_is_passed_over(void **state)
{
    static const uint32_t sizes[] = {0, 1, 700, 60 * 1024, 300 * 1024};

    (void)state;
    struct result plain = decode(ROOST_SOUND_MP3, mp3.bytes, mp3.len);
    assert_int_equal(plain.err, 0);
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++)
        for (int footer = 0; footer < 2; footer++) {
            size_t len = put_tag(stream, sizes[i], footer ? 0x10 : 0);
            if (footer) {
                memcpy(stream + len, "3DI\4\0\x10\0\0\0\0", TAG_HEAD);
                len += TAG_HEAD;
            }
            memcpy(stream + len, mp3.bytes, mp3.len);
            size_t before = mallinfo2().uordblks;
            struct result result = decode(ROOST_SOUND_MP3, stream, len + mp3.len);
            assert_int_equal(result.err, 0);
            assert_int_equal(result.samples, plain.samples);
            assert_int_equal(result.rate_hz, plain.rate_hz);
            assert_true(mallinfo2().uordblks < before + 16 * 1024); /* nothing was kept of it */
        }
    size_t len = put_tag(stream, 100, 0);
    stream[7] = 0x80; /* no number of this kind */
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, len).err, ROOST_ERR_CORRUPT);
    (void)put_tag(stream, 5000, 0); /* cut inside the tag, and inside its head */
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, 2000).samples, 0);
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, 7).err, 0);
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, 0).err, 0);
}

static void a_stream_that_is_cut_gives_what_is_whole(void **state)
{
    (void)state;
    long whole = decode(ROOST_SOUND_MP3, mp3.bytes, mp3.len).samples, last = 0;

    for (size_t len = 0; len <= mp3.len; len += 61) {
        struct result result = decode(ROOST_SOUND_MP3, mp3.bytes, len);
        assert_int_equal(result.err, 0);
        assert_true(result.samples >= last && result.samples <= whole);
        last = result.samples;
    }
    assert_true(last > whole / 2);
    for (size_t len = 0; len <= opus.len; len += 17)
        assert_int_equal(decode(ROOST_SOUND_OPUS, opus.bytes, len).err, 0);
}

/* The rate is the stream's, whatever the message beside it said. */
static void the_rate_is_the_streams(void **state)
{
    static const uint32_t rates[] = {8000, 16000, 22050, 44100, 48000};
    static struct test_sound sound;

    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        test_mp3(&sound, rates[i], MS);
        struct result result = decode(ROOST_SOUND_MP3, sound.bytes, sound.len);
        assert_int_equal(result.err, 0);
        assert_int_equal(result.rate_hz, rates[i]);
        assert_in_range(ms_of(&result), MS - 60, MS + 300); /* whole frames, a delay */
    }
    /* And changes within it. */
    memcpy(stream, mp3.bytes, mp3.len);
    memcpy(stream + mp3.len, sound.bytes, sound.len);
    struct result result = decode(ROOST_SOUND_MP3, stream, mp3.len + sound.len);
    assert_int_equal(result.err, 0);
    assert_int_equal(result.rate_hz, 48000);
}

static void what_is_no_sound_is_refused_soon(void **state)
{
    (void)state;
    memset(stream, 0, sizeof stream);
    struct result result = decode(ROOST_SOUND_MP3, stream, sizeof stream);
    assert_int_equal(result.err, ROOST_ERR_CORRUPT);
    assert_true(result.taken < 32 * 1024);
    memset(stream, 0xFF, sizeof stream); /* the beginning of a frame, over and over */
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, sizeof stream).err, ROOST_ERR_CORRUPT);
    memcpy(stream, "RIFF....WAVEfmt ", 16);
    assert_int_equal(decode(ROOST_SOUND_MP3, stream, sizeof stream).err, ROOST_ERR_CORRUPT);
    memset(stream, 0, 8); /* a packet of no length; one that is too long; one that is none */
    assert_int_equal(decode(ROOST_SOUND_OPUS, stream, 8).err, ROOST_ERR_CORRUPT);
    memcpy(stream, "\x04\xfc", 2);
    assert_int_equal(decode(ROOST_SOUND_OPUS, stream, 8).err, ROOST_ERR_CORRUPT);
    memcpy(stream, "\0\2\xff\xff", 4); /* code 3 of 63 frames: longer than 120 ms */
    assert_int_equal(decode(ROOST_SOUND_OPUS, stream, 4).err, ROOST_ERR_CORRUPT);
    assert_int_equal(
        board.port.decoder.ops->start(board.port.decoder.ctx, (enum roost_sound_format)7),
        ROOST_ERR_UNSUPPORTED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_tag_before_it_is_passed_over),
        cmocka_unit_test(a_stream_that_is_cut_gives_what_is_whole),
        cmocka_unit_test(the_rate_is_the_streams),
        cmocka_unit_test(what_is_no_sound_is_refused_soon),
    };
    const struct linux_part part = linux_decoder_part(&decoder);
    char why[64];

    if (part.init(part.ctx, &board, why, sizeof why))
        return 1;
    test_mp3(&mp3, 22050, MS);
    test_opus(&opus, MS);
    int failed = cmocka_run_group_tests_name("decoder", tests, NULL, NULL);
    part.deinit(part.ctx, &board);
    return failed;
}
