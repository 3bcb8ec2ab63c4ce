/* SPDX-License-Identifier: Apache-2.0 */
/* What the parts of hub/voice/voice_fake.h do when they are asked, and when they are due. */
#ifndef ROOST_HUB_VOICE_VOICE_FAKE_OPS_H
#define ROOST_HUB_VOICE_VOICE_FAKE_OPS_H

#include "hub/voice/voice_fake.h"

/* ---- hear ---- */

static inline int fake_hear_start(void *ctx, const struct voice_for *child,
                                  const struct hear_events *events, void *arg,
                                  struct hear_turn **out)
{
    struct voice_fake *fake = ctx;

    (void)child;
    if (fake->hear.start_err)
        return fake->hear.start_err;
    struct hear_turn *turn = calloc(1, sizeof *turn);
    assert_non_null(turn);
    *turn = (struct hear_turn){.fake = fake,
                               .events = events,
                               .arg = arg,
                               .due_ms = ROOST_NEVER,
                               .next = fake->hear.turns};
    fake->hear.turns = turn;
    fake->hear.started++;
    fake->hear.live++;
    *out = turn;
    return 0;
}

static inline void fake_hear_gone(struct hear_turn *turn)
{
    struct hear_turn **at = &turn->fake->hear.turns;

    while (*at != turn)
        at = &(*at)->next;
    *at = turn->next;
    turn->fake->hear.live--;
    free(turn);
}

static inline int fake_hear_feed(struct hear_turn *turn, const int16_t *pcm, size_t samples)
{
    assert_false(turn->finished);
    assert_true((uintptr_t)pcm % 2 == 0);
    if (turn->fake->hear.feed_err)
        return turn->fake->hear.feed_err;
    turn->samples += samples;
    turn->fake->hear.samples += samples;
    return turn->samples > 31 * 16000 ? ROOST_ERR_TOO_LONG : 0;
}

static inline int fake_hear_finish(struct hear_turn *turn)
{
    uint64_t delay_ms = turn->fake->hear.delay_ms;

    assert_false(turn->finished);
    turn->finished = true;
    turn->fake->hear.finished++;
    turn->due_ms = delay_ms == ROOST_NEVER ? ROOST_NEVER : *turn->fake->now_ms + delay_ms;
    return 0;
}

static inline void fake_hear_cancel(struct hear_turn *turn)
{
    turn->fake->hear.cancelled++;
    fake_hear_gone(turn);
}

static inline void fake_hear_run(struct hear_turn *turn)
{
    struct voice_fake *fake = turn->fake;
    char text[4096];
    const struct hear_events *events = turn->events;
    void *arg = turn->arg;
    struct hear_result result = {
        .text = text, .silent = fake->hear.silent, .unsure = fake->hear.unsure};

    snprintf(text, sizeof text, "%s", fake->hear.text);
    fake_hear_gone(turn);
    fake->hear.heard++;
    events->heard(arg, fake->hear.err, fake->hear.err ? NULL : &result);
    memset(text, 'x', sizeof text);
}

/* ---- answer ---- */

static inline struct answer_talk *fake_answer_open(void *ctx, const struct voice_for *child,
                                                   uint64_t seed)
{
    struct voice_fake *fake = ctx;
    struct answer_talk *talk = calloc(1, sizeof *talk);

    (void)child;
    (void)seed;
    assert_non_null(talk);
    *talk = (struct answer_talk){.fake = fake, .due_ms = ROOST_NEVER, .next = fake->answer.talks};
    fake->answer.talks = talk;
    fake->answer.opened++;
    fake->answer.live++;
    return talk;
}

static inline void fake_answer_wait(struct answer_talk *talk)
{
    struct voice_fake *fake = talk->fake;
    bool stalls = fake->answer.delay_ms == ROOST_NEVER ||
                  (fake->answer.stall_at && talk->at >= fake->answer.stall_at);

    talk->due_ms = stalls ? ROOST_NEVER : *fake->now_ms + fake->answer.delay_ms;
}

static inline int fake_answer_ask(struct answer_talk *talk, const char *words, unsigned hour,
                                  const struct answer_events *events, void *arg)
{
    struct voice_fake *fake = talk->fake;

    assert_true(hour < 24);
    if (fake->answer.ask_err)
        return fake->answer.ask_err;
    assert_null(talk->events);
    snprintf(fake->answer.words, sizeof fake->answer.words, "%s", words);
    talk->events = events;
    talk->arg = arg;
    talk->at = 0;
    fake->answer.asked++;
    fake_answer_wait(talk);
    return 0;
}

