/* SPDX-License-Identifier: Apache-2.0 */
/* From what was heard to the sentences of the reply. Each goes through the guard: the child's words
 * before anybody is asked, the reply's sentences before they are said, with the end of what came
 * before, so that nothing hides behind a full stop. */
#include <stdlib.h>

#include "core/err.h"
#include "hub/voice/voice_internal.h"

void voice_wipe_text(char *text)
{
    if (text)
        explicit_bzero(text, strlen(text));
    free(text);
}

const char *voice_line_text(struct voice_turn *turn, enum voice_line line)
{
    const struct voice_session *session = turn->session;
    const struct voice_parts *with = session->voice->with;
    const char *text = with->line ? with->line(with->line_ctx, line, &session->child) : NULL;

    return text && text[0] ? text : voice_line(line, session->child.language);
}

/* ---- heard ---- */

static void on_heard(void *arg, int err, const struct hear_result *result)
{
    struct voice_turn *turn = arg;

    turn->hear = NULL; /* the provider's, and gone */
    turn->heard = true;
    turn->heard_err = err;
    if (err == 0) {
        turn->silent = result->silent;
        turn->unsure = result->unsure;
        turn->words = strndup(result->text, VOICE_WORDS_MAX);
        if (!turn->words)
            turn->heard_err = ROOST_ERR_NO_MEMORY;
    }
    voice_session_wake(turn->session);
}

const struct hear_events voice_hear_events = {.heard = on_heard};

/* Judges a text, and counts the time and what was found. */
static struct gate_result judge(struct voice_turn *turn, struct gate_stream *stream,
                                const char *text, size_t len)
{
    struct voice_session *session = turn->session;
    uint64_t before_ms = voice_now(session->voice);
    struct gate_result result = session->voice->with->guard->ops->judge(stream, text, len);

    turn->stage_ms[VOICE_STAGE_GATE] += (uint32_t)(voice_now(session->voice) - before_ms);
    if (result.verdict != GATE_ALLOW)
        voice_count_gate(session, stream->direction, &result);
    return result;
}

static const char *guard_answer(struct voice_session *session, enum gate_direction direction,
                                const struct gate_result *result)
{
    const struct voice_guard *guard = session->voice->with->guard;

    return guard->ops->answer(guard->ctx, direction, *result, session->child.language,
                              session->child.group, session->guard_turn++);
}

/* Who reads of it may be the one whom the child spoke of: then it looks like any other turn. */
static enum voice_turn_end end_of(const struct gate_result *result)
{
    if (result->category == GATE_WELFARE)
        return VOICE_TURN_ANSWERED;
    return result->verdict == GATE_CARE ? VOICE_TURN_CARED : VOICE_TURN_GUARDED;
}

/* Words that were not heard well: is that a child that needs somebody? It is not asked to say it
 * twice. A look only: whatever else it was counts for nothing. */
static bool may_need_care(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;
    struct gate_stream look = session->in;
    struct gate_result result =
        session->voice->with->guard->ops->judge(&look, turn->words, strlen(turn->words));

    explicit_bzero(&look, sizeof look);
    return result.verdict == GATE_CARE && result.category != GATE_PERSONAL_DATA;
}

void voice_words(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;

    turn->heard = false;
    turn->words_ms = voice_now(session->voice);
    session->in.unsure = turn->unsure;
    if (turn->hear_started)
        voice_stage(turn, VOICE_STAGE_HEAR, turn->words_ms - turn->whole_ms);
    if (turn->heard_err < 0) {
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
        return;
    }
    if (turn->silent || !sentences_sound(turn->words, strlen(turn->words)) ||
        (turn->unsure && !may_need_care(turn))) {
        voice_turn_line(turn, VOICE_LINE_NOT_HEARD, VOICE_TURN_NOT_HEARD);
        return;
    }
    struct gate_result result = judge(turn, &session->in, turn->words, strlen(turn->words));
    if (result.verdict == GATE_ALLOW)
        voice_turn_words(turn);
    else
        voice_turn_say(turn, guard_answer(session, GATE_IN, &result), end_of(&result));
}

/* ---- the reply ---- */

enum { LINE_BYTES = 512, LINE_SENTENCES = 2 }; /* kept for lines of ours */

/* false: no room. */
static bool append(struct voice_turn *turn, const char *text, size_t len, size_t kept_bytes,
                   size_t kept_sentences)
{
    struct voice_reply_state *reply = turn->reply;

    if (reply->count + kept_sentences >= VOICE_REPLY_SENTENCES ||
        reply->text_len + len + kept_bytes > sizeof reply->text)
        return false;
    reply->sentence[reply->count++] =
        (struct voice_sentence){.at = (uint32_t)reply->text_len, .len = (uint16_t)len};
    memcpy(reply->text + reply->text_len, text, len);
    reply->text_len += len;
    return true;
}

