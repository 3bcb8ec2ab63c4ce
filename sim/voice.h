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

struct sim_voice {
    struct sim_clock *clock;
    struct sim_random random;
    struct voice_providers providers;
    struct voice_guard guard;
    struct voice_book book;
    struct voice_parts parts;
    struct hub_extra extras[2];

    bool stalled;                 /* fault: no provider gives a sign of life */
    uint32_t failing_per_million; /* of turns, replies and sentences */
    bool no_consent;

    struct hear_turn *turns;
    struct answer_talk *talks;
    struct speech *speeches;
    struct sim_question *questions;
    uint64_t heard, answered, said, failed, samples;
};

void sim_voice_init(struct sim_voice *voice, struct sim_clock *clock);
/* The hub's process is gone, and whatever asked with it. */
void sim_voice_crash(struct sim_voice *voice);
/* Turns, talks that were asked, and speeches that are under way. */
size_t sim_voice_live(const struct sim_voice *voice);

/* voice_book.c, for voice.c: runs one question that is due; when the next is; drops all. */
extern const struct voice_guard_ops sim_guard_ops;
extern const struct voice_book_ops sim_book_ops;
bool sim_book_run(struct sim_voice *voice);
uint64_t sim_book_due(const struct sim_voice *voice);
void sim_book_forget(struct sim_voice *voice);

#endif
