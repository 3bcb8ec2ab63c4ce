/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who a voice companion is, and that sound is its own (PROTOCOLS 1, VOICE "Wire, ours to add"):
 *   token       = hex HMAC-SHA256(secret or device key, device_id)
 *   sound key   = HMAC-SHA256(device key, "roost-audio-v1" | session_id)
 *   signature   = HMAC-SHA256(sound key, audio_session_id | seq as 8 bytes big-endian | is_final as
 *                 one byte | PCM)                                                            ours
 *   signature   = HMAC-SHA256(device key, PCM | seq as 8 bytes big-endian)          the field's
 *
 * The key of a device that was claimed is its own, of any other the shared secret, as bytes. Both
 * ends have HMAC-SHA256 as struct roost_crypto or a function of their own. Depends on core/.
 */
#ifndef ROOST_PROTO_VOICE_SIGN_H
#define ROOST_PROTO_VOICE_SIGN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "proto/voice/voice.h"

#define VOICE_SOUND_KEY_LABEL "roost-audio-v1"

/* HMAC-SHA256 of one text; 0 or an error. */
typedef int (*voice_hmac_fn)(void *ctx, const void *key, size_t key_len, const void *data,
                             size_t len, uint8_t out[VOICE_KEY_BYTES]);
struct voice_hmac {
    voice_hmac_fn run;
    void *ctx;
};

int voice_token(const struct voice_hmac *hmac, const void *key, size_t key_len,
                const char *device_id, char out[VOICE_TOKEN_CHARS + 1]);

int voice_sound_key(const struct voice_hmac *hmac, const void *device_key, size_t key_len,
                    const char *session_id, uint8_t out[VOICE_KEY_BYTES]);

/* Bytes before and after the sound in a signed text: it is put together in `memory`, which has room
 * for VOICE_SIGN_HEAD bytes before the sound. */
enum { VOICE_SIGN_HEAD = VOICE_UUID_CHARS + 9 };

struct voice_signed {
    const char *audio_session_id;
    uint64_t seq;
    bool is_final;
};

/* memory: VOICE_SIGN_HEAD bytes to be filled, then pcm_len bytes of sound. */
int voice_sign(const struct voice_hmac *hmac, const uint8_t sound_key[VOICE_KEY_BYTES],
               const struct voice_signed *what, uint8_t *memory, size_t pcm_len,
               uint8_t out[VOICE_KEY_BYTES]);

/* The field's. memory: pcm_len bytes of sound, then 8 bytes to be filled. */
int voice_sign_fielded(const struct voice_hmac *hmac, const void *device_key, size_t key_len,
                       uint64_t seq, uint8_t *memory, size_t pcm_len, uint8_t out[VOICE_KEY_BYTES]);

/* Whether they are the same, in a time that depends on len alone. */
bool voice_same(const void *a, const void *b, size_t len);

#endif
