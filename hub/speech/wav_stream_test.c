/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/err.h"
#include "hub/speech/wav_stream.h"

struct got {
    int16_t pcm[64];
    size_t samples;
    uint32_t rate;
    int answer;
};

static int sound(void *arg, uint32_t rate, const int16_t *pcm, size_t samples)
{
    struct got *g = arg;
    assert_true(g->samples + samples <= 64);
    memcpy(g->pcm + g->samples, pcm, samples * 2);
    g->samples += samples;
    g->rate = rate;
    return g->answer;
}

static size_t add(uint8_t *out, size_t at, uint32_t value, size_t bytes)
{
    for (size_t i = 0; i < bytes; i++)
        out[at + i] = (uint8_t)(value >> (8 * i));
    return at + bytes;
}

/* The usual 44 bytes. */
static size_t head(uint8_t *out, uint16_t coding, uint16_t channels, uint32_t rate, uint16_t bits,
                   uint32_t data)
{
    size_t n = 20;
    memcpy(out, "RIFF\377\377\377\377WAVEfmt \20\0\0\0", 20);
    n = add(out, n, coding, 2);
    n = add(out, n, channels, 2);
    n = add(out, n, rate, 4);
    n = add(out, n, rate * channels * bits / 8, 4);
    n = add(out, n, channels * bits / 8U, 2);
    n = add(out, n, bits, 2);
    memcpy(out + n, "data", 4);
    return add(out, n + 4, data, 4);
}

static int feed(struct got *g, const uint8_t *bytes, size_t len, size_t piece)
{
    struct wav_stream w = {.sound = sound, .arg = g};
    for (size_t at = 0; at < len; at += piece) {
        int err = wav_stream_put(&w, bytes + at, len - at < piece ? len - at : piece);
        if (err)
            return err;
    }
    return wav_stream_end(&w);
}

static void mono_in_pieces_of_any_size(void **state)
{
    static const uint32_t sizes[] = {6, 0, 0xFFFFFFFF, 0x7ffff000};
    uint8_t wav[64];
    (void)state;
    for (size_t i = 0; i < 4; i++)
        for (size_t piece = 1; piece < 50; piece++) {
            struct got g = {0};
            size_t len = head(wav, 1, 1, 22050, 16, sizes[i]);
            memcpy(wav + len, "\1\0\377\377\0\200", 6);
            assert_int_equal(feed(&g, wav, len + 6, piece), 0);
            assert_int_equal(g.rate, 22050);
            assert_int_equal(g.samples, 3);
            assert_int_equal(g.pcm[0], 1);
            assert_int_equal(g.pcm[1], -1);
            assert_int_equal(g.pcm[2], -32768);
        }
}

static void stereo_is_mixed_and_other_chunks_are_passed_over(void **state)
{
    uint8_t wav[96];
    struct got g = {0};
    size_t len = head(wav, 1, 2, 44100, 16, 8);
    (void)state;
    memmove(wav + 12 + 12, wav + 12, len - 12);
    memcpy(wav + 12, "LIST\3\0\0\0abc", 12); /* of odd length */
    len += 12;
    memcpy(wav + len, "\10\0\4\0\144\0\234\377tail", 12);
    assert_int_equal(feed(&g, wav, len + 12, 5), 0);
    assert_int_equal(g.rate, 44100);
    assert_int_equal(g.samples, 2); /* what is behind the data is no sound */
    assert_int_equal(g.pcm[0], 6);
    assert_int_equal(g.pcm[1], 0);
}

static void what_is_no_sound_is_refused(void **state)
{
    uint8_t wav[64];
    uint8_t long_list[32] = "RIFF    WAVELIST\0\0\1\0";
    struct got g = {0};
    size_t len;
    (void)state;
    assert_int_equal(feed(&g, (const uint8_t *)"<!DOCTYPE html><html>", 21, 21), ROOST_ERR_INVALID);
    assert_int_equal(feed(&g, NULL, 0, 1), ROOST_ERR_EMPTY);
    assert_int_equal(feed(&g, (const uint8_t *)"RIFF", 4, 4), ROOST_ERR_TRUNCATED);
    len = head(wav, 3, 1, 16000, 32, 8);
    assert_int_equal(feed(&g, wav, len, 7), ROOST_ERR_UNSUPPORTED);
    len = head(wav, 1, 1, 16000, 8, 8);
    assert_int_equal(feed(&g, wav, len, 7), ROOST_ERR_UNSUPPORTED);
    len = head(wav, 1, 6, 16000, 16, 8);
    assert_int_equal(feed(&g, wav, len, 7), ROOST_ERR_UNSUPPORTED);
    len = head(wav, 1, 1, 4000, 16, 8);
    assert_int_equal(feed(&g, wav, len, 7), ROOST_ERR_RANGE);
    len = head(wav, 1, 1, 16000, 16, 8); /* 8 bytes promised, none there */
    assert_int_equal(feed(&g, wav, len, 7), ROOST_ERR_TRUNCATED);
    memcpy(wav + 12, "LIST\0\0\0\0", 8); /* no format in front of the data */
    assert_int_not_equal(feed(&g, wav, len, 64), 0);
    assert_int_equal(feed(&g, long_list, 32, 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(g.samples, 0);
}

static void the_receiver_can_end_it(void **state)
{
    uint8_t wav[64];
    struct got g = {.answer = ROOST_ERR_CLOSED};
    size_t len = head(wav, 1, 1, 16000, 16, 4);
    (void)state;
    memset(wav + len, 0, 4);
    assert_int_equal(feed(&g, wav, len + 4, 64), ROOST_ERR_CLOSED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(mono_in_pieces_of_any_size),
        cmocka_unit_test(stereo_is_mixed_and_other_chunks_are_passed_over),
        cmocka_unit_test(what_is_no_sound_is_refused),
        cmocka_unit_test(the_receiver_can_end_it),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
