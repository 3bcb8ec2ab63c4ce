/* SPDX-License-Identifier: Apache-2.0 */
#include "sim/voice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/assert.h"
#include "core/timer.h"

enum {
    HEAR_LOW_MS = 5,
    HEAR_HIGH_MS = 80,
    ANSWER_LOW_MS = 1,
    ANSWER_HIGH_MS = 60,
    SAY_LOW_MS = 4,
    SAY_HIGH_MS = 40,
    LETTER_MS = 60,
    PORTION_MS = 500,
    PCM_BYTES_MS = 32,
    MP3_BYTES_MS = 4,
    PER_MILLION = 20000,
    SLOW_TIMES = 10,
    WORDS_MAX = 160 /* bytes, of what a child says */
};

struct hear_turn {
    struct sim_voice *voice;
    const struct hear_events *events;
    void *arg, *speaker;
    size_t samples;
    uint64_t due_ms;
    struct hear_turn *next;
};

struct answer_talk {
    struct sim_voice *voice;
    const struct answer_events *events; /* NULL: nothing is asked */
    void *arg;
    const char *const *at; /* the next piece */
    char words[WORDS_MAX]; /* that it is asked: they are said again */
    uint64_t due_ms;
    struct answer_talk *next;
};

struct speech {
    struct sim_voice *voice;
    const struct speech_events *events;
    void *arg;
    enum speech_format format;
    uint32_t left_ms;
    bool ending;
    uint64_t due_ms;
    struct speech *next;
};

static uint64_t later(struct sim_voice *voice, uint64_t low_ms, uint64_t high_ms)
{
    uint64_t times = voice->slow ? SLOW_TIMES : 1;

    return voice->clock->now_ms + times * sim_random_between(&voice->random, low_ms, high_ms);
}

static bool fails(struct sim_voice *voice)
{
    bool it_does = sim_random_chance(&voice->random, voice->failing_per_million);

    voice->failed += it_does;
    return it_does;
}

static bool is_full(struct sim_voice *voice)
{
    bool it_is =
        voice->full_per_million > 0 && sim_random_chance(&voice->random, voice->full_per_million);

    voice->refused += it_is;
    return it_is;
}

/* Takes an item out of one of the lists. */
#define TAKE_OUT(list, item)                                                                       \
    do {                                                                                           \
        __typeof__(item) *at_ = &(list);                                                           \
        while (*at_ != (item))                                                                     \
            at_ = &(*at_)->next;                                                                   \
        *at_ = (item)->next;                                                                       \
    } while (0)

/* ---- sound to words ---- */

static int hear_start(void *ctx, const struct voice_for *child, const struct hear_events *events,
                      void *arg, struct hear_turn **out)
{
    struct sim_voice *voice = ctx;

    if (is_full(voice))
        return ROOST_ERR_FULL;
    struct hear_turn *turn = calloc(1, sizeof *turn);
    if (!turn)
        return ROOST_ERR_NO_MEMORY;
    *turn = (struct hear_turn){
        .voice = voice, .events = events, .arg = arg, .due_ms = ROOST_NEVER, .next = voice->turns};
    if (voice->ops)
        turn->speaker = voice->ops->begins(voice->ops_ctx, child->name);
    voice->turns = *out = turn;
    return 0;
}

static int hear_feed(struct hear_turn *turn, const int16_t *pcm, size_t samples)
{
    if (turn->speaker)
        turn->voice->ops->sound(turn->speaker, pcm, samples);
    turn->samples += samples;
    turn->voice->samples += samples;
    return 0;
}

static int hear_finish(struct hear_turn *turn)
{
    turn->due_ms = later(turn->voice, HEAR_LOW_MS, HEAR_HIGH_MS);
    return 0;
}

static void hear_cancel(struct hear_turn *turn)
{
    TAKE_OUT(turn->voice->turns, turn);
    free(turn);
}

static void hear_run(struct hear_turn *turn)
{
    static const char *const said[] = {"why is the sky blue", "tell me a story",
                                       "say something " SIM_VOICE_BAD_WORD, ""};
    struct sim_voice *voice = turn->voice;
    const struct hear_events *events = turn->events;
    void *arg = turn->arg;
    int err = fails(voice) ? ROOST_ERR_IO : 0;
    struct hear_result result = {
        .text = said[sim_random_below(&voice->random, sizeof said / sizeof said[0])]};

    if (turn->speaker) {
        const char *words = voice->ops->words(turn->speaker);
        result.text = words ? words : "";
        result.silent = words == NULL;
    }
    hear_cancel(turn);
    voice->heard++;
    events->heard(arg, err, err ? NULL : &result);
}

