/* SPDX-License-Identifier: Apache-2.0 */
/* The hub's half: what a device says, read. */
#include "proto/voice/up.h"

#include <string.h>

#include "core/err.h"
#include "core/hex.h"
#include "core/json_read.h"
#include "core/uuid.h"

/* A message while it is read. */
struct reader {
    struct voice_up *up;
    const struct roost_json *doc;
};

static const char *const type_names[VOICE_UP_TYPE_COUNT] = {
    [VOICE_UP_AUDIO_START] = "audio_start",
    [VOICE_UP_AUDIO_CHUNK] = "audio_chunk",
    [VOICE_UP_AUDIO_END] = "audio_end",
    [VOICE_UP_TEXT_MESSAGE] = "text_message",
    [VOICE_UP_HEARTBEAT] = "heartbeat",
    [VOICE_UP_SYSTEM_STATUS] = "system_status",
    [VOICE_UP_ABORT] = "abort",
    [VOICE_UP_PLAYBACK_STATUS] = "playback_status",
};

/* ---- members ---- */

/* The member's index, or ROOST_ERR_NOT_FOUND, also for null. Notes its name for an error. */
static int member(const struct reader *in, const char *key)
{
    int index = roost_json_find(in->doc, ROOST_JSON_ROOT, key);

    in->up->field = key;
    return index >= 0 && roost_json_type(in->doc, index) == ROOST_JSON_NULL ? ROOST_ERR_NOT_FOUND
                                                                            : index;
}

/* 0 also when it is absent; its text as written. */
static int optional(const struct reader *in, const char *key, enum roost_json_type type,
                    const char **text, size_t *len)
{
    int index = member(in, key);

    *text = NULL;
    *len = 0;
    if (index < 0)
        return 0;
    if (roost_json_type(in->doc, index) != type)
        return ROOST_ERR_INVALID;
    *text = roost_json_text(in->doc, index, len);
    return 0;
}

static int required_string(const struct reader *in, const char *key, char *out, size_t size)
{
    int index = member(in, key);

    return index < 0 ? index : roost_json_string(in->doc, index, out, size);
}

static int required_number(const struct reader *in, const char *key, uint64_t *out)
{
    int index = member(in, key);

    return index < 0 ? index : roost_json_get_uint64(in->doc, ROOST_JSON_ROOT, key, out);
}

static int get_session(const struct reader *in)
{
    char *id = in->up->audio_session_id;
    int err = required_string(in, "audio_session_id", id, sizeof in->up->audio_session_id);

    if (err == 0 && !roost_uuid_check(id))
        err = ROOST_ERR_INVALID;
    if (err < 0)
        id[0] = '\0';
    return err;
}

/* ---- messages ---- */

/* As written, so that the acknowledgement carries the same. */
static int get_chunk_id(const struct reader *in)
{
    int index = member(in, "chunk_id");
    size_t len;

    if (index < 0)
        return index;
    enum roost_json_type type = roost_json_type(in->doc, index);
    const char *text = roost_json_text(in->doc, index, &len);
    if (type == ROOST_JSON_STRING) {
        text--;
        len += 2;
    } else if (type != ROOST_JSON_NUMBER) {
        return ROOST_ERR_INVALID;
    }
    if (len > VOICE_CHUNK_ID_MAX)
        return ROOST_ERR_TOO_LONG;
    memcpy(in->up->chunk_id, text, len);
    in->up->chunk_id[len] = '\0';
    return 0;
}

static int get_is_final(const struct reader *in)
{
    int index = member(in, "is_final");

    return index < 0 ? index
                     : roost_json_get_bool(in->doc, ROOST_JSON_ROOT, "is_final", &in->up->is_final);
}

static int get_seq(const struct reader *in)
{
    int err = required_number(in, "seq", &in->up->seq);

    in->up->has_seq = err == 0;
    return err == ROOST_ERR_NOT_FOUND ? 0 : err;
}

static int get_hmac(const struct reader *in)
{
    const char *digits;
    size_t len;
    int err = optional(in, "hmac", ROOST_JSON_STRING, &digits, &len);

    if (err < 0 || !digits)
        return err;
    if (len > 2 * VOICE_KEY_BYTES)
        return ROOST_ERR_TOO_LONG;
    in->up->has_hmac =
        len == 2 * VOICE_KEY_BYTES && roost_hex_read(in->up->hmac, digits, VOICE_KEY_BYTES);
    return in->up->has_hmac ? 0 : ROOST_ERR_INVALID;
}

static int read_chunk(const struct reader *in)
{
    int err = get_session(in);

    if (err == 0)
        err = get_chunk_id(in);
    if (err == 0)
        err = get_is_final(in);
    if (err == 0)
        err = get_seq(in);
    if (err == 0)
        err = get_hmac(in);
    if (err == 0)
        err = optional(in, "audio_data", ROOST_JSON_STRING, &in->up->audio, &in->up->audio_len);
    return err;
}

