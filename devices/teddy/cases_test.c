/* SPDX-License-Identifier: Apache-2.0 */
/* Cases of the device: D1, D3, D4, D5, D8, D9, D10, and parts that fail. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "devices/teddy/test/rig.h"

/* D1: 50 kbit/s while the button is held for 20 s. */
static void d1_a_slow_network(void **state)
{
    (void)state;
    start_ready();
    hub.bytes_per_s = 50000 / 8;
    press();
    for (int i = 0; i < 200; i++) {
        run(100);
        assert_true(teddy.capture.count < CHUNKS); /* bounded, whatever the network */
    }
    release();
    assert_int_equal(teddy.state, TEDDY_THINKING);
    assert_true(teddy.capture.lost > 100); /* the oldest, counted */
    uint64_t said = teddy.capture.next_seq - 1;
    assert_in_range(said, 155, 158);
    run(20000); /* as long as the network needs: what waits to be sent is no late answer */
    assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 1); /* always */
    assert_int_equal(hub.finals, 1);
    assert_int_equal(hub.seq, said); /* the newest got there */
    assert_int_equal(hub.repeated + hub.unsigned_chunks, 0);
    assert_int_equal((uint64_t)hub.chunks + teddy.capture.lost, said);
}

/* D3: a press while it speaks, and another 200 ms later. */
static void d3_pressed_twice_while_it_speaks(void **state)
{
    (void)state;
    for (int hold_ms = 30; hold_ms <= 190; hold_ms += 40) {
        start_ready();
        talk_until_it_speaks(800);
        run(400);
        uint64_t heard = hub.heard;
        press();
        assert_int_equal(teddy.state, TEDDY_LISTENING); /* interrupts and records at once */
        assert_true(hub.world.mic.on);
        assert_false(hub.world.out.on);
        run((uint64_t)hold_ms);
        release();
        run(198 - (uint64_t)hold_ms);
        press();
        run(TEDDY_DEBOUNCE_MS); /* at the latest, when the contact had no time to settle */
        assert_int_equal(teddy.state, TEDDY_LISTENING); /* so does the second */
        assert_true(hub.world.mic.on);
        run(1000 - TEDDY_DEBOUNCE_MS);
        release();
        assert_int_equal(teddy.state, TEDDY_THINKING);
        assert_int_equal(hub.heard, heard); /* nothing of the old reply any more */
        run_until(TEDDY_SPEAKING, 1000);
        assert_int_equal(teddy.count.presses, 3);
        assert_int_equal(teddy.count.interrupts, 1);
        assert_int_equal(hub.count[VOICE_UP_ABORT], 1);
        assert_int_equal(hub.count[VOICE_UP_AUDIO_END], 2);
        assert_in_range(hub.samples, 15500, 16200);
        assert_int_equal(hub.gaps, 0);
        run_until(TEDDY_READY, 5000);
    }
}

/* Who interrupts and says little is answered while the given up reply could still be on its way. */
static void a_quick_answer_is_heard_whole(void **state)
{
    (void)state;
    start_ready();
    hub.think_ms = 50;
    talk_until_it_speaks(800);
    press();
    run(400);
    uint32_t unheard = teddy.count.unheard;
    release();
    run_until(TEDDY_SPEAKING, 500);
    run_until(TEDDY_READY, 20000);
    assert_int_equal(teddy.count.unheard, unheard);
    assert_int_equal(teddy.count.replies, 2);
}

/* An interruption is with the hub at once, before anything of the next turn. */
static void an_abort_goes_up(void **state)
{
    (void)state;
    start_ready();
    talk_until_it_speaks(800);
    run(300);
    press();
    run(10);
    assert_int_equal(hub.count[VOICE_UP_ABORT], 1);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);
    /* Pieces that were on their way are not heard in the next turn. */
    static const int16_t sound[3072] = {1000};
    for (int i = 0; i < 3; i++)
        assert_int_equal(fake_hub_piece(&hub, &(struct voice_reply){.sound = sound,
                                                                    .sound_len = sizeof sound,
                                                                    .text = "",
                                                                    .format = VOICE_PCM,
                                                                    .sample_rate_hz = 16000,
                                                                    .seq = 500}),
                         0);
    assert_int_equal(teddy.count.unheard, 3);
    run(600);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 2);
    release();
    run(100);
    assert_int_equal(teddy.state, TEDDY_THINKING);
    run_until(TEDDY_SPEAKING, 1000);
}

