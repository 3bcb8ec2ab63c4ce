/* SPDX-License-Identifier: Apache-2.0 */
/* The device's half: what it says, written. */
#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_write.h"
#include "proto/voice/up.h"

static void begin(struct roost_json_writer *w, char *out, size_t size, const char *type)
{
    roost_json_begin(w, out, size);
    roost_json_object(w);
    roost_json_put_str(w, "type", type);
}

static int end(struct roost_json_writer *w)
{
    roost_json_end(w);
    return roost_json_finish(w);
}

static int write_with_session(char *out, size_t size, const char *type, const char *id)
{
    struct roost_json_writer w;

    begin(&w, out, size, type);
    roost_json_put_str(&w, "audio_session_id", id);
    return end(&w);
}

int voice_write_audio_start(char *out, size_t size, const char *audio_session_id)
{
    return write_with_session(out, size, "audio_start", audio_session_id);
}

int voice_write_audio_end(char *out, size_t size, const char *audio_session_id)
{
    return write_with_session(out, size, "audio_end", audio_session_id);
}

static int write_bare(char *out, size_t size, const char *type)
{
    struct roost_json_writer w;

    begin(&w, out, size, type);
    return end(&w);
}

int voice_write_heartbeat(char *out, size_t size)
{
    return write_bare(out, size, "heartbeat");
}

int voice_write_abort(char *out, size_t size)
{
    return write_bare(out, size, "abort");
}

/* The sound comes last: its closing quote and the object's bracket are the tail. */
int voice_chunk_head(char *out, size_t size, const struct voice_chunk *chunk)
{
    static const char last[] = ",\"audio_data\":\"";
    char digits[2 * VOICE_KEY_BYTES + 1];
    struct roost_json_writer w;

    begin(&w, out, size, "audio_chunk");
    roost_json_put_str(&w, "audio_session_id", chunk->audio_session_id);
    roost_json_put_uint(&w, "chunk_id", chunk->seq);
    roost_json_put_uint(&w, "seq", chunk->seq);
    roost_json_put_bool(&w, "is_final", chunk->is_final);
    if (chunk->hmac) {
        roost_hex_write(digits, chunk->hmac, VOICE_KEY_BYTES);
        roost_json_put_str(&w, "hmac", digits);
    }
    int len = end(&w);
    if (len < 0)
        return len;
    size_t at = (size_t)len - 1;
    if (at + sizeof last > size) {
        out[0] = '\0';
        return ROOST_ERR_TOO_LONG;
    }
    memcpy(out + at, last, sizeof last);
    return (int)(at + sizeof last - 1);
}

int voice_chunk_tail(char *out, size_t at, size_t size)
{
    static const char tail[] = "\"}";

    if (at + sizeof tail > size)
        return ROOST_ERR_TOO_LONG;
    memcpy(out + at, tail, sizeof tail);
    return (int)(at + sizeof tail - 1);
}

int voice_write_playback_status(char *out, size_t size, uint64_t played_ms, uint64_t buffered_ms)
{
    struct roost_json_writer w;

    begin(&w, out, size, "playback_status");
    roost_json_put_uint(&w, "played_ms", played_ms);
    roost_json_put_uint(&w, "buffered_ms", buffered_ms);
    return end(&w);
}

int voice_write_system_status(char *out, size_t size, unsigned features, size_t buffer_bytes,
                              const char *status, size_t status_len)
{
    static const char *const words[] = {"stream",          "pcm_s16le", "opus",
                                        "playback_status", "mp3",       "resume"};
    struct roost_json_writer w;

    begin(&w, out, size, "system_status");
    roost_json_put_array(&w, "features");
    for (size_t bit = 0; bit < sizeof words / sizeof words[0]; bit++)
        if (features >> bit & 1)
            roost_json_str(&w, words[bit]);
    roost_json_end(&w);
    if (buffer_bytes > 0)
        roost_json_put_uint(&w, "buffer_bytes", buffer_bytes);
    roost_json_put_raw(&w, "status", status, status_len);
    return end(&w);
}
