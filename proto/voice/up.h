/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a voice companion says (PROTOCOLS 1, "Device -> hub"). The hub reads, the device writes.
 * Depends on core/, proto/voice/voice.h.
 *
 *     struct voice_up up;
 *     err = voice_up_parse(&up, text, len);                which member is wrong: up.field
 *     if (up.type == VOICE_UP_AUDIO_CHUNK)
 *         n = roost_base64_decode(pcm, sizeof pcm, up.audio, up.audio_len);
 *
 *     size_t at = voice_chunk_head(frame, sizeof frame, &chunk);   then base64, in place, then
 *     len = voice_chunk_tail(frame, at + base64_len, sizeof frame);
 */
#ifndef ROOST_PROTO_VOICE_UP_H
#define ROOST_PROTO_VOICE_UP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/voice/voice.h"

enum voice_up_type {
    VOICE_UP_NONE, /* not one of those below: unknown type */
    VOICE_UP_AUDIO_START,
    VOICE_UP_AUDIO_CHUNK,
    VOICE_UP_AUDIO_END,
    VOICE_UP_TEXT_MESSAGE,
    VOICE_UP_HEARTBEAT,
    VOICE_UP_SYSTEM_STATUS,   /* body: what the device says of itself */
    VOICE_UP_ABORT,           /* ours: the child interrupts */
    VOICE_UP_PLAYBACK_STATUS, /* ours */
    VOICE_UP_NETWORKS, /* {"networks":[...]}: the answer to wifi_scan; likewise {"stored":true},
                          {"rssi":-57} to wifi_connect and wifi_rssi; body: the whole */
    VOICE_UP_ANSWER, /* ours: {"id","ok",...} (proto/fleet/command.h) to a command; body: the whole
                      */
    VOICE_UP_TYPE_COUNT
};

/* What a device announces in system_status.features: an array of words. */
enum {
    VOICE_FEATURE_STREAM = 1,   /* "stream": replies in pieces with seq and is_final */
    VOICE_FEATURE_PCM = 2,      /* "pcm_s16le" */
    VOICE_FEATURE_OPUS = 4,     /* "opus" */
    VOICE_FEATURE_PLAYBACK = 8, /* "playback_status" */
    VOICE_FEATURE_MP3 = 16,     /* "mp3"; one that announces nothing takes it */
    VOICE_FEATURE_RESUME = 32   /* "resume": keeps chunks until they are acknowledged */
};

/* Texts are NUL-terminated and unescaped; what points into the message is borrowed. */
struct voice_up {
    enum voice_up_type type;
    const char *field; /* of an error: the member's name, NULL for the message as a whole */

    char audio_session_id[VOICE_UUID_CHARS + 1]; /* "" where absent */
    char chunk_id[VOICE_CHUNK_ID_MAX + 1]; /* as written in JSON, quotes included: `"7"`, `7` */
    const char *audio; /* base64 as written, escapes (\/) not resolved; NULL when absent or null */
    size_t audio_len;
    bool is_final;
    bool has_seq, has_hmac;
    uint64_t seq;
    uint8_t hmac[VOICE_KEY_BYTES];

    char text[VOICE_TEXT_MAX + 1];
    uint64_t played_ms, buffered_ms; /* of playback_status: of the reply that plays */
    unsigned features;               /* of system_status, VOICE_FEATURE_ combined */
    bool has_features;
    uint64_t buffer_bytes; /* of system_status: sound that it can hold, as it is sent; 0: unknown.
                              The hub keeps no more on the way, however few ms that is */
    /* Of system_status the object "status" in it, as ours has it (proto/fleet/status.h, whose own
     * "type" would be in the way of the message's); of a fielded device the whole message. */
    const char *body;
    size_t body_len;
};

/* Returns 0 (also for an unknown type), ROOST_ERR_INVALID (no JSON object, a member of the wrong
 * type or form), ROOST_ERR_TRUNCATED (it ends too early), ROOST_ERR_TOO_LONG (over VOICE_FRAME_MAX
 * or VOICE_UP_VALUES, a member over its limit), ROOST_ERR_NOT_FOUND (a member that its type
 * requires; absent audio_data is no error here, so that the hub can answer missing_audio_data),
 * ROOST_ERR_RANGE. type is set as far as it could be read. Unknown members are ignored; an optional
 * one that is null is absent. seq rises within a session, over its turns too: a gap is sound that
 * was lost. For the hub: 3 KB of stack. */
enum { VOICE_UP_VALUES = 256 }; /* of one message, keys included */
int voice_up_parse(struct voice_up *up, const char *text, size_t len);

/* ---- for the device ---- */

struct voice_chunk {
    const char *audio_session_id;
    uint64_t seq; /* also the chunk_id */
    bool is_final;
    const uint8_t *hmac; /* VOICE_KEY_BYTES; NULL: none */
};

/* After a connection was lost a device sends again, under the same numbers, what was not
 * acknowledged, an audio_start that was not, and the audio_end: the hub answers a repetition as it
 * answered the first, and takes nothing twice.
 *
 * Each returns the message's length, or ROOST_ERR_TOO_LONG. A chunk is head, base64, tail, so that
 * sound is encoded in place. */
int voice_write_audio_start(char *out, size_t size, const char *audio_session_id);
int voice_chunk_head(char *out, size_t size, const struct voice_chunk *chunk);
int voice_chunk_tail(char *out, size_t at, size_t size);
int voice_write_audio_end(char *out, size_t size, const char *audio_session_id);
int voice_write_heartbeat(char *out, size_t size);
int voice_write_abort(char *out, size_t size);
int voice_write_playback_status(char *out, size_t size, uint64_t played_ms, uint64_t buffered_ms);
/* status: one JSON object (proto/fleet/status.h), the member "status" beside the features.
 * buffer_bytes 0 is left out. */
int voice_write_system_status(char *out, size_t size, unsigned features, size_t buffer_bytes,
                              const char *status, size_t status_len);

#endif
