/* SPDX-License-Identifier: Apache-2.0 */
#include <time.h>

#include "hub/speech/hear_internal.h"

static uint64_t cpu_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return (uint64_t)now.tv_sec * 1000000000U + (uint64_t)now.tv_nsec;
}

/* The turn's decoder, made if it is not there yet. */
static int prepare(struct hear_turn *t)
{
    struct why why;
    int err = 0;
    if (!t->lane->models)
        err = decoder_models_open(&t->lane->models, &t->sphinx->where, &why);
    if (!err && !t->seat->decoder)
        err = decoder_new(&t->seat->decoder, t->lane->models);
    return err;
}

/* What was said in front of the moment at which the voice was clear belongs to it. */
static int begin(struct hear_turn *t)
{
    size_t clear = t->gate.samples - t->work_from; /* in the work */
    size_t from = clear > HEAR_BEFORE_VOICE ? clear - HEAR_BEFORE_VOICE : 0;
    int err = prepare(t);
    if (!err)
        err = decoder_begin(t->seat->decoder, t->group);
    t->voice = !err;
    t->at = from * sizeof(int16_t);
    return err;
}

static int take(struct hear_turn *t, size_t bytes)
{
    const int16_t *pcm = (const int16_t *)(const void *)(t->work.at + t->at);
    size_t samples = bytes / sizeof *pcm;
    int err = 0;
    if (!t->voice && voice_gate_feed(&t->gate, pcm, samples))
        return begin(t);
    if (t->voice)
        err = decoder_feed(t->seat->decoder, pcm, samples);
    t->at += bytes;
    return err;
}

/* Takes one step of the work, and looks for the end. */
static void step(struct hear_turn *t)
{
    size_t rest = t->work.len - t->at;
    size_t some = rest < HEAR_STEP * sizeof(int16_t) ? rest : HEAR_STEP * sizeof(int16_t);
    if (some > 0 && !t->err)
        t->err = take(t, some);
    if (!t->err && t->at == t->work.len && t->last) {
        if (t->voice)
            t->err = decoder_end(t->seat->decoder, &t->heard);
        t->over = true;
    }
    if (t->err) {
        t->over = true;
        if (t->seat->decoder)
            decoder_drop(t->seat->decoder);
    }
}

void hear_turn_run(struct worker_job *job, size_t thread)
{
    struct hear_turn *t = (struct hear_turn *)job;
    uint64_t before = cpu_ns();
    (void)thread;
    if (atomic_load(&t->dropped)) {
        if (t->voice)
            decoder_drop(t->seat->decoder);
        t->voice = false;
    } else if (!t->over) {
        step(t);
    }
    t->cpu_ns += cpu_ns() - before;
}
