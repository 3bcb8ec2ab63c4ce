/* SPDX-License-Identifier: Apache-2.0 */
/* The gate that knows one word, and the book in which every child stands. */
#include <stdlib.h>
#include <string.h>

#include "core/timer.h"
#include "sim/voice.h"

enum { BOOK_LOW_MS = 1, BOOK_HIGH_MS = 20 };

struct sim_question {
    voice_known_fn done;
    void *arg;
    uint64_t due_ms;
    struct sim_question *next;
};

static void guard_begin(void *ctx, struct gate_stream *stream, enum gate_direction direction,
                        enum child_language language, enum child_age_group group)
{
    (void)ctx;
    *stream = (struct gate_stream){.direction = direction, .language = language, .group = group};
}

static struct gate_result guard_judge(struct gate_stream *stream, const char *text, size_t len)
{
    const size_t bad_len = strlen(SIM_VOICE_BAD_WORD);

    (void)stream;
    for (size_t i = 0; i + bad_len <= len; i++)
        if (memcmp(text + i, SIM_VOICE_BAD_WORD, bad_len) == 0)
            return (struct gate_result){.verdict = GATE_BLOCK, .category = GATE_SCARY};
    return (struct gate_result){.verdict = GATE_ALLOW};
}

static const char *guard_answer(void *ctx, enum gate_direction direction, struct gate_result result,
                                enum child_language language, enum child_age_group group,
                                unsigned turn)
{
    (void)ctx, (void)direction, (void)result, (void)language, (void)group, (void)turn;
    return "Let us talk of something else.";
}

const struct voice_guard_ops sim_guard_ops = {guard_begin, guard_judge, guard_answer};

/* ---- the book ---- */

static int book_look_up(void *ctx, const char *device_id, const char *child_id, voice_known_fn done,
                        void *arg)
{
    struct sim_voice *voice = ctx;

    if (voice->ops && !voice->book_away)
        return voice->kept.ops->look_up(voice->kept.ctx, device_id, child_id, done, arg);
    struct sim_question *question = calloc(1, sizeof *question);
    if (!question)
        return ROOST_ERR_NO_MEMORY;
    *question = (struct sim_question){
        .done = done,
        .arg = arg,
        .due_ms =
            voice->clock->now_ms + sim_random_between(&voice->random, BOOK_LOW_MS, BOOK_HIGH_MS),
        .next = voice->questions};
    voice->questions = question;
    return 0;
}

static void book_note(void *ctx, const char *device_id, const char *child_id, const char *what)
{
    struct sim_voice *voice = ctx;

    if (voice->ops && !voice->book_away)
        voice->kept.ops->note(voice->kept.ctx, device_id, child_id, what);
}

const struct voice_book_ops sim_book_ops = {.look_up = book_look_up, .note = book_note};

bool sim_book_run(struct sim_voice *voice)
{
    const struct voice_known known = {
        .child = true, .consent = !voice->no_consent, .age = 7, .language = CHILD_EN};
    struct sim_question **at = &voice->questions;

    while (*at && (*at)->due_ms > voice->clock->now_ms)
        at = &(*at)->next;
    struct sim_question *question = *at;
    if (!question)
        return false;
    *at = question->next;
    /* Of one that was away when it was asked. */
    question->done(question->arg, voice->ops ? ROOST_ERR_IO : 0, voice->ops ? NULL : &known);
    free(question);
    return true;
}

uint64_t sim_book_due(const struct sim_voice *voice)
{
    uint64_t due_ms = ROOST_NEVER;

    for (const struct sim_question *question = voice->questions; question;
         question = question->next)
        due_ms = roost_earlier(due_ms, question->due_ms);
    return due_ms;
}

void sim_book_forget(struct sim_voice *voice)
{
    while (voice->questions) {
        struct sim_question *question = voice->questions;
        voice->questions = question->next;
        free(question);
    }
}
