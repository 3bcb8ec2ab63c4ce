/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A device's session. It outlives its sockets: when one is lost the session waits for
 * VOICE_RESUME_MS, and a new socket of the same device and child goes on with it: its id, the
 * numbers of its chunks, its turn. A device has one socket; the newest stays.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "hub/voice/voice_internal.h"

static struct voice_session *session_of(struct alarm *alarm)
{
    return (struct voice_session *)alarm; /* its first member */
}

/* ---- sending ---- */

int voice_send(struct voice_session *session, int len)
{
    struct voice *voice = session->voice;

    if (len < 0 || !session->link)
        return len < 0 ? len : ROOST_ERR_CLOSED;
    int err = hub_peer_send(session->link->peer, HUB_PEER_TEXT, voice->out, (size_t)len);
    if (err == ROOST_ERR_FULL || err == ROOST_ERR_TOO_LONG)
        metric_add(voice->metrics.dropped, 1);
    return err;
}

void voice_send_error(struct voice_session *session, enum voice_error error, const char *message)
{
    struct voice *voice = session->voice;

    metric_add(voice->metrics.errors[error], 1);
    (void)voice_send(
        session, voice_write_error(voice->out, VOICE_FRAME_MAX, error, message, voice_unix(voice)));
}

static void send_established(struct voice_session *session, bool resumed)
{
    struct voice *voice = session->voice;
    const struct voice_established is = {.session_id = session->id,
                                         .message = session->consent ? "connected"
                                                                     : "connected, no consent yet",
                                         .when = voice_unix(voice),
                                         .resumed = resumed};

    (void)voice_send(session, voice_write_established(voice->out, VOICE_FRAME_MAX, &is));
}

/* ---- beginning ---- */

const void *voice_session_key(const struct voice_session *session, size_t *len)
{
    const struct voice_config *config = &session->voice->config;

    *len = session->key_len ? session->key_len : config->secret_len;
    return session->key_len ? (const void *)session->key : config->secret;
}

bool voice_session_may_open(const struct voice *voice, const struct fleet_device *device)
{
    const struct voice_device *part = device->part[voice->parts.slot];

    return (part && part->session) || voice->session_count < voice->config.sessions_max;
}

static void take_link(struct voice_session *session, struct voice_link *link,
                      const struct voice_known *known)
{
    const struct voice *voice = session->voice;
    size_t key_len;

    session->link = link;
    session->links++;
    link->session = session;
    snprintf(session->child_name, sizeof session->child_name, "%s", link->child_name);
    snprintf(session->correlation_id, sizeof session->correlation_id, "%s", link->correlation_id);
    session->key_len = known->claimed ? known->key_len : 0;
    memcpy(session->key, known->key, session->key_len);
    const void *key = voice_session_key(session, &key_len);
    (void)voice_sound_key(&voice->hmac, key, key_len, session->id, session->sound_key);
    voice_take_known(session, known, link->age);
    session->last_ms = voice_now(voice);
}

static void begin_guards(struct voice_session *session)
{
    const struct voice_guard *guard = session->voice->with->guard;

    guard->ops->begin(guard->ctx, &session->in, GATE_IN, session->child.language,
                      session->child.group);
    guard->ops->begin(guard->ctx, &session->out, GATE_OUT, session->child.language,
                      session->child.group);
}

static struct voice_session *session_new(struct voice *voice, struct voice_device *device,
                                         const char *child_id)
{
    if (alarms_reserve(&voice->alarms, voice->session_count + 1) != 0)
        return NULL;
    struct voice_session *session = calloc(1, sizeof *session);
    struct voice_sitting *sitting = session ? voice_sitting_hold(voice, child_id) : NULL;
    if (!sitting) {
        free(session);
        return NULL;
    }
    session->voice = voice;
    session->device = device;
    session->sitting = sitting;
    session->began_ms = voice_now(voice);
    session->child.name = session->child_name;
    uuid_new(session->id, voice->parts.clock);
    snprintf(session->child_id, sizeof session->child_id, "%s", child_id);
    session->next = voice->sessions;
    if (session->next)
        session->next->previous = session;
    voice->sessions = session;
    voice->session_count++;
    device->session = session;
    device->sessions++;
    return session;
}

int voice_session_attach(struct voice_link *link, struct fleet_device *device,
                         const struct voice_known *known)
{
    struct voice *voice = link->voice;
    struct voice_device *part = voice_device_of(voice, device);

    if (!part)
        return ROOST_ERR_NO_MEMORY;
    struct voice_session *session = part->session;
    if (session && strcmp(session->child_id, link->child_id) != 0) {
        voice_session_end(session, VOICE_END_REPLACED, VOICE_CLOSE_POLICY, "another child now");
        session = NULL;
    }
    bool resumed = session != NULL;
    if (!session && !(session = session_new(voice, part, link->child_id)))
        return ROOST_ERR_NO_MEMORY;
    if (session->link)
        voice_link_close(session->link, VOICE_END_REPLACED, VOICE_CLOSE_POLICY,
                         "another connection of this device");
    else if (resumed)
        voice->waiting--;
    take_link(session, link, known);
    if (!resumed)
        begin_guards(session);
    part->resumed += resumed;
    metric_add(voice->metrics.resumed, resumed);
    voice_report_session(session, resumed ? "session resumed" : "session begins", "");
    send_established(session, resumed);
    voice_fleet_online(session, true);
    if (session->turn) {
        voice_speak_again(session->turn);
        session->due = true;
    }
    voice_session_settle(session);
    return 0;
}

/* ---- ending ---- */

