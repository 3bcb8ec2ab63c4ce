/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The recogniser of hub/voice/provider.h that needs nobody else: PocketSphinx on threads of its
 * own, as many turns at once as there are decoders. A turn is recognised while it is spoken; what
 * holds no voice never gets as far as a decoder. A turn keeps its decoder to its end; further ones
 * wait with their sound, and whoever finds no room to wait is told at once. English.
 *
 *     feed -> [inbox] -- job --> thread of a lane: voice gate -> decoder -- done --> heard
 *
 * Each lane is one thread with one copy of the language models (which are not for two threads) and
 * its share of the decoders, made when first needed. Depends on libuv, hub/worker.h,
 * hub/voice/provider.h.
 *
 *     hear_sphinx_open(&sphinx, loop, &options, &why);
 *     providers.hear = hear_sphinx_provider(sphinx);
 */
#ifndef ROOST_HUB_SPEECH_HEAR_POCKETSPHINX_H
#define ROOST_HUB_SPEECH_HEAR_POCKETSPHINX_H

#include <stddef.h>
#include <stdint.h>

#include "host/why.h"
#include "hub/speech/decoder.h"
#include "hub/voice/provider.h"

struct uv_loop_s;

enum {
    HEAR_SPHINX_LANES_MAX = 8,
    HEAR_SPHINX_DECODERS_MAX = 256,
    HEAR_SPHINX_TURN_MS_MAX = 31000, /* a turn's sound; the service cuts at 30 s */
};

struct hear_sphinx_options {
    struct decoder_where where;
    size_t lanes;    /* threads; 0: one a core */
    size_t decoders; /* turns at once */
    size_t queue;    /* turns that wait for one */
};

/* All since the start. */
struct hear_sphinx_counts {
    uint64_t started, heard, silent, unsure, refused, cancelled, failed;
    uint64_t cpu_ms, sound_ms; /* of what was recognised */
    size_t now, waiting;       /* turns */
};

struct hear_sphinx;

/* Reads the models and makes the first decoder, which takes about half a second. loop NULL: no
 * threads; hear_sphinx_turn() does the work. Returns 0 or an error with `why` set. */
int hear_sphinx_open(struct hear_sphinx **sphinx, struct uv_loop_s *loop,
                     const struct hear_sphinx_options *options, struct why *why);
/* Ends what is under way without a word. The loop needs to turn once more. */
void hear_sphinx_close(struct hear_sphinx *sphinx);

struct hear hear_sphinx_provider(struct hear_sphinx *sphinx);
struct hear_sphinx_counts hear_sphinx_counts(const struct hear_sphinx *sphinx);

/* Mode without a loop: does and tells what there is to do. */
void hear_sphinx_turn(struct hear_sphinx *sphinx);

#endif
