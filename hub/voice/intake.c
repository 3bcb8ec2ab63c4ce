/* SPDX-License-Identifier: Apache-2.0 */
/* What a device says: a message's length and rate, then by its type. Every message that is wrong
 * has one written answer; a device that says nothing right any more is closed. */
#include <stdio.h>

#include "core/err.h"
#include "host/log.h"
#include "hub/voice/voice_internal.h"

enum {
    BURST_MESSAGES = 600, /* half a minute of sound at once, twice */
    START_EVERY_MS = 2000,
    START_BURST = 20, /* turns */
    MS_PER_S = 1000
};

/* Counts what was wrong; whoever goes on with it is closed: the session may be gone afterwards. */
void voice_refuse(struct voice_session *session, enum voice_error error, const char *message)
{
    voice_send_error(session, error, message);
    if (++session->refused_in_a_row >= VOICE_REFUSED_IN_A_ROW)
        voice_session_end(session, VOICE_END_MISBEHAVED, VOICE_CLOSE_POLICY,
                          "too many messages that cannot be taken");
}

/* "text: longer than the limit"; never a value. */
static void refuse_malformed(struct voice_session *session, const struct voice_up *up, int err)
{
    static const enum voice_error codes[VOICE_UP_TYPE_COUNT] = {
        [VOICE_UP_NONE] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_AUDIO_START] = VOICE_ERROR_AUDIO_START_ERROR,
        [VOICE_UP_AUDIO_CHUNK] = VOICE_ERROR_AUDIO_CHUNK_ERROR,
        [VOICE_UP_AUDIO_END] = VOICE_ERROR_AUDIO_END_ERROR,
        [VOICE_UP_TEXT_MESSAGE] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_HEARTBEAT] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_SYSTEM_STATUS] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_ABORT] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_PLAYBACK_STATUS] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_NETWORKS] = VOICE_ERROR_INVALID_MESSAGE,
        [VOICE_UP_ANSWER] = VOICE_ERROR_INVALID_MESSAGE,
    };
    char message[128];

    if (up->type == VOICE_UP_TEXT_MESSAGE && err == ROOST_ERR_NOT_FOUND) {
        voice_refuse(session, VOICE_ERROR_EMPTY_TEXT, "text: missing");
        return;
    }
    if (up->type == VOICE_UP_TEXT_MESSAGE && err == ROOST_ERR_TOO_LONG) {
        voice_refuse(session, VOICE_ERROR_MESSAGE_TOO_LARGE, "text: at most 1000 bytes");
        return;
    }
    snprintf(message, sizeof message, "%s: %s", up->field ? up->field : "message",
             err == ROOST_ERR_NOT_FOUND ? "missing" : roost_err_text(err));
    voice_refuse(session, codes[up->type], message);
}

/* ---- turns ---- */

/* Whether a turn may begin; otherwise it has been answered. */
static bool may_begin(struct voice_session *session)
{
    if (!session->consent) {
        voice_session_ask_book(session);
        voice_refuse(session, VOICE_ERROR_CONSENT_REQUIRED, "the parents have not agreed");
        return false;
    }
    if (!voice_bucket_take(&session->starts, voice_now(session->voice), START_EVERY_MS,
                           START_BURST)) {
        voice_refuse(session, VOICE_ERROR_RATE_LIMITED, "turns: one in 2 s, 20 at once");
        return false;
    }
    voice_session_ask_book(session);
    return true;
}

/* Said again by a device whose acknowledgement was lost with its socket: answered as before, and
 * nothing begins. On the same socket an id that was used is a turn of its own. */
static bool is_again(const struct voice_session *session, const char *id)
{
    const struct voice_turn *turn = session->turn;

    if (turn && strcmp(turn->id, id) == 0)
        return turn->state == VOICE_LISTENING || turn->link != session->links;
    return strcmp(session->last_turn, id) == 0 && session->last_turn_link != session->links;
}

static void take_start(struct voice_session *session, const struct voice_up *up)
{
    struct voice *voice = session->voice;
    bool again = is_again(session, up->audio_session_id);

    if (!again && !may_begin(session))
        return;
    session->refused_in_a_row = 0;
    if (!again)
        voice_turn_begin(session, up->audio_session_id, NULL);
    if (again || (session->turn && session->turn->state == VOICE_LISTENING))
        (void)voice_send(session, voice_write_start_ack(voice->out, VOICE_FRAME_MAX,
                                                        up->audio_session_id, voice_unix(voice)));
}

static void take_end(struct voice_session *session, const struct voice_up *up)
{
    struct voice_turn *turn = session->turn;

    if (!session->consent) {
        voice_refuse(session, VOICE_ERROR_CONSENT_REQUIRED, "the parents have not agreed");
        return;
    }
    /* After is_final, or of a turn that is over: it has been said already. */
    bool known = (turn && strcmp(turn->id, up->audio_session_id) == 0) ||
                 strcmp(session->last_turn, up->audio_session_id) == 0;
    if (!known) {
        voice_refuse(session, turn ? VOICE_ERROR_UNKNOWN_SESSION : VOICE_ERROR_AUDIO_END_ERROR,
                     "audio_session_id: was not started");
        return;
    }
    session->refused_in_a_row = 0;
    if (turn && turn->state == VOICE_LISTENING && strcmp(turn->id, up->audio_session_id) == 0)
        voice_turn_whole(turn);
}

