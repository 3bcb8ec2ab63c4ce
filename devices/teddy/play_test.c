/* SPDX-License-Identifier: Apache-2.0 */
/* The ring and what comes out of it, at every place of its end, without a device around it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/teddy/play.h"

enum { RING = 2 * VOICE_PIECE_BYTES };

static struct teddy_play play;
static struct teddy_tone tone;
static struct roost_port port;
static uint8_t ring[RING];
static char text[ROOST_BASE64_LEN(RING)];

/* A loudspeaker that takes everything and has played it by the next look. */
static struct {
    bool on;
    uint32_t rate_hz;
    int16_t heard[3 * RING];
    size_t count;
    int room;     /* samples that it will take */
    int buffered; /* what it says it has, for ever */
} speaker;

static int out_start(void *ctx, uint32_t rate_hz)
{
    (void)ctx;
    speaker.on = true;
    speaker.rate_hz = rate_hz;
    return 0;
}

static int out_write(void *ctx, const int16_t *pcm, size_t samples)
{
    (void)ctx;
    if (samples > (size_t)speaker.room)
        samples = (size_t)speaker.room;
    for (size_t i = 0; i < samples && speaker.count < sizeof speaker.heard / 2; i++)
        speaker.heard[speaker.count++] = pcm[i];
    speaker.room -= (int)samples;
    return (int)samples;
}

static int out_buffered(void *ctx)
{
    (void)ctx;
    return speaker.buffered;
}

static int out_stop(void *ctx)
{
    (void)ctx;
    speaker.on = false;
    return 0;
}

static uint32_t out_underruns(void *ctx)
{
    (void)ctx;
    return 0;
}

static const struct roost_audio_out_ops out_ops = {.start = out_start,
                                                   .write = out_write,
                                                   .buffered = out_buffered,
                                                   .stop = out_stop,
                                                   .underruns = out_underruns};

static void begin(void)
{
    memset(&port, 0, sizeof port);
    memset(&speaker, 0, sizeof speaker);
    memset(&tone, 0, sizeof tone);
    port.audio_out.ops = &out_ops;
    speaker.room = 1 << 30;
    assert_int_equal(teddy_play_init(&play, &port, ring, sizeof ring, NULL), 0);
}

static int16_t sample_at(size_t n)
{
    return (int16_t)(n % 7919 + 1);
}

static int take(size_t from, size_t bytes, bool is_final)
{
    static uint8_t sound[RING];
    struct voice_down piece = {.type = VOICE_DOWN_AUDIO_RESPONSE,
                               .format = VOICE_PCM,
                               .sample_rate_hz = 16000,
                               .is_final = is_final,
                               .audio = text};

    for (size_t i = 0; i < bytes; i++)
        sound[i] = (uint8_t)((uint16_t)sample_at(from + i / 2) >> (i % 2 * 8));
    piece.audio_len = roost_base64_encode(text, sound, bytes);
    return teddy_play_take(&play, &piece);
}

static void run(uint32_t now_ms)
{
    teddy_play_run(&play, &tone, true, 100, now_ms);
}

/* Pieces of every length, so that base64's fours and samples' twos straddle the ring's end in every
 * way: what is heard is what was sent, once and in order. */
static void every_place_of_the_end(void **state)
{
    size_t sent = 0, n = 0;

    (void)state;
    begin();
    speaker.buffered = 5000;
    for (size_t len = 2; len < 900; len += 2, n++) {
        assert_int_equal(take(sent, len, false), 0);
        sent += len / 2;
        if (n % 3 == 2 || play.used > RING - 2000)
            run((uint32_t)n * 15);
        assert_int_equal(play.dry, 0);
        if (speaker.count > 2 * RING)
            break;
    }
    assert_true(speaker.count > RING); /* round it more than once */
    /* Behind the soft beginning. */
    for (size_t i = 200; i < speaker.count && speaker.heard[i] != 0; i++)
        assert_int_equal(speaker.heard[i], sample_at(i));
}

static void fullness(void **state)
{
    (void)state;
    begin();
    assert_int_equal(take(0, VOICE_PIECE_BYTES, false), 0);
    assert_int_equal(take(0, VOICE_PIECE_BYTES, false), 0);
    assert_int_equal(play.used, RING);
    assert_int_equal(take(0, 3, false), ROOST_ERR_FULL);
    assert_int_equal(play.full, 1);
    assert_int_equal(play.used, RING);
    teddy_play_hush(&play, 3);
    assert_int_equal(take(0, 3, true), 0);
    assert_int_equal(play.used, RING);
    assert_false(teddy_play_can_again(&play)); /* a piece of it was refused */
}

