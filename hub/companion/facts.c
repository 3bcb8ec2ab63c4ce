/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "hub/companion/companion_internal.h"

enum { STEM_MIN = 3 /* bytes of a word that says what is asked */ };

enum what { NO_MATTER, ITS_NAME, ASKED };

/* What a token is in a question about the thing. */
static enum what what_is(const struct tongue *tongue, const struct heard *heard, unsigned token,
                         const struct thing *thing)
{
    uint16_t word = heard->candidates[token] ? heard->word[token][0] : NONE;
    if (strlen(heard->stem[token]) < STEM_MIN || (word != NONE && tongue->words.at[word].stop))
        return NO_MATTER;
    for (unsigned i = 0; i < thing->names.count; i++) {
        const struct pattern *name = &tongue->patterns.at[thing->names.first + i];
        for (unsigned k = 0; k < name->count; k++)
            for (unsigned c = 0; c < heard->candidates[token]; c++)
                if (tongue->elements.at[name->first + k].word == heard->word[token][c])
                    return ITS_NAME;
    }
    return ASKED;
}

/* How much of what was heard stands in the fact: words that were asked, then the name by which the
 * thing was called. */
static unsigned closeness(const struct tongue *tongue, const struct heard *heard,
                          const struct thing *thing, const char *fact)
{
    struct fold_words words;
    unsigned asked = 0, named = 0;
    talk_words_of(tongue, &words, fact, strlen(fact));
    for (unsigned token = 0; token < heard->count; token++) {
        bool found = false;
        for (unsigned i = 0; i < words.count && !found; i++)
            found = !strcmp(words.word[i], heard->stem[token]);
        enum what what = found ? what_is(tongue, heard, token, thing) : NO_MATTER;
        asked += what == ASKED;
        named |= what == ITS_NAME;
    }
    return asked * 2 + named;
}

uint16_t talk_fact_for(struct voice *voice, const struct heard *heard, uint16_t index,
                       bool *answers)
{
    const struct tongue *tongue = voice->tongue;
    const struct thing *thing = &tongue->things.at[index];
    uint16_t best = 0;
    unsigned most = 0;
    uint32_t longest = 0, equals = 0;
    for (uint16_t i = thing->fact.first; i; i = tongue->spoken.at[i - 1].next) {
        const struct spoken *fact = &tongue->spoken.at[i - 1];
        if (!(fact->groups & talk_group_bit(voice->turn)) || fact->named)
            continue;
        unsigned close = closeness(tongue, heard, thing, fact->text);
        uint32_t ago = talk_since(voice->thread, i);
        if (best && (close < most || (close == most && ago < longest)))
            continue;
        equals = best && close == most && ago == longest ? equals + 1 : 1;
        if (equals > 1 && talk_chance(voice->thread, equals) != 0)
            continue;
        most = close;
        longest = ago;
        best = i;
    }
    *answers = most > 1;
    return best;
}

static uint16_t any_thing(struct voice *voice, uint16_t kind)
{
    const struct tongue *tongue = voice->tongue;
    unsigned count = 0;
    for (unsigned i = 0; i < tongue->things.count; i++)
        count += kind == NONE || tongue->things.at[i].kind == kind;
    uint32_t wanted = talk_chance(voice->thread, count);
    for (unsigned i = 0; i < tongue->things.count; i++)
        if ((kind == NONE || tongue->things.at[i].kind == kind) && wanted-- == 0)
            return (uint16_t)i;
    return NONE;
}

void talk_play_fact(struct voice *voice, uint16_t index, uint16_t kind, uint16_t fact)
{
    if (index == NONE)
        index = any_thing(voice, kind);
    if (index >= voice->tongue->things.count)
        return;
    const struct thing *thing = &voice->tongue->things.at[index];
    voice->recipe.thing = (uint16_t)(index + 1);
    voice->thread->more = DO_FACT;
    voice->thread->more_kind = (uint8_t)(thing->kind + 1);
    if (fact)
        talk_speak_line(voice, fact);
    else
        talk_speak(voice, thing->fact);
    talk_speak_named(voice, COMPANION_LINE_FACT_END);
    voice->thread->expects = EXPECT_MORE;
}
