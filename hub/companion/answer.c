/* SPDX-License-Identifier: Apache-2.0 */
#include "hub/companion/companion_internal.h"

/* ---- when it does not know ---- */

static uint16_t offer_of(const struct talk *talk, unsigned nth, const uint16_t *taken)
{
    const struct tongue *tongue = talk->tongue;
    uint32_t longest = 0, equals = 0;
    uint16_t chosen = NONE;
    for (unsigned i = 0; i < tongue->intents.count; i++) {
        uint16_t line = tongue->intents.at[i].offer;
        bool again =
            !line || !(tongue->spoken.at[line - 1].groups & talk_group_bit(talk->voice->turn));
        for (unsigned k = 0; k < nth && !again; k++)
            again = taken[k] == i;
        uint32_t ago = again ? 0 : talk_since(talk->thread, line);
        if (again || (chosen != NONE && ago < longest))
            continue;
        equals = chosen != NONE && ago == longest ? equals + 1 : 1;
        longest = ago;
        if (equals == 1 || talk_chance(talk->thread, equals) == 0)
            chosen = (uint16_t)i;
    }
    return chosen;
}

static void offer_three(struct talk *talk)
{
    uint16_t taken[3];
    for (unsigned i = 0; i < 3; i++) {
        taken[i] = offer_of(talk, i, taken);
        if (taken[i] == NONE)
            return;
        talk->voice->recipe.offer[i] = talk->tongue->intents.at[taken[i]].offer;
    }
    for (unsigned i = 0; i < 3; i++)
        talk_remember(talk->thread, talk->voice->recipe.offer[i]);
    talk->thread->asked_intent = taken[0];
    talk_speak_named(talk->voice, COMPANION_LINE_OFFER_THREE);
    talk->thread->expects = EXPECT_OFFER;
}

void talk_not_understood(struct talk *talk)
{
    talk->thread->misses++;
    talk->thread->intent = 0;
    talk_speak_named(talk->voice, COMPANION_LINE_NOT_UNDERSTOOD);
    offer_three(talk);
}

void talk_unsure(struct talk *talk)
{
    const struct intent *intent = &talk->tongue->intents.at[talk->found.intent];
    uint16_t offer = intent->offer;
    if (talk->thread->misses++ > 0) {
        talk_not_understood(talk);
    } else if (offer &&
               (talk->tongue->spoken.at[offer - 1].groups & talk_group_bit(talk->voice->turn))) {
        talk->voice->recipe.offer[0] = offer;
        talk->thread->asked_intent = talk->found.intent;
        talk_speak_named(talk->voice, COMPANION_LINE_NOT_SURE);
        talk->thread->expects = EXPECT_INTENT;
    } else {
        talk_speak_named(talk->voice, COMPANION_LINE_SAY_AGAIN);
    }
}

/* ---- what is asked of the thread itself ---- */

static void say_nothing_open(struct talk *talk)
{
    if (talk->found.bare) { /* "tell me", "what is it": may be anything */
        talk_not_understood(talk);
        return;
    }
    talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_OPEN);
    offer_three(talk);
}

static void again(struct talk *talk)
{
    talk->kept = true;
    if (talk->thread->last.count)
        talk_speak_recipe(talk->voice, &talk->thread->last);
    else
        talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_TO_REPEAT);
}

static void more_fact(struct talk *talk)
{
    uint16_t thing = talk->thread->last.thing ? (uint16_t)(talk->thread->last.thing - 1) : NONE;
    uint16_t kind = talk->thread->more_kind ? (uint16_t)(talk->thread->more_kind - 1) : NONE;
    if (thing < talk->tongue->things.count) {
        talk_choose(talk->voice, talk->tongue->things.at[thing].fact);
        if (talk->voice->stale) /* all of it was told */
            thing = NONE;
    }
    talk_play_fact(talk->voice, thing < talk->tongue->things.count ? thing : NONE, kind, 0);
}

