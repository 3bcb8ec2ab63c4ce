/* SPDX-License-Identifier: Apache-2.0 */
/* The whole way of a sound message through the hub: payload, base64, samples, level. */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/audio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    struct roost_audio audio;
    const char *text = (const char *)data;
    if (roost_audio_parse(&audio, text, len) != 0)
        return 0;
    FUZZ_CHECK(audio.base64 > text && audio.base64_len > 0);
    FUZZ_CHECK(audio.base64 + audio.base64_len < text + len);
    FUZZ_CHECK(audio.duration_s > 0.0 && audio.duration_s <= ROOST_AUDIO_DURATION_MAX);
    FUZZ_CHECK(audio.sample_rate_hz >= ROOST_AUDIO_RATE_MIN_HZ);
    FUZZ_CHECK(audio.sample_rate_hz <= ROOST_AUDIO_RATE_MAX_HZ);

    static uint8_t bytes[1 << 16];
    const uint8_t *pcm;
    size_t pcm_len;
    bool is_wav;
    int count = roost_audio_decode(&audio, bytes, sizeof bytes);
    if (count < 0 ||
        roost_audio_pcm(bytes, (size_t)count, audio.sample_rate_hz, &pcm, &pcm_len, &is_wav) != 0)
        return 0;
    (void)roost_audio_duration_check(&audio, pcm_len);
    double level = roost_sound_level_dbfs(pcm, pcm_len);
    FUZZ_CHECK(level >= ROOST_SOUND_FLOOR_DBFS && level <= 0.0);
    return 0;
}
