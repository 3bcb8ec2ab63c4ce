/* SPDX-License-Identifier: Apache-2.0 */
/* The device's half: what the hub says, read. */
#include "proto/voice/down.h"

#include <string.h>

#include "core/err.h"
#include "core/json_read.h"
#include "core/number.h"

enum { TOKENS = 64, WORD_MAX = 24, RATE_MAX_HZ = 48000, OPUS_RATE_HZ = 16000 };

/* 0 also when it is absent. */
static int optional_number(const struct roost_json *doc, const char *key, uint64_t *out)
{
    int err = roost_json_get_uint64(doc, ROOST_JSON_ROOT, key, out);

    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

/* ---- system ---- */

static int read_established(struct voice_down *down, const struct roost_json *doc, int data)
{
    down->type = VOICE_DOWN_ESTABLISHED;
    (void)roost_json_get_bool(doc, data, "resumed", &down->resumed);
    return roost_json_get_string(doc, data, "session_id", down->session_id,
                                 sizeof down->session_id);
}

static int read_start_ack(struct voice_down *down, const struct roost_json *doc, int data)
{
    down->type = VOICE_DOWN_START_ACK;
    return roost_json_get_string(doc, data, "audio_session_id", down->audio_session_id,
                                 sizeof down->audio_session_id);
}

static int read_audio_ack(struct voice_down *down, const struct roost_json *doc, int data)
{
    const char *text;
    size_t len;
    uint64_t number;

    down->type = VOICE_DOWN_AUDIO_ACK;
    (void)roost_json_get_bool(doc, data, "final", &down->is_final);
    if (roost_json_get_raw(doc, data, "chunk_id", &text, &len) == 0 &&
        roost_parse_uint64(text, len, &number) == 0)
        down->chunk_id = number;
    return roost_json_get_string(doc, data, "audio_session_id", down->audio_session_id,
                                 sizeof down->audio_session_id);
}

static int read_heartbeat(struct voice_down *down, const struct roost_json *doc, int data)
{
    (void)doc;
    (void)data;
    down->type = VOICE_DOWN_HEARTBEAT;
    return 0;
}

/* ---- messages ---- */

static int read_system(struct voice_down *down, const struct roost_json *doc)
{
    static const struct {
        const char *word;
        int (*read)(struct voice_down *down, const struct roost_json *doc, int data);
    } kinds[] = {
        {"connection_established", read_established},
        {"audio_start_ack", read_start_ack},
        {"audio_ack", read_audio_ack},
        {"heartbeat_response", read_heartbeat},
    };
    char word[WORD_MAX];
    int data = roost_json_find(doc, ROOST_JSON_ROOT, "data");
    int err = data < 0 ? data : roost_json_get_string(doc, data, "type", word, sizeof word);

    if (err == ROOST_ERR_TOO_LONG)
        return 0; /* none of ours */
    if (err < 0)
        return err;
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(word, kinds[i].word) == 0)
            return kinds[i].read(down, doc, data);
    return 0;
}

static void read_format(struct voice_down *down, const struct roost_json *doc)
{
    char word[WORD_MAX];
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "format", word, sizeof word);

    down->format = VOICE_MP3;
    if (err != ROOST_ERR_NOT_FOUND)
        down->format = err == 0 ? voice_format_find(word) : VOICE_FORMAT_COUNT;
}

static int read_rate(struct voice_down *down, const struct roost_json *doc)
{
    uint64_t rate = down->format == VOICE_MP3 ? VOICE_MP3_RATE_HZ : VOICE_RATE_HZ;
    int err = roost_json_get_uint64(doc, ROOST_JSON_ROOT, "sample_rate", &rate);

    if (err == ROOST_ERR_NOT_FOUND)
        err = optional_number(doc, "audio_rate", &rate);
    if (err == 0 && rate > UINT32_MAX)
        err = ROOST_ERR_RANGE;
    down->sample_rate_hz = err == 0 ? (uint32_t)rate : 0;
    return err;
}

static int read_audio_response(struct voice_down *down, const struct roost_json *doc)
{
    int audio = roost_json_find(doc, ROOST_JSON_ROOT, "audio_data");

    down->type = VOICE_DOWN_AUDIO_RESPONSE;
    if (audio < 0)
        return ROOST_ERR_NOT_FOUND;
    if (roost_json_type(doc, audio) != ROOST_JSON_STRING)
        return ROOST_ERR_INVALID;
    down->audio = roost_json_text(doc, audio, &down->audio_len);
    read_format(down, doc);
    down->is_final = true;
    int err = roost_json_get_bool(doc, ROOST_JSON_ROOT, "is_final", &down->is_final);
    if (err == 0 || err == ROOST_ERR_NOT_FOUND)
        err = optional_number(doc, "seq", &down->seq);
    return err < 0 ? err : read_rate(down, doc);
}

static int read_text_response(struct voice_down *down, const struct roost_json *doc)
{
    int text = roost_json_find(doc, ROOST_JSON_ROOT, "text");

    down->type = VOICE_DOWN_TEXT_RESPONSE; /* it has nothing to show it on: that it came counts */
    if (text < 0)
        return ROOST_ERR_NOT_FOUND;
    return roost_json_type(doc, text) == ROOST_JSON_STRING ? 0 : ROOST_ERR_INVALID;
}

static int read_error(struct voice_down *down, const struct roost_json *doc)
{
    char word[WORD_MAX];
    int err = roost_json_get_string(doc, ROOST_JSON_ROOT, "error_code", word, sizeof word);

    down->type = VOICE_DOWN_ERROR;
    down->error = err == 0 ? voice_error_find(word) : VOICE_ERROR_COUNT;
    return err == ROOST_ERR_TOO_LONG ? 0 : err;
}

static int read_abort(struct voice_down *down, const struct roost_json *doc)
{
    (void)doc;
    down->type = VOICE_DOWN_ABORT;
    return 0;
}

static int read_command(struct voice_down *down, const struct roost_json *doc)
{
    down->type = VOICE_DOWN_COMMAND;
    down->has_id = roost_json_find(doc, ROOST_JSON_ROOT, "id") >= 0;
    return roost_json_get_string(doc, ROOST_JSON_ROOT, "command", down->command,
                                 sizeof down->command);
}

int voice_down_parse(struct voice_down *down, const char *text, size_t len)
{
    static const struct {
        const char *word;
        int (*read)(struct voice_down *down, const struct roost_json *doc);
    } types[] = {
        {"system", read_system},
        {"audio_response", read_audio_response},
        {"text_response", read_text_response},
        {"error", read_error},
        {"abort", read_abort},
    };
    struct roost_json doc;
    struct roost_json_token tokens[TOKENS];
    char word[WORD_MAX];

    memset(down, 0, sizeof *down);
    int err = roost_json_parse(&doc, tokens, TOKENS, text, len);
    if (err < 0)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    err = roost_json_get_string(&doc, ROOST_JSON_ROOT, "type", word, sizeof word);
    if (err == ROOST_ERR_NOT_FOUND)
        return read_command(down, &doc);
    if (err == ROOST_ERR_TOO_LONG)
        return 0; /* none of ours */
    for (size_t i = 0; err == 0 && i < sizeof types / sizeof types[0]; i++)
        if (strcmp(word, types[i].word) == 0)
            return types[i].read(down, &doc);
    return err;
}
