/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sound on its way to the device. One that takes pieces gets them as it plays them: at most
 * VOICE_AHEAD_MS ahead, by what it reports, by time where it does not. One that announced nothing
 * gets the reply as a whole.
 */
#include <stdlib.h>

#include "core/err.h"
#include "hub/voice/voice_internal.h"

enum {
    REPORT_FRESH_MS = 1000,
    NEAR_MS = 60, /* a report of the end may be so early */
    UNSENT_LOOK_MS = 100
};

static const uint32_t rates[VOICE_FORMAT_COUNT] = {
    [VOICE_MP3] = VOICE_MP3_RATE_HZ, [VOICE_PCM] = VOICE_RATE_HZ, [VOICE_OPUS] = VOICE_RATE_HZ};

/* ---- what is played ---- */

uint32_t voice_played(const struct voice_turn *turn)
{
    const struct voice_reply_state *reply = turn->reply;
    uint64_t now_ms = voice_now(turn->session->voice), played_ms;

    if (reply->sent_ms == 0)
        return 0;
    if (!reply->reported)
        played_ms = now_ms - reply->clock_ms;
    else if (now_ms - reply->report_ms < REPORT_FRESH_MS && turn->session->link)
        played_ms = reply->played_ms;
    else
        played_ms = reply->played_ms + (now_ms - reply->report_ms);
    return played_ms < reply->sent_ms ? (uint32_t)played_ms : reply->sent_ms;
}

/* Since a device came back it may have gone on counting, or begun anew. */
static void settle_offset(struct voice_reply_state *reply, uint64_t held_ms)
{
    enum { SLACK_MS = 200 };
    uint64_t since_ms = reply->sent_ms - reply->again_ms;

    reply->offset_ms = held_ms <= since_ms + SLACK_MS ? -(int64_t)reply->again_ms
                                                      : (int64_t)held_ms - (int64_t)reply->sent_ms;
    reply->settle_offset = false;
}

/* false: it says and says that it plays, and plays nothing. */
static bool moves(struct voice_reply_state *reply, uint32_t played_ms)
{
    if (!reply->reported || played_ms > reply->furthest_ms ||
        played_ms + NEAR_MS > reply->sent_ms) {
        reply->furthest_ms = played_ms;
        reply->moved_ms = reply->report_ms;
    }
    return reply->report_ms - reply->moved_ms < VOICE_STUCK_MS;
}

bool voice_playback(struct voice_turn *turn, uint64_t played_ms, uint64_t buffered_ms)
{
    enum { SANE_MS = 3600 * 1000 };
    struct voice_reply_state *reply = turn->reply;

    if (!reply || reply->sent_ms == 0 || played_ms > SANE_MS || buffered_ms > SANE_MS)
        return true;
    if (reply->settle_offset)
        settle_offset(reply, played_ms + buffered_ms);
    int64_t ours_ms = (int64_t)played_ms - reply->offset_ms;
    if (ours_ms < 0)
        ours_ms = 0;
    if (ours_ms > reply->sent_ms)
        ours_ms = reply->sent_ms;
    uint64_t now_ms = voice_now(turn->session->voice);
    /* It has nothing, and nothing is on its way: what it does not count it did not take, as while
     * it is being interrupted. Nobody will play that any more. */
    if (buffered_ms == 0 && now_ms > reply->last_sent_ms + REPORT_FRESH_MS) {
        reply->offset_ms = (int64_t)played_ms - (int64_t)reply->sent_ms;
        ours_ms = reply->sent_ms;
    }
    reply->report_ms = now_ms;
    bool moved = moves(reply, (uint32_t)ours_ms);
    reply->reported = true;
    reply->played_ms = (uint32_t)ours_ms;
    reply->buffered_ms = (uint32_t)buffered_ms;
    return moved;
}

/* Finished is when the device has nothing left, never when the last of it was sent. */
uint64_t voice_played_at(const struct voice_turn *turn)
{
    const struct voice_reply_state *reply = turn->reply;

    if (reply->sent_ms == 0)
        return 0;
    if (!reply->reported)
        return reply->clock_ms + reply->sent_ms;
    if (reply->played_ms + NEAR_MS >= reply->sent_ms ||
        (reply->buffered_ms == 0 && reply->report_ms > reply->last_sent_ms + REPORT_FRESH_MS))
        return 0;
    return reply->report_ms + (reply->sent_ms - reply->played_ms) + VOICE_DRAIN_MS;
}

