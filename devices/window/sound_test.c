/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "core/base64.h"
#include "core/err.h"
#include "core/timer.h"
#include "devices/window/sound.h"
#include "devices/window/test/fake_world.h"
#include "devices/window/window.h"
#include "proto/climate/payload.h"

enum { RATE = 8000 };

static struct fake_port fake;
static struct fake_world world;
static struct roost_log log_;
static char log_memory[1024];
static struct window_sound sound;
static struct window_sound_situation now;
static char memory[ROOST_WINDOW_AUDIO_BYTES(RATE)];

static struct heard {
    int count;
    uint64_t seq;
    int64_t unix_ms;
    uint32_t rate_hz, samples;
    uint32_t duration_ms;
    bool same; /* every sample as the microphone gave it */
} heard;

/* Decodes a payload piece by piece and compares it with what the microphone gave. */
static void listen(void *ctx, const char *payload, size_t len)
{
    (void)ctx;
    struct roost_audio audio;
    uint8_t bytes[192];
    int err = roost_audio_parse(&audio, payload, len);
    if (err != 0)
        return;
    heard.count++;
    heard.seq = audio.seq;
    heard.unix_ms = audio.unix_ms;
    heard.rate_hz = audio.sample_rate_hz;
    heard.duration_ms = (uint32_t)(audio.duration_s * 1000.0 + 0.5);
    heard.samples = 0;
    heard.same = true;
    for (size_t at = 0; at < audio.base64_len; at += 256) {
        size_t piece = audio.base64_len - at < 256 ? audio.base64_len - at : 256;
        int got = roost_base64_decode(bytes, sizeof bytes, audio.base64 + at, piece);
        heard.same = heard.same && got > 0 && got % 2 == 0;
        for (int i = 0; i + 1 < got; i += 2, heard.samples++) {
            int16_t sample = (int16_t)(uint16_t)(bytes[i] | bytes[i + 1] << 8);
            heard.same = heard.same && sample == fake_sample(heard.samples);
        }
    }
}

static uint64_t log_now(void *ctx)
{
    return ((struct fake_port *)ctx)->now_ms;
}

static struct roost_uplink_mqtt mqtt;

static void boot(size_t size)
{
    roost_log_init(&log_, log_memory, sizeof log_memory, log_now, NULL, &fake);
    assert_int_equal(roost_uplink_mqtt_init(&mqtt, &fake.port,
                                            &(struct roost_mqtt_options){.host = NULL}, "win-1",
                                            NULL, 0),
                     0);
    window_sound_init(&sound, &fake.port, &mqtt, memory, size, &log_);
    now = (struct window_sound_situation){.interval_ms = 30000, .rate_hz = RATE, .connected = true};
    fake.open = true;
}

static void start(void)
{
    fake_init(&fake);
    fake_world_init(&world, &fake);
    memset(&heard, 0, sizeof heard);
    world.on_audio = listen;
    fake.room = 1000;
    boot(sizeof memory);
}

/* Runs at the due times only, as if no AUDIO_READY ever came. */
static void run(uint64_t ms)
{
    uint64_t end = fake.now_ms + ms;
    int at_once = 0;

    for (;;) {
        now.now_ms = fake.now_ms;
        now.unix_ms = fake_unix_ms(&fake);
        window_sound_run(&sound, &now);
        uint64_t next = window_sound_due(&sound, &now);
        if (fake.now_ms >= end)
            return;
        assert_true(next > fake.now_ms || ++at_once < 100);
        if (next > fake.now_ms)
            fake.now_ms = next < end ? next : end;
    }
}

static void a_buffer_is_what_the_microphone_gave(void **state)
{
    (void)state;
    start();
    run(33000);
    assert_int_equal(heard.count, 1);
    assert_true(heard.same);
    assert_int_equal(heard.samples, 2 * RATE);
    assert_int_equal(heard.rate_hz, RATE);
    assert_int_equal(heard.duration_ms, 2000);
    assert_int_equal(heard.seq, 1);
    assert_true(heard.unix_ms == fake.unix_at_boot_ms + 30000);
    assert_int_equal(sound.sent, 1);
    assert_true(!world.mic_open);
}

static void a_rate_that_does_not_fit_is_halved(void **state)
{
    (void)state;
    start();
    now.rate_hz = 2 * RATE;
    run(33000);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.rate_hz, RATE);
    assert_int_equal(heard.duration_ms, 2000);
    assert_true(heard.same);
}

static void the_microphone_is_open_only_while_it_records(void **state)
{
    (void)state;
    start();
    run(29999);
    assert_int_equal(world.mic_starts, 0);
    run(1);
    assert_true(world.mic_open);
    run(2200);
    assert_true(!world.mic_open);
    run(60000);
    assert_int_equal(world.mic_starts, 3);
    assert_int_equal(heard.seq, 3);
}

static void without_clock_no_time_is_given(void **state)
{
    (void)state;
    start();
    fake.unix_at_boot_ms = 0;
    run(33000);
    assert_int_equal(heard.count, 1);
    assert_true(heard.same && heard.unix_ms == 0);
}

