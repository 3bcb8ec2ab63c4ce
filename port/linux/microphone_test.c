/* SPDX-License-Identifier: Apache-2.0 */
#include "port/linux/microphone.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "core/bytes.h"
#include "core/err.h"

static uint8_t wav[256];
static size_t wav_len;

static void put(const void *bytes, size_t len)
{
    memcpy(wav + wav_len, bytes, len);
    wav_len += len;
}

static void put_le(uint32_t value, int bytes)
{
    roost_le_put(wav + wav_len, value, (size_t)bytes);
    wav_len += (size_t)bytes;
}

static void make_wav(uint32_t format, uint32_t channels, uint32_t rate_hz, uint32_t bits,
                     uint32_t data_size)
{
    wav_len = 0;
    put("RIFF", 4);
    put_le(0, 4);
    put("WAVELIST", 8);
    put_le(3, 4); /* odd: padded */
    put("abc\0fmt ", 8);
    put_le(16, 4);
    put_le(format, 2);
    put_le(channels, 2);
    put_le(rate_hz, 4);
    put_le(rate_hz * 2, 4);
    put_le(2, 2);
    put_le(bits, 2);
    put("data", 4);
    put_le(data_size, 4);
    put("\x01\x00\xfe\xff\x00\x80", 6); /* 1, -2, -32768 */
}

static int load(struct linux_microphone *microphone)
{
    char path[] = "/tmp/roost-wav-XXXXXX";
    int fd = mkstemp(path);

    assert_true(fd >= 0);
    assert_int_equal(write(fd, wav, wav_len), wav_len);
    close(fd);
    int err = linux_microphone_init(microphone, path);
    unlink(path);
    return err;
}

static void test_plays_round_and_round(void **state)
{
    struct linux_microphone microphone;
    int16_t out[7];

    (void)state;
    make_wav(1, 1, 16000, 16, 6);
    assert_int_equal(load(&microphone), 0);
    assert_int_equal(linux_microphone_start(&microphone, 8000), ROOST_ERR_UNSUPPORTED);
    assert_int_equal(linux_microphone_start(&microphone, 16000), 0);
    linux_microphone_play(&microphone, out, 2);
    linux_microphone_play(&microphone, out + 2, 5);
    const int16_t wanted[] = {1, -2, -32768, 1, -2, -32768, 1};
    assert_memory_equal(out, wanted, sizeof wanted);
    linux_microphone_deinit(&microphone);
    make_wav(1, 1, 16000, 16, 0xFFFFFFFF); /* a recording that was streamed */
    assert_int_equal(load(&microphone), 0);
    assert_int_equal(microphone.wav.count, 3);
    linux_microphone_deinit(&microphone);
}

static void test_bad_files(void **state)
{
    struct linux_microphone microphone;

    (void)state;
    make_wav(3, 1, 16000, 16, 6);
    assert_int_equal(load(&microphone), ROOST_ERR_INVALID);
    make_wav(1, 2, 16000, 16, 6);
    assert_int_equal(load(&microphone), ROOST_ERR_INVALID);
    make_wav(1, 1, 16000, 8, 6);
    assert_int_equal(load(&microphone), ROOST_ERR_INVALID);
    make_wav(1, 1, 16000, 16, 0);
    assert_int_equal(load(&microphone), ROOST_ERR_INVALID);
    linux_microphone_deinit(&microphone);
    make_wav(1, 1, 16000, 16, 6);
    for (size_t full = wav_len, len = 0; len < full - 5; len++) { /* less than one sample */
        wav_len = len;
        assert_int_equal(load(&microphone), ROOST_ERR_INVALID);
        linux_microphone_deinit(&microphone);
    }
    assert_int_equal(linux_microphone_init(&microphone, "/nowhere.wav"), ROOST_ERR_NOT_FOUND);
}

/* ALSA's own null device is there without any hardware. */
static void test_alsa(void **state)
{
    struct linux_microphone microphone;
    int16_t out[160];
    int lost = 0;

    (void)state;
    assert_int_equal(linux_microphone_init(&microphone, "alsa:null"), 0);
    assert_int_equal(linux_microphone_capture(&microphone, out, 160, &lost), ROOST_ERR_FAULT);
    assert_int_equal(linux_microphone_start(&microphone, 16000), 0);
    assert_true(linux_microphone_capture(&microphone, out, 160, &lost) >= 0);
    linux_microphone_deinit(&microphone);
    assert_int_equal(linux_microphone_init(&microphone, "alsa:no_such_device"), 0);
    assert_int_equal(linux_microphone_start(&microphone, 16000), ROOST_ERR_FAULT);
    linux_microphone_deinit(&microphone);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_plays_round_and_round),
        cmocka_unit_test(test_bad_files),
        cmocka_unit_test(test_alsa),
    };

    return cmocka_run_group_tests_name("microphone", tests, NULL, NULL);
}
