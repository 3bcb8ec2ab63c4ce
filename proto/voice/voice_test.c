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

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(names)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
