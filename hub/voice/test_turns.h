/* SPDX-License-Identifier: Apache-2.0 */
/* A part of hub/voice/test_rig.h: what a device says in a turn. */
#ifndef ROOST_HUB_VOICE_TEST_TURNS_H
#define ROOST_HUB_VOICE_TEST_TURNS_H

#include "hub/voice/test_rig.h"

/* ---- turns ---- */

/* A uuid of a short word. */
static inline const char *rig_id(const char *word)
{
    static char ids[4][RIG_TURN_ID];
    static size_t next;
    char *id = ids[next++ % 4];
    unsigned sum = 17;

    for (const char *c = word; *c; c++)
        sum = sum * 31 + (unsigned char)*c;
    snprintf(id, RIG_TURN_ID, "%08x-0000-4000-8000-%012x", sum, sum);
    return id;
}

static inline void rig_start(struct rig_peer *peer, const char *word)
{
    char text[256];

    snprintf(text, sizeof text, "{\"type\":\"audio_start\",\"audio_session_id\":\"%s\"}",
             rig_id(word));
    rig_say(peer, text);
}

static inline void rig_stop_sound(struct rig_peer *peer, const char *word)
{
    char text[256];

    snprintf(text, sizeof text, "{\"type\":\"audio_end\",\"audio_session_id\":\"%s\"}",
             rig_id(word));
    rig_say(peer, text);
}

/* A chunk as it stands in the message; extra: more members, ",\"seq\":3". */
static inline void rig_chunk_text(struct rig_peer *peer, const char *word, const char *base64,
                                  const char *id, bool is_final, const char *extra)
{
    static char text[2 * VOICE_MESSAGE_MAX];

    snprintf(text, sizeof text,
             "{\"type\":\"audio_chunk\",\"audio_session_id\":\"%s\",\"chunk_id\":%s,"
             "\"audio_data\":\"%s\",\"is_final\":%s%s}",
             rig_id(word), id, base64, is_final ? "true" : "false", extra);
    rig_say(peer, text);
}

static inline void rig_chunk_of(struct rig_peer *peer, const char *word, size_t bytes, uint64_t seq,
                                bool is_final)
{
    static uint8_t sound[VOICE_SOUND_MAX + 64];
    static char base64[ROOST_BASE64_LEN(sizeof sound) + 1];
    char id[32], extra[40];

    memset(sound, (int)seq + 1, bytes);
    base64[roost_base64_encode(base64, sound, bytes)] = '\0';
    snprintf(id, sizeof id, "\"%llu\"", (unsigned long long)seq);
    snprintf(extra, sizeof extra, ",\"seq\":%llu", (unsigned long long)seq);
    rig_chunk_text(peer, word, base64, id, is_final, extra);
}

static inline void rig_chunk(struct rig_peer *peer, const char *word)
{
    rig_chunk_of(peer, word, VOICE_CHUNK_BYTES, ++peer->seq, false);
}

/* So many chunks, in real time. */
static inline void rig_turn(struct rig_peer *peer, const char *word, size_t chunks)
{
    rig_start(peer, word);
    for (size_t i = 0; i < chunks; i++) {
        rig_chunk(peer, word);
        rig_pass(128);
    }
    rig_stop_sound(peer, word);
}

#endif