/* D4: frames at three times real time into a ring of 32 KB. */
static void d4_three_times_real_time(void **state)
{
    (void)state;
    start_ready();
    hub.reply_ms = 20000;
    talk_until_it_speaks(800);
    run_until(TEDDY_READY, 25000);
    run(50);
    assert_int_equal(teddy.play.full, 0);
    assert_int_equal(teddy.play.dry, 0);
    assert_int_equal(hub.world.out.underruns, 1); /* its end */
    assert_in_range(hub.heard, 320000, 320600);
    assert_in_range(hub.played_ms, 20000, 20050);
}

/* A hub that paces by nothing: what does not fit is refused and counted, and nothing breaks. */
static void a_careless_hub(void **state)
{
    (void)state;
    start_ready();
    hub.reply_ms = 8000;
    hub.careless = true;
    talk_until_it_speaks(800);
    run_until(TEDDY_READY, 12000);
    assert_true(teddy.play.full > 5);
    assert_in_range(hub.heard, 30000, 128000);
    assert_true(hub.jump < 12000);
}

/* D5: a gap of 400 ms in what arrives. */
static void d5_a_gap(void **state)
{
    (void)state;
    start_ready();
    hub.reply_ms = 4000;
    hub.gap_ms = 1500; /* 400 ms more than there is ahead */
    talk_until_it_speaks(800);
    uint32_t shown = hub.world.light.count;
    run_until(TEDDY_READY, 9000);
    assert_int_equal(teddy.play.dry, 1);
    assert_int_equal(teddy.play.full, 0);
    assert_in_range(hub.heard, 64000, 65000);
    /* No pop: the saw's own slope, at the volume of 70 %, and no more. */
    assert_in_range(hub.jump, 100, 2000);
    assert_int_equal(hub.world.light.count - shown, 1); /* ready; no flicker in between */
}

static int sound_of(const void *bytes, size_t len, enum voice_format format, uint32_t rate_hz)
{
    return fake_hub_piece(&hub, &(struct voice_reply){.sound = bytes,
                                                      .sound_len = len,
                                                      .text = "",
                                                      .format = format,
                                                      .sample_rate_hz = rate_hz,
                                                      .is_final = true,
                                                      .when = 1});
}

/* ---- a decoder for the tests: a frame is 'M', a count, and that many samples ---- */

static struct {
    uint8_t held[300];
    size_t len;
    int starts, skip;
    uint32_t rate_hz;
} codec;

static int codec_start(void *ctx, enum roost_sound_format format)
{
    (void)ctx;
    if (format != ROOST_SOUND_MP3)
        return ROOST_ERR_UNSUPPORTED;
    codec.len = 0;
    codec.skip = 0;
    codec.starts++;
    return 0;
}

static int codec_decode(void *ctx, const void *data, size_t len, size_t *taken, int16_t *pcm,
                        size_t samples, uint32_t *rate_hz)
{
    const uint8_t *bytes = data;

    (void)ctx;
    *rate_hz = codec.rate_hz;
    *taken = 0;
    while (*taken < len || codec.len >= 2) {
        if (*taken < len && codec.len < sizeof codec.held)
            codec.held[codec.len++] = bytes[(*taken)++];
        if (codec.skip > 0) {
            codec.skip--;
            codec.len = 0;
            continue;
        }
        if (codec.len == 4 && memcmp(codec.held, "ID3", 3) == 0) {
            codec.skip = codec.held[3] * 1024; /* a tag */
            codec.len = 0;
            continue;
        }
        if (codec.held[0] != 'M' && codec.held[0] != 'I')
            return ROOST_ERR_CORRUPT;
        if (codec.held[0] == 'M' && codec.len >= 2 && codec.len == 2u + codec.held[1]) {
            size_t count = codec.held[1] < samples ? codec.held[1] : samples;
            for (size_t i = 0; i < count; i++)
                pcm[i] = (int16_t)(codec.held[2 + i] * 64);
            codec.len = 0;
            if (count > 0)
                return (int)count;
        }
        if (*taken == len && (codec.len < 2 || codec.len < 2u + codec.held[1]))
            break;
    }
    return 0;
}

