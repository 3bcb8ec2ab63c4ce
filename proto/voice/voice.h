/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a voice companion and the hub say to each other over their WebSocket (PROTOCOLS 1): names,
 * sizes and limits of it. The messages of the device are in proto/voice/up.h, those of the hub in
 * down.h, the address it comes to in door.h, who it is and that its sound is its own in sign.h.
 * Frames are JSON text. Sound up is PCM16LE, mono, 16 kHz, 4096 bytes a chunk, in base64.
 * Depends on nothing.
 */
#ifndef ROOST_PROTO_VOICE_VOICE_H
#define ROOST_PROTO_VOICE_VOICE_H

#include <stdbool.h>
#include <stdint.h>

#define VOICE_PATH       "/api/v1/esp32/private/chat"
#define VOICE_PATH_ALIAS "/ws/esp32/connect"

enum {
    VOICE_DEVICE_ID_MIN = 8,
    VOICE_DEVICE_ID_MAX = 32,
    VOICE_CHILD_ID_MAX = 50,
    VOICE_CHILD_NAME_CHARS = 30,
    VOICE_CHILD_NAME_MAX = 4 * VOICE_CHILD_NAME_CHARS, /* bytes of UTF-8 */
    VOICE_CHILD_AGE_MIN = 3,
    VOICE_CHILD_AGE_MAX = 13,
    VOICE_KEY_BYTES = 32,   /* HMAC-SHA256 */
    VOICE_TOKEN_CHARS = 64, /* of it in lower-case hexadecimal digits */
    VOICE_UUID_CHARS = 36,
    VOICE_CHUNK_ID_MAX = 64,

    VOICE_FRAME_MAX = 10000, /* bytes of one message, either way */
    VOICE_CHUNK_BYTES = 4096,
    VOICE_RATE_HZ = 16000,
    VOICE_MP3_RATE_HZ = 22050,
    VOICE_PIECE_BYTES = 6144, /* of sound in one streamed audio_response */
    VOICE_TEXT_MAX = 1000,    /* bytes of a text_message, and of the text in a reply */

    VOICE_TURN_MAX_MS = 30000,  /* of sound */
    VOICE_AHEAD_MS = 2400,      /* what the hub sends ahead of what was played */
    VOICE_RESUME_MS = 30000,    /* for so long a session waits for its device to come back */
    VOICE_RESUME_CHUNKS = 16,   /* 2 s of sound that a device keeps until they are acknowledged */
    VOICE_HEARTBEAT_MS = 30000, /* how often ours sends one */
    VOICE_PLAYBACK_STATUS_MS = 250
};

enum voice_format { VOICE_MP3, VOICE_PCM, VOICE_OPUS, VOICE_FORMAT_COUNT };

/* Close codes, RFC 6455 section 7.4.1. */
enum voice_close {
    VOICE_CLOSE_NORMAL = 1000,
    VOICE_CLOSE_GOING_AWAY = 1001,
    VOICE_CLOSE_POLICY = 1008, /* refused: token, parameters, consent policy, limits */
    VOICE_CLOSE_TOO_LONG = 1009,
    VOICE_CLOSE_FAULT = 1011,
    VOICE_CLOSE_TRY_LATER = 1013 /* as many sessions as the hub takes: with a back-off */
};

/* error_code of an error message. The list is closed. X(name, text). */
#define VOICE_ERROR_LIST(X)                                                                        \
    X(MISSING_AUDIO_DATA, "missing_audio_data")                                                    \
    X(INVALID_AUDIO_DATA, "invalid_audio_data")                                                    \
    X(MESSAGE_TOO_LARGE, "message_too_large")                                                      \
    X(AUDIO_CHUNK_ERROR, "audio_chunk_error")                                                      \
    X(AUDIO_START_ERROR, "audio_start_error")                                                      \
    X(AUDIO_END_ERROR, "audio_end_error")                                                          \
    X(EMPTY_TEXT, "empty_text")                                                                    \
    X(PROCESSING_ERROR, "processing_error")                                                        \
    X(RATE_LIMITED, "rate_limited")                                                                \
    X(SESSION_EXPIRED, "session_expired")                                                          \
    X(INVALID_MESSAGE, "invalid_message")                                                          \
    X(CONSENT_REQUIRED, "consent_required")                                                        \
    X(BUSY, "busy")                                                                                \
    X(TURN_TOO_LONG, "turn_too_long")                                                              \
    X(BAD_SIGNATURE, "bad_signature")                                                              \
    X(OUT_OF_ORDER, "out_of_order")                                                                \
    X(UNKNOWN_SESSION, "unknown_session")                                                          \
    X(QUIET_HOURS, "quiet_hours")                                                                  \
    X(TIME_LIMIT, "time_limit")

enum voice_error {
#define X(name, text) VOICE_ERROR_##name,
    VOICE_ERROR_LIST(X)
#undef X
        VOICE_ERROR_COUNT
};

/* NULL for a number outside; VOICE_ERROR_COUNT and VOICE_FORMAT_COUNT for a text that is none. */
const char *voice_error_name(enum voice_error error);
enum voice_error voice_error_find(const char *name);
const char *voice_format_name(enum voice_format format); /* "mp3", "pcm_s16le", "opus" */
enum voice_format voice_format_find(const char *name);

#endif
