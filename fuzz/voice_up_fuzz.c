/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says: bounds, and a chunk or a status as ours writes it means the same again. */
#include "core/err.h"
#include "core/uuid.h"
#include "fuzz/fuzz.h"
#include "proto/voice/up.h"

static void check_inside(const char *part, size_t part_len, const char *text, size_t len)
{
    FUZZ_CHECK(!part || (part >= text && part + part_len <= text + len));
}

static void rewrite_chunk(const struct voice_up *up)
{
    static struct voice_up again;
    static char out[2 * VOICE_FRAME_MAX];
    struct voice_chunk chunk = {.audio_session_id = up->audio_session_id,
                                .seq = up->seq,
                                .is_final = up->is_final,
                                .hmac = up->has_hmac ? up->hmac : NULL};
    int at = voice_chunk_head(out, sizeof out, &chunk);

    FUZZ_CHECK(at > 0);
    memcpy(out + at, up->audio, up->audio_len);
    int len = voice_chunk_tail(out, (size_t)at + up->audio_len, sizeof out);
    FUZZ_CHECK(len > 0);
    if (len > VOICE_FRAME_MAX)
        return;
    FUZZ_CHECK(voice_up_parse(&again, out, (size_t)len) == 0);
    FUZZ_CHECK(strcmp(again.audio_session_id, up->audio_session_id) == 0);
    FUZZ_CHECK(again.has_seq && again.seq == up->seq && again.is_final == up->is_final);
    FUZZ_CHECK(again.has_hmac == up->has_hmac);
    FUZZ_CHECK(!up->has_hmac || memcmp(again.hmac, up->hmac, sizeof up->hmac) == 0);
    FUZZ_CHECK(again.audio_len == up->audio_len &&
               memcmp(again.audio, up->audio, up->audio_len) == 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    static struct voice_up up;
    const char *text = (const char *)data;
    int err = voice_up_parse(&up, text, len);

    FUZZ_CHECK(err <= 0);
    FUZZ_CHECK(up.type >= VOICE_UP_NONE && up.type < VOICE_UP_TYPE_COUNT);
    check_inside(up.audio, up.audio_len, text, len);
    check_inside(up.body, up.body_len, text, len);
    FUZZ_CHECK(strlen(up.text) <= VOICE_TEXT_MAX && strlen(up.chunk_id) <= VOICE_CHUNK_ID_MAX);
    FUZZ_CHECK(!up.audio_session_id[0] || roost_uuid_check(up.audio_session_id));
    if (err == 0)
        FUZZ_CHECK(!up.field);
    if (err == 0 && up.type == VOICE_UP_AUDIO_CHUNK && up.audio)
        rewrite_chunk(&up);
    return 0;
}
