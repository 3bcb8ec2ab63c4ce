/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/speech/say.h"

#include <stdlib.h>
#include <string.h>

#include "hub/speech/say_internal.h"
#include "hub/speech/spoken_text.h"

/* ---- on the loop's thread ---- */

static void free_speech(struct speech *sp)
{
    struct say *s = sp->say;
    *sp->link = sp->next;
    if (sp->next)
        sp->next->link = sp->link;
    s->counts.replies--;
    if (sp->encoder)
        encoder_close(sp->encoder);
    wiped_free(&sp->out);
    explicit_bzero(sp, sizeof *sp);
    free(sp);
}

/* Only ends keep the loop alive: other pieces have a job that does. */
static void hold_loop(struct say *s, size_t ending)
{
    s->ending = ending;
    if (s->async && ending > 0)
        uv_ref((uv_handle_t *)s->async);
    else if (s->async)
        uv_unref((uv_handle_t *)s->async);
}

static void tell(struct piece *p)
{
    struct speech *sp = p->speech;
    if (p->end) {
        struct speech_events events = sp->events;
        void *arg = sp->arg;
        bool dropped = atomic_load(&sp->dropped);
        hold_loop(sp->say, sp->say->ending - 1);
        free_speech(sp);
        if (!dropped)
            events.ended(arg, p->err);
    } else if (!atomic_load(&sp->dropped)) {
        sp->say->counts.sound_ms += p->duration_ms;
        sp->events.sound(sp->arg, p->bytes, p->len, p->duration_ms);
    }
}

/* All that is on its way now, in order. */
static void deliver(struct say *s)
{
    struct piece *p, *next;
    uv_mutex_lock(&s->mutex);
    p = s->first;
    s->first = NULL;
    s->last = &s->first;
    uv_mutex_unlock(&s->mutex);
    for (; p; p = next) {
        next = p->next;
        tell(p);
        explicit_bzero(p->bytes, p->len);
        free(p);
    }
}

static void on_async(uv_async_t *async)
{
    deliver(async->data);
}

static void done(struct worker_job *job, int err)
{
    struct speech *sp = (struct speech *)job;
    struct say *s = sp->say;
    deliver(s); /* its sound first */
    sp->working = false;
    if (!err)
        err = sp->err;
    s->counts.cpu_ms += sp->cpu_ns / 1000000;
    sp->cpu_ns = 0;
    if (atomic_load(&sp->dropped)) {
        free_speech(sp);
        return;
    }
    s->counts.failed += err ? 1 : 0;
    sp->events.said(sp->arg, err);
}

/* ---- the provider ---- */

static int start(void *ctx, const struct voice_for *child, enum speech_format format,
                 const struct speech_events *events, void *arg, struct speech **out)
{
    struct say *s = ctx;
    struct speech *sp;
    if (s->closing)
        return ROOST_ERR_CLOSED;
    if ((child->language != CHILD_EN && (child->language != CHILD_AR || !s->espeak)) ||
        format > SPEECH_OPUS)
        return ROOST_ERR_UNSUPPORTED;
    if (s->counts.replies >= SAY_REPLIES_MAX) {
        s->counts.refused++;
        return ROOST_ERR_FULL;
    }
    sp = calloc(1, sizeof *sp);
    if (!sp)
        return ROOST_ERR_NO_MEMORY;
    sp->job = (struct worker_job){.run = say_sentence_run, .done = done};
    sp->say = s;
    sp->events = *events;
    sp->arg = arg;
    sp->language = child->language;
    sp->format = format;
    atomic_init(&sp->dropped, false);
    sp->link = &s->replies;
    sp->next = s->replies;
    if (sp->next)
        sp->next->link = &sp->next;
    s->replies = sp;
    s->counts.replies++;
    *out = sp;
    return 0;
}

