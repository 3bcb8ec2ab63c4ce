/* SPDX-License-Identifier: Apache-2.0 */
/*
 * In the place of apps/roostd/voice.c, for a hub that is measured: everything of roostd is real but
 * recognition, answer, speech, gate and book of children, which cost nothing and answer in the same
 * turn of the loop. What is left is the hub's own share. Linked into bench-voice-hub only: roostd
 * has no setting that would lead here.
 */
#include "apps/roostd/voice.h"

#include <stdlib.h>
#include <string.h>

#include "core/err.h"
#include "core/timer.h"
#include "hub/voice/voice.h"

enum { PORTION_MS = 500, REPLY_MS = 1000, PCM_BYTES_MS = 32, MP3_BYTES_MS = 4, AGE = 7 };

/* What is to be called back, in order. */
struct work {
    struct work *next, *previous;
    void (*run)(struct work *work);
    bool waits;
};

struct voice_made {
    struct voice_providers providers;
    struct voice_guard guard;
    struct voice_book book;
    struct voice_parts parts;
    struct hub_extra extras[2];
};

static struct work works = {.next = &works, .previous = &works};

static void put(struct work *work, void (*run)(struct work *work))
{
    work->run = run;
    if (work->waits)
        return;
    work->waits = true;
    work->next = &works;
    work->previous = works.previous;
    works.previous->next = work;
    works.previous = work;
}

static void take(struct work *work)
{
    if (!work->waits)
        return;
    work->waits = false;
    work->next->previous = work->previous;
    work->previous->next = work->next;
}

static uint64_t run(void *ctx, uint64_t now_ms)
{
    (void)ctx;
    (void)now_ms;
    while (works.next != &works) {
        struct work *work = works.next;
        take(work);
        work->run(work);
    }
    return ROOST_NEVER;
}

/* ---- sound to words ---- */

struct hear_turn {
    struct work work;
    const struct hear_events *events;
    void *arg;
};

static int hear_start(void *ctx, const struct voice_for *child, const struct hear_events *events,
                      void *arg, struct hear_turn **out)
{
    struct hear_turn *turn = calloc(1, sizeof *turn);

    (void)ctx;
    (void)child;
    if (!turn)
        return ROOST_ERR_NO_MEMORY;
    turn->events = events;
    turn->arg = arg;
    *out = turn;
    return 0;
}

static int hear_feed(struct hear_turn *turn, const int16_t *pcm, size_t samples)
{
    (void)turn, (void)pcm, (void)samples;
    return 0;
}

static void heard(struct work *work)
{
    static const struct hear_result result = {.text = "why is the sky blue"};
    struct hear_turn *turn = (struct hear_turn *)work;
    const struct hear_events *events = turn->events;
    void *arg = turn->arg;

    free(turn);
    events->heard(arg, 0, &result);
}

static int hear_finish(struct hear_turn *turn)
{
    put(&turn->work, heard);
    return 0;
}

static void hear_cancel(struct hear_turn *turn)
{
    take(&turn->work);
    free(turn);
}

/* ---- words to a reply ---- */

struct answer_talk {
    struct work work;
    const struct answer_events *events;
    void *arg;
};

static struct answer_talk *answer_open(void *ctx, const struct voice_for *child, uint64_t seed)
{
    (void)ctx, (void)child, (void)seed;
    return calloc(1, sizeof(struct answer_talk));
}

static void ended(struct work *work)
{
    struct answer_talk *talk = (struct answer_talk *)work;

    talk->events->ended(talk->arg, 0);
}

static void answered(struct work *work)
{
    static const char reply[] = "Because air scatters blue light.";
    struct answer_talk *talk = (struct answer_talk *)work;

    put(work, ended); /* unless it is cancelled meanwhile */
    talk->events->text(talk->arg, reply, sizeof reply - 1);
}

static int answer_ask(struct answer_talk *talk, const char *words, unsigned hour,
                      const struct answer_events *events, void *arg)
{
    (void)words, (void)hour;
    talk->events = events;
    talk->arg = arg;
    put(&talk->work, answered);
    return 0;
}

static void answer_cancel(struct answer_talk *talk)
{
    take(&talk->work);
}

static void answer_close(struct answer_talk *talk)
{
    take(&talk->work);
    free(talk);
}

/* ---- a reply to sound ---- */

struct speech {
    struct work work;
    const struct speech_events *events;
    void *arg;
    uint32_t left_ms, rate;
};

static int speak_start(void *ctx, const struct voice_for *child, enum speech_format format,
                       const struct speech_events *events, void *arg, struct speech **out)
{
    (void)ctx;
    (void)child;
    if (format == SPEECH_OPUS)
        return ROOST_ERR_UNSUPPORTED;
    struct speech *speech = calloc(1, sizeof *speech);
    if (!speech)
        return ROOST_ERR_NO_MEMORY;
    speech->events = events;
    speech->arg = arg;
    speech->rate = format == SPEECH_PCM_16K ? PCM_BYTES_MS : MP3_BYTES_MS;
    *out = speech;
    return 0;
}