static inline void fake_answer_cancel(struct answer_talk *talk)
{
    talk->fake->answer.cancelled++;
    talk->events = NULL;
    talk->due_ms = ROOST_NEVER;
}

static inline void fake_answer_close(struct answer_talk *talk)
{
    struct answer_talk **at = &talk->fake->answer.talks;

    assert_null(talk->events); /* whoever asked has cancelled */
    while (*at != talk)
        at = &(*at)->next;
    *at = talk->next;
    talk->fake->answer.live--;
    free(talk);
}

static inline void fake_answer_run(struct answer_talk *talk)
{
    struct voice_fake *fake = talk->fake;
    const char *delta = fake->answer.script[talk->at];

    if (delta) {
        char copy[8192];
        size_t len = strlen(delta);
        memcpy(copy, delta, len);
        talk->at++;
        fake_answer_wait(talk);
        talk->events->text(talk->arg, copy, len);
        memset(copy, 'x', sizeof copy);
        return;
    }
    const struct answer_events *events = talk->events;
    talk->events = NULL;
    talk->due_ms = ROOST_NEVER;
    fake->answer.ended++;
    events->ended(talk->arg, fake->answer.end_err);
}

/* ---- speak ---- */

static inline int fake_speak_start(void *ctx, const struct voice_for *child,
                                   enum speech_format format, const struct speech_events *events,
                                   void *arg, struct speech **out)
{
    struct voice_fake *fake = ctx;

    (void)child;
    if (fake->speak.unsupported >> format & 1)
        return ROOST_ERR_UNSUPPORTED;
    if (fake->speak.start_err)
        return fake->speak.start_err;
    struct speech *speech = calloc(1, sizeof *speech);
    assert_non_null(speech);
    *speech = (struct speech){.fake = fake,
                              .events = events,
                              .arg = arg,
                              .format = format,
                              .due_ms = ROOST_NEVER,
                              .next = fake->speak.speeches};
    fake->speak.speeches = speech;
    fake->speak.started++;
    fake->speak.live++;
    *out = speech;
    return 0;
}

static inline int fake_speak_say(struct speech *speech, const char *sentence, size_t len)
{
    struct voice_fake *fake = speech->fake;
    uint64_t delay_ms = fake->speak.delay_ms;

    assert_false(speech->saying || speech->ending);
    assert_true(len > 0 && len < sizeof speech->sentence);
    if (fake->speak.full > 0) {
        fake->speak.full--;
        return ROOST_ERR_FULL;
    }
    if (fake->speak.say_err)
        return fake->speak.say_err;
    snprintf(speech->sentence, sizeof speech->sentence, "%.*s", (int)len, sentence);
    size_t all = strlen(fake->speak.all);
    snprintf(fake->speak.all + all, sizeof fake->speak.all - all, "%.*s|", (int)len, sentence);
    speech->left_ms = (uint32_t)len * fake->speak.letter_ms;
    speech->saying = true;
    if (delay_ms != ROOST_NEVER && fake->speak.said == 0)
        delay_ms += fake->speak.slow_first_ms;
    speech->due_ms = delay_ms == ROOST_NEVER ? ROOST_NEVER : *fake->now_ms + delay_ms;
    fake->speak.said++;
    return 0;
}

static inline int fake_speak_end(struct speech *speech)
{
    assert_false(speech->saying || speech->ending);
    speech->ending = true;
    speech->due_ms = *speech->fake->now_ms + 1;
    return 0;
}

static inline void fake_speak_gone(struct speech *speech)
{
    struct speech **at = &speech->fake->speak.speeches;

    while (*at != speech)
        at = &(*at)->next;
    *at = speech->next;
    speech->fake->speak.live--;
    free(speech);
}

static inline void fake_speak_cancel(struct speech *speech)
{
    speech->fake->speak.cancelled++;
    fake_speak_gone(speech);
}