static const struct roost_decoder_ops codec_ops = {.start = codec_start, .decode = codec_decode};

static void start_with_codec(void)
{
    begin();
    fake.port.decoder = (struct roost_decoder){&codec_ops, NULL};
    memset(&codec, 0, sizeof codec);
    codec.rate_hz = 22050;
    boot();
    run(ONLINE_MS);
    hub.replies = false;
}

static size_t write_frames(uint8_t *out, size_t frames)
{
    size_t len = 0;

    for (size_t i = 0; i < frames; i++) {
        out[len++] = 'M';
        out[len++] = 200;
        memset(out + len, (int)(100 + i % 20), 200);
        len += 200;
    }
    return len;
}

static uint8_t file[16 * 1024];

/* D8: sounds that are none, or not what they say. */
static void d8_bad_sounds(void **state)
{
    (void)state;
    start_with_codec();
    assert_int_equal(hub.features & (VOICE_FEATURE_MP3 | VOICE_FEATURE_OPUS), VOICE_FEATURE_MP3);
    /* A welcome of no bytes. */
    assert_int_equal(sound_of("", 0, VOICE_MP3, 22050), 0);
    run(200);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(teddy.play.bad, 1);
    /* Of a rate that is none. */
    teddy_play_fresh(&teddy.play);
    assert_int_equal(sound_of(file, 1000, VOICE_PCM, 7999), ROOST_ERR_INVALID);
    assert_int_equal(sound_of(file, 1000, VOICE_PCM, 96000), ROOST_ERR_INVALID);
    /* A file in place of samples would be a blast of noise; so would the rest of it. */
    memcpy(file, "RIFF", 4);
    assert_int_equal(sound_of(file, 1000, VOICE_PCM, 16000), ROOST_ERR_INVALID);
    assert_int_equal(sound_of(file + 4, 1000, VOICE_PCM, 16000), ROOST_ERR_INVALID);
    teddy_play_fresh(&teddy.play);
    assert_int_equal(teddy.play.bad, 5);
    /* No base64. */
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"audio_response\",\"audio_data\":\"AAA*\","
                                         "\"format\":\"pcm_s16le\"}"),
                     ROOST_ERR_INVALID);
    assert_int_equal(fake_hub_send(&hub, "{\"type\":\"audio_response\",\"audio_data\":\"AAAA\","
                                         "\"format\":\"flac\"}"),
                     ROOST_ERR_INVALID);
    /* Opus that this port has not. */
    run(100);
    assert_int_equal(hub.heard, 0);
    assert_int_equal(teddy.state, TEDDY_READY);
    teddy_play_fresh(&teddy.play);
    assert_int_equal(sound_of("MMMM", 4, VOICE_OPUS, 16000), 0);
    run(300);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(teddy.play.bad, 8);
}

/* The hub speaks by itself, twice, and not in the same way. */
static void one_reply_after_another(void **state)
{
    (void)state;
    start_with_codec();
    memset(file, 0, sizeof file);
    size_t len = write_frames(file, 10);
    assert_int_equal(sound_of(file, len, VOICE_MP3, 22050), 0);
    run(50);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    run_until(TEDDY_READY, 1000);
    assert_int_equal(sound_of(file, 6000, VOICE_PCM, 16000), 0);
    run(50);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    assert_int_equal(hub.heard_rate_hz, 16000);
    /* Close behind it another one of its kind: both are heard. */
    assert_int_equal(sound_of(file, 6000, VOICE_PCM, 16000), 0);
    uint64_t before = hub.heard;
    run_until(TEDDY_READY, 1000);
    assert_in_range(hub.heard - before, 5200, 6300);
    assert_int_equal(teddy.play.bad, 0);
}