static void a_smaller_memory_makes_a_shorter_buffer(void **state)
{
    (void)state;
    static const size_t sizes[] = {sizeof memory - 1, sizeof memory / 2, 163 + 2000, 162 + 1024};
    for (size_t i = 0; i < sizeof sizes / sizeof sizes[0]; i++) {
        start();
        boot(sizes[i]);
        memory[sizes[i]] = 0x55;
        run(33000);
        assert_int_equal(heard.count, 1);
        assert_true(heard.same);
        assert_true(heard.samples <= 2 * RATE && heard.samples >= 1);
        assert_int_equal(heard.samples * 1000 / RATE, heard.duration_ms);
        assert_int_equal(memory[sizes[i]], 0x55);
    }
    start();
    boot(162 + 1023);
    run(100000);
    assert_int_equal(world.mic_starts, 0);
}

static void nothing_is_recorded_when_a_condition_is_missing(void **state)
{
    (void)state;
    for (int missing = 0; missing < 5; missing++) {
        start();
        now.connected = missing != 0;
        now.safe_mode = missing == 1;
        now.stopping = missing == 2;
        now.interval_ms = missing == 3 ? 0 : 30000;
        if (missing == 4)
            window_sound_init(&sound, &fake.port, &mqtt, NULL, 0, &log_);
        for (int i = 0; i < 100; i++) {
            fake.now_ms += 1000;
            now.now_ms = fake.now_ms;
            window_sound_run(&sound, &now);
            assert_int_equal(world.mic_starts, 0);
        }
        /* Only what is wanted and cannot be sent is a loss. */
        assert_int_equal(sound.dropped, missing == 0 ? 3 : 0);
    }
}

static void a_condition_that_breaks_closes_the_microphone(void **state)
{
    (void)state;
    start();
    run(31000);
    assert_true(world.mic_open);
    now.connected = false;
    run(10);
    assert_true(!world.mic_open);
    assert_int_equal(sound.dropped, 1);
    assert_int_equal(heard.count, 0);
    now.connected = true;
    run(35000);
    assert_int_equal(heard.count, 1);
    assert_true(heard.same);
}

static void a_refused_publish_is_a_counted_loss(void **state)
{
    (void)state;
    start();
    fake.publish_error = ROOST_ERR_FULL;
    run(33000);
    assert_int_equal(sound.dropped, 1);
    fake.publish_error = 0;
    run(30000);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.seq, 2); /* the hub sees the gap */
}

static void each_kind_of_silence_is_a_microphone_fault(void **state)
{
    (void)state;
    for (int kind = 0; kind < 4; kind++) {
        start();
        world.mic_dead = kind == 0;
        world.mic_flat = kind == 1;
        world.mic_gone = kind == 2;
        run(31000);
        world.mic_gone = world.mic_gone || kind == 3;
        run(6000);
        assert_true(sound.microphone_fault);
        assert_true(!world.mic_open);
        assert_int_equal(sound.dropped, 1);
        assert_int_equal(heard.count, 0);
        world.mic_dead = world.mic_flat = world.mic_gone = false;
        run(30000);
        assert_true(!sound.microphone_fault);
        assert_int_equal(heard.count, 1);
    }
}

static void numbers_never_come_twice(void **state)
{
    (void)state;
    start();
    uint64_t last = 0;
    int writes = fake.operations;
    for (int reboots = 0; reboots < 5; reboots++) {
        for (int i = 0; i < 3; i++) {
            run(33000);
            assert_true(heard.seq > last);
            last = heard.seq;
        }
        fake_boot(&fake, ROOST_RESET_WATCHDOG);
        boot(sizeof memory);
    }
    assert_int_equal(fake.operations - writes, 5); /* one flash write a boot */
    sound.next_seq = sound.reserved_seq;
    run(66000);
    assert_true(heard.seq > last);
}

static void without_flash_a_buffer_goes_without_a_number(void **state)
{
    (void)state;
    start();
    fake.kv_fails = true;
    run(33000);
    assert_int_equal(heard.count, 1);
    assert_int_equal(heard.seq, 0);
    assert_true(sound.unsaved);
    fake.kv_fails = false;
    run(30000);
    assert_true(heard.seq > 0 && !sound.unsaved);
}

static void a_shorter_interval_holds_at_once(void **state)
{
    (void)state;
    start();
    now.interval_ms = 3600000;
    run(20000);
    now.interval_ms = 10000;
    run(2300);
    assert_int_equal(heard.count, 1);
    now.interval_ms = 1; /* shorter than a buffer: one after the other */
    run(10000);
    assert_true(heard.count >= 5);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_buffer_is_what_the_microphone_gave),
        cmocka_unit_test(a_rate_that_does_not_fit_is_halved),
        cmocka_unit_test(the_microphone_is_open_only_while_it_records),
        cmocka_unit_test(without_clock_no_time_is_given),
        cmocka_unit_test(a_smaller_memory_makes_a_shorter_buffer),
        cmocka_unit_test(nothing_is_recorded_when_a_condition_is_missing),
        cmocka_unit_test(a_condition_that_breaks_closes_the_microphone),
        cmocka_unit_test(a_refused_publish_is_a_counted_loss),
        cmocka_unit_test(each_kind_of_silence_is_a_microphone_fault),
        cmocka_unit_test(numbers_never_come_twice),
        cmocka_unit_test(without_flash_a_buffer_goes_without_a_number),
        cmocka_unit_test(a_shorter_interval_holds_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