/* One more variant of the last answer, or what there is to offer. */
static void more_of_intent(struct talk *talk)
{
    const struct tongue *tongue = talk->tongue;
    uint16_t last = talk->thread->intent;
    if (last && last <= tongue->intents.count && tongue->intents.at[last - 1].act == DO_NOTHING) {
        uint16_t line = talk_choose(talk->voice, tongue->intents.at[last - 1].say);
        if (line && !talk->voice->stale) {
            talk_speak_line(talk->voice, line);
            talk->thread->expects =
                tongue->intents.at[last - 1].then ? EXPECT_THEN : EXPECT_NOTHING;
            return;
        }
    }
    talk_speak_named(talk->voice, COMPANION_LINE_NOTHING_MORE);
    offer_three(talk);
}

void talk_more(struct talk *talk)
{
    switch (talk->thread->more) {
    case DO_STORY:
        talk_play_story(talk->voice, NULL);
        break;
    case DO_RIDDLE:
        talk_play_riddle(talk->voice, NULL);
        break;
    case DO_JOKE:
        talk_play_joke(talk->voice, NULL);
        break;
    case DO_SONG:
        talk_play_song(talk->voice, NULL);
        break;
    case DO_FACT:
        more_fact(talk);
        break;
    case DO_QUIZ:
        talk_quiz_ask(talk->voice);
        break;
    case DO_GUESS:
        talk_guess_begin(talk->voice);
        break;
    default:
        more_of_intent(talk);
    }
}

void talk_resume(struct talk *talk)
{
    if (talk->thread->story_open)
        talk_story_go(talk->voice, talk->thread->scene);
    else
        say_nothing_open(talk);
}

static void help_along(struct talk *talk, enum companion_expects open, bool give_up)
{
    switch (open) {
    case EXPECT_RIDDLE:
        (give_up ? talk_riddle_tell : talk_riddle_hint)(talk->voice);
        break;
    case EXPECT_JOKE:
        talk_joke_tell(talk->voice);
        break;
    case EXPECT_QUIZ:
        /* No hints here: who asks twice is told. */
        (give_up || talk->thread->wrong++ ? talk_quiz_tell : talk_quiz_repeat)(talk->voice);
        break;
    case EXPECT_GUESS:
        (give_up ? talk_guess_tell : talk_guess_repeat)(talk->voice);
        break;
    case EXPECT_STORY:
        talk_story_choose(talk->voice);
        break;
    default:
        say_nothing_open(talk);
    }
}

/* ---- an intent ---- */

static void say_variant(struct talk *talk, const struct intent *intent)
{
    uint16_t line = talk_choose(talk->voice, intent->say);
    if (line && talk->voice->stale && intent->act == DO_NOTHING)
        talk_speak_named(talk->voice, COMPANION_LINE_ASKED_BEFORE);
    talk_speak_line(talk->voice, line);
}

/* The pattern holds {any}: something was asked that the pattern does not name. */
static bool asks_something(const struct talk *talk)
{
    if (talk->found.intent == NONE)
        return false;
    const struct pattern *p = &talk->tongue->patterns.at[talk->found.pattern];
    for (unsigned i = 0; i < p->count; i++)
        if (talk->tongue->elements.at[p->first + i].kind == E_ANY)
            return true;
    return false;
}

/* The fact that was asked for; where there is none, says so before it tells another. */
void talk_answer_fact(struct talk *talk, uint16_t thing, uint16_t kind)
{
    bool answers = true;
    uint16_t fact = thing == NONE ? 0 : talk_fact_for(talk->voice, talk->heard, thing, &answers);
    if (!answers && asks_something(talk))
        talk_speak_named(talk->voice, COMPANION_LINE_NOT_UNDERSTOOD);
    talk_play_fact(talk->voice, thing, kind, fact);
}

