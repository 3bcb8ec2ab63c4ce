/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Providers, guard and book played by a test in virtual time: each answers when its time has come,
 * never from inside a call, and knows how much of it is still under way. Memory of a turn is freed
 * and poisoned when it is cancelled, so that a call after it is found.
 *
 *     struct voice_fake fake;
 *     voice_fake_init(&fake, &now_ms);
 *     fake.hear.text = "tell me a story";
 *     parts.providers = &fake.providers;
 *     ... voice_fake_due(&fake), voice_fake_run(&fake) as time goes on
 */
#ifndef ROOST_HUB_VOICE_VOICE_FAKE_H
#define ROOST_HUB_VOICE_VOICE_FAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/timer.h"
#include "hub/voice/voice.h"

struct voice_fake;

struct hear_turn {
    struct voice_fake *fake;
    const struct hear_events *events;
    void *arg;
    size_t samples;
    bool finished;
    uint64_t due_ms;
    struct hear_turn *next;
};

struct answer_talk {
    struct voice_fake *fake;
    const struct answer_events *events; /* NULL: nothing asked */
    void *arg;
    size_t at; /* in the script */
    uint64_t due_ms;
    struct answer_talk *next;
};

struct speech {
    struct voice_fake *fake;
    const struct speech_events *events;
    void *arg;
    enum speech_format format;
    char sentence[2048];
    uint32_t left_ms; /* of it to be made */
    bool saying, ending;
    uint64_t due_ms;
    struct speech *next;
};

struct fake_question {
    voice_known_fn done;
    void *arg;
    char device_id[40];
    uint64_t due_ms;
    struct fake_question *next;
};

struct voice_fake {
    const uint64_t *now_ms;
    struct voice_providers providers;
    struct voice_guard guard;
    struct voice_book book;
    struct voice_parts parts;
    char noted[160]; /* the last note of the book's */

    struct {
        const char *text;
        bool silent, unsure;
        int err, start_err, feed_err;
        uint64_t delay_ms; /* after finish; ROOST_NEVER: it stalls */
        size_t started, finished, heard, cancelled, samples, live;
        struct hear_turn *turns;
    } hear;
    struct {
        const char *const *script; /* deltas, NULL at its end */
        int end_err, ask_err;
        uint64_t delay_ms; /* to each delta and the end; ROOST_NEVER */
        size_t stall_at;   /* no more comes after so many deltas; 0: all */
        size_t opened, asked, ended, cancelled, live;
        char words[4096]; /* the last */
        struct answer_talk *talks;
    } answer;
    struct {
        unsigned unsupported; /* bits of formats */
        int start_err, say_err, said_err;
        uint32_t full;          /* so many says find the pool full */
        uint64_t delay_ms;      /* to a sentence's first sound; ROOST_NEVER */
        uint64_t slow_first_ms; /* of the first sentence more */
        uint32_t letter_ms;     /* of speech */
        uint32_t bytes_ms;      /* of sound */
        size_t started, said, ended, cancelled, live;
        char all[32768]; /* what was said, sentence by sentence, '|' between */
        struct speech *speeches;
    } speak;
    struct {
        const char *block_in, *care_in, *block_out; /* NULL: nothing */
        enum gate_category care;                    /* of what care_in finds */
        size_t judged;
    } gate;
    struct {
        struct voice_known known;
        int err, ask_err;
        uint64_t delay_ms;
        size_t asked;
        struct fake_question *questions;
        void (*changed)(void *arg, const char *child_id);
        void *changed_arg;
    } asked;
};

#include "hub/voice/voice_fake_ops.h"

/* ---- all ---- */

static inline void voice_fake_init(struct voice_fake *fake, const uint64_t *now_ms)
{
    static const struct hear_ops hear = {fake_hear_start, fake_hear_feed, fake_hear_finish,
                                         fake_hear_cancel};
    static const struct answer_ops answer = {fake_answer_open, fake_answer_ask, fake_answer_cancel,
                                             fake_answer_close};
    static const struct speech_ops speak = {fake_speak_start, fake_speak_say, fake_speak_end,
                                            fake_speak_cancel};
    static const struct voice_guard_ops guard = {fake_guard_begin, fake_guard_judge,
                                                 fake_guard_answer};
    static const struct voice_book_ops book = {fake_book_look_up, fake_book_note};
    static const char *const script[] = {"Here I am. ", "The sky is blue.", NULL};

    memset(fake, 0, sizeof *fake);
    fake->now_ms = now_ms;
    fake->providers = (struct voice_providers){{&hear, fake}, {&answer, fake}, {&speak, fake}};
    fake->guard = (struct voice_guard){&guard, fake};
    fake->book = (struct voice_book){&book, fake};
    fake->parts = (struct voice_parts){.providers = &fake->providers,
                                       .guard = &fake->guard,
                                       .book = &fake->book,
                                       .watch = fake_book_watch,
                                       .watch_ctx = fake};
    fake->hear.text = "why is the sky blue";
    fake->hear.delay_ms = 50;
    fake->answer.script = script;
    fake->answer.delay_ms = 5;
    fake->speak.delay_ms = 5;
    fake->speak.letter_ms = 60;
    fake->speak.bytes_ms = 32;
    fake->asked.known =
        (struct voice_known){.child = true, .consent = true, .age = 7, .language = CHILD_EN};
    fake->asked.delay_ms = 2;
    fake->gate.care = GATE_DISTRESS;
}

static inline uint64_t voice_fake_due(const struct voice_fake *fake)
{
    uint64_t due_ms = ROOST_NEVER;

    for (const struct hear_turn *t = fake->hear.turns; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    for (const struct answer_talk *t = fake->answer.talks; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    for (const struct speech *t = fake->speak.speeches; t; t = t->next)
        due_ms = roost_earlier(due_ms, t->due_ms);
    for (const struct fake_question *q = fake->asked.questions; q; q = q->next)
        due_ms = roost_earlier(due_ms, q->due_ms);
    return due_ms;
}

#define VOICE_FAKE_RUN(list, run)                                                                  \
    for (item = (list); item && item->due_ms > *fake->now_ms; item = item->next)                   \
        ;                                                                                          \
    if (item) {                                                                                    \
        run;                                                                                       \
        return true;                                                                               \
    }

/* Runs one thing that is due; false: nothing was. */
static inline bool voice_fake_run(struct voice_fake *fake)
{
    {
        struct hear_turn *item;
        VOICE_FAKE_RUN(fake->hear.turns, fake_hear_run(item))
    }
    {
        struct answer_talk *item;
        VOICE_FAKE_RUN(fake->answer.talks, fake_answer_run(item))
    }
    {
        struct speech *item;
        VOICE_FAKE_RUN(fake->speak.speeches, fake_speak_run(item))
    }
    {
        struct fake_question *item;
        VOICE_FAKE_RUN(fake->asked.questions, fake_book_run(fake, item))
    }
    return false;
}

#endif