/* The child need not wait for a reply that cannot be played. */
static void a_reply_without_a_decoder(void **state)
{
    (void)state;
    start_ready();
    hub.replies = false;
    talk(800);
    run(100);
    assert_int_equal(sound_of("MMMM", 4, VOICE_MP3, 22050), ROOST_ERR_UNSUPPORTED);
    run(20);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_true(world_teddy_sounds(&hub.world));
    assert_int_equal(teddy.notice, TEDDY_NOTICE_TROUBLE);
}

static void d8_mp3(void **state)
{
    (void)state;
    start_with_codec();
    /* One piece, as the field sends it, with a tag in front. */
    memset(file, 0, sizeof file);
    memcpy(file, "ID3\x04", 4);
    size_t len = 4 + 4096 + write_frames(file + 4 + 4096, 18);
    assert_int_equal(sound_of(file, len, VOICE_MP3, 22050), 0);
    run(100);
    assert_int_equal(teddy.state, TEDDY_SPEAKING);
    assert_int_equal(hub.heard_rate_hz, 22050);
    run_until(TEDDY_READY, 3000);
    assert_in_range(hub.heard, 3600 - 200, 4000);
    assert_int_equal(teddy.play.bad, 0);
    /* Cut short: what there is of it is heard. */
    uint64_t before = hub.heard;
    teddy_play_fresh(&teddy.play);
    assert_int_equal(sound_of(file + 4100, 10 * 202 - 77, VOICE_MP3, 22050), 0);
    run(50);
    run_until(TEDDY_READY, 3000);
    assert_in_range(hub.heard - before, 1600, 2200);
    /* No MP3 at all behind a good beginning. */
    before = hub.heard;
    teddy_play_fresh(&teddy.play);
    memset(file + 4100 + 2020, 0xAB, 4000);
    assert_int_equal(sound_of(file + 4100, 6000, VOICE_MP3, 22050), 0);
    run(50);
    run_until(TEDDY_READY, 3000);
    assert_in_range(hub.heard - before, 1800, 2400);
    assert_int_equal(teddy.play.bad, 1);
    assert_true(hub.jump < 12000);
    /* A rate that is none comes out of the decoder. */
    codec.rate_hz = 2000000;
    teddy_play_fresh(&teddy.play);
    assert_int_equal(sound_of(file + 4100, 2020, VOICE_MP3, 22050), 0);
    run(100);
    assert_int_equal(teddy.state, TEDDY_READY);
    assert_int_equal(teddy.play.bad, 2);
}

/* A loudspeaker of one rate gets another sound all the same. */
static void another_rate(void **state)
{
    (void)state;
    start_ready();
    hub.world.config.one_rate_hz = 16000;
    hub.reply_rate_hz = 24000;
    hub.reply_ms = 2000;
    hub.piece_ms = 100;
    talk_until_it_speaks(800);
    run_until(TEDDY_READY, 4000);
    assert_int_equal(hub.heard_rate_hz, 16000);
    assert_in_range(hub.heard, 32000 - 32, 32500);
    assert_in_range(hub.jump, 100, 2500);
    run(50);
    assert_in_range(hub.played_ms, 1990, 2040);
}

/* ---- D9: nothing of the child is kept anywhere ---- */

static bool holds(const void *memory, size_t len, const void *part, size_t part_len)
{
    const uint8_t *at = memory;

    for (size_t i = 0; i + part_len <= len; i++)
        if (at[i] == *(const uint8_t *)part && memcmp(at + i, part, part_len) == 0)
            return true;
    return false;
}

static char token[VOICE_TOKEN_CHARS + 1];
static int lines_with_secrets;

static void look_for_secrets(const void *memory, size_t len, int *found)
{
    int16_t said[4], replied[4];
    static const char *const words[] = {"Zarquonia", "child-7", FAKE_KEY, "Qwertzuiop"};

    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        *found += holds(memory, len, words[i], strlen(words[i]));
    *found += holds(memory, len, token, 16);
    for (uint64_t n = 1000; n < 9000; n += 2000) {
        for (size_t i = 0; i < 4; i++) {
            said[i] = fake_said(n + i);
            replied[i] = fake_replied(n + i, 16000);
        }
        *found += holds(memory, len, said, sizeof said);
        *found += holds(memory, len, replied, sizeof replied);
    }
}