static int read_playback(const struct reader *in)
{
    int err = required_number(in, "played_ms", &in->up->played_ms);

    return err < 0 ? err : required_number(in, "buffered_ms", &in->up->buffered_ms);
}

static void read_status(const struct reader *in)
{
    static const struct {
        const char *word;
        unsigned feature;
    } words[] = {
        {"stream", VOICE_FEATURE_STREAM}, {"pcm_s16le", VOICE_FEATURE_PCM},
        {"opus", VOICE_FEATURE_OPUS},     {"playback_status", VOICE_FEATURE_PLAYBACK},
        {"mp3", VOICE_FEATURE_MP3},       {"resume", VOICE_FEATURE_RESUME},
    };
    int status = roost_json_find(in->doc, ROOST_JSON_ROOT, "status");
    int features = roost_json_find(in->doc, ROOST_JSON_ROOT, "features");
    char word[24];

    if (roost_json_type(in->doc, status) == ROOST_JSON_OBJECT)
        in->up->body = roost_json_text(in->doc, status, &in->up->body_len);
    /* A free object: a member of this name that is none of ours is somebody else's. */
    (void)roost_json_get_uint64(in->doc, ROOST_JSON_ROOT, "buffer_bytes", &in->up->buffer_bytes);
    if (roost_json_type(in->doc, features) != ROOST_JSON_ARRAY)
        return;
    in->up->has_features = true;
    size_t count = roost_json_size(in->doc, features);
    for (int at = features + 1; count > 0; count--, at = roost_json_next(in->doc, at))
        for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
            if (roost_json_string(in->doc, at, word, sizeof word) == 0 &&
                strcmp(word, words[i].word) == 0)
                in->up->features |= words[i].feature;
}

static int read_message(const struct reader *in)
{
    struct voice_up *up = in->up;

    switch (up->type) {
    case VOICE_UP_AUDIO_START:
    case VOICE_UP_AUDIO_END:
        return get_session(in);
    case VOICE_UP_AUDIO_CHUNK:
        return read_chunk(in);
    case VOICE_UP_TEXT_MESSAGE:
        return required_string(in, "text", up->text, sizeof up->text);
    case VOICE_UP_PLAYBACK_STATUS:
        return read_playback(in);
    case VOICE_UP_SYSTEM_STATUS:
        read_status(in);
        return 0;
    default:
        return 0;
    }
}

/* ---- the type ---- */

/* Answers to commands carry none. */
static bool is_type(const struct roost_json *doc, const char *key, enum roost_json_type type)
{
    int index = roost_json_find(doc, ROOST_JSON_ROOT, key);

    return index >= 0 && roost_json_type(doc, index) == type;
}

static enum voice_up_type type_of_answer(const struct roost_json *doc)
{
    if (is_type(doc, "id", ROOST_JSON_STRING) && is_type(doc, "ok", ROOST_JSON_BOOL))
        return VOICE_UP_ANSWER;
    if (is_type(doc, "networks", ROOST_JSON_ARRAY) || is_type(doc, "stored", ROOST_JSON_BOOL) ||
        is_type(doc, "rssi", ROOST_JSON_NUMBER))
        return VOICE_UP_NETWORKS;
    return VOICE_UP_NONE;
}

static int get_type(const struct reader *in)
{
    char name[24];
    int err = required_string(in, "type", name, sizeof name);

    if (err == ROOST_ERR_NOT_FOUND) {
        in->up->type = type_of_answer(in->doc);
        return in->up->type == VOICE_UP_NONE ? ROOST_ERR_NOT_FOUND : 0;
    }
    if (err == ROOST_ERR_TOO_LONG)
        return 0; /* none of ours */
    if (err < 0)
        return err;
    for (int type = VOICE_UP_NONE + 1; type < VOICE_UP_TYPE_COUNT; type++)
        if (type_names[type] && strcmp(name, type_names[type]) == 0)
            in->up->type = (enum voice_up_type)type;
    return 0;
}

int voice_up_parse(struct voice_up *up, const char *text, size_t len)
{
    struct roost_json doc;
    struct roost_json_token tokens[VOICE_UP_VALUES];
    const struct reader in = {.up = up, .doc = &doc};

    memset(up, 0, sizeof *up);
    up->body = text;
    up->body_len = len;
    if (len > VOICE_FRAME_MAX)
        return ROOST_ERR_TOO_LONG;
    int err = roost_json_parse(&doc, tokens, VOICE_UP_VALUES, text, len);
    if (err < 0)
        return err;
    if (roost_json_type(&doc, ROOST_JSON_ROOT) != ROOST_JSON_OBJECT)
        return ROOST_ERR_INVALID;
    err = get_type(&in);
    if (err == 0)
        err = read_message(&in);
    if (err == 0)
        up->field = NULL;
    return err;
}