static bool is_blank(const char *text)
{
    return text[strspn(text, " \t\r\n")] == '\0';
}

static void take_text(struct voice_session *session, const struct voice_up *up)
{
    if (is_blank(up->text)) {
        voice_refuse(session, VOICE_ERROR_EMPTY_TEXT, "text: empty");
        return;
    }
    if (!may_begin(session))
        return;
    session->refused_in_a_row = 0;
    voice_turn_begin(session, "", up->text);
}

static void take_abort(struct voice_session *session, const struct voice_up *up)
{
    (void)up;
    if (session->turn)
        voice_turn_stop(session->turn, VOICE_TURN_INTERRUPTED);
}

/* ---- the rest ---- */

static void take_heartbeat(struct voice_session *session, const struct voice_up *up)
{
    struct voice *voice = session->voice;
    bool over = voice_sitting_over(session, 0);

    (void)up;
    session->refused_in_a_row = 0;
    (void)voice_send(session, voice_write_heartbeat_response(voice->out, VOICE_FRAME_MAX,
                                                             !session->consent ? "consent_required"
                                                             : over            ? "time_limit"
                                                                               : "active",
                                                             voice_unix(voice)));
}

static void take_status(struct voice_session *session, const struct voice_up *up)
{
    if (up->has_features) {
        session->has_features = true;
        session->features = up->features;
        session->buffer_bytes = up->buffer_bytes;
    }
    voice_fleet_status(session, up);
}

static void take_playback(struct voice_session *session, const struct voice_up *up)
{
    struct voice *voice = session->voice;

    session->refused_in_a_row = 0;
    if (!session->turn || voice_playback(session->turn, up->played_ms, up->buffered_ms))
        return;
    voice_turn_stop(session->turn, VOICE_TURN_BROKEN_OFF);
    (void)voice_send(session,
                     voice_write_down_abort(voice->out, VOICE_FRAME_MAX, voice_unix(voice)));
}

static void take_answer(struct voice_session *session, const struct voice_up *up)
{
    voice_fleet_answer(session, up);
}

static void take_unknown(struct voice_session *session, const struct voice_up *up)
{
    (void)up;
    voice_refuse(session, VOICE_ERROR_INVALID_MESSAGE, "type: not one of the protocol's");
}

static void (*const takers[VOICE_UP_TYPE_COUNT])(struct voice_session *,
                                                 const struct voice_up *) = {
    [VOICE_UP_NONE] = take_unknown,
    [VOICE_UP_AUDIO_START] = take_start,
    [VOICE_UP_AUDIO_CHUNK] = voice_take_chunk,
    [VOICE_UP_AUDIO_END] = take_end,
    [VOICE_UP_TEXT_MESSAGE] = take_text,
    [VOICE_UP_HEARTBEAT] = take_heartbeat,
    [VOICE_UP_SYSTEM_STATUS] = take_status,
    [VOICE_UP_ABORT] = take_abort,
    [VOICE_UP_PLAYBACK_STATUS] = take_playback,
    [VOICE_UP_NETWORKS] = take_answer,
    [VOICE_UP_ANSWER] = take_answer,
};

static void take(struct voice_session *session, enum hub_peer_type type, const char *data,
                 size_t len)
{
    const struct voice_config *config = &session->voice->config;
    struct voice_up up;

    if (config->rate_per_s > 0 &&
        !voice_bucket_take(&session->messages, session->last_ms, MS_PER_S / config->rate_per_s,
                           BURST_MESSAGES)) {
        voice_refuse(session, VOICE_ERROR_RATE_LIMITED, "messages: too many a second");
        return;
    }
    if (type != HUB_PEER_TEXT) {
        voice_refuse(session, VOICE_ERROR_INVALID_MESSAGE, "message: JSON text, no binary frame");
        return;
    }
    if (len > VOICE_FRAME_MAX) {
        voice_refuse(session, VOICE_ERROR_MESSAGE_TOO_LARGE, "message: at most 10000 bytes");
        return;
    }
    int err = voice_up_parse(&up, data, len);
    if (err < 0)
        refuse_malformed(session, &up, err);
    else
        takers[up.type](session, &up);
    explicit_bzero(up.text, sizeof up.text);
}

void voice_message(void *service, struct hub_peer *peer, enum hub_peer_type type, const char *data,
                   size_t len)
{
    struct voice *voice = service;
    struct voice_link *link = peer->user;
    struct voice_session *session = link ? link->session : NULL;

    if (!session || !session->device)
        return; /* it is being closed */
    const char *before = host_log_scope(session->correlation_id);
    session->last_ms = voice_now(voice);
    voice_fleet_heard(session);
    take(session, type, data, len);
    if (link->session) { /* it was not ended by that */
        if (link->session->turn)
            (void)voice_turn_go(link->session->turn);
        voice_session_settle(link->session);
    }
    host_log_scope(before);
}

void voice_writable(void *service, struct hub_peer *peer)
{
    const struct voice_link *link = peer->user;

    (void)service;
    if (link && link->session)
        voice_session_wake(link->session);
}
