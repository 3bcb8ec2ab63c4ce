/* SPDX-License-Identifier: Apache-2.0 */
/*
 * One question and its answer. Whatever happens, a turn ends once, by voice_turn_stop or because
 * all was played; its end is counted, and nothing of it is left with a provider or in memory.
 */
#include <stdlib.h>

#include "core/assert.h"
#include "core/err.h"
#include "host/log.h"
#include "hub/voice/voice_internal.h"

enum event {
    EVENT_WHOLE,   /* the child has said it all */
    EVENT_WORDS,   /* and this is what it said */
    EVENT_LINE,    /* a line is said instead of a reply */
    EVENT_SOUNDED, /* the first of the reply is on its way */
    EVENT_SENT,    /* all of it is */
    EVENT_AGAIN,   /* some has to be sent again */
    EVENT_PLAYED,  /* it is played */
    EVENT_LATE,    /* what is waited for does not come */
    EVENT_STOP,    /* interrupted, lost, not allowed any more */
    EVENTS
};

static const char *const event_names[EVENTS] = {"whole", "words",  "line", "sounded", "sent",
                                                "again", "played", "late", "stop"};
static const char *const state_names[VOICE_TURN_STATES + 1] = {"listening", "hearing",  "answering",
                                                               "speaking",  "draining", "over"};

static void hear_on(struct voice_turn *turn);
static void abandon(struct voice_turn *turn);
static void hear_late(struct voice_turn *turn);
static void answer_late(struct voice_turn *turn);
static void finish(struct voice_turn *turn);
static void nothing(struct voice_turn *turn);

struct cell {
    enum voice_turn_state next;
    void (*action)(struct voice_turn *turn);
};

/* A cell without an action cannot happen. */
/* clang-format off: a matrix reads as one. */
static const struct cell table[VOICE_TURN_STATES][EVENTS] =
    {
        [VOICE_LISTENING] =
            {
                [EVENT_WHOLE] = {VOICE_HEARING, hear_on},
                [EVENT_WORDS] = {0, NULL},
                [EVENT_LINE] = {VOICE_ANSWERING, nothing}, /* no recogniser; the time is used up */
                [EVENT_SOUNDED] = {0, NULL},
                [EVENT_SENT] = {0, NULL},
                [EVENT_AGAIN] = {VOICE_LISTENING, nothing}, /* its socket is back: it goes on */
                [EVENT_PLAYED] = {0, NULL},
                [EVENT_LATE] = {VOICE_LISTENING, abandon}, /* no sound comes; nobody was asked */
                [EVENT_STOP] = {VOICE_OVER, finish},
            },
        [VOICE_HEARING] =
            {
                [EVENT_WHOLE] = {0, NULL},
                [EVENT_WORDS] = {VOICE_ANSWERING, voice_ask},
                [EVENT_LINE] = {VOICE_ANSWERING, nothing}, /* silence, not understood, forbidden */
                [EVENT_SOUNDED] = {0, NULL},
                [EVENT_SENT] = {0, NULL},
                [EVENT_AGAIN] = {VOICE_HEARING, nothing},
                [EVENT_PLAYED] = {0, NULL},
                [EVENT_LATE] = {VOICE_HEARING, hear_late},
                [EVENT_STOP] = {VOICE_OVER, finish},
            },
        [VOICE_ANSWERING] =
            {
                [EVENT_WHOLE] = {0, NULL},
                [EVENT_WORDS] = {0, NULL},
                [EVENT_LINE] = {0, NULL}, /* lines are part of the reply by now */
                [EVENT_SOUNDED] = {VOICE_SPEAKING, nothing},
                [EVENT_SENT] = {VOICE_DRAINING, nothing}, /* there was nothing to be said */
                [EVENT_AGAIN] = {VOICE_ANSWERING, nothing},
                [EVENT_PLAYED] = {0, NULL},
                [EVENT_LATE] = {VOICE_ANSWERING, answer_late},
                [EVENT_STOP] = {VOICE_OVER, finish},
            },
        [VOICE_SPEAKING] =
            {
                [EVENT_WHOLE] = {0, NULL},
                [EVENT_WORDS] = {0, NULL},
                [EVENT_LINE] = {0, NULL},
                [EVENT_SOUNDED] = {0, NULL},
                [EVENT_SENT] = {VOICE_DRAINING, nothing},
                [EVENT_AGAIN] = {VOICE_SPEAKING, nothing},
                [EVENT_PLAYED] = {0, NULL},
                [EVENT_LATE] = {VOICE_SPEAKING, answer_late},
                [EVENT_STOP] = {VOICE_OVER, finish},
            },
        [VOICE_DRAINING] =
            {
                [EVENT_WHOLE] = {0, NULL},
                [EVENT_WORDS] = {0, NULL},
                [EVENT_LINE] = {0, NULL},
                [EVENT_SOUNDED] = {0, NULL},
                [EVENT_SENT] = {0, NULL},
                [EVENT_AGAIN] = {VOICE_SPEAKING, nothing}, /* what was lost with the socket */
                [EVENT_PLAYED] = {VOICE_OVER, finish},
                [EVENT_LATE] = {0, NULL}, /* played is a matter of time */
                [EVENT_STOP] = {VOICE_OVER, finish},
            },
};
/* clang-format on */

