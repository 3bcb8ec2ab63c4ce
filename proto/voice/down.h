/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the hub says to a voice companion (PROTOCOLS 1, "Hub -> device"). The hub writes, the device
 * reads. Depends on core/, proto/voice/voice.h.
 */
#ifndef ROOST_PROTO_VOICE_DOWN_H
#define ROOST_PROTO_VOICE_DOWN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/voice/voice.h"

enum voice_down_type {
    VOICE_DOWN_NONE, /* unknown: ignored */
    VOICE_DOWN_ESTABLISHED,
    VOICE_DOWN_START_ACK,
    VOICE_DOWN_AUDIO_ACK,
    VOICE_DOWN_HEARTBEAT,
    VOICE_DOWN_AUDIO_RESPONSE,
    VOICE_DOWN_TEXT_RESPONSE,
    VOICE_DOWN_ERROR,
    VOICE_DOWN_ABORT,
    VOICE_DOWN_COMMAND, /* {"command":...}: with an "id" one of the runtime's, else wifi_scan,
                           wifi_connect, wifi_rssi of the field */
    VOICE_DOWN_TYPE_COUNT
};

struct voice_down {
    enum voice_down_type type;
    char session_id[VOICE_UUID_CHARS + 1];       /* of ESTABLISHED */
    char audio_session_id[VOICE_UUID_CHARS + 1]; /* of the two acks */
    bool resumed;                                /* ESTABLISHED, ours: the session went on */
    uint64_t chunk_id; /* of an ack: a number or the digits of one, 0 when it is none of ours */
    bool is_final;     /* of an ack; of a reply's piece, true without it */
    enum voice_format format; /* VOICE_FORMAT_COUNT: one that we do not know; mp3 without it */
    uint32_t sample_rate_hz;  /* without it the usual one of its format */
    uint64_t seq; /* of a reply's piece; 0: none given. Rises within a session, over its replies */
    const char *audio; /* base64 as written, in the text; NULL: none */
    size_t audio_len;
    enum voice_error error; /* VOICE_ERROR_COUNT: one that we do not know */
    char command[25];
    bool has_id; /* of a command */
};

/* Returns 0 (also for an unknown type), or an error for what is no message: bad JSON, a member that
 * its type requires and is absent or of the wrong type. The device counts it and goes on. Limits of
 * length are the socket's. 1 KB of stack. */
int voice_down_parse(struct voice_down *down, const char *text, size_t len);

/* ---- for the hub ---- */

/* `when` of each is ms since 1970, written as ISO 8601. Each returns the length or
 * ROOST_ERR_TOO_LONG. */
struct voice_established {
    const char *session_id, *message;
    int64_t when;
    bool resumed; /* ours; left out when false */
};
int voice_write_established(char *out, size_t size, const struct voice_established *is);
int voice_write_start_ack(char *out, size_t size, const char *audio_session_id, int64_t when);

struct voice_ack {
    const char *chunk_id; /* as it came: JSON; "" writes null */
    size_t bytes;
    bool is_final;
    const char *audio_session_id;
    int64_t when;
};
int voice_write_audio_ack(char *out, size_t size, const struct voice_ack *ack);
int voice_write_heartbeat_response(char *out, size_t size, const char *session_status,
                                   int64_t when);

/* An opus sound is packets, each behind its length in two bytes, big-endian (port/port.h). seq 0:
 * neither seq nor is_final is written, as the field has it. text may be "". The whole with
 * its base64 needs `size`; for a fielded reply that is the whole reply. */
struct voice_reply {
    const void *sound;
    size_t sound_len;
    const char *text;
    enum voice_format format;
    uint32_t sample_rate_hz;
    uint64_t seq;
    bool is_final;
    int64_t when;
};
int voice_write_audio_response(char *out, size_t size, const struct voice_reply *reply);
size_t voice_audio_response_max(size_t sound_len, size_t text_len); /* bytes of `out` it needs */
int voice_write_text_response(char *out, size_t size, const char *text, int64_t when);
int voice_write_error(char *out, size_t size, enum voice_error error, const char *message,
                      int64_t when);
int voice_write_down_abort(char *out, size_t size, int64_t when);
/* {"command":"wifi_scan","timestamp":...}; id NULL: as the field has it. args: a JSON object or
 * NULL. */
int voice_write_command(char *out, size_t size, const char *command, const char *id,
                        const char *args, size_t args_len, int64_t when);

#endif