static void no_base64(void **state)
{
    static const char *const bad[] = {"A", "AAA", "AA=A", "AAAA=AAA", "A===", "AAA!", "AA==AAAA"};

    (void)state;
    begin();
    for (size_t start = 0; start < 8; start++)
        for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
            struct voice_down piece = {.format = VOICE_PCM,
                                       .sample_rate_hz = 16000,
                                       .audio = bad[i],
                                       .audio_len = strlen(bad[i])};
            play.head = RING - (uint32_t)start; /* across the end, too */
            if (play.head == RING)
                play.head = 0;
            uint32_t used = play.used;
            assert_int_equal(teddy_play_take(&play, &piece), ROOST_ERR_INVALID);
            assert_int_equal(play.used, used);
        }
}

/* An odd byte at the end is no sample; the next piece completes it. */
static void half_samples(void **state)
{
    (void)state;
    begin();
    assert_int_equal(take(0, 3001, false), 0);
    run(0);
    assert_int_equal(play.used, 1);
    assert_int_equal(take(1500, 1, false), 0); /* the lower half of it: the upper is 0 ... */
    run(15);
    assert_int_equal(play.used, 0);
    teddy_play_last(&play);
    for (uint32_t i = 2; i < 40; i++)
        run(i * 15);
    assert_true(teddy_play_over(&play));

    begin();
    assert_int_equal(take(0, 3001, true), 0);
    for (uint32_t i = 0; i < 40; i++)
        run(i * 15);
    assert_true(teddy_play_over(&play)); /* ... or it is left out */
}

static void again(void **state)
{
    (void)state;
    begin();
    assert_false(teddy_play_again(&play));
    play.head = RING - 1000;
    assert_int_equal(take(0, 6000, true), 0);
    for (uint32_t i = 0; i < 60; i++)
        run(i * 15);
    assert_true(teddy_play_over(&play));
    size_t once = speaker.count;
    assert_in_range(once, 3000, 3200);
    for (int i = 0; i < 3; i++) {
        speaker.count = 0;
        assert_true(teddy_play_again(&play));
        for (uint32_t n = 0; n < 60; n++)
            run(n * 15);
        assert_true(teddy_play_over(&play));
        assert_int_equal(speaker.count, once);
        for (size_t n = 200; n < 2990; n++)
            assert_int_equal(speaker.heard[n], sample_at(n));
    }
    teddy_play_forget(&play);
    assert_false(teddy_play_again(&play));
    for (size_t i = 0; i < sizeof ring; i++)
        assert_int_equal(ring[i], 0);
}

static void volume(void **state)
{
    (void)state;
    for (uint32_t percent = 0; percent <= 100; percent += 25) {
        begin();
        assert_int_equal(take(5000, 6000, true), 0);
        for (uint32_t i = 0; i < 60; i++)
            teddy_play_run(&play, &tone, true, percent, i * 15);
        assert_true(teddy_play_over(&play));
        int32_t expected = sample_at(6000) * (int32_t)(percent * percent) / 10000;
        assert_in_range(speaker.heard[1000] + 2, expected, expected + 4);
    }
}

/* A loudspeaker that takes nothing any more is gone after a while. */
static void stuck(void **state)
{
    (void)state;
    begin();
    speaker.room = speaker.buffered = 500;
    assert_int_equal(take(0, 6000, true), 0);
    uint32_t at = 0;
    for (; play.on || at == 0; at += 15)
        run(at);
    assert_in_range(at, TEDDY_SPEAKER_STUCK_MS, TEDDY_SPEAKER_STUCK_MS + 100);
    assert_true(play.fault);
    assert_true(teddy_play_over(&play)); /* nobody waits for what cannot be heard */
    speaker.room = 10000;
    speaker.buffered = 0;
    teddy_play_fresh(&play);
    assert_int_equal(take(0, 6000, true), 0);
    run(at);
    assert_false(play.fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_place_of_the_end),
        cmocka_unit_test(fullness),
        cmocka_unit_test(no_base64),
        cmocka_unit_test(half_samples),
        cmocka_unit_test(again),
        cmocka_unit_test(volume),
        cmocka_unit_test(stuck),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