static void on_line(void *ctx, const char *line, size_t len)
{
    (void)ctx;
    look_for_secrets(line, len, &lines_with_secrets);
}

static void d9_nothing_is_kept(void **state)
{
    int found = 0;

    (void)state;
    begin();
    fake.on_line = on_line;
    lines_with_secrets = 0;
    boot();
    run(ONLINE_MS);
    memcpy(token, strstr(hub.url, "token=") + 6, VOICE_TOKEN_CHARS);
    assert_int_equal(fake_hub_send(&hub, "{\"id\":\"l\",\"command\":\"log_level\",\"args\":{"
                                         "\"level\":\"debug\"}}"),
                     0);
    hub.reply_ms = 600;
    for (int i = 0; i < 10; i++) {
        talk_until_it_speaks(900);
        assert_int_equal(
            fake_hub_send(&hub, "{\"type\":\"text_response\",\"text\":\"Qwertzuiop\"}"), 0);
        assert_int_equal(fake_hub_send(&hub, "{\"type\":\"error\",\"error_code\":\"Qwertzuiop\","
                                             "\"error_message\":\"Qwertzuiop\"}"),
                         0);
        if (i % 3 == 1)
            fake_hub_drop(&hub, VOICE_CLOSE_POLICY * (i == 4));
        run(40000);
        assert_int_equal(teddy.state, TEDDY_READY);
    }
    look_for_secrets(fake.flash, sizeof fake.flash, &found);
    look_for_secrets(fake.keys, sizeof fake.keys, &found);
    look_for_secrets(teddy.device.log_memory, sizeof teddy.device.log_memory, &found);
    assert_int_equal(fake_hub_send(&hub, "{\"id\":\"r\",\"command\":\"read_log\"}"), 0);
    run(50);
    assert_true(strlen(hub.last_answer) > 200);
    look_for_secrets(hub.last_answer, strlen(hub.last_answer), &found);
    assert_int_equal(fake_hub_send(&hub, "{\"id\":\"h\",\"command\":\"health\"}"), 0);
    run(50);
    look_for_secrets(hub.last_answer, strlen(hub.last_answer), &found);
    look_for_secrets(hub.last, strlen(hub.last), &found); /* the last status */
    assert_int_equal(found, 0);
    assert_int_equal(lines_with_secrets, 0);
    /* What was said is wiped as soon as the hub has it; nothing is left of the frame. */
    for (size_t i = 0; i < sizeof said_memory; i++)
        assert_int_equal(said_memory[i], 0);
    found = 0;
    look_for_secrets(teddy.frame, sizeof teddy.frame, &found);
    assert_int_equal(found, 0);
}

/* D10: neither its own beep nor its own speech is in what it sends. The microphone of this world
 * hears the loudspeaker, as a hum far from what is said. */
static void d10_its_own_sound_is_not_sent(void **state)
{
    (void)state;
    start_ready();
    assert_int_equal(
        fake_hub_send(&hub, "{\"id\":\"b\",\"command\":\"set\",\"args\":{\"listen_beep\":true}}"),
        0);
    run(20);
    for (int i = 0; i < 3; i++) {
        press();
        assert_true(world_teddy_sounds(&hub.world)); /* the beep */
        while (world_teddy_sounds(&hub.world)) {
            assert_false(hub.world.mic.on);
            run(5);
        }
        run(1000);
        assert_true(hub.world.mic.on);
        release();
        run(100);
        assert_int_equal(hub.gaps, 0); /* each sample is one that was said */
        assert_in_range(hub.samples, 15500, 17000);
        run_until(TEDDY_SPEAKING, 2000);
        run(500);
        assert_false(hub.world.mic.on);
        /* The next press comes while it speaks. */
    }
    press();
    run(600);
    release();
    run(100);
    assert_int_equal(hub.gaps, 0);
}

/* ---- parts that fail ---- */