bool voice_all_sent(const struct voice_turn *turn)
{
    const struct voice_reply_state *reply = turn->reply;

    if (!reply || !reply->whole || reply->queue || turn->asked)
        return false;
    bool ended = reply->final_sent || reply->pieces == 0;
    return ended && (reply->over || (reply->mute && reply->next == reply->count));
}

/* ---- sending ---- */

/* Something of the reply went out. */
static void sounded(struct voice_turn *turn)
{
    if (!turn->sounded)
        voice_stage(turn, VOICE_STAGE_FIRST, voice_now(turn->session->voice) - turn->whole_ms);
    turn->sounded = true;
    turn->to_undo = turn->to_undo && !turn->answered;
}

static void count_sent(struct voice_turn *turn, uint32_t ms)
{
    struct voice_reply_state *reply = turn->reply;
    uint64_t now_ms = voice_now(turn->session->voice);

    if (voice_played(turn) >= reply->sent_ms) /* it had run dry */
        reply->clock_ms = now_ms - reply->sent_ms;
    reply->sent_ms += ms;
    reply->last_sent_ms = now_ms;
    if (reply->stream && turn->session->reply_seq <= reply->known_seq)
        reply->clock_ms =
            now_ms - reply->sent_ms; /* the device has it, and has played it or will */
    sounded(turn);
}

/* Bytes of sound on their way to the loudspeaker, of so many ms. */
static uint64_t bytes_of(const struct voice_reply_state *reply, uint64_t ms)
{
    return reply->bytes_ms ? reply->bytes_sent * ms / reply->bytes_ms : 0;
}

/* How long until the piece may be sent: neither further ahead than the device is to be, nor more
 * than it can hold. */
static uint64_t wait_for(const struct voice_turn *turn, const struct voice_block *block)
{
    const struct voice_reply_state *reply = turn->reply;
    uint64_t room = turn->session->buffer_bytes, wait_ms = 0;
    uint64_t ahead_ms = reply->sent_ms - voice_played(turn), bytes = bytes_of(reply, ahead_ms);

    if (ahead_ms == 0 || turn->session->reply_seq < reply->known_seq)
        return 0;
    if (ahead_ms + block->ms > VOICE_AHEAD_MS)
        wait_ms = ahead_ms + block->ms - VOICE_AHEAD_MS;
    if (room > 0 && bytes + block->len > room) {
        uint64_t full_ms = (bytes + block->len - room) * reply->bytes_ms / reply->bytes_sent + 1;
        wait_ms = full_ms > wait_ms ? full_ms : wait_ms;
    }
    return wait_ms < ahead_ms ? wait_ms : ahead_ms;
}

static int send_piece(struct voice_turn *turn, const struct voice_block *block, bool is_final)
{
    struct voice_session *session = turn->session;
    struct voice *voice = session->voice;
    struct voice_reply_state *reply = turn->reply;
    char text[SENTENCE_MAX * 4];
    size_t len = 0;

    if (block && block->first) {
        const struct voice_sentence *sentence = &reply->sentence[block->sentence];
        len = sentence->len < sizeof text ? sentence->len : 0;
        memcpy(text, reply->text + sentence->at, len);
    }
    text[len] = '\0';
    struct voice_reply piece = {.sound = block ? block->bytes : (const uint8_t *)"",
                                .sound_len = block ? block->len : 0,
                                .text = text,
                                .format = reply->format,
                                .sample_rate_hz = rates[reply->format],
                                .seq = session->reply_seq + 1,
                                .is_final = is_final,
                                .when = voice_unix(voice)};
    int wrote = voice_write_audio_response(voice->out, VOICE_FRAME_MAX, &piece);
    if (wrote == ROOST_ERR_TOO_LONG) { /* the sound matters more than its text */
        piece.text = "";
        wrote = voice_write_audio_response(voice->out, VOICE_FRAME_MAX, &piece);
    }
    int err = voice_send(session, wrote);
    if (err == 0) {
        session->reply_seq++;
        reply->pieces++;
        reply->final_sent = is_final;
        if (block && block->first)
            reply->sentence[block->sentence].seq = session->reply_seq;
    }
    return err;
}