static void tell_fact(struct talk *talk, const struct intent *intent)
{
    uint16_t thing = talk->found.slots.thing;
    if (thing == NONE ||
        (intent->kind != NONE && talk->tongue->things.at[thing].kind != intent->kind))
        thing = talk_heard_thing(talk->tongue, talk->heard, intent->kind);
    if (thing != NONE)
        talk->voice->recipe.thing = (uint16_t)(thing + 1);
    if (thing != NONE && intent->act == DO_SOUND && talk->tongue->things.at[thing].sound.first) {
        say_variant(talk, intent);
        talk_speak(talk->voice, talk->tongue->things.at[thing].sound);
        talk->thread->more = DO_FACT;
        talk->thread->more_kind = (uint8_t)(talk->tongue->things.at[thing].kind + 1);
        return;
    }
    if (intent->act == DO_FACT)
        say_variant(talk, intent);
    talk_answer_fact(talk, thing, intent->kind);
}

/* What the doing opens, after the intent's own words. */
static void perform(struct talk *talk, const struct intent *intent)
{
    const struct heard *heard = talk->heard;
    switch (intent->act) {
    case DO_STORY:
        say_variant(talk, intent);
        talk_play_story(talk->voice, heard);
        break;
    case DO_RIDDLE:
        say_variant(talk, intent);
        talk_play_riddle(talk->voice, heard);
        break;
    case DO_JOKE:
        say_variant(talk, intent);
        talk_play_joke(talk->voice, heard);
        break;
    case DO_SONG:
        say_variant(talk, intent);
        talk_play_song(talk->voice, heard);
        break;
    case DO_FACT:
    case DO_SOUND:
        tell_fact(talk, intent);
        break;
    case DO_QUIZ:
        say_variant(talk, intent);
        talk_quiz_ask(talk->voice);
        break;
    case DO_GUESS:
        say_variant(talk, intent);
        talk_guess_begin(talk->voice);
        break;
    case DO_OFFER:
        say_variant(talk, intent);
        offer_three(talk);
        break;
    default:
        say_variant(talk, intent);
    }
}

void talk_answer(struct talk *talk, uint16_t index)
{
    struct companion_thread *thread = talk->thread;
    const struct intent *intent = &talk->tongue->intents.at[index];
    enum companion_expects open = (enum companion_expects)thread->expects;
    thread->misses = 0;
    switch (intent->act) { /* of the thread: it stays what it is */
    case DO_AGAIN:
        again(talk);
        return;
    case DO_MORE:
        if (open == EXPECT_STORY)
            talk_story_choose(talk->voice);
        else
            talk_more(talk);
        return;
    case DO_HINT:
    case DO_GIVE_UP:
        help_along(talk, open, intent->act == DO_GIVE_UP);
        return;
    case DO_RESUME:
        talk_resume(talk);
        return;
    default:
        break;
    }
    thread->intent = (uint16_t)(index + 1);
    if (talk->found.slots.thing != NONE)
        talk->voice->recipe.thing = (uint16_t)(talk->found.slots.thing + 1);
    thread->expects = intent->then ? EXPECT_THEN : EXPECT_NOTHING;
    thread->more = DO_NOTHING;
    if (intent->act == DO_STOP)
        thread->story_open = false;
    if (intent->act >= DO_COUNT && intent->act < DO_QUIZ)
        talk_sum_do(talk->voice, intent, &talk->found.slots);
    else
        perform(talk, intent);
    /* An answer between two scenes; another story or game lets the first one rest. */
    if (open == EXPECT_STORY && thread->story_open &&
        (thread->expects == EXPECT_NOTHING || thread->expects == EXPECT_THEN)) {
        talk_speak_named(talk->voice, COMPANION_LINE_STORY_BACK);
        thread->expects = EXPECT_BACK;
    }
}

void talk_answer_act(struct talk *talk, enum companion_do act)
{
    talk_answer(talk, (uint16_t)(talk->tongue->by_act[act] - 1));
}
