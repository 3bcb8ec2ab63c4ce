/* SPDX-License-Identifier: Apache-2.0 */
/* What say.c (the loop's thread) and say_sentence.c (the pool's threads) share; for those two only.
 */
#ifndef ROOST_HUB_SPEECH_SAY_INTERNAL_H
#define ROOST_HUB_SPEECH_SAY_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <uv.h>

#include "hub/speech/encoder.h"
#include "hub/speech/say.h"
#include "hub/speech/say_espeak.h"
#include "hub/speech/wiped.h"
#include "hub/worker.h"

enum { SAY_SPOKEN_MAX = 3 * SAY_TEXT_MAX + 1 };

/* Sound on its way to the loop's thread. */
struct piece {
    struct piece *next;
    struct speech *speech;
    size_t len;
    uint32_t duration_ms;
    bool end; /* none: the reply is over */
    int err;
    uint8_t bytes[];
};

struct say {
    struct worker *worker;
    struct uv_loop_s *loop;
    struct say_espeak *espeak; /* NULL: none */
    enum say_flite_voice voice;
    struct speech *replies;
    struct say_counts counts;
    size_t ending; /* replies whose end is still to be told: they keep the loop alive */
    bool closing;

    uv_async_t *async; /* NULL without a loop; frees itself */
    uv_mutex_t mutex;  /* over what is below */
    struct piece *first, **last;
};

/* The loop's thread has the first part, the pool's thread the second while a job is under way. */
struct speech {
    struct worker_job job;
    struct say *say;
    struct speech *next, **link;
    struct speech_events events;
    void *arg;
    bool working, ended;

    atomic_bool dropped;

    enum child_language language;
    enum speech_format format;
    struct encoder *encoder; /* made by the first sentence */
    char text[SAY_SPOKEN_MAX];
    size_t text_len;
    bool began; /* this sentence's leading silence is over */
    bool told;  /* a piece of it went out */
    struct wiped out;
    uint32_t out_us, sound_ms;
    uint64_t cpu_ns;
    int err;
};

/* The job of a sentence. */
void say_sentence_run(struct worker_job *job, size_t thread);

/* Sends what came out of the encoder. Returns 0 or ROOST_ERR_NO_MEMORY. */
int say_flush(struct speech *speech);
struct piece *say_new_piece(struct speech *speech, size_t len);
/* To the loop's thread, from any. */
void say_post(struct say *say, struct piece *piece);

#endif
