/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "proto/climate/audio.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    const uint8_t *pcm;
    size_t pcm_len;
    bool is_wav;
    int err = roost_audio_pcm(data, len, 16000, &pcm, &pcm_len, &is_wav);
    FUZZ_CHECK(err <= 0);
    if (err)
        return 0;
    FUZZ_CHECK(pcm_len > 0 && pcm_len % 2 == 0);
    FUZZ_CHECK(pcm >= data && pcm + pcm_len <= data + len);
    FUZZ_CHECK(is_wav ? pcm_len + 36 <= len : pcm == data && pcm_len == len);
    double level = roost_sound_level_dbfs(pcm, pcm_len);
    FUZZ_CHECK(level >= ROOST_SOUND_FLOOR_DBFS && level <= 0.0);
    return 0;
}
