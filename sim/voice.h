/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the voice service of the simulated hub is given: providers that take their time in virtual
 * time and now and then fail, by a seed; a gate that knows one word; a book in which every child
 * has consent until a test says otherwise. They live in the hub's process: a crash takes with it
 * what was under way. Everything happens in struct voice_parts' run, which the service's tick
 * calls. Depends on hub/voice/voice.h, port/sim/clock.h.
 *
 *     sim_voice_init(&voice, &sim.clock);
 *     hub.extras = voice.extras;
 *     voice.stalled = true;                 fault: nobody answers any more
 *     ...
 *     assert(sim_voice_live(&voice) == 0);  once nobody talks
 */
#ifndef ROOST_SIM_VOICE_H
#define ROOST_SIM_VOICE_H

#include "hub/voice/voice.h"
#include "port/sim/clock.h"

#define SIM_VOICE_BAD_WORD "forbidden"

struct sim_question;

/* What a run knows of those who talk. */
struct sim_voice_ops {
    /* A turn of that child's is being heard; what is returned is handed to the others. */
    void *(*begins)(void *ctx, const char *child_name);
    void (*sound)(void *speaker, const int16_t *pcm, size_t samples);
    /* What was said; NULL: nothing at all. Borrowed until the next call. */
    const char *(*words)(void *speaker);
};

struct sim_voice {
    struct sim_clock *clock;
    struct sim_random random;
    struct voice_providers providers;
    struct voice_guard guard;
    struct voice_book book;
    struct voice_parts parts;
    struct hub_extra extras[2];

    bool stalled;                 /* fault: no provider gives a sign of life */
    bool slow;                    /* fault: they take ten times as long */
    uint32_t failing_per_million; /* of turns, replies and sentences */
    uint32_t full_per_million;    /* of what they are asked is refused as too much */
    bool book_away;               /* fault: the book answers an error */
    bool no_consent;
    /* NULL: every child has consent, and says something or other. Else the registry says who does.
     */
    const struct sim_voice_ops *ops;
    void *ops_ctx;
    struct voice_book kept; /* of the registry */
    /* The service's: what is known of a child has changed. NULL: there is no service. */
    void (*changed)(void *arg, const char *child_id);
    void *changed_arg;

    struct hear_turn *turns;
    struct answer_talk *talks;
    struct speech *speeches;
    struct sim_question *questions;
    uint64_t heard, answered, said, failed, refused, samples;
};

void sim_voice_init(struct sim_voice *voice, struct sim_clock *clock);
/* The hub's process is gone, and whatever asked with it. */
void sim_voice_crash(struct sim_voice *voice);
/* The book says something else of this child now. Between two events. */
void sim_voice_changed(struct sim_voice *voice, const char *child_id);
/* Turns, talks that were asked, and speeches that are under way. */
size_t sim_voice_live(const struct sim_voice *voice);

/* voice_book.c, for voice.c: runs one question that is due; when the next is; drops all. */
extern const struct voice_guard_ops sim_guard_ops;
extern const struct voice_book_ops sim_book_ops;
bool sim_book_run(struct sim_voice *voice);
uint64_t sim_book_due(const struct sim_voice *voice);
void sim_book_forget(struct sim_voice *voice);

#endif
