/* SPDX-License-Identifier: Apache-2.0 */
/* What hear_pocketsphinx.c (the loop's thread) and hear_turn.c (a lane's thread) share; for those
 * two only. */
#ifndef ROOST_HUB_SPEECH_HEAR_INTERNAL_H
#define ROOST_HUB_SPEECH_HEAR_INTERNAL_H

#include <stdatomic.h>
#include <stdbool.h>

#include "hub/speech/hear_pocketsphinx.h"
#include "hub/speech/voice_gate.h"
#include "hub/speech/wiped.h"
#include "hub/worker.h"

enum {
    HEAR_STEP = 4096, /* samples of a job: 256 ms of sound, about 30 ms of work */
    HEAR_BEFORE_VOICE =
        12800, /* samples in front of the moment a voice is recognised as one: 800 ms */
    HEAR_TURN_MAX = HEAR_SPHINX_TURN_MS_MAX / 1000 * DECODER_RATE_HZ,
};

/* A decoder and who has it. */
struct seat {
    struct decoder *decoder; /* made by the lane's thread; the turn's */
    bool taken;
};

struct lane {
    struct worker *worker; /* one thread */
    struct decoder_models *models;
    struct seat *seats;
    size_t seat_count, taken;
};

struct hear_sphinx {
    struct lane lanes[HEAR_SPHINX_LANES_MAX];
    size_t lane_count, queue_max;
    struct decoder_where where;
    char package[512], built[512]; /* of where */
    struct hear_turn *seated;      /* each with a decoder */
    struct hear_turn *waiting;     /* oldest first */
    struct hear_sphinx_counts counts;
    bool closing;
};

/* The loop's thread has the first part, the lane's thread the second while a job is under way. */
struct hear_turn {
    struct worker_job job;
    struct hear_sphinx *sphinx;
    struct hear_turn *next, **link; /* of sphinx->turns, or of those that wait */
    struct hear_events events;
    void *arg;
    struct lane *lane; /* NULL: waits for a seat */
    struct seat *seat;
    struct wiped inbox;
    size_t fed; /* samples so far */
    bool working, finished;

    atomic_bool dropped; /* told by the loop's thread at any time */

    enum child_age_group group;
    struct wiped work;
    size_t at;        /* bytes of work that are done */
    size_t work_from; /* samples of the turn in front of the work */
    bool last;        /* behind this work there is none */
    bool over;        /* there is a result */
    bool voice;       /* the decoder has begun */
    struct voice_gate gate;
    struct decoder_heard heard;
    uint64_t cpu_ns;
    int err;
};

/* The job of a turn: takes a step of its work, or drops it. */
void hear_turn_run(struct worker_job *job, size_t thread);

#endif
