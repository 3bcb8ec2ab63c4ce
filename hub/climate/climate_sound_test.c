/* SPDX-License-Identifier: Apache-2.0 */
/* Sound: level and hash are kept, the sound itself never. */
#include "hub/climate/test_rig.h"

static void sound_becomes_level_and_hash(void **state)
{
    (void)state;
    rig_sound("w1", 16384); /* half of full scale, square: -6.02 dBFS */
    rig_settle();
    const struct rig_rows *found = rig_rows(SERIES_AUDIO, "w1");
    assert_int_equal(found->count, 1);
    assert_true(fabs(found->rows[0].audio.level_dbfs - -6.0206) < 0.01);
    assert_string_equal(found->rows[0].audio.format, "pcm");
    assert_int_equal(strlen(found->rows[0].audio.hash_hex), 64);
    assert_int_equal(found->rows[0].audio.sample_rate_hz, 16000);
    assert_true(found->rows[0].audio.duration_s == 0.1);
    assert_true(fabs(rig_window("w1")->latest[FEATURE_SOUND] - -6.0206) < 0.01);
}

static void send_audio(const void *bytes, size_t len, double duration_s)
{
    static char payload[65536];
    size_t at = (size_t)snprintf(payload, sizeof payload,
                                 "{\"sample_rate\":8000,\"duration\":%g,\"data\":\"", duration_s);
    at += roost_base64_encode(payload + at, bytes, len);
    memcpy(payload + at, "\"}", sizeof "\"}");
    rig_send("sensor/w1/audio", payload);
}

/* {"data":"...\\/..."}: JSON of an encoder that escapes slashes. */
static void escaped_slashes_are_the_same_sound(void **state)
{
    static const char head[] = "{\"sample_rate\":8000,\"duration\":0.1,\"data\":\"";
    static char payload[8192];
    uint8_t pcm[1600];
    char hash_hex[65];
    (void)state;
    memset(pcm, 0xFF, sizeof pcm); /* nothing but slashes in base64 */
    send_audio(pcm, sizeof pcm, 0.1);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_AUDIO, "w1")->count, 1);
    memcpy(hash_hex, rig_rows(SERIES_AUDIO, "w1")->rows[0].audio.hash_hex, sizeof hash_hex);

    size_t at = (size_t)snprintf(payload, sizeof payload, "%s", head);
    for (size_t i = 0; i < ROOST_BASE64_LEN(sizeof pcm) - 2; i++, at += 2)
        memcpy(payload + at, "\\/", 2);
    memcpy(payload + at - 2, "w==\"}", sizeof "w==\"}");
    rig_send("sensor/w1/audio", payload);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_AUDIO, "w1")->count, 2);
    assert_string_equal(rig_rows(SERIES_AUDIO, "w1")->rows[0].audio.hash_hex, hash_hex);
    assert_string_equal(rig_rows(SERIES_AUDIO, "w1")->rows[1].audio.hash_hex, hash_hex);
}

static void malformed_sound_is_refused_by_reason(void **state)
{
    uint8_t wav[44 + 1600] =
        "RIFF\x64\x06\0\0WAVEfmt \x10\0\0\0\x01\0\x01\0\x40\x1f\0\0\x80\x3e\0\0"
        "\x02\0\x10\0data\x40\x06\0";
    (void)state;
    rig_send("sensor/w1/audio", "{\"sample_rate\":8000,\"duration\":1,\"data\":\"AAA\"}");
    rig_refused("audio", "bad_base64");
    send_audio(wav, sizeof wav, 0.1);
    rig_settle();
    assert_int_equal(rig_rows(SERIES_AUDIO, "w1")->count, 1);
    assert_string_equal(rig_rows(SERIES_AUDIO, "w1")->rows[0].audio.format, "wav");
    wav[22] = 2; /* stereo */
    send_audio(wav, sizeof wav, 0.1);
    rig_refused("audio", "bad_wav");
    wav[22] = 1;
    send_audio(wav, sizeof wav, 5);
    rig_refused("audio", "bad_duration");
    rig_send("sensor/w1/audio", "{\"sample_rate\":1,\"duration\":1,\"data\":\"AAAA\"}");
    rig_refused("audio", "range");
    rig_send("sensor/w1/audio", "{\"sample_rate\":8000,\"duration\":1}");
    rig_refused("audio", "bad_payload");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        RIG_TEST(sound_becomes_level_and_hash),
        RIG_TEST(malformed_sound_is_refused_by_reason),
        RIG_TEST(escaped_slashes_are_the_same_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