/* A portion of sound a run, faster than it is played; then `said`. */
static inline void fake_speak_run(struct speech *speech)
{
    enum { PORTION_MS = 500 };
    static uint8_t sound[PORTION_MS * 32];
    struct voice_fake *fake = speech->fake;
    uint32_t ms = speech->left_ms < PORTION_MS ? speech->left_ms : PORTION_MS;
    const struct speech_events *events = speech->events;
    void *arg = speech->arg;

    speech->due_ms = *fake->now_ms + 1;
    if (speech->ending) {
        fake_speak_gone(speech);
        fake->speak.ended++;
        events->ended(arg, 0);
    } else if (ms > 0 && !fake->speak.said_err) {
        speech->left_ms -= ms;
        memset(sound, 'S', sizeof sound);
        events->sound(arg, sound, (size_t)ms * fake->speak.bytes_ms, ms);
    } else {
        speech->saying = false;
        speech->due_ms = ROOST_NEVER;
        events->said(arg, fake->speak.said_err);
    }
}

/* ---- guard ---- */

static inline void fake_guard_begin(void *ctx, struct gate_stream *stream,
                                    enum gate_direction direction, enum child_language language,
                                    enum child_age_group group)
{
    *stream = (struct gate_stream){
        .gate = ctx, .direction = direction, .language = language, .group = group};
}

/* The gate of a stream is the fake itself. */
static inline struct voice_fake *voice_fake_of(const struct gate *gate)
{
    struct voice_fake *fake;

    memcpy(&fake, &gate, sizeof gate);
    return fake;
}

/* With the end of what came before, as the real one. */
static inline struct gate_result fake_guard_judge(struct gate_stream *stream, const char *text,
                                                  size_t len)
{
    struct voice_fake *fake = voice_fake_of(stream->gate);
    const char *bad = stream->direction == GATE_IN ? fake->gate.block_in : fake->gate.block_out;
    char all[GATE_TAIL_MAX + 16384];
    struct gate_result result = {.verdict = GATE_ALLOW};

    fake->gate.judged++;
    memcpy(all, stream->tail, stream->tail_len);
    snprintf(all + stream->tail_len, sizeof all - stream->tail_len, "%.*s", (int)len, text);
    if (bad && strstr(all, bad))
        result = (struct gate_result){.verdict = GATE_BLOCK, .category = GATE_SCARY};
    if (stream->direction == GATE_IN && fake->gate.care_in && strstr(all, fake->gate.care_in))
        result = (struct gate_result){.verdict = GATE_CARE, .category = fake->gate.care};
    size_t all_len = strlen(all);
    stream->tail_len = all_len < 64 ? all_len : 64;
    memcpy(stream->tail, all + all_len - stream->tail_len, stream->tail_len);
    return result;
}

static inline const char *fake_guard_answer(void *ctx, enum gate_direction direction,
                                            struct gate_result result, enum child_language language,
                                            enum child_age_group group, unsigned turn)
{
    (void)ctx, (void)language, (void)group, (void)turn;
    if (result.verdict == GATE_CARE)
        return "That is a lot to carry. Tell a grown-up now.";
    return direction == GATE_IN ? "Let us talk of something else."
                                : "Oh, I know a better one. Shall we sing?";
}

/* ---- book ---- */

static inline int fake_book_look_up(void *ctx, const char *device_id, const char *child_id,
                                    voice_known_fn done, void *arg)
{
    struct voice_fake *fake = ctx;

    (void)child_id;
    if (fake->asked.ask_err)
        return fake->asked.ask_err;
    struct fake_question *question = calloc(1, sizeof *question);
    assert_non_null(question);
    *question = (struct fake_question){.done = done,
                                       .arg = arg,
                                       .due_ms = *fake->now_ms + fake->asked.delay_ms,
                                       .next = fake->asked.questions};
    snprintf(question->device_id, sizeof question->device_id, "%s", device_id);
    fake->asked.questions = question;
    fake->asked.asked++;
    return 0;
}

static inline void fake_book_note(void *ctx, const char *device_id, const char *child_id,
                                  const char *what)
{
    struct voice_fake *fake = ctx;

    snprintf(fake->noted, sizeof fake->noted, "%s %s %s", device_id, child_id, what);
}

static inline void fake_book_run(struct voice_fake *fake, struct fake_question *question)
{
    struct fake_question **at = &fake->asked.questions;
    struct voice_known known = fake->asked.known;

    while (*at != question)
        at = &(*at)->next;
    *at = question->next;
    question->done(question->arg, fake->asked.err, fake->asked.err ? NULL : &known);
    free(question);
}

static inline void fake_book_watch(void *ctx, void (*changed)(void *arg, const char *child_id),
                                   void *arg)
{
    struct voice_fake *fake = ctx;

    fake->asked.changed = changed;
    fake->asked.changed_arg = arg;
}

#endif
