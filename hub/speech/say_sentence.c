/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "core/err.h"
#include "hub/speech/say_internal.h"

enum {
    QUIET = 150,  /* an amplitude nobody hears: silence in front of a sentence goes */
    KEPT_MS = 30, /* but this much */
};

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

static bool is_dropped(void *arg)
{
    return atomic_load(&((struct speech *)arg)->dropped);
}

void say_post(struct say *s, struct piece *p)
{
    p->next = NULL;
    uv_mutex_lock(&s->mutex);
    *s->last = p;
    s->last = &p->next;
    uv_mutex_unlock(&s->mutex);
    if (s->async)
        uv_async_send(s->async);
}

struct piece *say_new_piece(struct speech *sp, size_t len)
{
    struct piece *p = calloc(1, sizeof *p + len);
    if (p) {
        p->speech = sp;
        p->len = len;
    }
    return p;
}

/* Sends what came out of the encoder. Fractions of a millisecond are carried on. */
int say_flush(struct speech *sp)
{
    struct piece *p;
    if (sp->out.len == 0)
        return 0;
    p = say_new_piece(sp, sp->out.len);
    if (!p)
        return ROOST_ERR_NO_MEMORY;
    memcpy(p->bytes, sp->out.at, sp->out.len);
    p->duration_ms = sp->out_us / 1000;
    sp->out_us %= 1000;
    sp->sound_ms += p->duration_ms;
    sp->told = true;
    wiped_clear(&sp->out);
    say_post(sp->say, p);
    return 0;
}

static void on_encoded(void *arg, const void *bytes, size_t len, uint32_t duration_us)
{
    struct speech *sp = arg;
    uint32_t enough_ms = sp->told ? SAY_PIECE_MS : SAY_FIRST_MS;
    int err = wiped_add(&sp->out, bytes, len);
    sp->out_us += duration_us;
    if (!err && (sp->format == SPEECH_OPUS || sp->out_us >= enough_ms * 1000))
        err = say_flush(sp);
    if (err)
        sp->err = err;
}

/* How many of the samples are silence in front of the sentence, but for a little. */
static size_t silence(struct speech *sp, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    size_t quiet = 0, kept = rate_hz * KEPT_MS / 1000;
    if (sp->began)
        return 0;
    while (quiet < samples && pcm[quiet] < QUIET && pcm[quiet] > -QUIET)
        quiet++;
    sp->began = quiet < samples;
    return !sp->began ? samples : quiet > kept ? quiet - kept : 0;
}

static int on_sound(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    struct speech *sp = arg;
    size_t dropped = silence(sp, rate_hz, pcm, samples);
    pcm += dropped;
    samples -= dropped;
    if (is_dropped(sp))
        return ROOST_ERR_CLOSED;
    if (sp->sound_ms > SAY_SENTENCE_MS_MAX)
        return ROOST_ERR_TOO_LONG;
    while (samples > 0 && !sp->err) {
        size_t some = samples < ENCODER_PUT_MAX ? samples : ENCODER_PUT_MAX;
        int err = encoder_put(sp->encoder, rate_hz, pcm, some);
        if (err)
            sp->err = err;
        pcm += some;
        samples -= some;
    }
    return sp->err;
}

static int speak_it(struct speech *sp)
{
    int err = 0;
    if (!sp->encoder)
        err = encoder_open(&sp->encoder, sp->format, on_encoded, sp);
    if (err || sp->text_len == 0)
        return err;
    err = sp->language == CHILD_AR ? say_espeak(sp->say->espeak, sp->text, is_dropped, on_sound, sp)
                                   : say_flite(sp->say->voice, sp->text, on_sound, sp);
    return err;
}

void say_sentence_run(struct worker_job *job, size_t thread)
{
    struct speech *sp = (struct speech *)job;
    uint64_t before = cpu_ns();
    int err;
    (void)thread;
    sp->began = sp->told = false;
    sp->sound_ms = 0;
    sp->err = 0;
    if (is_dropped(sp))
        return;
    err = speak_it(sp);
    if (!sp->err)
        sp->err = err;
    err = say_flush(sp); /* of a sentence that broke off, what there is */
    if (!sp->err)
        sp->err = err;
    explicit_bzero(sp->text, sp->text_len);
    sp->cpu_ns = cpu_ns() - before;
}