static void a_dead_microphone(void **state)
{
    (void)state;
    start_ready();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_MIC_DEAD, true);
    press();
    run(10);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    assert_true(has_fault(TEDDY_FAULT_NO_MICROPHONE));
    assert_true(world_teddy_sounds(&hub.world));
    release();
    run(2000);
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_MIC_DEAD, false);
    talk_until_it_speaks(1000); /* the next press tries again */
    assert_false(has_fault(TEDDY_FAULT_NO_MICROPHONE));
    run_until(TEDDY_READY, 5000);
    /* Dies in the middle of a word. */
    press();
    run(500);
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_MIC_DEAD, true);
    run(100);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    run(100);
    assert_int_equal(hub.count[VOICE_UP_ABORT], 1); /* the hub need not wait */
    release();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_MIC_DEAD, false);
    run(1000);
    /* Gives the same sample for ever. */
    hub.world.config.says = NULL;
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_MIC_FLAT, true);
    press();
    run(3000);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    release();
}

static void a_dead_loudspeaker(void **state)
{
    (void)state;
    start_ready();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_SPEAKER_DEAD, true);
    talk(800);
    run(800);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    assert_true(has_fault(TEDDY_FAULT_SPEAKER));
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_SPEAKER_DEAD, false);
    run(4000);
    talk_until_it_speaks(800);
    run(100);
    assert_false(has_fault(TEDDY_FAULT_SPEAKER));
    /* Dies while it speaks. */
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_SPEAKER_DEAD, true);
    run(100);
    assert_int_equal(teddy.state, TEDDY_ERROR);
    /* The microphone still opens: the child may be heard though it is not answered. */
    press();
    run(500);
    assert_true(hub.world.mic.on);
    release();
}

static void a_slow_loudspeaker(void **state)
{
    (void)state;
    start_ready();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_SPEAKER_SLOW, true);
    hub.reply_ms = 4000;
    talk_until_it_speaks(800);
    run_until(TEDDY_READY, 10000);
    run(50);
    assert_in_range(hub.heard, 64000, 64600); /* slowly, and all of it */
    assert_int_equal(teddy.play.full, 0);
    assert_in_range(hub.played_ms, 4000, 4040);
}

static void a_bouncing_button(void **state)
{
    (void)state;
    start_ready();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_BUTTON_BOUNCE, true);
    for (int i = 1; i <= 5; i++) {
        talk_until_it_speaks(800);
        run_until(TEDDY_READY, 5000);
        assert_int_equal(teddy.count.presses, i);
        assert_int_equal(hub.count[VOICE_UP_AUDIO_END], i);
    }
    assert_int_equal(hub.count[VOICE_UP_ABORT], 0);
}

static void a_stuck_button(void **state)
{
    (void)state;
    start_ready();
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_BUTTON_STUCK, true);
    run(70000);
    assert_true(has_fault(TEDDY_FAULT_BUTTON));
    assert_int_equal(teddy.state, TEDDY_READY); /* one turn, and it was over after 30 s */
    assert_false(hub.world.mic.on);
    assert_int_equal(hub.count[VOICE_UP_AUDIO_START], 1);
    world_teddy_set_fault(&hub.world, WORLD_TEDDY_BUTTON_STUCK, false);
    run(100);
    assert_false(has_fault(TEDDY_FAULT_BUTTON));
    talk_until_it_speaks(800);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(d1_a_slow_network),
        cmocka_unit_test(d3_pressed_twice_while_it_speaks),
        cmocka_unit_test(an_abort_goes_up),
        cmocka_unit_test(a_quick_answer_is_heard_whole),
        cmocka_unit_test(d4_three_times_real_time),
        cmocka_unit_test(a_careless_hub),
        cmocka_unit_test(d5_a_gap),
        cmocka_unit_test(d8_bad_sounds),
        cmocka_unit_test(one_reply_after_another),
        cmocka_unit_test(a_reply_without_a_decoder),
        cmocka_unit_test(d8_mp3),
        cmocka_unit_test(another_rate),
        cmocka_unit_test(d9_nothing_is_kept),
        cmocka_unit_test(d10_its_own_sound_is_not_sent),
        cmocka_unit_test(a_dead_microphone),
        cmocka_unit_test(a_dead_loudspeaker),
        cmocka_unit_test(a_slow_loudspeaker),
        cmocka_unit_test(a_bouncing_button),
        cmocka_unit_test(a_stuck_button),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