void voice_reply_line(struct voice_turn *turn, const char *text)
{
    (void)append(turn, text, strnlen(text, LINE_BYTES), 0, 0); /* has room */
}

/* One piece of it, as it came. */
static void take_piece(struct voice_turn *turn, const char *piece, size_t len)
{
    struct voice_session *session = turn->session;
    struct gate_result result = judge(turn, &session->out, piece, len);

    if (!turn->answered)
        voice_stage(turn, VOICE_STAGE_ANSWER, voice_now(session->voice) - turn->words_ms);
    turn->answered = true;
    if (result.verdict != GATE_ALLOW) {
        turn->end = VOICE_TURN_GUARDED;
        voice_reply_line(turn, guard_answer(session, GATE_OUT, &result));
    } else if (append(turn, piece, len, LINE_BYTES, LINE_SENTENCES)) {
        return;
    }
    turn->reply->whole = turn->drop_answer = true; /* the rest is not said */
}

static void take_pieces(struct voice_turn *turn)
{
    const char *piece;
    size_t len;

    while (!turn->reply->whole && sentences_next(&turn->cut_up, &piece, &len))
        take_piece(turn, piece, len);
}

static void on_text(void *arg, const char *text, size_t len)
{
    struct voice_turn *turn = arg;

    turn->moved_ms = voice_now(turn->session->voice);
    while (len > 0 && !turn->reply->whole) {
        size_t taken = sentences_put(&turn->cut_up, text, len);
        text += taken;
        len -= taken;
        take_pieces(turn);
    }
    voice_session_wake(turn->session);
}

static void on_ended(void *arg, int err)
{
    struct voice_turn *turn = arg;

    turn->asked = false;
    turn->answer_ended = true;
    turn->answer_err = err;
    voice_session_wake(turn->session);
}

/* It is whole, or broke off: then what is not a whole sentence is not said. */
void voice_answer_ended(struct voice_turn *turn)
{
    struct voice_reply_state *reply = turn->reply;

    turn->answer_ended = false;
    if (reply->whole)
        return;
    if (turn->answer_err == 0) {
        sentences_end(&turn->cut_up);
        take_pieces(turn);
    }
    if (reply->whole) /* the guard had the last word */
        return;
    if (!turn->answered)
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
    else if (turn->answer_err < 0)
        voice_turn_line(turn, VOICE_LINE_CUT_OFF, VOICE_TURN_BROKEN_OFF);
    reply->whole = true;
}

/* ---- asking ---- */

static unsigned hour_of(const struct voice *voice)
{
    enum { HOUR_MS = 3600 * 1000, HOURS = 24 };
    int64_t unix_ms = voice_unix(voice);

    return voice->with->hour ? voice->with->hour(voice->with->hour_ctx, unix_ms)
                             : (unsigned)(unix_ms / HOUR_MS % HOURS);
}

static int open_talk(struct voice_session *session)
{
    const struct answer *answer = &session->voice->with->providers->answer;
    const struct host_clock *clock = session->voice->parts.clock;
    uint64_t seed;

    if (session->talk)
        return 0;
    clock->ops->random(clock->ctx, &seed, sizeof seed);
    session->talk = answer->ops->open(answer->ctx, &session->child, seed);
    return session->talk ? 0 : ROOST_ERR_NO_MEMORY;
}

void voice_ask(struct voice_turn *turn)
{
    static const struct answer_events events = {.text = on_text, .ended = on_ended};
    struct voice_session *session = turn->session;
    const struct answer *answer = &session->voice->with->providers->answer;

    int err = voice_reply_make(turn);
    if (err == 0)
        err = open_talk(session);
    if (err == 0)
        err = answer->ops->ask(session->talk, turn->words, hour_of(session->voice), &events, turn);
    voice_wipe_text(turn->words);
    turn->words = NULL;
    if (err < 0) {
        voice_turn_line(turn, VOICE_LINE_TROUBLE, VOICE_TURN_FAILED);
        return;
    }
    turn->asked = turn->to_undo = true;
    if (turn->cut)
        voice_reply_line(turn, voice_line_text(turn, VOICE_LINE_TOO_LONG));
}

void voice_answer_drop(struct voice_turn *turn)
{
    struct voice_session *session = turn->session;

    turn->drop_answer = turn->asked = turn->answer_ended = turn->to_undo = false;
    session->voice->with->providers->answer.ops->cancel(session->talk);
}