/* ---- words to a reply ---- */

static struct answer_talk *answer_open(void *ctx, const struct voice_for *child, uint64_t seed)
{
    struct sim_voice *voice = ctx;
    struct answer_talk *talk = calloc(1, sizeof *talk);

    (void)child;
    (void)seed;
    if (!talk)
        return NULL;
    *talk = (struct answer_talk){.voice = voice, .due_ms = ROOST_NEVER, .next = voice->talks};
    voice->talks = talk;
    return talk;
}

static int answer_ask(struct answer_talk *talk, const char *words, unsigned hour,
                      const struct answer_events *events, void *arg)
{
    static const char *const replies[][4] = {
        {"Because the air ", "scatters blue light. ", "Is that not fine?", NULL},
        {"Once there was a bear, ", "who lived in a wood. ", "One day it went out.", NULL},
        {"This is fine. ", "This is " SIM_VOICE_BAD_WORD ". ", "This as well.", NULL},
    };

    (void)hour;
    if (talk->events)
        return ROOST_ERR_BUSY;
    snprintf(talk->words, sizeof talk->words, "You said: %s. ", words);
    talk->events = events;
    talk->arg = arg;
    talk->at = replies[sim_random_below(&talk->voice->random, sizeof replies / sizeof replies[0])];
    talk->due_ms = later(talk->voice, ANSWER_LOW_MS, ANSWER_HIGH_MS);
    return 0;
}

static void answer_cancel(struct answer_talk *talk)
{
    talk->events = NULL;
    talk->due_ms = ROOST_NEVER;
    memset(talk->words, 0, sizeof talk->words);
}

static void answer_close(struct answer_talk *talk)
{
    TAKE_OUT(talk->voice->talks, talk);
    free(talk);
}

static void answer_run(struct answer_talk *talk)
{
    struct sim_voice *voice = talk->voice;
    const struct answer_events *events = talk->events;
    int err = fails(voice) ? ROOST_ERR_IO : 0;

    if (voice->ops && talk->words[0] && !err) { /* of a child that is known by its words */
        char words[WORDS_MAX];
        memcpy(words, talk->words, sizeof words);
        talk->words[0] = '\0';
        talk->due_ms = later(voice, ANSWER_LOW_MS, ANSWER_HIGH_MS);
        events->text(talk->arg, words, strlen(words));
        return;
    }
    if (*talk->at && !err) {
        const char *text = *talk->at++;
        talk->due_ms = later(voice, ANSWER_LOW_MS, ANSWER_HIGH_MS);
        events->text(talk->arg, text, strlen(text));
        return;
    }
    answer_cancel(talk);
    voice->answered++;
    events->ended(talk->arg, err);
}

/* ---- a reply to sound ---- */

static int speak_start(void *ctx, const struct voice_for *child, enum speech_format format,
                       const struct speech_events *events, void *arg, struct speech **out)
{
    struct sim_voice *voice = ctx;

    (void)child;
    if (format == SPEECH_OPUS)
        return ROOST_ERR_UNSUPPORTED;
    if (is_full(voice))
        return ROOST_ERR_FULL;
    struct speech *speech = calloc(1, sizeof *speech);
    if (!speech)
        return ROOST_ERR_NO_MEMORY;
    *speech = (struct speech){.voice = voice,
                              .events = events,
                              .arg = arg,
                              .format = format,
                              .due_ms = ROOST_NEVER,
                              .next = voice->speeches};
    voice->speeches = *out = speech;
    return 0;
}

static int speak_say(struct speech *speech, const char *sentence, size_t len)
{
    (void)sentence;
    if (speech->due_ms != ROOST_NEVER)
        return ROOST_ERR_BUSY;
    if (is_full(speech->voice))
        return ROOST_ERR_FULL;
    speech->left_ms = (uint32_t)len * LETTER_MS;
    speech->due_ms = later(speech->voice, SAY_LOW_MS, SAY_HIGH_MS);
    return 0;
}

static int speak_end(struct speech *speech)
{
    speech->ending = true;
    speech->due_ms = speech->voice->clock->now_ms;
    return 0;
}

static void speak_cancel(struct speech *speech)
{
    TAKE_OUT(speech->voice->speeches, speech);
    free(speech);
}