static void sound(struct work *work)
{
    static const uint8_t silence[PORTION_MS * PCM_BYTES_MS];
    struct speech *speech = (struct speech *)work;

    if (speech->left_ms == 0) {
        speech->events->said(speech->arg, 0);
        return;
    }
    speech->left_ms -= PORTION_MS;
    put(work, sound);
    speech->events->sound(speech->arg, silence, (size_t)PORTION_MS * speech->rate, PORTION_MS);
}

static int speak_say(struct speech *speech, const char *sentence, size_t len)
{
    (void)sentence, (void)len;
    if (speech->work.waits)
        return ROOST_ERR_BUSY;
    speech->left_ms = REPLY_MS;
    put(&speech->work, sound);
    return 0;
}

static void spoken(struct work *work)
{
    struct speech *speech = (struct speech *)work;
    const struct speech_events *events = speech->events;
    void *arg = speech->arg;

    free(speech);
    events->ended(arg, 0);
}

static int speak_end(struct speech *speech)
{
    put(&speech->work, spoken);
    return 0;
}

static void speak_cancel(struct speech *speech)
{
    take(&speech->work);
    free(speech);
}

/* ---- gate and book ---- */

static void guard_begin(void *ctx, struct gate_stream *stream, enum gate_direction direction,
                        enum child_language language, enum child_age_group group)
{
    (void)ctx;
    *stream = (struct gate_stream){.direction = direction, .language = language, .group = group};
}

static struct gate_result guard_judge(struct gate_stream *stream, const char *text, size_t len)
{
    (void)stream, (void)text, (void)len;
    return (struct gate_result){.verdict = GATE_ALLOW};
}

static const char *guard_answer(void *ctx, enum gate_direction direction, struct gate_result result,
                                enum child_language language, enum child_age_group group,
                                unsigned turn)
{
    (void)ctx, (void)direction, (void)result, (void)language, (void)group, (void)turn;
    return "Let us talk of something else.";
}

struct question {
    struct work work;
    voice_known_fn done;
    void *arg;
};

static void known(struct work *work)
{
    static const struct voice_known everybody = {
        .child = true, .consent = true, .age = AGE, .language = CHILD_EN};
    struct question *question = (struct question *)work;

    question->done(question->arg, 0, &everybody);
    free(question);
}

static int look_up(void *ctx, const char *device_id, const char *child_id, voice_known_fn done,
                   void *arg)
{
    struct question *question = calloc(1, sizeof *question);

    (void)ctx, (void)device_id, (void)child_id;
    if (!question)
        return ROOST_ERR_NO_MEMORY;
    question->done = done;
    question->arg = arg;
    put(&question->work, known);
    return 0;
}

/* ---- apps/roostd/voice.h ---- */

int voice_new(struct voice_made **out, struct uv_loop_s *loop, const struct settings *settings,
              const struct registry *registry, const struct host_clock *clock, struct why *why)
{
    static const struct hear_ops hear = {hear_start, hear_feed, hear_finish, hear_cancel};
    static const struct answer_ops answer = {answer_open, answer_ask, answer_cancel, answer_close};
    static const struct speech_ops speak = {speak_start, speak_say, speak_end, speak_cancel};
    static const struct voice_guard_ops guard = {guard_begin, guard_judge, guard_answer};
    static const struct voice_book_ops book = {.look_up = look_up};
    struct voice_made *made = calloc(1, sizeof *made);

    (void)loop, (void)settings, (void)registry, (void)clock, (void)why;
    *out = made;
    if (!made)
        return ROOST_ERR_NO_MEMORY;
    made->providers = (struct voice_providers){{&hear, NULL}, {&answer, NULL}, {&speak, NULL}};
    made->guard = (struct voice_guard){&guard, NULL};
    made->book = (struct voice_book){&book, NULL};
    made->parts = (struct voice_parts){
        .providers = &made->providers, .guard = &made->guard, .book = &made->book, .run = run};
    made->extras[0] = (struct hub_extra){VOICE_EXTRA, &made->parts};
    return 0;
}

void voice_free(struct voice_made *made)
{
    free(made);
}

int voice_try(const struct settings *settings, struct why *why)
{
    (void)settings, (void)why;
    return 0;
}

void voice_child_changed(void *ctx, const char *child_id)
{
    (void)ctx, (void)child_id;
}

const struct hub_extra *voice_extras(const struct voice_made *made)
{
    return made->extras;
}

bool voice_is_served(const struct voice_made *made)
{
    return made != NULL;
}
