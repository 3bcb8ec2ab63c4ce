/* SPDX-License-Identifier: Apache-2.0 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include <mpg123.h>
#include <opus.h>

#include "core/err.h"
#include "hub/speech/encoder.h"

enum { MAX = 1 << 20 };

struct taken {
    uint8_t bytes[MAX];
    size_t len, pieces;
    uint64_t us;
};

static struct taken taken;
static int16_t tone[48000 * 2], decoded[MAX];

static void take(void *arg, const void *bytes, size_t len, uint32_t duration_us)
{
    struct taken *t = arg;
    assert_true(t->len + len <= MAX);
    memcpy(t->bytes + t->len, bytes, len);
    t->len += len;
    t->us += duration_us;
    t->pieces++;
}

static void make_tone(uint32_t rate, double hz)
{
    for (size_t i = 0; i < sizeof tone / sizeof tone[0]; i++)
        tone[i] = (int16_t)(8000 * sin(2 * 3.141592653589793 * hz * (double)i / rate));
}

static void put(struct encoder *e, uint32_t rate, double seconds)
{
    size_t samples = (size_t)(rate * seconds);
    for (size_t at = 0; at < samples; at += 320)
        assert_int_equal(encoder_put(e, rate, tone + at, samples - at < 320 ? samples - at : 320),
                         0);
}

/* Upward crossings a second, and the loudest and softest 10 ms of the middle. */
struct look {
    double hz, loud, soft;
};

static struct look look_at(const int16_t *pcm, size_t samples, uint32_t rate)
{
    struct look l = {0, 0, 32768};
    size_t crossings = 0, from = samples / 8, to = samples - samples / 8, step = rate / 100;
    for (size_t i = from; i < to; i++)
        crossings += pcm[i - 1] < 0 && pcm[i] >= 0 ? 1 : 0;
    l.hz = (double)crossings * rate / (double)(to - from);
    for (size_t at = from; at + step < to; at += step) {
        double sum = 0;
        for (size_t i = at; i < at + step; i++)
            sum += (double)pcm[i] * pcm[i];
        l.loud = fmax(l.loud, sqrt(sum / (double)step));
        l.soft = fmin(l.soft, sqrt(sum / (double)step));
    }
    return l;
}

static void pcm_passes_and_is_resampled(void **state)
{
    static const uint32_t rates[] = {8000, 16000, 22050, 44100, 48000};
    (void)state;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0]; i++) {
        struct encoder *e;
        struct look l;
        memset(&taken, 0, sizeof taken);
        make_tone(rates[i], 440);
        assert_int_equal(encoder_open(&e, SPEECH_PCM_16K, take, &taken), 0);
        put(e, rates[i], 1.5);
        assert_int_equal(encoder_end(e), 0);
        encoder_close(e);
        assert_in_range(taken.len / 2, 23950, 24050);
        assert_in_range(taken.us / 1000, 1490, 1505);
        l = look_at((int16_t *)(void *)taken.bytes, taken.len / 2, 16000);
        assert_true(fabs(l.hz - 440) < 5);
        assert_true(l.soft > 5000 && l.loud < 6200); /* 8000 / sqrt 2 is 5657 */
    }
}

static size_t decode_mp3(const uint8_t *bytes, size_t len, long *rate)
{
    mpg123_handle *m;
    size_t got = 0;
    int fault, channels, encoding;
    mpg123_init();
    m = mpg123_new(NULL, &fault);
    assert_non_null(m);
    mpg123_param(m, MPG123_ADD_FLAGS, MPG123_QUIET, 0);
    assert_int_equal(mpg123_open_feed(m), MPG123_OK);
    fault = mpg123_decode(m, bytes, len, (unsigned char *)decoded, sizeof decoded, &got);
    while (fault == MPG123_NEW_FORMAT) {
        size_t more = 0;
        mpg123_getformat(m, rate, &channels, &encoding);
        assert_int_equal(channels, 1);
        fault =
            mpg123_decode(m, NULL, 0, (unsigned char *)decoded + got, sizeof decoded - got, &more);
        got += more;
    }
    mpg123_delete(m);
    return got / 2;
}

/* Two sentences of two rates: one stream, no gap between them. */
static void mp3_is_one_stream(void **state)
{
    struct encoder *e;
    struct look l;
    long rate = 0;
    size_t samples;
    (void)state;
    memset(&taken, 0, sizeof taken);
    assert_int_equal(encoder_open(&e, SPEECH_MP3_22K, take, &taken), 0);
    make_tone(16000, 440);
    put(e, 16000, 1);
    make_tone(22050, 440);
    put(e, 22050, 1);
    assert_int_equal(encoder_end(e), 0);
    encoder_close(e);
    samples = decode_mp3(taken.bytes, taken.len, &rate);
    assert_int_equal(rate, 22050);
    assert_in_range(samples, 2 * 22050, 2 * 22050 + 4 * 576);
    assert_true(fabs((double)taken.us / 1e6 - (double)samples / 22050) < 0.06);
    l = look_at(decoded, samples, 22050);
    assert_true(fabs(l.hz - 440) < 6);
    assert_true(l.soft > 3000 && l.loud < 7000);
    /* From any frame on it can be decoded by itself. */
    for (size_t cut = taken.len / 2; cut < taken.len; cut++)
        if (taken.bytes[cut] == 0xFF && (taken.bytes[cut + 1] & 0xE0) == 0xE0) {
            assert_true(decode_mp3(taken.bytes + cut, taken.len - cut, &rate) > 20000);
            break;
        }
}

static void opus_comes_in_packets(void **state)
{
    struct encoder *e;
    int fault;
    OpusDecoder *d = opus_decoder_create(16000, 1, &fault);
    (void)state;
    memset(&taken, 0, sizeof taken);
    make_tone(16000, 440);
    assert_int_equal(encoder_open(&e, SPEECH_OPUS, take, &taken), 0);
    put(e, 16000, 0.1);
    assert_int_equal(taken.pieces, 1);
    assert_int_equal(taken.bytes[0] << 8 | taken.bytes[1], taken.len - 2);
    assert_int_equal(opus_decode(d, taken.bytes + 2, (int)taken.len - 2, decoded, MAX / 2, 0), 960);
    assert_int_equal(encoder_end(e), 0); /* the rest, filled up */
    assert_int_equal(taken.pieces, 2);
    assert_int_equal(taken.us, 120000);
    encoder_close(e);
    opus_decoder_destroy(d);
}

static void it_refuses(void **state)
{
    struct encoder *e;
    (void)state;
    memset(&taken, 0, sizeof taken);
    assert_int_equal(encoder_open(&e, (enum speech_format)9, take, &taken), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(encoder_open(&e, SPEECH_MP3_22K, take, &taken), 0);
    assert_int_equal(encoder_put(e, 7999, tone, 10), ROOST_ERR_RANGE);
    assert_int_equal(encoder_put(e, 96000, tone, 10), ROOST_ERR_RANGE);
    assert_int_equal(encoder_put(e, 16000, tone, ENCODER_PUT_MAX + 1), ROOST_ERR_TOO_LONG);
    assert_int_equal(encoder_end(e), 0); /* nothing was said: nothing comes */
    assert_int_equal(taken.len, 0);
    encoder_close(e);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(pcm_passes_and_is_resampled),
        cmocka_unit_test(mp3_is_one_stream),
        cmocka_unit_test(opus_comes_in_packets),
        cmocka_unit_test(it_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
