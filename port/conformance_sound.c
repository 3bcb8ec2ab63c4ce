/* SPDX-License-Identifier: Apache-2.0 */
/* Loudspeaker, decoder, light. */
#include "port/conformance_tests.h"

#include <stdlib.h>

enum { RATE_HZ = 16000, BUFFER_MIN_MS = 50, BUFFER_MAX_MS = 110, LOOK_MS = 15 };

/* ---- loudspeaker ---- */

static const int16_t *tone(void)
{
    static int16_t samples[RATE_HZ];

    for (int i = 0; i < RATE_HZ; i++)
        samples[i] = (int16_t)(i % 32 < 16 ? 4000 : -4000);
    return samples;
}

static uint32_t underruns(struct roost_conformance *suite)
{
    const struct roost_audio_out *out = &suite->port->audio_out;

    return out->ops->underruns(out->ctx);
}

static void start_speaker(struct roost_conformance *suite)
{
    int result;

    OP(suite, result, audio_out, start, RATE_HZ);
    assert_int_equal(result, 0);
}

static void stop_speaker(struct roost_conformance *suite)
{
    int result;

    OP0(suite, result, audio_out, stop);
    assert_int_equal(result, 0);
}

static int waits(struct roost_conformance *suite)
{
    int result;

    OP0(suite, result, audio_out, buffered);
    return result;
}

static void test_speaker_states(void **state)
{
    struct roost_conformance *suite = *state;
    int16_t sample = 0;
    int result;

    if (!suite->port->audio_out.ops)
        return;
    stop_speaker(suite);
    OP(suite, result, audio_out, write, &sample, 1);
    assert_int_equal(result, ROOST_ERR_STATE);
    assert_int_equal(waits(suite), ROOST_ERR_STATE);
    OP(suite, result, audio_out, start, 1);
    assert_int_equal(result, ROOST_ERR_UNSUPPORTED);
    OP(suite, result, audio_out, start, 1000000);
    assert_int_equal(result, ROOST_ERR_UNSUPPORTED);
    start_speaker(suite);
    OP(suite, result, audio_out, start, RATE_HZ);
    assert_int_equal(result, ROOST_ERR_STATE);
    assert_int_equal(waits(suite), 0);
    OP(suite, result, audio_out, write, &sample, 0);
    assert_int_equal(result, 0);
    stop_speaker(suite);
    stop_speaker(suite);
    assert_int_equal(waits(suite), ROOST_ERR_STATE);
}

/* Its buffer is short, what does not fit stays with the writer, and it runs out once. */
static void test_speaker_buffer(void **state)
{
    struct roost_conformance *suite = *state;
    int result, taken = 0;

    if (!suite->port->audio_out.ops)
        return;
    start_speaker(suite);
    uint32_t before = underruns(suite);
    conformance_pass(suite, 200); /* nothing was written yet: it does not run out */
    assert_int_equal(underruns(suite), before);
    do {
        OP(suite, result, audio_out, write, tone(), RATE_HZ);
        assert_true(result >= 0);
        taken += result;
    } while (result > 0 && taken < RATE_HZ);
    assert_in_range(taken, RATE_HZ * BUFFER_MIN_MS / 1000, RATE_HZ * BUFFER_MAX_MS / 1000);
    assert_in_range(waits(suite), RATE_HZ * (BUFFER_MIN_MS - 10) / 1000, taken);
    conformance_pass(suite, 500);
    assert_int_equal(waits(suite), 0);
    assert_int_equal(underruns(suite), before + 1);
    conformance_pass(suite, 200);
    assert_int_equal(underruns(suite), before + 1);
    stop_speaker(suite);
    assert_int_equal(underruns(suite), before + 1);
}

/* Stopped, it forgets; a stop in time is no underrun. */
static void test_speaker_stops_at_once(void **state)
{
    struct roost_conformance *suite = *state;
    int result;

    if (!suite->port->audio_out.ops)
        return;
    uint32_t before = underruns(suite);
    for (int i = 0; i < 3; i++) {
        start_speaker(suite);
        assert_int_equal(waits(suite), 0);
        OP(suite, result, audio_out, write, tone(), RATE_HZ);
        assert_true(result > 0);
        stop_speaker(suite);
    }
    conformance_pass(suite, 200);
    assert_int_equal(underruns(suite), before);
}

