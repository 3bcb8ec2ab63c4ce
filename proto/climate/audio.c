/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/climate/audio.h"

#include <math.h>
#include <string.h>

#include "core/base64.h"
#include "core/bytes.h"
#include "core/err.h"
#include "core/json_read.h"
#include "core/json_write.h"
#include "proto/climate/payload.h"

enum { AUDIO_TOKENS = 64 };

int roost_audio_parse(struct roost_audio *audio, const char *payload, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[AUDIO_TOKENS];
    if (len > ROOST_AUDIO_PAYLOAD_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, AUDIO_TOKENS, payload, len);
    if (err)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    int data = roost_json_find(&doc, ROOST_JSON_ROOT, "data");
    if (data < 0)
        return data;
    if (roost_json_type(&doc, data) != ROOST_JSON_STRING)
        return ROOST_ERR_INVALID;
    err = roost_json_get_raw(&doc, ROOST_JSON_ROOT, "data", &audio->base64, &audio->base64_len);
    if (err || audio->base64_len == 0)
        return err ? err : ROOST_ERR_INVALID;

    double rate_hz;
    err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "sample_rate", &rate_hz);
    if (err)
        return err;
    if (!(rate_hz >= ROOST_AUDIO_RATE_MIN_HZ && rate_hz <= ROOST_AUDIO_RATE_MAX_HZ))
        return ROOST_ERR_RANGE;
    audio->sample_rate_hz = (uint32_t)rate_hz;
    if ((double)audio->sample_rate_hz < rate_hz)
        return ROOST_ERR_RANGE; /* a fraction of a hertz */
    err = roost_json_get_double(&doc, ROOST_JSON_ROOT, "duration", &audio->duration_s);
    if (err)
        return err;
    if (!(audio->duration_s > 0.0 && audio->duration_s <= ROOST_AUDIO_DURATION_MAX))
        return ROOST_ERR_RANGE;
    return roost_stamp_parse(&doc, &audio->unix_ms, &audio->seq);
}

int roost_audio_decode(const struct roost_audio *audio, void *out, size_t size)
{
    const char *text = audio->base64;
    size_t len = audio->base64_len;
    if (memchr(text, '\\', len)) {
        int count = roost_json_unescape(out, size, text, len);
        if (count < 0)
            return count;
        text = out;
        len = (size_t)count;
    }
    return roost_base64_decode(out, size, text, len);
}

int roost_audio_write_head(char *out, size_t size, uint32_t sample_rate_hz, int64_t duration_ms,
                           int64_t unix_ms, uint64_t seq)
{
    struct roost_json_writer w;
    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_uint(&w, "sample_rate", sample_rate_hz);
    roost_json_put_milli(&w, "duration", duration_ms);
    roost_stamp_write(&w, unix_ms, seq);
    roost_json_put_str(&w, "data", ""); /* the caller fills it, over the trailer */
    roost_json_end(&w);
    int len = roost_json_finish(&w);
    if (len < 0)
        return len;
    len -= (int)strlen(ROOST_AUDIO_TRAILER);
    out[len] = '\0';
    return len;
}

/* ---- WAV ---- */

enum { RIFF_HEADER = 12, CHUNK_HEADER = 8, FORMAT_PCM = 1, FORMAT_EXTENSIBLE = 0xFFFE };

/* Size of a chunk, or of the file, whose writer could not go back to fill it in. */
static bool open_ended(uint32_t size)
{
    return size == 0 || size == 0xFFFFFFFF;
}

/* The body of "fmt ": WAVEFORMAT, or WAVEFORMATEXTENSIBLE with the sub-format PCM. */
static int check_format(const uint8_t *body, size_t size, uint32_t sample_rate_hz)
{
    static const uint8_t pcm_guid[16] = {1,    0, 0, 0,    0, 0,    0x10, 0,
                                         0x80, 0, 0, 0xAA, 0, 0x38, 0x9B, 0x71};
    if (size < 16)
        return ROOST_ERR_INVALID;
    uint32_t format = roost_le_get16(body);
    if (format == FORMAT_EXTENSIBLE) {
        if (size < 40 || roost_le_get16(body + 16) < 22 || memcmp(body + 24, pcm_guid, 16) != 0)
            return ROOST_ERR_INVALID;
        if (roost_le_get16(body + 18) != 16) /* valid bits */
            return ROOST_ERR_RANGE;
    } else if (format != FORMAT_PCM) {
        return ROOST_ERR_INVALID;
    }
    if (roost_le_get16(body + 2) != 1 || roost_le_get32(body + 4) != sample_rate_hz ||
        roost_le_get16(body + 14) != 16)
        return ROOST_ERR_RANGE;
    if (roost_le_get32(body + 8) != sample_rate_hz * 2 || roost_le_get16(body + 12) != 2)
        return ROOST_ERR_INVALID; /* bytes a second and block size contradict the rest */
    return 0;
}