/* The turn is gone when its state was VOICE_OVER. */
static void fire(struct voice_turn *turn, enum event event)
{
    const struct cell *cell = &table[turn->state][event];

    ROOST_ASSERT(cell->action);
    HOST_LOG(ROOST_LOG_DEBUG, "voice", "turn", RF_STR("session_id", turn->session->id),
             RF_INT("turn", turn->number), RF_STR("event", event_names[event]),
             RF_STR("from", state_names[turn->state]), RF_STR("to", state_names[cell->next]));
    turn->state = cell->next;
    turn->moved_ms = voice_now(turn->session->voice);
    cell->action(turn);
}

static void nothing(struct voice_turn *turn)
{
    (void)turn;
}

const char *voice_turn_end_name(enum voice_turn_end end)
{
    static const char *const names[VOICE_TURN_ENDS] = {
#define X(name, label) [VOICE_TURN_##name] = (label),
        VOICE_TURN_END_LIST(X)
#undef X
    };

    return names[end];
}

/* ---- beginning ---- */

static void take_text(struct voice_turn *turn, const char *words)
{
    turn->words = strdup(words);
    turn->heard = true;
    turn->heard_err = turn->words ? 0 : ROOST_ERR_NO_MEMORY;
    turn->state = VOICE_HEARING; /* as if it had been heard */
    turn->whole_ms = turn->begun_ms;
}

void voice_turn_begin(struct voice_session *session, const char *audio_session_id,
                      const char *words)
{
    struct voice *voice = session->voice;
    uint64_t now_ms = voice_now(voice);

    if (session->turn)
        voice_turn_stop(session->turn, VOICE_TURN_INTERRUPTED);
    bool over = voice_sitting_over(session, 0);
    struct voice_turn *turn = calloc(1, sizeof *turn);
    if (!turn) {
        voice_send_error(session, VOICE_ERROR_PROCESSING_ERROR, "no memory");
        return;
    }
    voice->turns_begun++;
    voice->talking++;
    voice->bytes += sizeof *turn;
    turn->session = session;
    turn->number = ++session->turns;
    turn->link = session->links;
    turn->begun_ms = turn->moved_ms = now_ms;
    turn->end = VOICE_TURN_ANSWERED;
    sentences_init(&turn->cut_up);
    memcpy(turn->id, audio_session_id, strlen(audio_session_id) + 1);
    session->turn = turn;
    if (over) {
        voice_send_error(session, VOICE_ERROR_TIME_LIMIT, "enough talked for now");
        voice_turn_line(turn, VOICE_LINE_TIME_LIMIT, VOICE_TURN_TIME_LIMIT);
    } else if (words) {
        take_text(turn, words);
    }
}

void voice_turn_whole(struct voice_turn *turn)
{
    fire(turn, EVENT_WHOLE);
}

void voice_turn_words(struct voice_turn *turn)
{
    fire(turn, EVENT_WORDS);
}

void voice_turn_again(struct voice_turn *turn)
{
    fire(turn, EVENT_AGAIN);
}

/* ---- what is done ---- */

static void hear_drop(struct voice_turn *turn)
{
    const struct hear *hear = &turn->session->voice->with->providers->hear;

    if (turn->hear)
        hear->ops->cancel(turn->hear);
    turn->hear = NULL;
}

static void hear_on(struct voice_turn *turn)
{
    const struct hear *hear = &turn->session->voice->with->providers->hear;

    turn->whole_ms = voice_now(turn->session->voice);
    voice_stage(turn, VOICE_STAGE_RECEIVE, turn->whole_ms - turn->begun_ms);
    if (!turn->hear) { /* pressed and released: nobody is asked what silence means */
        voice_turn_line(turn, VOICE_LINE_NOT_HEARD, VOICE_TURN_NOT_HEARD);
        return;
    }
    if (hear->ops->finish(turn->hear) < 0)
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
}

static void abandon(struct voice_turn *turn)
{
    turn->end = VOICE_TURN_ABANDONED;
    fire(turn, EVENT_STOP);
}

static void hear_late(struct voice_turn *turn)
{
    voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_LATE);
}

/* The reply or its sound stays away: what is there is said, and a line that closes it. */
static void answer_late(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    if (turn->asked) {
        bool begun = reply && reply->count > 0;
        voice_answer_drop(turn);
        voice_turn_line(turn, begun ? VOICE_LINE_CUT_OFF : VOICE_LINE_TROUBLE, VOICE_TURN_LATE);
        return;
    }
    turn->end = VOICE_TURN_LATE;
    reply->mute = reply->drop_speech = true;
}

