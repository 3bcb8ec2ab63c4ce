/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One chunk of sound. All of it is checked before any of it is used: whose it is, its number, its
 * base64, its length, its signature. It is in memory for as long as that takes, in one place, which
 * is wiped; what is longer kept of it is with the recogniser.
 */
#include "core/base64.h"
#include "core/err.h"
#include "core/fnv.h"
#include "hub/voice/voice_internal.h"

enum { SEEN_BITS = 64, CHUNK_IDS = 16 };

/* ---- numbers ---- */

enum place { PLACE_NEW, PLACE_REPEATED, PLACE_LATE };

/* A repeated one is what a device sends again after its socket was lost. One that is passed by and
 * never came is late: it would be heard behind what was said after it. */
static enum place place_by_seq(const struct voice_turn *turn, uint64_t seq)
{
    if (!turn->numbered || seq > turn->seq)
        return PLACE_NEW;
    uint64_t back = turn->seq - seq;
    return back < SEEN_BITS && (turn->seq_seen >> back & 1) ? PLACE_REPEATED : PLACE_LATE;
}

static uint64_t hash_of(const struct voice_up *up)
{
    return roost_fnv64(ROOST_FNV64, up->chunk_id, strlen(up->chunk_id));
}

static enum place place_of(const struct voice_turn *turn, const struct voice_up *up)
{
    if (up->has_seq)
        return place_by_seq(turn, up->seq);
    size_t known = turn->chunk_count < CHUNK_IDS ? turn->chunk_count : CHUNK_IDS;
    for (size_t i = 0; i < known; i++)
        if (turn->chunk_ids[i] == hash_of(up))
            return PLACE_REPEATED;
    return PLACE_NEW;
}

static void note_place(struct voice_turn *turn, const struct voice_up *up)
{
    if (up->has_seq) {
        uint64_t ahead = turn->numbered ? up->seq - turn->seq : 0;
        turn->seq_seen = ahead < SEEN_BITS ? turn->seq_seen << ahead | 1 : 1;
        turn->seq = up->seq;
        turn->numbered = true;
    } else {
        turn->chunk_ids[turn->chunk_count++ % CHUNK_IDS] = hash_of(up);
    }
}

/* ---- signature ---- */

static bool is_ours(const struct voice_session *session, const struct voice_up *up, uint8_t *memory,
                    size_t len)
{
    const struct voice_signed what = {
        .audio_session_id = up->audio_session_id, .seq = up->seq, .is_final = up->is_final};
    uint8_t hmac[VOICE_KEY_BYTES];

    return voice_sign(&session->voice->hmac, session->sound_key, &what, memory, len, hmac) == 0 &&
           voice_same(hmac, up->hmac, sizeof hmac);
}

static bool is_fielded(const struct voice_session *session, const struct voice_up *up,
                       uint8_t *sound, size_t len)
{
    uint8_t hmac[VOICE_KEY_BYTES];
    size_t key_len;
    const void *key = voice_session_key(session, &key_len);

    return voice_sign_fielded(&session->voice->hmac, key, key_len, up->seq, sound, len, hmac) ==
               0 &&
           voice_same(hmac, up->hmac, sizeof hmac);
}

/* memory: VOICE_SIGN_HEAD bytes, the sound, 8 bytes. */
static bool is_signed(const struct voice_session *session, const struct voice_up *up,
                      uint8_t *memory, size_t len)
{
    enum voice_signature policy = session->voice->config.signature;

    if (!up->has_hmac)
        return policy == VOICE_SIGN_ANY;
    if (!up->has_seq)
        return false; /* both forms sign it */
    return is_ours(session, up, memory, len) ||
           (policy != VOICE_SIGN_OURS && is_fielded(session, up, memory + VOICE_SIGN_HEAD, len));
}

/* ---- feeding ---- */

