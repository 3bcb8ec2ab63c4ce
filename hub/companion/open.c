/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is open (a riddle, a story's choice, a question) looks at the turn first; a clear sentence
 * of another intent goes before a guess at the open thing, so that a child is never caught in a
 * game.
 */
#include "hub/companion/companion_internal.h"

#define LEAD       0.55F /* what was expected */
#define LEAD_AHEAD 0.15F /* by so much it goes before what was not */
#define EXACTLY    0.95F

static bool lead_has(const struct talk *talk, const struct lead *lead, enum element_kind kind)
{
    for (unsigned i = 0; i < lead->patterns.count; i++) {
        const struct pattern *p = &talk->tongue->patterns.at[lead->patterns.first + i];
        if (p->count == 1 && talk->tongue->elements.at[p->first].kind == kind)
            return true;
    }
    return false;
}

static bool open_then(struct talk *talk)
{
    const struct tongue *tongue = talk->tongue;
    uint16_t last = talk->thread->intent;
    if (!last || last > tongue->intents.count)
        return false;
    float best = 0;
    uint16_t to = NONE, any = NONE;
    struct slots slots = {.thing = NONE};
    for (uint16_t i = tongue->intents.at[last - 1].then; i; i = tongue->leads.at[i - 1].next) {
        const struct lead *lead = &tongue->leads.at[i - 1];
        struct slots took = {.thing = NONE};
        float fits = talk_match_patterns(tongue, talk->heard, lead->patterns, false, &took);
        if ((lead_has(talk, lead, E_YES) && talk->yes) || (lead_has(talk, lead, E_NO) && talk->no))
            fits = LEAD;
        if (lead_has(talk, lead, E_ANY))
            any = lead->to;
        if (fits > best) {
            best = fits;
            to = lead->to;
            slots = took;
        }
    }
    bool beside = talk->found.score > best + LEAD_AHEAD && !talk->found.bare;
    if (best >= LEAD && !beside)
        talk->found.slots = slots;
    else if (any != NONE && talk->found.score < CLEARLY)
        to = any;
    else
        return false;
    talk_answer(talk, to);
    return true;
}

/* A yes or a no to what the teddy asked. */
static bool open_question(struct talk *talk, enum companion_expects open)
{
    if (talk->no) {
        if (open == EXPECT_BACK)
            talk->thread->story_open = false;
        talk_answer_act(talk, DO_NO);
        return true;
    }
    if (!talk->yes)
        return false;
    talk->thread->misses = 0;
    if (open == EXPECT_MORE)
        talk_more(talk);
    else if (open == EXPECT_BACK)
        talk_resume(talk);
    else if (talk->thread->asked_intent < talk->tongue->intents.count)
        talk_answer(talk, talk->thread->asked_intent);
    else
        return false;
    return true;
}

/* Clear enough to leave what is open: a whole sentence, not a word that may be a guess; or another
 * thing to play. */
static bool means_else(const struct talk *talk)
{
    if (talk->act != DO_NOTHING && talk->act < DO_YES && !talk->found.bare &&
        talk->heard->count >= 3)
        return true;
    return !talk->found.bare && talk->found.score >= (talk->heard->count >= 3 ? CLEARLY : EXACTLY);
}

static bool is_control(enum companion_do act)
{
    return act == DO_STOP || act == DO_AGAIN || act == DO_HINT || act == DO_GIVE_UP ||
           act == DO_RESUME;
}

static bool open_game(struct talk *talk, enum companion_expects open)
{
    struct voice *voice = talk->voice;
    bool control = is_control(talk->act); /* "stop" may be a choice, too, and is one then */
    if (open == EXPECT_STORY &&
        talk_story_choice(voice, talk->heard, means_else(talk) || control ? talk->found.score : 0))
        return true;
    if (control) {
        talk_answer(talk, talk->found.intent);
        return true;
    }
    switch (open) {
    case EXPECT_STORY:
        if (talk->act == DO_MORE && talk->no)
            talk_play_story(voice, NULL); /* "no, another one" */
        else if (talk->act == DO_MORE || talk->yes)
            talk_story_choose(voice);
        else if (!means_else(talk))
            talk_story_not_chosen(voice);
        else
            return false;
        return true;
    case EXPECT_RIDDLE:
        if (talk_riddle_solved(voice, talk->heard))
            return true;
        if (means_else(talk))
            return false;
        if (talk->no)
            talk_riddle_hint(voice);
        else
            talk_riddle_wrong(voice);
        return true;
    case EXPECT_JOKE:
        if (talk->act != DO_NOTHING && means_else(talk))
            return false;
        talk_joke_tell(voice);
        return true;
    case EXPECT_QUIZ:
    case EXPECT_GUESS:
        if (means_else(talk))
            return false;
        if ((open == EXPECT_QUIZ ? talk_quiz_judge : talk_guess_judge)(voice, talk->heard))
            return true;
        if (talk->found.score >= SURE && !talk->found.bare)
            return false;
        if (open == EXPECT_QUIZ) {
            talk_speak_named(voice, COMPANION_LINE_QUIZ_NUMBER);
            talk_quiz_repeat(voice);
        } else {
            talk_guess_repeat(voice);
        }
        return true;
    default:
        return false;
    }
}

bool talk_open_looks(struct talk *talk)
{
    enum companion_expects open = (enum companion_expects)talk->thread->expects;
    if (open >= EXPECT_STORY)
        return open_game(talk, open);
    if (open == EXPECT_THEN)
        return open_then(talk);
    if (open == EXPECT_NOTHING || (talk->found.score >= CLEARLY && !talk->yes && !talk->no))
        return false;
    return open_question(talk, open);
}
