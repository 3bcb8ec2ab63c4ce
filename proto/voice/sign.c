/* SPDX-License-Identifier: Apache-2.0 */
#include "proto/voice/sign.h"

#include <string.h>

#include "core/bytes.h"
#include "core/err.h"
#include "core/hex.h"

enum { LABEL_LEN = sizeof VOICE_SOUND_KEY_LABEL - 1, SEQ_BYTES = 8 };

int voice_token(const struct voice_hmac *hmac, const void *key, size_t key_len,
                const char *device_id, char out[VOICE_TOKEN_CHARS + 1])
{
    uint8_t digest[VOICE_KEY_BYTES];
    int err = hmac->run(hmac->ctx, key, key_len, device_id, strlen(device_id), digest);

    out[0] = '\0';
    if (err == 0)
        roost_hex_write(out, digest, sizeof digest);
    return err;
}

int voice_sound_key(const struct voice_hmac *hmac, const void *device_key, size_t key_len,
                    const char *session_id, uint8_t out[VOICE_KEY_BYTES])
{
    char text[LABEL_LEN + VOICE_UUID_CHARS];
    size_t len = strlen(session_id);

    if (len > VOICE_UUID_CHARS)
        return ROOST_ERR_TOO_LONG;
    memcpy(text, VOICE_SOUND_KEY_LABEL, LABEL_LEN);
    memcpy(text + LABEL_LEN, session_id, len);
    return hmac->run(hmac->ctx, device_key, key_len, text, LABEL_LEN + len, out);
}

int voice_sign(const struct voice_hmac *hmac, const uint8_t sound_key[VOICE_KEY_BYTES],
               const struct voice_signed *what, uint8_t *memory, size_t pcm_len,
               uint8_t out[VOICE_KEY_BYTES])
{
    /* Of one length always: two different texts never become the same bytes. */
    if (strlen(what->audio_session_id) != VOICE_UUID_CHARS)
        return ROOST_ERR_INVALID;
    memcpy(memory, what->audio_session_id, VOICE_UUID_CHARS);
    roost_be_put(memory + VOICE_UUID_CHARS, what->seq, SEQ_BYTES);
    memory[VOICE_UUID_CHARS + SEQ_BYTES] = what->is_final;
    return hmac->run(hmac->ctx, sound_key, VOICE_KEY_BYTES, memory, VOICE_SIGN_HEAD + pcm_len, out);
}

int voice_sign_fielded(const struct voice_hmac *hmac, const void *device_key, size_t key_len,
                       uint64_t seq, uint8_t *memory, size_t pcm_len, uint8_t out[VOICE_KEY_BYTES])
{
    roost_be_put(memory + pcm_len, seq, SEQ_BYTES);
    return hmac->run(hmac->ctx, device_key, key_len, memory, pcm_len + SEQ_BYTES, out);
}

bool voice_same(const void *a, const void *b, size_t len)
{
    const volatile uint8_t *left = a, *right = b;
    uint8_t differs = 0;

    for (size_t i = 0; i < len; i++)
        differs |= left[i] ^ right[i];
    return differs == 0;
}