/* The first sound of a turn: a recogniser is had now, or not at all. 0, or it has been answered. */
static int start_hearing(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    const struct hear *hear = &session->voice->with->providers->hear;

    int err = hear->ops->start(hear->ctx, &session->child, &voice_hear_events, turn, &turn->hear);
    if (err == 0) {
        turn->hear_started = true;
        return 0;
    }
    turn->hear = NULL;
    if (err == ROOST_ERR_UNSUPPORTED) {
        voice_turn_line(turn, VOICE_LINE_NO_LANGUAGE, VOICE_TURN_FAILED);
    } else if (err == ROOST_ERR_FULL) {
        voice_send_error(session, VOICE_ERROR_BUSY, "too many speak at once: again in a moment");
        if (session->has_features) /* it knows the code, and what to do */
            voice_turn_stop(turn, VOICE_TURN_BUSY);
        else
            voice_turn_line(turn, VOICE_LINE_BUSY, VOICE_TURN_BUSY);
    } else {
        voice_send_error(session, VOICE_ERROR_PROCESSING_ERROR, "nothing can be understood now");
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
    }
    return err;
}

/* What comes again is answered as the first time, and not decoded for it. */
static size_t bytes_of(const struct voice_up *up)
{
    size_t bytes = up->audio_len / 4 * 3;

    for (size_t i = up->audio_len; i > 0 && bytes > 0 && up->audio[i - 1] == '='; i--)
        bytes--;
    return bytes;
}

static void acknowledge(struct voice_session *session, const struct voice_up *up, size_t bytes)
{
    struct voice *voice = session->voice;
    const struct voice_ack ack = {.chunk_id = up->chunk_id,
                                  .bytes = bytes,
                                  .is_final = up->is_final,
                                  .audio_session_id = up->audio_session_id,
                                  .when = voice_unix(voice)};

    session->refused_in_a_row = 0;
    (void)voice_send(session, voice_write_audio_ack(voice->out, VOICE_FRAME_MAX, &ack));
}

/* What goes beyond the longest turn is cut off. */
static int feed(struct voice_turn *turn, const uint8_t *sound, size_t len)
{
    const struct hear *hear = &turn->session->voice->with->providers->hear;
    size_t left = VOICE_TURN_BYTES - turn->sound_bytes;

    turn->cut = len > left;
    if (turn->cut)
        len = left;
    if (len == 0)
        return 0;
    int err = turn->hear_started ? 0 : start_hearing(turn);
    if (err < 0)
        return err;
    err = hear->ops->feed(turn->hear, (const int16_t *)(const void *)sound, len / 2);
    if (err < 0) {
        voice_send_error(turn->session, VOICE_ERROR_PROCESSING_ERROR, "the sound cannot be used");
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
        return err;
    }
    turn->sound_bytes += (uint32_t)len;
    return 0;
}

static void use(struct voice_turn *turn, const struct voice_up *up, const uint8_t *sound,
                size_t len)
{
    struct voice_session *session = turn->session;

    if (feed(turn, sound, len) < 0)
        return;
    note_place(turn, up);
    metric_add(session->voice->metrics.chunks, 1);
    turn->moved_ms = voice_now(session->voice);
    acknowledge(session, up, len);
    if (turn->cut) {
        metric_add(session->voice->metrics.cut, 1);
        voice_send_error(session, VOICE_ERROR_TURN_TOO_LONG, "audio: at most 30 s a turn");
    }
    if (turn->cut || up->is_final)
        voice_turn_whole(turn);
}

/* ---- the chunk ---- */

/* Where it is signed and fed from: the sound begins at an even address. */
static uint8_t *place_for_sound(const struct voice *voice)
{
    return voice->sound + VOICE_SIGN_HEAD % 2;
}

