/* SPDX-License-Identifier: Apache-2.0 */
/* What a turn means in its thread. */
#include <string.h>

#include "core/fnv.h"
#include "hub/companion/companion_internal.h"

#define AGREED 0.7F
enum { THING_WORDS_MAX = 8, TRIES = 4 };

void companion_thread_init(struct companion_thread *thread, uint64_t seed)
{
    memset(thread, 0, sizeof *thread);
    thread->random = seed;
}

/* The turn means the intent that does this, or begins with a word that alone means it. */
static bool means(const struct talk *talk, enum companion_do act)
{
    const struct tongue *tongue = talk->tongue;
    const struct intent *intent = &tongue->intents.at[tongue->by_act[act] - 1];
    if (talk_match_patterns(tongue, talk->heard, intent->hear, true, NULL) >= AGREED)
        return true;
    if (talk->found.score >= CLEARLY && !talk->found.bare)
        return false;
    for (unsigned i = 0; i < intent->hear.count; i++) {
        const struct pattern *p = &tongue->patterns.at[intent->hear.first + i];
        const struct element *element = &tongue->elements.at[p->first];
        if (p->count == 1 && element->kind == E_WORD && talk->heard->candidates[0] &&
            talk->heard->word[0][0] == element->word && talk->heard->likeness[0][0] == STRONG)
            return true;
    }
    return false;
}

static void reply(struct talk *talk)
{
    const struct heard *heard = talk->heard;
    if (!heard->count) {
        talk->kept = true;
        talk_speak_named(talk->voice, COMPANION_LINE_DID_NOT_HEAR);
        return;
    }
    talk_match_intents(talk->tongue, heard, &talk->found);
    if (talk->found.score >= SURE)
        talk->act = (enum companion_do)talk->tongue->intents.at[talk->found.intent].act;
    talk->yes = means(talk, DO_YES);
    talk->no = !talk->yes && means(talk, DO_NO);
    if (talk_open_looks(talk))
        return;
    uint16_t thing = talk_heard_thing(talk->tongue, heard, NONE);
    if (talk->found.score >= SURE) {
        talk_answer(talk, talk->found.intent);
    } else if (thing != NONE && heard->count <= THING_WORDS_MAX && !heard->negates) {
        /* "And a horse?" of sounds; or at least it knows something about that. */
        uint16_t last = talk->thread->intent;
        if (last && last <= talk->tongue->intents.count &&
            talk->tongue->intents.at[last - 1].act == DO_SOUND) {
            talk->found.slots.thing = thing;
            talk_answer(talk, (uint16_t)(last - 1));
            return;
        }
        talk->thread->misses = 0;
        talk->thread->intent = 0;
        talk_answer_fact(talk, thing, NONE);
    } else if (talk->found.score >= UNSURE) {
        talk_unsure(talk);
    } else {
        talk_not_understood(talk);
    }
}

/* ---- no whole reply twice within a short while ---- */

static bool said_lately(const struct companion_thread *thread, uint64_t hash)
{
    for (unsigned i = 0; i < sizeof thread->recent_reply / sizeof *thread->recent_reply; i++)
        if (thread->recent_reply[i] == hash)
            return true;
    return false;
}

static void keep_hash(struct companion_thread *thread, uint64_t hash)
{
    size_t n = sizeof thread->recent_reply / sizeof *thread->recent_reply;
    memmove(thread->recent_reply + 1, thread->recent_reply, (n - 1) * sizeof hash);
    thread->recent_reply[0] = hash;
}

int companion_reply(const struct companion *companion, struct companion_thread *thread,
                    const struct companion_turn *turn, char *out, size_t size)
{
    if (!companion_speaks(companion, turn->language))
        return ROOST_ERR_UNSUPPORTED;
    const struct tongue *tongue = &companion->tongue[turn->language];
    if (thread->language != (uint8_t)(turn->language + 1)) {
        companion_thread_init(thread, thread->random); /* it holds places in another's content */
        thread->language = (uint8_t)(turn->language + 1);
    }
    struct heard heard;
    talk_hear(tongue, &heard, turn->text, strnlen(turn->text, COMPANION_TEXT_MAX));
    thread->turn++;
    for (unsigned tries = 0;; tries++) {
        struct companion_thread before = *thread;
        struct voice voice;
        struct talk talk = {.voice = &voice, .tongue = tongue, .thread = thread, .heard = &heard};
        talk_voice_begin(&voice, tongue, thread, turn, out, size);
        if (tries)
            talk_speak_named(&voice, COMPANION_LINE_ASKED_BEFORE);
        reply(&talk);
        if (!voice.len && !voice.full) /* a story of younger years is still open on a birthday */
            talk_not_understood(&talk);
        uint64_t hash = roost_fnv64(ROOST_FNV64, out, voice.len);
        bool is_again = talk.kept && talk.act == DO_AGAIN;
        if (is_again || tries == TRIES || !said_lately(&before, hash)) {
            if (!talk.kept)
                thread->last = voice.recipe;
            keep_hash(thread, hash);
            return voice.len ? (int)voice.len : ROOST_ERR_RANGE;
        }
        struct companion_recipe said = voice.recipe;
        *thread = before;
        for (unsigned i = 0; i < said.count; i++)
            talk_remember(thread, said.lines[i]);
        talk_chance(thread, 2);
    }
}
