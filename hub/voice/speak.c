/* SPDX-License-Identifier: Apache-2.0 */
/* From sentences to sound: one encoder a reply, one sentence at a time, the next while the last is
 * played. What cannot be said goes as text. */
#include <stdlib.h>

#include "core/err.h"
#include "hub/voice/voice_internal.h"

/* ---- the reply's memory ---- */

int voice_reply_make(struct voice_turn *turn)
{
    struct voice *voice = turn->session->voice;

    if (turn->reply)
        return 0;
    struct voice_reply_state *reply = calloc(1, sizeof *reply);
    if (!reply)
        return ROOST_ERR_NO_MEMORY;
    voice->bytes += sizeof *reply;
    reply->queue_end = &reply->queue;
    reply->stream = turn->session->features & VOICE_FEATURE_STREAM;
    turn->reply = reply;
    return 0;
}

static void drop_speech(struct voice_turn *turn)
{
    const struct speak *speak = &turn->session->voice->with->providers->speak;
    struct voice_reply_state *reply = turn->reply;

    if (reply->speech)
        speak->ops->cancel(reply->speech);
    reply->speech = NULL;
    reply->drop_speech = reply->saying = reply->ending = false;
    voice_queue_close(turn); /* nothing more of it comes */
}

void voice_reply_free(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    if (!reply)
        return;
    drop_speech(turn);
    voice_queue_drop(turn);
    turn->session->voice->bytes -= sizeof *reply;
    explicit_bzero(reply, sizeof *reply);
    free(reply);
    turn->reply = NULL;
}

/* ---- what the provider says ---- */

static void on_sound(void *arg, const void *bytes, size_t len, uint32_t duration_ms)
{
    struct voice_turn *turn = arg;
    struct voice_reply_state *reply = turn->reply;

    turn->moved_ms = voice_now(turn->session->voice);
    if (reply->drop_speech || len == 0)
        return;
    reply->made_ms += duration_ms;
    reply->said_ms += duration_ms;
    voice_queue(turn, bytes, len, duration_ms);
    voice_session_wake(turn->session);
}

static void on_said(void *arg, int err)
{
    struct voice_turn *turn = arg;
    struct voice_reply_state *reply = turn->reply;

    turn->moved_ms = voice_now(turn->session->voice);
    reply->saying = false;
    voice_queue_close(turn);
    reply->sentence[reply->next].to_ms = reply->made_ms;
    if (err == 0 || reply->said_ms > 0)
        reply->next++; /* a part of it was made: it is not said as text, too */
    if (err < 0)
        reply->mute = reply->drop_speech = true;
    voice_session_wake(turn->session);
}

static void on_ended(void *arg, int err)
{
    struct voice_turn *turn = arg;

    (void)err; /* what the encoder gave is all there is */
    voice_queue_close(turn);
    turn->reply->speech = NULL;
    turn->reply->ending = false;
    turn->reply->over = true;
    voice_session_wake(turn->session);
}

/* ---- saying ---- */

static const enum speech_format formats[VOICE_FORMAT_COUNT] = {
    [VOICE_MP3] = SPEECH_MP3_22K, [VOICE_PCM] = SPEECH_PCM_16K, [VOICE_OPUS] = SPEECH_OPUS};

/* What the device takes, best first; the fielded one takes mp3. Returns how many. */
static size_t formats_of(const struct voice_session *session, const struct voice_reply_state *reply,
                         enum voice_format out[VOICE_FORMAT_COUNT])
{
    size_t count = 0;

    if (reply->stream && session->features & VOICE_FEATURE_OPUS)
        out[count++] = VOICE_OPUS;
    if (reply->stream && session->features & VOICE_FEATURE_PCM)
        out[count++] = VOICE_PCM;
    if (count == 0 || session->features & VOICE_FEATURE_MP3)
        out[count++] = VOICE_MP3;
    return count;
}

static int start(struct voice_turn *turn)
{
    static const struct speech_events events = {
        .sound = on_sound, .said = on_said, .ended = on_ended};
    struct voice_session *session = turn->session;
    struct voice_reply_state *reply = turn->reply;
    const struct speak *speak = &session->voice->with->providers->speak;
    enum voice_format wanted[VOICE_FORMAT_COUNT];
    size_t count = formats_of(session, reply, wanted);
    int err = ROOST_ERR_UNSUPPORTED;

    for (size_t i = 0; i < count && err == ROOST_ERR_UNSUPPORTED; i++) {
        reply->format = wanted[i];
        err = speak->ops->start(speak->ctx, &session->child, formats[wanted[i]], &events, turn,
                                &reply->speech);
    }
    if (err < 0)
        reply->speech = NULL;
    return err;
}