void voice_session_end(struct voice_session *session, enum voice_end end, uint16_t code,
                       const char *reason)
{
    struct voice *voice = session->voice;
    const struct answer *answer = &voice->with->providers->answer;

    if (session->turn)
        voice_turn_stop(session->turn, VOICE_TURN_LOST);
    if (session->talk)
        answer->ops->close(session->talk);
    if (session->device)
        session->device->session = NULL;
    if (session->link)
        voice_link_close(session->link, end, code, reason);
    else
        voice->waiting--;
    if (session->device)
        voice_fleet_online(session, false);
    voice_report_session(session, "session ended", reason);
    metric_add(voice->metrics.sessions_ended[end], 1);
    voice_sitting_release(voice, session->sitting);
    alarms_set(&voice->alarms, &session->alarm, ROOST_NEVER);
    if (session->next)
        session->next->previous = session->previous;
    if (session->previous)
        session->previous->next = session->next;
    else
        voice->sessions = session->next;
    voice->session_count--;
    if (session->question)
        session->question->session = NULL;
    explicit_bzero(session, sizeof *session);
    free(session);
}

void voice_session_detach(struct voice_session *session, bool ended)
{
    struct voice *voice = session->voice;

    session->link = NULL;
    voice->waiting++;
    if (ended) {
        voice_session_end(session, VOICE_END_CLOSED, 0, "closed by the device");
        return;
    }
    session->detached_ms = voice_now(voice);
    if (session->device) {
        session->device->lost++;
        voice_fleet_online(session, false);
    }
    voice_report_session(session, "socket lost, session waits", "");
    voice_session_settle(session);
}

/* ---- time ---- */

void voice_session_wake(struct voice_session *session)
{
    session->due = true;
    alarms_set(&session->voice->alarms, &session->alarm, voice_now(session->voice));
}

/* Nothing came for so long. It stands still while the hub has the word. */
static uint64_t idle_at(const struct voice_session *session)
{
    uint64_t since_ms =
        session->last_ms > session->turn_ended_ms ? session->last_ms : session->turn_ended_ms;

    if (!session->link)
        return session->detached_ms + VOICE_RESUME_MS;
    if (session->turn && session->turn->state != VOICE_LISTENING)
        return ROOST_NEVER;
    return since_ms + session->voice->config.idle_ms;
}

/* Whether what waits at the socket has not moved for long; looked at only while something does. */
static uint64_t stuck_at(struct voice_session *session)
{
    struct voice_link *link = session->link;
    size_t unsent = link ? hub_peer_unsent(link->peer) : 0;

    if (unsent == 0) {
        if (link)
            link->stuck_ms = 0;
        return ROOST_NEVER;
    }
    if (link->stuck_ms == 0 || unsent < link->stuck_bytes) {
        link->stuck_ms = voice_now(session->voice);
        link->stuck_bytes = unsent;
    }
    if (unsent > link->stuck_bytes)
        link->stuck_bytes = unsent;
    return link->stuck_ms + VOICE_STUCK_MS;
}

void voice_session_settle(struct voice_session *session)
{
    struct voice *voice = session->voice;
    uint64_t due_ms = session->due ? voice_now(voice) : idle_at(session);

    due_ms = roost_earlier(due_ms, stuck_at(session));
    if (session->turn)
        due_ms = roost_earlier(due_ms, session->turn->due_ms);
    alarms_set(&voice->alarms, &session->alarm, due_ms);
}

static void run(struct voice_session *session, uint64_t now_ms)
{
    session->due = false;
    if (!session->device) {
        voice_session_end(session, VOICE_END_REMOVED, VOICE_CLOSE_POLICY, "the device is removed");
        return;
    }
    if (stuck_at(session) <= now_ms) {
        voice_session_end(session, VOICE_END_STUCK, VOICE_CLOSE_POLICY, "takes nothing");
        return;
    }
    if (idle_at(session) <= now_ms) {
        bool waited = session->link == NULL;
        if (!waited)
            voice_send_error(session, VOICE_ERROR_SESSION_EXPIRED, "nothing came for too long");
        voice_session_end(session, waited ? VOICE_END_LOST : VOICE_END_IDLE, VOICE_CLOSE_NORMAL,
                          "idle");
        return;
    }
    if (session->turn)
        (void)voice_turn_go(session->turn);
    voice_session_settle(session);
    /* Whatever is still due has its next chance with the next millisecond. */
    if (session->alarm.place && session->alarm.due_ms <= now_ms && !session->due)
        alarms_set(&session->voice->alarms, &session->alarm, now_ms + 1);
}

/* Sessions that are due; a provider's answers to them may make others due. */
static void run_due(struct voice *voice, uint64_t now_ms)
{
    struct alarm *alarm;

    while ((alarm = alarms_pop(&voice->alarms, now_ms))) {
        struct voice_session *session = session_of(alarm);
        const char *before = host_log_scope(session->correlation_id);
        run(session, now_ms);
        host_log_scope(before);
    }
}

uint64_t voice_tick(void *service, uint64_t now_ms)
{
    enum { ROUNDS = 16 };
    struct voice *voice = service;
    uint64_t run_ms = ROOST_NEVER;

    if (!voice->with)
        return ROOST_NEVER;
    for (int i = 0; i < ROUNDS; i++) {
        if (voice->with->run)
            run_ms = voice->with->run(voice->with->run_ctx, now_ms);
        if (alarms_next(&voice->alarms) > now_ms)
            break;
        run_due(voice, now_ms);
    }
    return roost_earlier(alarms_next(&voice->alarms), run_ms);
}
