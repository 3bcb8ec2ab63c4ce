/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The payload of sensor/{id}/audio (PROTOCOLS 4): reading and writing it, finding the samples in a
 * WAV or in bare PCM, and the sound level. The hub reads, the device writes. Part of
 * proto/climate/payload.h. Depends on core/.
 *
 *     err = roost_audio_parse(&audio, payload, len);
 *     n = roost_audio_decode(&audio, bytes, size);
 *     err = roost_audio_pcm(bytes, n, audio.sample_rate_hz, &pcm, &pcm_len, &is_wav);
 *     err = roost_audio_duration_check(&audio, pcm_len);
 *     level = roost_sound_level_dbfs(pcm, pcm_len);
 */
#ifndef ROOST_PROTO_CLIMATE_AUDIO_H
#define ROOST_PROTO_CLIMATE_AUDIO_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ROOST_SOUND_FLOOR_DBFS   (-96.0)
#define ROOST_AUDIO_DURATION_MAX 30.0 /* seconds */

enum {
    ROOST_AUDIO_PAYLOAD_MAX = 1400000,
    ROOST_AUDIO_RATE_MIN_HZ = 8000,
    ROOST_AUDIO_RATE_MAX_HZ = 48000
};

/* {"data","sample_rate","duration"}, with ts and seq as in a reading. */
struct roost_audio {
    const char *base64; /* inside the payload as written: not yet checked, escapes not resolved */
    size_t base64_len;
    uint32_t sample_rate_hz; /* 8000..48000 */
    double duration_s;       /* (0, 30] */
    int64_t unix_ms;         /* 0: none given, the hub stamps the arrival */
    uint64_t seq;            /* 0: none given */
};

/* The payload is borrowed for as long as `audio` is used. ROOST_ERR_TOO_LONG over
 * ROOST_AUDIO_PAYLOAD_MAX, ROOST_ERR_NOT_FOUND for a missing member, ROOST_ERR_RANGE,
 * ROOST_ERR_INVALID (no JSON, wrong type, no data), ROOST_ERR_TRUNCATED. For the hub: 1.5 KB of
 * stack. */
int roost_audio_parse(struct roost_audio *audio, const char *payload, size_t len);

/* The bytes of the sound, into out. Encoders may write the slash of base64 as \/, which is JSON:
 * where there is such an escape the text goes through `out`, so give it base64_len bytes. Returns
 * the byte count, ROOST_ERR_INVALID (no base64), ROOST_ERR_TOO_LONG. */
int roost_audio_decode(const struct roost_audio *audio, void *out, size_t size);

/* The audio payload is written as head, base64, trailer, so that a device can encode PCM in place:
 * writes {"sample_rate":..,"duration":..[,"ts":..][,"seq":..],"data":" and a NUL, and returns its
 * length without the NUL. ROOST_ERR_TOO_LONG when `size` does not hold head, trailer and NUL. */
#define ROOST_AUDIO_TRAILER "\"}"
int roost_audio_write_head(char *out, size_t size, uint32_t sample_rate_hz, int64_t duration_ms,
                           int64_t unix_ms, uint64_t seq);

/* Decoded audio bytes are PCM16LE, or a WAV (RIFF, PCM, 16 bit, mono, any chunk order, other chunks
 * skipped) whose rate must equal sample_rate_hz. Sizes of 0 or 0xFFFFFFFF are those of a header
 * written before the sound was: the samples then reach to the end; any other size must be true.
 * Sets *pcm to the sample bytes inside `bytes` (even length, at least one sample) and *is_wav.
 * ROOST_ERR_INVALID (header), ROOST_ERR_TRUNCATED (a chunk or a sample ends too early, no samples),
 * ROOST_ERR_RANGE (rate, channels, depth). */
int roost_audio_pcm(const uint8_t *bytes, size_t len, uint32_t sample_rate_hz, const uint8_t **pcm,
                    size_t *pcm_len, bool *is_wav);

/* ROOST_ERR_RANGE when the stated duration differs from that of the samples by more than 20 % of it
 * plus 50 ms. */
int roost_audio_duration_check(const struct roost_audio *audio, size_t pcm_len);

/* 20*log10(RMS/32768) over little-endian 16-bit samples, floor -96. */
double roost_sound_level_dbfs(const uint8_t *pcm, size_t len);

#endif
