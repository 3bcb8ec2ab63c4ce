/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's half: what it says, written. */
#include <string.h>

#include "core/base64.h"
#include "core/datetime.h"
#include "core/err.h"
#include "core/json_write.h"
#include "proto/voice/down.h"

enum { AROUND = 320, ESCAPED = 6 }; /* an audio_response's other members; "\u001f" of one byte */

static void put_time(struct roost_json_writer *w, const char *key, int64_t when)
{
    char text[ROOST_DATETIME_LEN + 1];

    roost_datetime_write(text, when);
    roost_json_put_str(w, key, text);
}

static void begin(struct roost_json_writer *w, char *out, size_t size, const char *type)
{
    roost_json_begin(w, out, size);
    roost_json_object(w);
    roost_json_put_str(w, "type", type);
}

static int end(struct roost_json_writer *w, int64_t when)
{
    put_time(w, "timestamp", when);
    roost_json_end(w);
    return roost_json_finish(w);
}

static void begin_system(struct roost_json_writer *w, char *out, size_t size, const char *type)
{
    begin(w, out, size, "system");
    roost_json_put_object(w, "data");
    roost_json_put_str(w, "type", type);
}

static int end_system(struct roost_json_writer *w, int64_t when)
{
    roost_json_end(w);
    return end(w, when);
}

int voice_write_established(char *out, size_t size, const struct voice_established *is)
{
    struct roost_json_writer w;

    begin_system(&w, out, size, "connection_established");
    roost_json_put_str(&w, "session_id", is->session_id);
    roost_json_put_str(&w, "message", is->message);
    put_time(&w, "server_time", is->when);
    if (is->resumed)
        roost_json_put_bool(&w, "resumed", true);
    return end_system(&w, is->when);
}

int voice_write_start_ack(char *out, size_t size, const char *audio_session_id, int64_t when)
{
    struct roost_json_writer w;

    begin_system(&w, out, size, "audio_start_ack");
    roost_json_put_str(&w, "audio_session_id", audio_session_id);
    roost_json_put_str(&w, "status", "ready");
    return end_system(&w, when);
}

int voice_write_audio_ack(char *out, size_t size, const struct voice_ack *ack)
{
    struct roost_json_writer w;
    size_t id_len = strlen(ack->chunk_id);

    begin_system(&w, out, size, "audio_ack");
    if (id_len > 0)
        roost_json_put_raw(&w, "chunk_id", ack->chunk_id, id_len);
    else
        roost_json_put_null(&w, "chunk_id");
    roost_json_put_uint(&w, "bytes", ack->bytes);
    roost_json_put_bool(&w, "final", ack->is_final);
    roost_json_put_str(&w, "audio_session_id", ack->audio_session_id);
    return end_system(&w, ack->when);
}

int voice_write_heartbeat_response(char *out, size_t size, const char *session_status, int64_t when)
{
    struct roost_json_writer w;

    begin_system(&w, out, size, "heartbeat_response");
    put_time(&w, "timestamp", when);
    roost_json_put_str(&w, "session_status", session_status);
    return end_system(&w, when);
}

/* ---- replies ---- */

size_t voice_audio_response_max(size_t sound_len, size_t text_len)
{
    return AROUND + ROOST_BASE64_LEN(sound_len) + ESCAPED * text_len;
}

/* The other members, as an object whose bracket the caller makes a comma. */
static int write_around(char *out, size_t size, const struct voice_reply *reply)
{
    struct roost_json_writer w;

    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "text", reply->text);
    roost_json_put_str(&w, "format", voice_format_name(reply->format));
    roost_json_put_uint(&w, "sample_rate", reply->sample_rate_hz);
    roost_json_put_uint(&w, "audio_rate", reply->sample_rate_hz);
    if (reply->seq > 0) {
        roost_json_put_uint(&w, "seq", reply->seq);
        roost_json_put_bool(&w, "is_final", reply->is_final);
    }
    return end(&w, reply->when);
}

/* The sound goes in first, encoded where it stands: no second buffer of its size. */
int voice_write_audio_response(char *out, size_t size, const struct voice_reply *reply)
{
    static const char head[] = "{\"type\":\"audio_response\",\"audio_data\":\"";
    size_t sound_len = ROOST_BASE64_LEN(reply->sound_len), at = sizeof head - 1 + sound_len;

    if (size > 0)
        out[0] = '\0';
    if (at + 1 >= size)
        return ROOST_ERR_TOO_LONG;
    int len = write_around(out + at + 1, size - at - 1, reply);
    if (len < 0)
        return len;
    memcpy(out, head, sizeof head - 1);
    (void)roost_base64_encode(out + sizeof head - 1, reply->sound, reply->sound_len);
    out[at] = '"';
    out[at + 1] = ',';
    return (int)(at + 1) + len;
}

int voice_write_text_response(char *out, size_t size, const char *text, int64_t when)
{
    struct roost_json_writer w;

    begin(&w, out, size, "text_response");
    roost_json_put_str(&w, "text", text);
    return end(&w, when);
}

int voice_write_error(char *out, size_t size, enum voice_error error, const char *message,
                      int64_t when)
{
    struct roost_json_writer w;

    begin(&w, out, size, "error");
    roost_json_put_str(&w, "error_code", voice_error_name(error));
    roost_json_put_str(&w, "error_message", message);
    return end(&w, when);
}

int voice_write_down_abort(char *out, size_t size, int64_t when)
{
    struct roost_json_writer w;

    begin(&w, out, size, "abort");
    return end(&w, when);
}

int voice_write_command(char *out, size_t size, const char *command, const char *id,
                        const char *args, size_t args_len, int64_t when)
{
    struct roost_json_writer w;

    roost_json_begin(&w, out, size);
    roost_json_object(&w);
    roost_json_put_str(&w, "command", command);
    if (id)
        roost_json_put_str(&w, "id", id);
    if (args)
        roost_json_put_raw(&w, "args", args, args_len);
    return end(&w, when);
}
