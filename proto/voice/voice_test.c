/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "proto/voice/voice.h"

static void names(void **state)
{
    (void)state;
    assert_string_equal(voice_error_name(VOICE_ERROR_MISSING_AUDIO_DATA), "missing_audio_data");
    assert_string_equal(voice_error_name(VOICE_ERROR_TIME_LIMIT), "time_limit");
    assert_null(voice_error_name(VOICE_ERROR_COUNT));
    for (int error = 0; error < VOICE_ERROR_COUNT; error++)
        assert_int_equal(voice_error_find(voice_error_name((enum voice_error)error)), error);
    assert_int_equal(voice_error_find("none_of_ours"), VOICE_ERROR_COUNT);
    assert_int_equal(voice_error_find(""), VOICE_ERROR_COUNT);

    assert_string_equal(voice_format_name(VOICE_MP3), "mp3");
    assert_string_equal(voice_format_name(VOICE_PCM), "pcm_s16le");
    assert_string_equal(voice_format_name(VOICE_OPUS), "opus");
    assert_null(voice_format_name(VOICE_FORMAT_COUNT));
    assert_int_equal(voice_format_find("opus"), VOICE_OPUS);
    assert_int_equal(voice_format_find("wav"), VOICE_FORMAT_COUNT);
}

static void uuids(void **state)
{
    static const uint8_t random[16] = {0xFF, 0xEE, 0xDD, 0xCC, 0xBB, 0xAA, 0x99, 0x88,
                                       0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11, 0x00};
    static const char *const bad[] = {
        "",
        "ffeeddcc-bbaa-4988-b766-55443322110",
        "ffeeddcc-bbaa-4988-b766-5544332211000",
        "ffeeddcc-bbaa-4988-b76655443322-1100",
        "ffeeddcc-bbaa-4988-b766-55443322110g",
        "ffeeddccbbaa4988b76655443322110000000",
        "{feeddcc-bbaa-4988-b766-55443322110}",
    };
    char text[VOICE_UUID_CHARS + 1];

    (void)state;
    voice_uuid_write(text, random);
    assert_string_equal(text, "ffeeddcc-bbaa-4988-b766-554433221100");
    assert_true(voice_uuid_check(text));
    assert_true(voice_uuid_check("FFEEDDCC-bbaa-1988-0766-554433221100"));
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_false(voice_uuid_check(bad[i]));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names), cmocka_unit_test(uuids)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
