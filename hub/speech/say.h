/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The voice of hub/voice/provider.h that needs nobody else: English by flite, Arabic by espeak-ng,
 * as PCM, MP3 or Opus, on a bounded pool of threads. Sound comes while the sentence is still being
 * made, the first of it early; a reply's sentences follow each other in one stream of one encoder,
 * so order is kept by itself. Depends on libuv, hub/worker.h, hub/voice/provider.h.
 *
 *     say_open(&say, loop, &options, &why);
 *     providers.speak = say_provider(say);
 */
#ifndef ROOST_HUB_SPEECH_SAY_H
#define ROOST_HUB_SPEECH_SAY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"
#include "hub/speech/say_flite.h"
#include "hub/voice/provider.h"

struct uv_loop_s;

enum {
    SAY_TEXT_MAX = 2000,          /* bytes of a sentence */
    SAY_SENTENCE_MS_MAX = 180000, /* of sound: a voice that does not stop is stopped */
    SAY_REPLIES_MAX = 4096,
    SAY_FIRST_MS = 60,  /* the first piece of a sentence; further ones are SAY_PIECE_MS */
    SAY_PIECE_MS = 180, /* PCM: 5,760 bytes, as a device takes them */
};

struct say_options {
    enum say_flite_voice voice;
    const char *espeak; /* the program; NULL: no Arabic */
    size_t threads;     /* 0: one a core */
    size_t queue;       /* sentences that wait for a thread */
};

/* All since the start. */
struct say_counts {
    uint64_t sentences, refused, cancelled, failed;
    uint64_t cpu_ms, sound_ms; /* of this process */
    size_t replies;            /* now */
};

struct say;

/* loop NULL: no threads; say_turn() tells. Returns 0 or an error with `why` set. */
int say_open(struct say **say, struct uv_loop_s *loop, const struct say_options *options,
             struct why *why);
/* Ends what is under way without a word. The loop needs to turn once more. */
void say_close(struct say *say);

struct speak say_provider(struct say *say);
struct say_counts say_counts(const struct say *say);

/* Mode without a loop. */
void say_turn(struct say *say);

#endif