void voice_turn_say(struct voice_turn *turn, const char *text, enum voice_turn_end end)
{
    turn->end = end;
    hear_drop(turn);
    if (turn->whole_ms == 0)
        turn->whole_ms = voice_now(turn->session->voice);
    if (voice_reply_make(turn) != 0) {
        voice_send_error(turn->session, VOICE_ERROR_PROCESSING_ERROR, "no memory");
        voice_turn_stop(turn, VOICE_TURN_FAILED);
        return;
    }
    voice_reply_line(turn, text);
    turn->reply->whole = true;
    turn->reply->goodbye = end == VOICE_TURN_TIME_LIMIT;
    if (turn->state < VOICE_ANSWERING)
        fire(turn, EVENT_LINE);
}

void voice_turn_line(struct voice_turn *turn, enum voice_line line, enum voice_turn_end end)
{
    voice_turn_say(turn, voice_line_text(turn, line), end);
}

/* ---- going on ---- */

/* Somebody is waited for who does not wait for us. */
static bool waits(const struct voice_turn *turn)
{
    const struct voice_reply_state *reply = turn->reply;

    return turn->asked || (reply && (reply->saying || reply->ending));
}

static uint64_t late_at(const struct voice_turn *turn)
{
    switch (turn->state) {
    case VOICE_LISTENING:
        return turn->session->link ? turn->moved_ms + VOICE_LISTEN_MS : ROOST_NEVER;
    case VOICE_HEARING:
        return turn->moved_ms + VOICE_STAGE_MS;
    case VOICE_ANSWERING:
    case VOICE_SPEAKING:
        return waits(turn) ? turn->moved_ms + VOICE_STAGE_MS : ROOST_NEVER;
    default:
        return ROOST_NEVER;
    }
}

/* Speaks and sends; false: the turn is over. */
static bool go_on(struct voice_turn *turn, uint64_t now_ms)
{
    if (!turn->reply)
        return true;
    turn->due_ms = roost_earlier(turn->due_ms, voice_speak(turn));
    turn->due_ms = roost_earlier(turn->due_ms, voice_pace(turn));
    turn->due_ms = roost_earlier(turn->due_ms, voice_speak(turn)); /* there may be room now */
    if (turn->state == VOICE_ANSWERING && turn->sounded)
        fire(turn, EVENT_SOUNDED);
    if ((turn->state == VOICE_ANSWERING || turn->state == VOICE_SPEAKING) && voice_all_sent(turn))
        fire(turn, EVENT_SENT);
    if (turn->state != VOICE_DRAINING)
        return true;
    uint64_t played_ms = voice_played_at(turn);
    if (played_ms <= now_ms) {
        fire(turn, EVENT_PLAYED);
        return false;
    }
    turn->due_ms = roost_earlier(turn->due_ms, played_ms);
    return true;
}

bool voice_turn_go(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    uint64_t now_ms = voice_now(session->voice);

    turn->due_ms = ROOST_NEVER;
    if (turn->drop_answer)
        voice_answer_drop(turn);
    if (turn->state == VOICE_HEARING && turn->heard)
        voice_words(turn);
    if (session->turn == turn && turn->answer_ended)
        voice_answer_ended(turn);
    if (session->turn == turn && late_at(turn) <= now_ms)
        fire(turn, EVENT_LATE);
    if (session->turn != turn || !go_on(turn, now_ms))
        return false;
    turn->due_ms = roost_earlier(turn->due_ms, late_at(turn));
    return true;
}

/* ---- ending ---- */

void voice_turn_stop(struct voice_turn *turn, enum voice_turn_end end)
{
    turn->end = end;
    fire(turn, EVENT_STOP);
}

static void tell_device(const struct voice_turn *turn)
{
    struct voice *voice = turn->session->voice;

    if (turn->end == VOICE_TURN_CONSENT && turn->sounded)
        (void)voice_send(turn->session,
                         voice_write_down_abort(voice->out, VOICE_FRAME_MAX, voice_unix(voice)));
}

static void finish(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    struct voice *voice = session->voice;
    uint64_t now_ms = voice_now(voice);

    hear_drop(turn);
    if (turn->asked || turn->to_undo)
        voice_answer_drop(turn);
    voice_reply_free(turn);
    voice_wipe_text(turn->words);
    tell_device(turn);
    voice_stage(turn, VOICE_STAGE_WHOLE, now_ms - turn->begun_ms);
    voice_sitting_count(voice, session->sitting, turn->begun_ms, now_ms);
    voice_report_turn(turn, turn->end);
    memcpy(session->last_turn, turn->id, sizeof session->last_turn);
    session->last_turn_link = turn->link;
    session->last_turn_seq = turn->numbered ? turn->seq : 0;
    session->turn = NULL;
    session->turn_ended_ms = now_ms;
    voice->turns_ended++;
    voice->talking--;
    voice->bytes -= sizeof *turn;
    explicit_bzero(turn, sizeof *turn);
    free(turn);
}