static void speak_run(struct speech *speech)
{
    static const uint8_t silence[PORTION_MS * PCM_BYTES_MS];
    struct sim_voice *voice = speech->voice;
    const struct speech_events *events = speech->events;
    void *arg = speech->arg;

    if (speech->ending) {
        speak_cancel(speech);
        events->ended(arg, 0);
        return;
    }
    bool broken = fails(voice);
    if (speech->left_ms > 0 && !broken) {
        uint32_t ms = speech->left_ms < PORTION_MS ? speech->left_ms : PORTION_MS;
        uint32_t rate = speech->format == SPEECH_PCM_16K ? PCM_BYTES_MS : MP3_BYTES_MS;
        speech->left_ms -= ms;
        speech->due_ms = voice->clock->now_ms + 1;
        events->sound(arg, silence, (size_t)ms * rate, ms);
        return;
    }
    speech->due_ms = ROOST_NEVER;
    voice->said++;
    events->said(arg, broken ? ROOST_ERR_IO : 0);
}

/* ---- time ---- */

#define FIND_DUE(list, item, now_ms)                                                               \
    for ((item) = (list); (item) && (item)->due_ms > (now_ms); (item) = (item)->next)

/* One of what is due; false: nothing is. */
static bool run_one(struct sim_voice *voice, uint64_t now_ms)
{
    struct hear_turn *turn;
    struct answer_talk *talk;
    struct speech *speech;

    if (sim_book_run(voice))
        return true;
    if (voice->stalled)
        return false;
    FIND_DUE(voice->turns, turn, now_ms);
    if (turn) {
        hear_run(turn);
        return true;
    }
    FIND_DUE(voice->talks, talk, now_ms);
    if (talk) {
        answer_run(talk);
        return true;
    }
    FIND_DUE(voice->speeches, speech, now_ms);
    if (speech)
        speak_run(speech);
    return speech != NULL;
}

static uint64_t next_due(const struct sim_voice *voice)
{
    uint64_t due_ms = sim_book_due(voice);

    if (voice->stalled)
        return due_ms;
    for (const struct hear_turn *t = voice->turns; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    for (const struct answer_talk *t = voice->talks; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    for (const struct speech *t = voice->speeches; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    return due_ms;
}

static uint64_t run(void *ctx, uint64_t now_ms)
{
    struct sim_voice *voice = ctx;

    while (run_one(voice, now_ms)) {
    }
    return next_due(voice);
}

/* ---- life ---- */

static void watch(void *ctx, void (*changed)(void *arg, const char *child_id), void *arg)
{
    struct sim_voice *voice = ctx;

    voice->changed = changed;
    voice->changed_arg = arg;
}

void sim_voice_changed(struct sim_voice *voice, const char *child_id)
{
    if (voice->changed)
        voice->changed(voice->changed_arg, child_id);
}

void sim_voice_init(struct sim_voice *voice, struct sim_clock *clock)
{
    static const struct hear_ops hear = {hear_start, hear_feed, hear_finish, hear_cancel};
    static const struct answer_ops answer = {answer_open, answer_ask, answer_cancel, answer_close};
    static const struct speech_ops speak = {speak_start, speak_say, speak_end, speak_cancel};

    *voice = (struct sim_voice){.clock = clock, .failing_per_million = PER_MILLION};
    sim_random_init(&voice->random, clock->seed, "voice", 0);
    voice->providers = (struct voice_providers){{&hear, voice}, {&answer, voice}, {&speak, voice}};
    voice->guard = (struct voice_guard){&sim_guard_ops, voice};
    voice->book = (struct voice_book){&sim_book_ops, voice};
    voice->parts = (struct voice_parts){.providers = &voice->providers,
                                        .guard = &voice->guard,
                                        .book = &voice->book,
                                        .run = run,
                                        .run_ctx = voice,
                                        .watch = watch,
                                        .watch_ctx = voice};
    voice->extras[0] = (struct hub_extra){VOICE_EXTRA, &voice->parts};
}

void sim_voice_crash(struct sim_voice *voice)
{
    ROOST_ASSERT(!voice->turns && !voice->talks && !voice->speeches); /* the service gave up all */
    sim_book_forget(voice);
    voice->changed = NULL;
}

size_t sim_voice_live(const struct sim_voice *voice)
{
    size_t live = 0;

    for (const struct hear_turn *t = voice->turns; t; t = t->next)
        live++;
    for (const struct answer_talk *t = voice->talks; t; t = t->next)
        live += t->events != NULL;
    for (const struct speech *t = voice->speeches; t; t = t->next)
        live++;
    return live;
}
