/* SPDX-License-Identifier: Apache-2.0 */
#include "core/err.h"
#include "fuzz/fuzz.h"
#include "hub/speech/wav_stream.h"

static size_t samples;

static int count(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t more)
{
    (void)arg;
    FUZZ_CHECK(pcm && more > 0 && rate_hz >= 8000 && rate_hz <= 48000);
    samples += more;
    return 0;
}

/* In pieces of one size and of another it is the same sound and the same verdict. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    size_t first = 0;
    int verdict = 0;
    for (size_t piece = len ? len : 1;; piece = 3) {
        struct wav_stream wav = {.sound = count};
        int err = 0;
        samples = 0;
        for (size_t at = 0; at < len && !err; at += piece)
            err = wav_stream_put(&wav, data + at, len - at < piece ? len - at : piece);
        if (!err)
            err = wav_stream_end(&wav);
        FUZZ_CHECK(err <= 0 && samples * 2 <= len);
        if (piece == 3 || len <= 3)
            FUZZ_CHECK(len <= 3 || (err == verdict && samples == first));
        if (piece == 3 || len <= 3)
            return 0;
        first = samples;
        verdict = err;
    }
}