struct player {
    struct roost_conformance *suite;
    long written;
    int failed;
};

static bool keep_full(void *arg)
{
    struct player *player = arg;
    int result;

    do {
        OP(player->suite, result, audio_out, write, tone(), 100);
        if (result < 0)
            player->failed = result;
        else
            player->written += result;
    } while (result == 100);
    return player->failed != 0;
}

/* As a device plays: it looks now and then, and the clock of the loudspeaker paces it; with the
 * microphone open at the same rate, where there is one. */
static void test_speaker_rate(void **state)
{
    struct roost_conformance *suite = *state;
    struct player player = {.suite = suite};
    int result;

    if (!suite->port->audio_out.ops)
        return;
    if (suite->port->audio_in.ops) {
        OP(suite, result, audio_in, start, RATE_HZ);
        assert_int_equal(result, 0);
    }
    start_speaker(suite);
    uint64_t begun_ms =
        suite->port->clock.ops ? suite->port->clock.ops->now_ms(suite->port->clock.ctx) : 0;
    for (int ms = 0; ms < 2000; ms += LOOK_MS) {
        assert_false(keep_full(&player));
        conformance_pass(suite, LOOK_MS);
    }
    uint64_t ms = suite->port->clock.ops
                      ? suite->port->clock.ops->now_ms(suite->port->clock.ctx) - begun_ms
                      : 2010;
    long played = player.written - waits(suite);
    assert_in_range(played, (long)ms * RATE_HZ / 1000 * 90 / 100,
                    (long)(ms + 50) * RATE_HZ / 1000 * 104 / 100);
    stop_speaker(suite);
    if (suite->port->audio_in.ops) {
        OP0(suite, result, audio_in, stop);
        assert_int_equal(result, 0);
    }
    conformance_forget(suite);
}

/* ---- decoder ---- */

struct decoded {
    long samples;
    unsigned long level;
    uint32_t rate_hz;
    int err;
};

/* The stream in pieces of `piece` bytes, the samples in portions of `portion`. */
static struct decoded decode(struct roost_conformance *suite, const uint8_t *data, size_t len,
                             size_t piece, size_t portion)
{
    struct decoded decoded = {0};
    int16_t pcm[1200];
    size_t at = 0;
    int count;

    assert_true(portion <= sizeof pcm / sizeof pcm[0]);
    do {
        size_t now = len - at < piece ? len - at : piece, taken = SIZE_MAX;
        OP(suite, count, decoder, decode, data + at, now, &taken, pcm, portion, &decoded.rate_hz);
        if (count < 0) {
            decoded.err = count;
            break;
        }
        assert_true(taken <= now && (size_t)count <= portion);
        assert_true(now == 0 || taken > 0 || count > 0); /* it goes on */
        at += taken;
        for (int i = 0; i < count; i++)
            decoded.level += (unsigned long)abs(pcm[i]);
        decoded.samples += count;
    } while (count > 0 || at < len);
    return decoded;
}

static void begin_stream(struct roost_conformance *suite, enum roost_sound_format format)
{
    int err;

    OP(suite, err, decoder, start, format);
    assert_int_equal(err, 0);
}

static void check_format(struct roost_conformance *suite, enum roost_sound_format format,
                         const uint8_t *data, size_t len)
{
    static const size_t pieces[] = {1, 7, 513, SIZE_MAX};
    static const size_t portions[] = {333, 1, 1200, 17};
    long whole = 0;

    for (size_t i = 0; i < 4; i++) {
        begin_stream(suite, format);
        struct decoded decoded = decode(suite, data, len, pieces[i], portions[i]);
        assert_int_equal(decoded.err, 0);
        assert_in_range(decoded.rate_hz, 8000, 48000);
        long ms = decoded.samples * 1000 / (long)decoded.rate_hz;
        assert_in_range(ms, suite->sound.ms - 80, suite->sound.ms + 120);
        assert_true(decoded.level / (unsigned long)decoded.samples > 100);
        if (i == 0)
            whole = decoded.samples;
        assert_int_equal(decoded.samples, whole); /* however it is cut */
    }
    for (size_t cut = 0; cut < len; cut += len / 9 + 1) { /* the start of one is a stream, too */
        begin_stream(suite, format);
        struct decoded decoded = decode(suite, data, cut, 100, 400);
        assert_true(decoded.err == 0 && decoded.samples <= whole);
    }
}

