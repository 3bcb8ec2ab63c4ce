/* SPDX-License-Identifier: Apache-2.0 */
/*
 * PocketSphinx, as one turn of a child needs it: the general language model and that of what is
 * said to the teddy interpolated, a small dictionary, the child's vocal tract by its age group,
 * and nothing kept from turn to turn. Long turns are decoded piece by piece, cut in pauses, so
 * that the second pass over a piece is over before the child is. Blocks; the models and all their
 * decoders belong to one thread at a time (a language model remembers what was asked last).
 * Depends on PocketSphinx, hub/child.h.
 *
 *     decoder_models_open(&models, &where, &why);      about 40 MB
 *     decoder_new(&decoder, models);                   about 17 MB
 *     decoder_begin(decoder, CHILD_6_8);
 *     decoder_feed(decoder, pcm, samples) ...
 *     decoder_end(decoder, &heard);                    heard.text until the next begin
 */
#ifndef ROOST_HUB_SPEECH_DECODER_H
#define ROOST_HUB_SPEECH_DECODER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "host/why.h"
#include "hub/child.h"

enum { DECODER_RATE_HZ = 16000, DECODER_TEXT_MAX = 2048 };

/* Where the models are; texts borrowed for the call. */
struct decoder_where {
    const char *package;           /* Debian's models: en-us/ and en-us.lm.bin in it */
    const char *built;             /* en.lm and en.dict in it (tools/speech) */
    double warp[CHILD_AGE_GROUPS]; /* 1: as a grown-up; up to 2 */
};

struct decoder_heard {
    const char *text; /* words between spaces, "" when nothing was understood */
    bool unsure;      /* better asked again: by language model and the least certain word */
};

struct decoder_models;
struct decoder;

/* Returns 0, ROOST_ERR_NOT_FOUND, ROOST_ERR_CORRUPT or ROOST_ERR_NO_MEMORY with `why` set. */
int decoder_models_open(struct decoder_models **models, const struct decoder_where *where,
                        struct why *why);
/* All its decoders first. */
void decoder_models_close(struct decoder_models *models);

/* Returns 0 or ROOST_ERR_NO_MEMORY. */
int decoder_new(struct decoder **decoder, struct decoder_models *models);
void decoder_free(struct decoder *decoder);

/* As a fresh one, whatever was before. Returns 0 or ROOST_ERR_FAULT. */
int decoder_begin(struct decoder *decoder, enum child_age_group group);
/* Costs about a tenth of the sound's duration. Returns 0 or ROOST_ERR_FAULT. */
int decoder_feed(struct decoder *decoder, const int16_t *pcm, size_t samples);
/* Returns 0 or ROOST_ERR_FAULT. */
int decoder_end(struct decoder *decoder, struct decoder_heard *heard);
/* Ends a turn of which nothing is wanted any more, and wipes it. */
void decoder_drop(struct decoder *decoder);

#endif