static int find_wav_data(const uint8_t *bytes, size_t len, uint32_t sample_rate_hz,
                         const uint8_t **pcm, size_t *pcm_len)
{
    bool has_format = false;
    *pcm = NULL;
    for (size_t at = RIFF_HEADER; at < len;) {
        if (len - at < CHUNK_HEADER)
            return ROOST_ERR_TRUNCATED;
        const uint8_t *id = bytes + at;
        uint32_t size = roost_le_get32(bytes + at + 4);
        at += CHUNK_HEADER;
        bool is_data = memcmp(id, "data", 4) == 0;
        if (is_data && open_ended(size))
            size = (uint32_t)(len - at);
        if (size > len - at)
            return ROOST_ERR_TRUNCATED;
        if (is_data) {
            if (*pcm)
                return ROOST_ERR_INVALID;
            *pcm = bytes + at;
            *pcm_len = size;
        } else if (memcmp(id, "fmt ", 4) == 0) {
            int err =
                has_format ? ROOST_ERR_INVALID : check_format(bytes + at, size, sample_rate_hz);
            if (err)
                return err;
            has_format = true;
        }
        at += size;
        if (size % 2 == 1 && at < len)
            at++; /* chunks are padded to 16 bits; the last one's pad byte is often left out */
    }
    return has_format && *pcm ? 0 : ROOST_ERR_INVALID;
}

/* How much of `bytes` the RIFF header claims, or an error. A header written before the sound was
 * may also say the size of the headers alone; then, and only then, "data" says 0. */
static int riff_end(const uint8_t *bytes, size_t len, size_t *end)
{
    if (len < RIFF_HEADER)
        return ROOST_ERR_TRUNCATED;
    if (memcmp(bytes + 8, "WAVE", 4) != 0)
        return ROOST_ERR_INVALID;
    uint32_t size = roost_le_get32(bytes + 4);
    *end = len;
    if (open_ended(size))
        return 0;
    if (size > len - 8)
        return ROOST_ERR_TRUNCATED;
    size_t claimed = (size_t)size + 8;
    bool header_alone = claimed >= RIFF_HEADER + CHUNK_HEADER &&
                        memcmp(bytes + claimed - CHUNK_HEADER, "data\0\0\0\0", 8) == 0;
    if (!header_alone)
        *end = claimed;
    return *end < RIFF_HEADER ? ROOST_ERR_INVALID : 0;
}

int roost_audio_pcm(const uint8_t *bytes, size_t len, uint32_t sample_rate_hz, const uint8_t **pcm,
                    size_t *pcm_len, bool *is_wav)
{
    *is_wav = len >= 4 && memcmp(bytes, "RIFF", 4) == 0;
    *pcm = bytes;
    *pcm_len = len;
    if (*is_wav) {
        size_t end;
        int err = riff_end(bytes, len, &end);
        if (!err)
            err = find_wav_data(bytes, end, sample_rate_hz, pcm, pcm_len);
        if (err)
            return err;
    }
    return *pcm_len == 0 || *pcm_len % 2 == 1 ? ROOST_ERR_TRUNCATED : 0;
}

/* ---- what the samples say ---- */

int roost_audio_duration_check(const struct roost_audio *audio, size_t pcm_len)
{
    size_t samples = pcm_len / 2;
    double actual_s = (double)samples / (double)audio->sample_rate_hz;
    double off_s = audio->duration_s - actual_s;
    return (off_s < 0 ? -off_s : off_s) > 0.2 * actual_s + 0.05 ? ROOST_ERR_RANGE : 0;
}

double roost_sound_level_dbfs(const uint8_t *pcm, size_t len)
{
    size_t samples = len / 2;
    uint64_t squares = 0; /* exact: 2^30 a sample leaves room for 2^34 samples */
    for (size_t i = 0; i < samples; i++) {
        int32_t sample = (int16_t)roost_le_get16(pcm + 2 * i);
        squares += (uint32_t)(sample * sample);
    }
    if (squares == 0)
        return ROOST_SOUND_FLOOR_DBFS;
    double mean_square = (double)squares / (double)samples;
    double level = 10.0 * log10(mean_square / (32768.0 * 32768.0));
    return level < ROOST_SOUND_FLOOR_DBFS ? ROOST_SOUND_FLOOR_DBFS : level;
}
