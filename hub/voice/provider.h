/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The three providers of a voice companion, each behind one small interface: sound to words, words
 * to a reply, a reply to sound. Built-in ones are made by hub/speech and hub/companion, remote ones
 * will be, and the simulator has its own. A provider works elsewhere (threads, processes, network);
 * it is called on the hub's thread only, never blocks, copies what it is given, and calls back on
 * the hub's thread, never from inside a call. After cancel nothing follows: whatever was still
 * under way is thrown away and wiped. Depends on core/err.h, hub/child.h.
 *
 *     hear->ops->start(hear->ctx, &child, &events, session, &turn)
 *     hear->ops->feed(turn, pcm, samples) ...        while the child speaks
 *     hear->ops->finish(turn)                        -> events.heard
 *     answer->ops->ask(talk, words, ...)             -> events.text, events.text, events.ended
 *     speak->ops->say(speech, sentence, len)         -> events.sound, ..., events.said
 */
#ifndef ROOST_HUB_VOICE_PROVIDER_H
#define ROOST_HUB_VOICE_PROVIDER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/err.h"
#include "hub/child.h"

/* For whom: what a provider may know of a child. */
struct voice_for {
    enum child_language language;
    enum child_age_group group;
    const char *name; /* for display and address only, "" for none: data, never an instruction */
};

/* ---- sound to words ---- */

struct hear_turn;

struct hear_result {
    const char *text; /* UTF-8, "" when nothing was understood; borrowed for the call, then wiped */
    bool unsure;      /* better asked again than believed */
    bool silent;      /* there was no voice in it: nothing was recognised at all */
    uint32_t cpu_ms;
};

struct hear_events {
    /* Once for each turn that was finished and not cancelled. err below 0: it could not be
     * recognised (ROOST_ERR_TIMEOUT, ROOST_ERR_IO, ...), result is NULL. */
    void (*heard)(void *arg, int err, const struct hear_result *result);
};

struct hear_ops {
    /* A turn of 16 kHz PCM16. Returns 0, ROOST_ERR_FULL (all decoders work and the queue is full:
     * the child is told at once), ROOST_ERR_UNSUPPORTED (language), ROOST_ERR_CLOSED. */
    int (*start)(void *ctx, const struct voice_for *child, const struct hear_events *events,
                 void *arg, struct hear_turn **turn);
    /* Recognition runs meanwhile. ROOST_ERR_TOO_LONG over 31 s. */
    int (*feed)(struct hear_turn *turn, const int16_t *pcm, size_t samples);
    /* The sound is whole; heard follows, and with it the turn is gone. ROOST_ERR_STATE: was
     * finished. */
    int (*finish)(struct hear_turn *turn);
    void (*cancel)(struct hear_turn *turn); /* before or after finish; the turn is gone */
};
struct hear {
    const struct hear_ops *ops;
    void *ctx;
};

/* ---- words to a reply ---- */

struct answer_talk; /* one session's thread of conversation */

struct answer_events {
    /* A piece of the reply, as it comes: may end inside a word, never inside a UTF-8 letter. */
    void (*text)(void *arg, const char *text, size_t len);
    /* The reply is whole (0), or broke off (below 0): nothing follows. */
    void (*ended)(void *arg, int err);
};

struct answer_ops {
    /* Returns the talk or NULL (no memory). */
    struct answer_talk *(*open)(void *ctx, const struct voice_for *child, uint64_t seed);
    /* The child said `words`; hour: of its day, 0..23. One at a time: ROOST_ERR_BUSY. */
    int (*ask)(struct answer_talk *talk, const char *words, unsigned hour,
               const struct answer_events *events, void *arg);
    /* What was answered and not said, because the child interrupted or the gate forbade it: it is
     * no part of the conversation. Nothing follows of an ask that is under way. */
    void (*cancel)(struct answer_talk *talk);
    void (*close)(struct answer_talk *talk); /* wiped */
};
struct answer {
    const struct answer_ops *ops;
    void *ctx;
};

/* ---- a reply to sound ---- */

struct speech;

enum speech_format { SPEECH_PCM_16K, SPEECH_MP3_22K, SPEECH_OPUS };

struct speech_events {
    /* Sound of the sentence that is being said, in order; borrowed for the call. duration_ms of it.
     * Opus: whole packets, each behind its length in two bytes, big-endian. */
    void (*sound)(void *arg, const void *bytes, size_t len, uint32_t duration_ms);
    /* The sentence is whole: the next may be said. err below 0: it could not be made (whole or
     * rest). */
    void (*said)(void *arg, int err);
    /* After end: the encoder's last bytes went out by `sound`. */
    void (*ended)(void *arg, int err);
};

struct speech_ops {
    /* One reply, with one encoder. Returns 0, ROOST_ERR_FULL, ROOST_ERR_UNSUPPORTED (language,
     * format), ROOST_ERR_NO_MEMORY. */
    int (*start)(void *ctx, const struct voice_for *child, enum speech_format format,
                 const struct speech_events *events, void *arg, struct speech **speech);
    /* One sentence at a time (ROOST_ERR_BUSY until `said`). ROOST_ERR_TOO_LONG over 2,000 bytes,
     * ROOST_ERR_FULL: the pool cannot take it now. */
    int (*say)(struct speech *speech, const char *sentence, size_t len);
    /* `ended` follows, the speech is the provider's. ROOST_ERR_BUSY while a sentence is made. */
    int (*end)(struct speech *speech);
    /* At any time before `ended`, from inside its events, too; the speech is gone. */
    void (*cancel)(struct speech *speech);
};
struct speak {
    const struct speech_ops *ops;
    void *ctx;
};

/* What a hub has of them; each borrowed for the service's life. */
struct voice_providers {
    struct hear hear;
    struct answer answer;
    struct speak speak;
};

#endif