/* A pool that is full is asked again for a while. Returns when. */
static uint64_t full(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;
    uint64_t now_ms = voice_now(turn->session->voice);

    if (reply->full_since_ms == 0)
        reply->full_since_ms = now_ms;
    if (now_ms - reply->full_since_ms < VOICE_FULL_MS)
        return now_ms + VOICE_RETRY_MS;
    reply->mute = true;
    return ROOST_NEVER;
}

static void skip_soundless(struct voice_reply_state *reply)
{
    for (; reply->next < reply->count; reply->next++) {
        struct voice_sentence *sentence = &reply->sentence[reply->next];
        if (sentences_sound(reply->text + sentence->at, sentence->len))
            return;
        sentence->from_ms = sentence->to_ms = reply->made_ms;
    }
}

/* The next sentence; returns when to try again. */
static uint64_t say(struct voice_turn *turn)
{
    const struct speak *speak = &turn->session->voice->with->providers->speak;
    struct voice_reply_state *reply = turn->reply;
    struct voice_sentence *sentence = &reply->sentence[reply->next];

    if (reply->stream && reply->queue_bytes >= VOICE_QUEUE_BYTES)
        return ROOST_NEVER; /* when some of it is sent */
    int err = reply->speech ? 0 : start(turn);
    if (err == 0)
        err = speak->ops->say(reply->speech, reply->text + sentence->at, sentence->len);
    if (err == ROOST_ERR_FULL)
        return full(turn);
    if (err < 0) {
        reply->mute = true;
        drop_speech(turn);
        return ROOST_NEVER;
    }
    reply->full_since_ms = 0;
    reply->saying = true;
    sentence->from_ms = reply->made_ms;
    reply->said_ms = 0;
    turn->moved_ms = voice_now(turn->session->voice);
    return ROOST_NEVER;
}

static void end(struct voice_turn *turn)
{
    const struct speak *speak = &turn->session->voice->with->providers->speak;
    struct voice_reply_state *reply = turn->reply;

    turn->moved_ms = voice_now(turn->session->voice);
    reply->ending = reply->speech && speak->ops->end(reply->speech) == 0;
    if (reply->ending)
        return;
    drop_speech(turn);
    reply->over = true;
}

uint64_t voice_speak(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    if (reply->drop_speech)
        drop_speech(turn);
    if (reply->mute || reply->over || reply->saying || reply->ending)
        return ROOST_NEVER;
    skip_soundless(reply);
    if (reply->next == reply->count && reply->whole && !reply->goodbye &&
        voice_sitting_over(turn->session, reply->made_ms - voice_played(turn))) {
        reply->goodbye = true; /* the last thing that is said */
        voice_reply_line(turn, voice_line_text(turn, VOICE_LINE_TIME_LIMIT));
    }
    if (reply->next < reply->count)
        return say(turn);
    if (reply->whole)
        end(turn);
    return ROOST_NEVER;
}

/* ---- again ---- */

void voice_speak_again(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;
    size_t first = 0;

    if (turn->state == VOICE_LISTENING)
        voice_turn_again(turn); /* it may take its time again */
    if (!reply || !reply->stream || reply->sent_ms == 0)
        return; /* nothing of it went out; or it went as a whole */
    uint32_t played_ms = voice_played(turn);
    while (first < reply->next && reply->sentence[first].to_ms <= played_ms)
        first++;
    if (first == reply->count && reply->final_sent)
        return; /* the device has it all */
    drop_speech(turn);
    voice_queue_drop(turn);
    reply->next = first;
    /* Under the same numbers: what the device has of it, it knows. */
    if (reply->known_seq < turn->session->reply_seq)
        reply->known_seq = turn->session->reply_seq;
    if (first < reply->count && reply->sentence[first].seq > 0)
        turn->session->reply_seq = reply->sentence[first].seq - 1;
    if (first < reply->count && reply->sentence[first].from_ms < reply->made_ms)
        reply->made_ms = reply->sentence[first].from_ms;
    reply->sent_ms = reply->again_ms = reply->made_ms;
    reply->over = reply->final_sent = false;
    reply->reported = false;
    reply->settle_offset = true;
    reply->clock_ms = voice_now(turn->session->voice) - reply->sent_ms;
    voice_turn_again(turn);
}