static int say(struct speech *sp, const char *sentence, size_t len)
{
    int err;
    if (sp->ended)
        return ROOST_ERR_STATE;
    if (sp->working)
        return ROOST_ERR_BUSY;
    if (len > SAY_TEXT_MAX)
        return ROOST_ERR_TOO_LONG;
    sp->text_len = spoken_text(sp->text, sizeof sp->text, sp->language, sentence, len);
    sp->working = true; /* the job may run inside the push */
    err = worker_push(sp->say->worker, &sp->job);
    if (err) {
        sp->working = false;
        sp->say->counts.refused++;
        return err;
    }
    sp->say->counts.sentences++;
    return 0;
}

/* What is left in the encoder is a twentieth of a second: no work for the pool. */
static int end(struct speech *sp)
{
    struct piece *over;
    if (sp->ended)
        return ROOST_ERR_STATE;
    if (sp->working)
        return ROOST_ERR_BUSY;
    over = say_new_piece(sp, 0);
    if (!over)
        return ROOST_ERR_NO_MEMORY;
    sp->ended = true;
    sp->err = 0;
    over->end = true;
    over->err = sp->encoder ? encoder_end(sp->encoder) : 0;
    if (!over->err)
        over->err = sp->err;
    if (!over->err)
        over->err = say_flush(sp);
    hold_loop(sp->say, sp->say->ending + 1);
    say_post(sp->say, over);
    return 0;
}

/* Its thread, or the piece that tells of its end, still has it; else it goes at once. */
static void cancel(struct speech *sp)
{
    sp->say->counts.cancelled++;
    atomic_store(&sp->dropped, true);
    if (!sp->working && !sp->ended)
        free_speech(sp);
}

struct speak say_provider(struct say *s)
{
    static const struct speech_ops ops = {start, say, end, cancel};
    return (struct speak){&ops, s};
}

struct say_counts say_counts(const struct say *s)
{
    return s->counts;
}

void say_turn(struct say *s)
{
    do
        deliver(s);
    while (worker_turn(s->worker) > 0);
}

/* ---- open, close ---- */

static int open_async(struct say *s, uv_loop_t *loop)
{
    if (!loop)
        return 0;
    s->async = calloc(1, sizeof *s->async);
    if (!s->async || uv_async_init(loop, s->async, on_async) != 0) {
        free(s->async);
        s->async = NULL;
        return ROOST_ERR_NO_MEMORY;
    }
    s->async->data = s;
    hold_loop(s, 0);
    return 0;
}

static int open_parts(struct say *s, struct uv_loop_s *loop, const struct say_options *options,
                      size_t threads, struct why *why)
{
    int err = open_async(s, loop);
    if (!err)
        err = say_flite_open();
    if (!err)
        err = worker_new(&s->worker, loop, threads, threads + options->queue);
    if (err)
        return why_not(why, err, "the voice's threads cannot be made");
    if (options->espeak)
        err = say_espeak_open(&s->espeak, options->espeak, threads, why);
    return err;
}

int say_open(struct say **out, struct uv_loop_s *loop, const struct say_options *options,
             struct why *why)
{
    size_t threads = options->threads ? options->threads : uv_available_parallelism();
    struct say *s = calloc(1, sizeof *s);
    int err;
    if (!s || uv_mutex_init(&s->mutex) != 0) {
        free(s);
        return why_not(why, ROOST_ERR_NO_MEMORY, "out of memory");
    }
    threads = threads > WORKER_THREADS_MAX ? WORKER_THREADS_MAX : threads;
    s->last = &s->first;
    s->voice = options->voice;
    err = open_parts(s, loop, options, threads, why);
    if (err)
        say_close(s);
    else
        *out = s;
    return err;
}

static void on_closed(uv_handle_t *handle)
{
    free(handle);
}

void say_close(struct say *s)
{
    s->closing = true;
    for (struct speech *sp = s->replies; sp; sp = sp->next)
        atomic_store(&sp->dropped, true);
    if (s->worker)
        worker_close(s->worker, false);
    deliver(s);
    for (struct speech *sp = s->replies, *next; sp; sp = next) {
        next = sp->next;
        free_speech(sp);
    }
    if (s->espeak)
        say_espeak_close(s->espeak);
    if (s->async)
        uv_close((uv_handle_t *)s->async, on_closed);
    uv_mutex_destroy(&s->mutex);
    free(s);
}