static void decode(struct voice_turn *turn, const struct voice_up *up)
{
    struct voice_session *session = turn->session;
    struct voice *voice = session->voice; /* outlives both */
    uint8_t *memory = place_for_sound(voice), *sound = memory + VOICE_SIGN_HEAD;
    int len = roost_base64_decode(sound, VOICE_SOUND_MAX, up->audio, up->audio_len);

    if (len == ROOST_ERR_TOO_LONG)
        voice_refuse(session, VOICE_ERROR_INVALID_AUDIO_DATA,
                     "audio_data: at most 8192 bytes of sound");
    else if (len < 0)
        voice_refuse(session, VOICE_ERROR_INVALID_AUDIO_DATA,
                     "audio_data: base64 of RFC 4648, padded");
    else if (len % 2 != 0)
        voice_refuse(session, VOICE_ERROR_INVALID_AUDIO_DATA, "audio_data: samples of 16 bits");
    else if (len == 0 && !up->is_final)
        voice_refuse(session, VOICE_ERROR_INVALID_AUDIO_DATA, "audio_data: empty");
    else if (!is_signed(session, up, memory, (size_t)len))
        voice_refuse(session, VOICE_ERROR_BAD_SIGNATURE, "hmac: missing or wrong");
    else
        use(turn, up, sound, (size_t)len);
    explicit_bzero(voice->sound, VOICE_SOUND_MEMORY);
}

/* What the parents agreed to has changed, and the book has not said yet to what: a chunk that comes
 * meanwhile is neither looked at nor kept. */
static void pass_by(struct voice_turn *turn, const struct voice_up *up)
{
    note_place(turn, up);
    turn->moved_ms = voice_now(turn->session->voice);
    acknowledge(turn->session, up, bytes_of(up));
    if (up->is_final)
        voice_turn_whole(turn);
}

/* A device that does not know of the 30 s goes on for as long as the button is held: what it says
 * of a turn that was started is late, and nothing that it is closed for. */
static void refuse_late(struct voice_session *session, const struct voice_up *up, bool own)
{
    static const char why[] = "no turn of it takes sound";

    if (own || strcmp(session->last_turn, up->audio_session_id) == 0)
        voice_send_error(session, VOICE_ERROR_AUDIO_CHUNK_ERROR, why);
    else
        voice_refuse(session, VOICE_ERROR_AUDIO_CHUNK_ERROR, why);
}

void voice_take_chunk(struct voice_session *session, const struct voice_up *up)
{
    struct voice_turn *turn = session->turn;
    bool own = turn && strcmp(turn->id, up->audio_session_id) == 0;

    if (!session->consent) { /* before anything of it is looked at */
        voice_refuse(session, VOICE_ERROR_CONSENT_REQUIRED, "the parents have not agreed");
        return;
    }
    if (turn && turn->state == VOICE_LISTENING && !own &&
        strcmp(session->last_turn, up->audio_session_id) != 0) {
        voice_refuse(session, VOICE_ERROR_UNKNOWN_SESSION, "audio_session_id: was not started");
        return;
    }
    /* Of a turn that ended meanwhile: it was used, the acknowledgement was lost. */
    if (!own && session->last_turn_link != session->links && up->has_seq &&
        up->seq <= session->last_turn_seq &&
        strcmp(session->last_turn, up->audio_session_id) == 0) {
        metric_add(session->voice->metrics.repeated, 1);
        acknowledge(session, up, bytes_of(up));
        return;
    }
    if (!own || (turn->state != VOICE_LISTENING && place_of(turn, up) != PLACE_REPEATED)) {
        refuse_late(session, up, own);
        return;
    }
    if (!up->audio) {
        voice_refuse(session, VOICE_ERROR_MISSING_AUDIO_DATA, "audio_data: missing");
        return;
    }
    switch (place_of(turn, up)) {
    case PLACE_LATE:
        voice_refuse(session, VOICE_ERROR_OUT_OF_ORDER, "seq: below one that came before");
        return;
    case PLACE_REPEATED: /* it was used: said again, so that the device forgets it */
        metric_add(session->voice->metrics.repeated, 1);
        acknowledge(session, up, bytes_of(up));
        return;
    default:
        if (session->doubt)
            pass_by(turn, up);
        else
            decode(turn, up);
    }
}