static void test_decoder(void **state)
{
    struct roost_conformance *suite = *state;

    if (!suite->port->decoder.ops)
        return;
    if (suite->sound.mp3)
        check_format(suite, ROOST_SOUND_MP3, suite->sound.mp3, suite->sound.mp3_len);
    if (suite->sound.opus)
        check_format(suite, ROOST_SOUND_OPUS, suite->sound.opus, suite->sound.opus_len);
}

/* No sound at all ends the stream, and the next one is decoded. */
static void test_decoder_rubbish(void **state)
{
    struct roost_conformance *suite = *state;
    static uint8_t rubbish[128 * 1024];

    if (!suite->port->decoder.ops)
        return;
    for (size_t i = 0; i < sizeof rubbish; i++)
        rubbish[i] = (uint8_t)(i * i + 7 * i + 3);
    for (int i = 0; i < 2; i++) {
        enum roost_sound_format format = i ? ROOST_SOUND_OPUS : ROOST_SOUND_MP3;
        const uint8_t *good = i ? suite->sound.opus : suite->sound.mp3;
        size_t good_len = i ? suite->sound.opus_len : suite->sound.mp3_len;
        int16_t sample;
        size_t taken;
        uint32_t rate_hz;
        int result;

        if (!good)
            continue;
        begin_stream(suite, format);
        struct decoded decoded = decode(suite, rubbish, sizeof rubbish, 1000, 1000);
        assert_int_equal(decoded.err, ROOST_ERR_CORRUPT);
        OP(suite, result, decoder, decode, good, 1, &taken, &sample, 1, &rate_hz);
        assert_int_equal(result, ROOST_ERR_STATE);
        begin_stream(suite, format);
        (void)decode(suite, good, good_len / 2, 300, 300); /* not ended */
        begin_stream(suite, format);
        decoded = decode(suite, good, good_len, 300, 300);
        assert_int_equal(decoded.err, 0);
        assert_in_range(decoded.samples * 1000 / (long)decoded.rate_hz, suite->sound.ms - 80,
                        suite->sound.ms + 120);
    }
}

/* ---- light ---- */

static void test_light(void **state)
{
    struct roost_conformance *suite = *state;
    static const struct {
        struct roost_light_pattern pattern;
        int wanted;
    } rows[] = {
        {{ROOST_LIGHT_STEADY, 255, 255, 255, 0}, 0},
        {{ROOST_LIGHT_BLINK, 255, 0, 0, ROOST_LIGHT_PERIOD_MIN_MS}, 0},
        {{ROOST_LIGHT_BREATHE, 0, 0, 255, ROOST_LIGHT_PERIOD_MAX_MS}, 0},
        {{ROOST_LIGHT_BREATHE, 0, 0, 255, ROOST_LIGHT_PERIOD_MAX_MS}, 0}, /* again */
        {{ROOST_LIGHT_BLINK, 0, 9, 0, ROOST_LIGHT_PERIOD_MIN_MS - 1}, ROOST_ERR_RANGE},
        {{ROOST_LIGHT_BREATHE, 0, 9, 0, ROOST_LIGHT_PERIOD_MAX_MS + 1}, ROOST_ERR_RANGE},
        {{ROOST_LIGHT_BREATHE + 1, 0, 9, 0, 1000}, ROOST_ERR_RANGE},
        {{ROOST_LIGHT_OFF, 0, 0, 0, 0}, 0},
    };
    int result;

    if (!suite->port->light.ops)
        return;
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct roost_light_pattern pattern = rows[i].pattern;

        OP(suite, result, light, show, &pattern);
        assert_int_equal(result, rows[i].wanted);
        memset(&pattern, 0xFF, sizeof pattern); /* it has its copy */
        conformance_pass(suite, 150);
    }
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test(test_speaker_states),
    cmocka_unit_test(test_speaker_buffer),
    cmocka_unit_test(test_speaker_stops_at_once),
    cmocka_unit_test(test_speaker_rate),
    cmocka_unit_test(test_decoder),
    cmocka_unit_test(test_decoder_rubbish),
    cmocka_unit_test(test_light),
};

struct conformance_group conformance_sound_group(void)
{
    return (struct conformance_group){"loudspeaker, decoder, light", tests,
                                      sizeof tests / sizeof tests[0]};
}
