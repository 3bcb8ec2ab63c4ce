/* SPDX-License-Identifier: Apache-2.0 */
/*
 * For tests of hub/speech and programs that measure it: a sentence as a child's sound, and one turn
 * after the other on a loop.
 */
#ifndef ROOST_HUB_SPEECH_SPEECH_RIG_H
#define ROOST_HUB_SPEECH_SPEECH_RIG_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

#include "core/err.h"
#include "hub/speech/hear_pocketsphinx.h"
#include "hub/speech/say_flite.h"
#include "hub/speech/speech.h"

enum { RIG_CHUNK = 2048 /* samples of 4096 bytes */, RIG_MAX = 31 * 16000 };

struct rig_sound {
    int16_t pcm[RIG_MAX];
    size_t samples;
};

static inline int rig_keep(void *arg, uint32_t rate_hz, const int16_t *pcm, size_t samples)
{
    struct rig_sound *s = arg;
    (void)rate_hz; /* flite's is 16 kHz */
    if (samples > RIG_MAX - s->samples)
        return ROOST_ERR_FULL;
    memcpy(s->pcm + s->samples, pcm, samples * sizeof *pcm);
    s->samples += samples;
    return 0;
}

/* Appends a sentence. flite draws the noise of its voices from rand(): the same sentence shall be
 * the same sound. */
static inline void rig_speak(struct rig_sound *s, enum say_flite_voice voice, const char *text,
                             double gain)
{
    size_t from = s->samples;
    srand(1);
    if (say_flite_open() != 0 || say_flite(voice, text, rig_keep, s) != 0)
        abort();
    for (size_t i = from; i < s->samples; i++)
        s->pcm[i] = (int16_t)(s->pcm[i] * gain);
}

static inline void rig_pause(struct rig_sound *s, size_t ms)
{
    memset(s->pcm + s->samples, 0, ms * 16 * sizeof *s->pcm);
    s->samples += ms * 16;
}

/* What became of a turn. */
struct rig_heard {
    unsigned told;
    int err;
    bool unsure, silent;
    char text[DECODER_TEXT_MAX];
};

static inline void rig_on_heard(void *arg, int err, const struct hear_result *result)
{
    struct rig_heard *h = arg;
    h->told++;
    h->err = err;
    if (!result)
        return;
    h->unsure = result->unsure;
    h->silent = result->silent;
    snprintf(h->text, sizeof h->text, "%s", result->text);
}

static const struct hear_events rig_events = {rig_on_heard};

/* Feeds it chunk by chunk, as a device sends it; does not end it. */
static inline int rig_feed(struct hear hear, struct hear_turn *turn, const struct rig_sound *s)
{
    int err = 0;
    for (size_t at = 0; at < s->samples && !err; at += RIG_CHUNK)
        err = hear.ops->feed(turn, s->pcm + at,
                             s->samples - at < RIG_CHUNK ? s->samples - at : RIG_CHUNK);
    return err;
}

static inline void rig_run(uv_loop_t *loop, const struct rig_heard *h)
{
    while (!h->told)
        uv_run(loop, UV_RUN_ONCE);
}

static inline void rig_turn(uv_loop_t *loop, struct hear hear, enum child_age_group group,
                            const struct rig_sound *s, struct rig_heard *h)
{
    struct voice_for child = {CHILD_EN, group, ""};
    struct hear_turn *turn;
    *h = (struct rig_heard){0};
    if (hear.ops->start(hear.ctx, &child, &rig_events, h, &turn) != 0 ||
        rig_feed(hear, turn, s) != 0 || hear.ops->finish(turn) != 0)
        abort();
    rig_run(loop, h);
}

#endif