/* Returns when to be called again. */
static uint64_t pace_pieces(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    struct voice_reply_state *reply = turn->reply;
    uint64_t now_ms = voice_now(session->voice);

    while (reply->queue) {
        struct voice_block *block = reply->queue;
        uint64_t wait_ms = wait_for(turn, block);
        if (block->open)
            return ROOST_NEVER; /* until it is whole */
        if (wait_ms > 0)
            return now_ms + wait_ms;
        if (hub_peer_unsent(session->link->peer) > VOICE_UNSENT_MAX)
            return now_ms + UNSENT_LOOK_MS;
        bool last = !block->next && reply->whole && reply->over;
        int err = send_piece(turn, block, last);
        if (err == ROOST_ERR_FULL)
            return now_ms + UNSENT_LOOK_MS;
        if (err == ROOST_ERR_CLOSED)
            return ROOST_NEVER;
        block = voice_queue_first(reply);
        if (err == 0) {
            count_sent(turn, block->ms);
            reply->bytes_sent += block->len;
            reply->bytes_ms += block->ms;
        }
        voice_block_free(session->voice, block);
    }
    bool done = reply->over || (reply->mute && !reply->speech);
    if (reply->whole && done && reply->pieces > 0 && !reply->final_sent &&
        send_piece(turn, NULL, true) == ROOST_ERR_FULL)
        return now_ms + UNSENT_LOOK_MS;
    return ROOST_NEVER;
}

/* ---- as a whole ---- */

/* Put together in `message`: its sound at the front, for a moment. */
static int write_whole(struct voice_turn *turn, char *message, size_t size, uint8_t *sound)
{
    const struct voice_reply_state *reply = turn->reply;
    char text[VOICE_TEXT_MAX + 1];
    size_t at = 0, len = reply->text_len < VOICE_TEXT_MAX ? reply->text_len : VOICE_TEXT_MAX;

    for (const struct voice_block *block = reply->queue; block; block = block->next) {
        memcpy(sound + at, block->bytes, block->len);
        at += block->len;
    }
    while (len > 0 && len < reply->text_len && ((uint8_t)reply->text[len] & 0xC0) == 0x80)
        len--;
    memcpy(text, reply->text, len);
    text[len] = '\0';
    return voice_write_audio_response(
        message, size,
        &(struct voice_reply){.sound = sound,
                              .sound_len = at,
                              .text = text,
                              .format = reply->format,
                              .sample_rate_hz = rates[reply->format],
                              .when = voice_unix(turn->session->voice)});
}

static void send_whole(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    struct voice_reply_state *reply = turn->reply;
    size_t size = voice_audio_response_max(reply->queue_bytes, VOICE_TEXT_MAX);
    char *message = malloc(size);
    uint8_t *sound = malloc(reply->queue_bytes);
    uint32_t ms = 0;

    int len = message && sound ? write_whole(turn, message, size, sound) : ROOST_ERR_NO_MEMORY;
    int err =
        len < 0 ? len : hub_peer_send(session->link->peer, HUB_PEER_TEXT, message, (size_t)len);
    for (const struct voice_block *block = reply->queue; block; block = block->next)
        ms += block->ms;
    if (sound)
        explicit_bzero(sound, reply->queue_bytes);
    if (message)
        explicit_bzero(message, size);
    free(sound);
    free(message);
    voice_queue_drop(turn);
    if (err == 0) {
        count_sent(turn, ms);
    } else {
        metric_add(session->voice->metrics.dropped, 1);
        reply->next = 0; /* it goes as text */
        reply->mute = true;
    }
}

/* ---- text, where there is no sound ---- */

static void send_text(struct voice_turn *turn, const char *text, size_t len)
{
    struct voice *voice = turn->session->voice;
    char copy[VOICE_TEXT_MAX + 1];

    memcpy(copy, text, len);
    copy[len] = '\0';
    metric_add(voice->metrics.text_only, 1);
    (void)voice_send(turn->session, voice_write_text_response(voice->out, VOICE_FRAME_MAX, copy,
                                                              voice_unix(voice)));
    sounded(turn);
}

/* As many whole sentences in one message as fit. */
static void send_texts(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    while (reply->next < reply->count) {
        size_t at = reply->sentence[reply->next].at, len = 0;
        while (reply->next < reply->count &&
               len + reply->sentence[reply->next].len <= VOICE_TEXT_MAX)
            len += reply->sentence[reply->next++].len;
        if (sentences_sound(reply->text + at, len))
            send_text(turn, reply->text + at, len);
    }
}

uint64_t voice_pace(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;
    uint64_t due_ms = ROOST_NEVER;

    if (!turn->session->link)
        return ROOST_NEVER;
    if (reply->stream)
        due_ms = pace_pieces(turn);
    else if (reply->queue && (reply->over || (reply->mute && !reply->saying)))
        send_whole(turn);
    if (reply->mute && reply->whole && !reply->queue && !reply->saying)
        send_texts(turn);
    return due_ms;
}
